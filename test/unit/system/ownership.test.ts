import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownership } from '../../../src/system/ownership.ts';
import { repository, temporary } from '../../support/tools.ts';

const isRoot = process.getuid?.() === 0;
let base: string;

beforeEach(() => {
  base = temporary();
  chmodSync(base, 0o755);
});

afterEach(() => {
  spawnSync('chmod', ['-R', 'u+w', base]);
  rmSync(base, { recursive: true, force: true });
});

/** Asks as an ordinary user, since root may write everywhere. */
function asOrdinaryUser(paths: readonly string[]): unknown {
  if (!isRoot) return ownership(paths) ?? null;
  const entry = join(repository, 'src', 'system', 'ownership.ts');
  const code = buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', write: false });
  const script = `${code.outputFiles[0]?.text}\nconsole.log(JSON.stringify(module.exports.ownership(JSON.parse(process.argv[1])) ?? null));`;
  const argv = ['--reuid', '65534', '--clear-groups', process.execPath, '-e', script, JSON.stringify(paths)];
  const result = spawnSync('setpriv', argv, { encoding: 'utf8', cwd: base });
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout);
}

function own(path: string): void {
  if (isRoot) chownSync(path, 65534, 65534);
}

it('a folder of our own is fine, so are files, links and what is not there', () => {
  const folder = join(base, 'mine');
  mkdirSync(folder);
  own(folder);
  writeFileSync(join(base, 'file'), '');
  symlinkSync('/etc', join(base, 'link'));
  expect(asOrdinaryUser([folder, join(base, 'file'), join(base, 'link'), join(base, 'file', 'below')])).toBeNull();
});

it('a folder without leave to write is named', () => {
  const folder = join(base, 'mine');
  mkdirSync(folder);
  own(folder);
  chmodSync(folder, 0o555);
  expect(asOrdinaryUser([folder])).toEqual({ path: folder, kind: 'read-only' });
});

it('a folder of somebody else is named', () => {
  expect(asOrdinaryUser(['/usr'])).toEqual({ path: '/usr', kind: 'foreign' });
});
