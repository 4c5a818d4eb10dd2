#!/usr/bin/env node
// Writes src/prefect/settings-<version>.json from a real Prefect of that version.
// Usage: node scripts/prefect-settings.mjs [VERSION] [--python PATH of an environment that has it]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { $, argv } from 'zx';

const version = argv._[0] ?? '3.9.1';
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'prefect-settings-'));
try {
  let python = argv.python;
  if (python === undefined) {
    const venv = join(folder, 'venv');
    await $`uv venv --quiet ${venv}`;
    python = join(venv, 'bin', 'python');
    await $`uv pip install --quiet --python ${python} prefect==${version}`;
  }
  const env = { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', DO_NOT_TRACK: '1' };
  const result = await $({ env, cwd: folder, quiet: true })`${python} -P ${join(here, 'prefect-settings.py')}`;
  const settings = JSON.parse(result.stdout);
  if (settings.prefect !== version) throw new Error(`That Python has Prefect ${settings.prefect}, not ${version}.`);
  const target = join(here, '..', 'src', 'prefect', `settings-${version}.json`);
  writeFileSync(target, `${JSON.stringify(settings, null, 1)}\n`);
  const names = Object.values(settings.types).flat().length;
  console.log(`${target}: ${names} settings, ${Object.keys(settings.aliases).length} former names`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
