import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { git, gitRoot, isIgnored, isTracked } from '../../../src/system/git.ts';
import { temporary } from '../../support/tools.ts';

let root: string;
const env = { HOME: '/nowhere' };
const path = process.env['PATH'] ?? '';

beforeEach(() => {
  root = realpathSync(temporary());
  spawnSync('git', ['init', '-q'], { cwd: root });
  mkdirSync(join(root, 'sub'));
  writeFileSync(join(root, 'sub', 'kept'), '');
  writeFileSync(join(root, 'sub', 'loose'), '');
  writeFileSync(join(root, '.gitignore'), '*.log\n');
  spawnSync('git', ['add', 'sub/kept'], { cwd: root });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('tells tracked, ignored and the root, from a folder below it', async () => {
  const sub = join(root, 'sub');
  expect(await isTracked(sub, 'kept', env, path)).toBe(true);
  expect(await isTracked(sub, 'loose', env, path)).toBe(false);
  expect(await isTracked(root, 'sub', env, path)).toBe(true);
  expect(await isIgnored(sub, 'a.log', env, path)).toBe(true);
  expect(await isIgnored(sub, 'loose', env, path)).toBe(false);
  expect(await gitRoot(sub, env, path)).toBe(root);
});

it('knows nothing outside a repository, or without git', async () => {
  const outside = temporary();
  expect(await isTracked(outside, 'x', env, path)).toBe(false);
  expect(await isIgnored(outside, 'x', env, path)).toBeUndefined();
  expect(await gitRoot(outside, env, path)).toBeUndefined();
  expect(await gitRoot(root, env, '/nowhere')).toBeUndefined();
  rmSync(outside, { recursive: true });
});

it('runs nothing that the repository configures', async () => {
  const trap = join(root, 'trap');
  const sprung = join(root, 'sprung');
  writeFileSync(trap, `#!/bin/sh\ntouch '${sprung}'\n`);
  chmodSync(trap, 0o755);
  mkdirSync(join(root, 'hooks'));
  for (const [name, value] of [
    ['core.fsmonitor', trap],
    ['core.pager', trap],
    ['core.hooksPath', join(root, 'hooks')],
    ['diff.external', trap],
  ]) {
    spawnSync('git', ['config', name ?? '', value ?? ''], { cwd: root });
  }
  // The trap is real: plain git springs it.
  spawnSync('git', ['status'], { cwd: root });
  expect(existsSync(sprung)).toBe(true);
  rmSync(sprung);
  await git(root, ['status'], env, path);
  await git(root, ['diff', '--no-ext-diff'], env, path);
  await isTracked(root, 'sub/kept', env, path);
  expect(existsSync(sprung)).toBe(false);
});
