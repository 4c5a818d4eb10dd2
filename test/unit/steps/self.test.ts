import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import type { Step } from '../../../src/engine/step.ts';
import {
  inspectPackage,
  makeCopy,
  makeLink,
  type SelfState,
  selfStep,
  verifyPackage,
} from '../../../src/steps/self.ts';
import { StepHome } from '../../support/step-context.ts';
import { temporary } from '../../support/tools.ts';

let base = '';
let home: StepHome;
let root = '';
beforeEach(() => {
  base = realpathSync(temporary());
  home = new StepHome(base, { PATH: `${base}/home/.local/bin:/usr/bin:/bin` });
  root = publish('1.2.0');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A package as npx has it: the published files, the native module beside it, and things that are not published. */
function publish(version: string): string {
  const modules = join(base, `npx-${version}`, 'node_modules');
  const folder = join(modules, 'hotpass-bootstrap');
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
  };
  const files = ['bin', 'dist/', './templates'];
  write(join(folder, 'package.json'), JSON.stringify({ name: 'hotpass-bootstrap', version, files }));
  write(
    join(folder, 'bin', 'hotpass-bootstrap.cjs'),
    "#!/usr/bin/env node\nconsole.log(require('../package.json').version);\n",
    0o755,
  );
  write(join(folder, 'dist', 'cli.js'), 'export {};\n');
  write(join(folder, 'dist', 'chunks', 'a.js'), 'export {};\n');
  write(join(folder, 'templates', '.envrc'), 'x\n');
  write(join(folder, 'src', 'secret.ts'), 'not published\n');
  write(join(folder, 'README.md'), 'read me\n');
  const optionalDependencies = { '@napi-rs/keyring-here': '1', '@napi-rs/keyring-elsewhere': '1' };
  write(join(modules, '@napi-rs/keyring/package.json'), JSON.stringify({ optionalDependencies }));
  write(join(modules, '@napi-rs/keyring/index.js'), 'x\n');
  write(join(modules, '@napi-rs/keyring-here/package.json'), '{}');
  write(join(modules, '@napi-rs/keyring-here/keyring.node'), 'native\n');
  return folder;
}

/** The step for a given package instead of the running one. */
function stepFor(folder: string): Step<SelfState> {
  return {
    ...selfStep,
    inspect: async ctx => inspectPackage(ctx, folder),
    apply: async (change: Change, ctx) => (change.key === 'copy' ? makeCopy(ctx, folder) : makeLink(ctx, folder)),
    verify: ctx => verifyPackage(ctx, folder),
  };
}

const data = (): string => join(home.home, '.local/share/hotpass-bootstrap');
const link = (): string => join(home.home, '.local/bin/hotpass-bootstrap');
const keys = (changes: readonly Change[]): string[] => changes.map(({ key, action }) => `${key} ${action}`);

describe('the installed command', () => {
  it('is a copy of what is published, with its native module, and a link', async () => {
    const { changes, findings } = await home.setup(stepFor(root));
    expect(keys(changes)).toEqual(['copy add', 'link add']);
    expect(findings).toEqual([]);
    const copy = join(data(), '1.2.0');
    for (const path of [
      'dist/chunks/a.js',
      'templates/.envrc',
      'README.md',
      'node_modules/@napi-rs/keyring/index.js',
    ]) {
      expect(existsSync(join(copy, path))).toBe(true);
    }
    expect(existsSync(join(copy, 'node_modules/@napi-rs/keyring-here/keyring.node'))).toBe(true);
    expect(existsSync(join(copy, 'src'))).toBe(false);
    expect(statSync(join(copy, 'bin/hotpass-bootstrap.cjs')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(link())).toBe(join(copy, 'bin/hotpass-bootstrap.cjs'));
    const ran = spawnSync(process.execPath, [link()], { encoding: 'utf8' });
    expect(ran.stdout).toBe('1.2.0\n');
  });

  it('is in order the second time, also when it is the copy that runs', async () => {
    await home.setup(stepFor(root));
    expect((await home.setup(stepFor(root))).changes).toEqual([]);
    expect((await home.setup(stepFor(root), { recheck: true })).changes).toEqual([]);
    expect((await home.setup(stepFor(realpathSync(join(data(), '1.2.0'))))).changes).toEqual([]);
  });

  it('is made anew when the copy or the package has changed', async () => {
    await home.setup(stepFor(root));
    writeFileSync(join(data(), '1.2.0/dist/cli.js'), 'damaged');
    expect(keys((await home.setup(stepFor(root))).changes)).toEqual(['copy change']);
    writeFileSync(join(root, 'dist/cli.js'), 'export const built = "again";\n');
    expect(keys((await home.setup(stepFor(root))).changes)).toEqual(['copy change']);
    expect(readFileSync(join(data(), '1.2.0/dist/cli.js'), 'utf8')).toContain('again');
    rmSync(join(data(), '1.2.0/.copy.json'));
    expect(keys((await home.setup(stepFor(root))).changes)).toEqual(['copy change']);
    expect((await home.setup(stepFor(root))).changes).toEqual([]);
  });

  it('goes on to a newer version and not back to an older one', async () => {
    await home.setup(stepFor(root));
    const newer = publish('1.10.0');
    expect(keys((await home.setup(stepFor(newer))).changes)).toEqual(['copy add', 'link change']);
    expect(keys((await home.setup(stepFor(root))).changes)).toEqual([]);
    expect(readlinkSync(link())).toContain('/1.10.0/');
    rmSync(join(data(), '1.10.0'), { recursive: true });
    expect(keys((await home.setup(stepFor(root))).changes)).toEqual(['link change']);
  });

  it('never replaces what somebody else put there', async () => {
    mkdirSync(dirname(link()), { recursive: true });
    writeFileSync(link(), 'mine');
    const { changes, findings } = await home.setup(stepFor(root));
    expect(keys(changes)).toEqual(['copy add']);
    expect(findings).toEqual(['HB121']);
    expect(readFileSync(link(), 'utf8')).toBe('mine');
  });

  it('leaves npm’s own link to an installed package', async () => {
    mkdirSync(dirname(link()), { recursive: true });
    const installed = join(home.home, 'lib/hotpass-bootstrap');
    cpSync(root, installed, { recursive: true });
    symlinkSync(join(installed, 'bin/hotpass-bootstrap.cjs'), link());
    expect(await home.setup(stepFor(root))).toMatchObject({ findings: [] });
    expect(readlinkSync(link())).toContain(installed);
  });

  it('says when its folder is not on PATH, or another comes first', async () => {
    home.env['PATH'] = '/usr/bin:/bin';
    const { findings } = inspectPackage(home.read(), root);
    expect(findings.map(({ id }) => id)).toEqual(['HB120']);
    expect(findings[0]?.fix?.command).toContain('$HOME/.local/bin');
    const other = join(base, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'hotpass-bootstrap'), '#!/bin/sh\n', { mode: 0o755 });
    home.env['PATH'] = `${other}:${dirname(link())}`;
    expect(inspectPackage(home.read(), root).findings.map(({ id }) => id)).toEqual(['HB122']);
  });

  it('is not installed in CI, nor from a checkout that is not built', async () => {
    const { state } = await selfStep.inspect(home.read({ ci: true }));
    expect(selfStep.plan(state, home.read().wanted)).toEqual([]);
    rmSync(join(root, 'dist'), { recursive: true });
    const { changes, findings } = await home.setup(stepFor(root));
    expect([changes, findings]).toEqual([[], ['HB124']]);
  });

  it('does without a native module', async () => {
    rmSync(join(dirname(root), '@napi-rs'), { recursive: true });
    await home.setup(stepFor(root));
    expect(existsSync(join(data(), '1.2.0', 'node_modules'))).toBe(false);
  });

  it('that does not start is said so', async () => {
    writeFileSync(join(root, 'bin/hotpass-bootstrap.cjs'), '#!/usr/bin/env node\nprocess.exit(1);\n');
    expect((await home.setup(stepFor(root))).findings).toEqual(['HB123']);
  });

  it('is taken back by undo', async () => {
    await home.setup(stepFor(root));
    writeFileSync(join(data(), 'other'), 'not ours to remove');
    expect((await home.undo(selfStep)).kind).toBe('undone');
    expect([existsSync(link()), existsSync(join(data(), '1.2.0'))]).toEqual([false, false]);
    expect(existsSync(join(data(), 'other'))).toBe(true);
  });
});
