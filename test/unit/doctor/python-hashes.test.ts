import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { WorkspaceLook } from '../../../src/doctor/check.ts';
import { unchangedFiles } from '../../../src/doctor/python-hashes.ts';
import { temporary } from '../../support/tools.ts';

let root: string;
let site: string;
beforeEach(() => {
  root = temporary();
  site = join(root, '.venv', 'lib', 'python3.12', 'site-packages');
  mkdirSync(site, { recursive: true });
});

const look = (at: string) =>
  unchangedFiles.run({ root: at, signal: new AbortController().signal } as unknown as WorkspaceLook);
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Writes what a wheel's installation writes. */
function install(name: string, files: Record<string, string>, more: readonly string[] = []): void {
  const info = `${name}-1.0.dist-info`;
  mkdirSync(join(site, info));
  const lines = Object.entries(files).map(([path, text]) => {
    mkdirSync(join(site, path, '..'), { recursive: true });
    writeFileSync(join(site, path), text);
    return `${/[",]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path},sha256=${hash(text)},${text.length}`;
  });
  writeFileSync(join(site, info, 'RECORD'), [...lines, ...more, `${info}/RECORD,,`, ''].join('\n'));
}

it('a changed file is told with its package and a command', async () => {
  install('alpha', { 'alpha/__init__.py': 'A = 1\n', 'alpha/b,"c.py': 'B\n', '../../../bin/alpha': '#!python\n' });
  expect(await look(root)).toEqual([]);
  for (const path of ['alpha/__init__.py', 'alpha/b,"c.py', '../../../bin/alpha']) {
    writeFileSync(join(site, path), 'changed\n');
    const [found] = await look(root);
    expect(found).toMatchObject({ id: 'HB296', level: 'warn', message: expect.stringContaining('alpha') });
    expect(found?.fix?.command).toBe('uv cache clean alpha && uv sync --locked --inexact --reinstall-package alpha');
  }
});

it('two packages may own a file; either is right', async () => {
  install('alpha', { 'shared/__init__.py': 'ALPHA\n' });
  install('beta', { 'shared/__init__.py': 'BETA\n' });
  expect(await look(root)).toEqual([]);
  writeFileSync(join(site, 'shared', '__init__.py'), 'NEITHER\n');
  expect((await look(root)).length).toBe(1);
});

it('what is missing, compiled, no file, or outside of .venv is not judged', async () => {
  writeFileSync(join(root, 'outside'), 'x');
  install('alpha', { 'alpha/a.py': 'A\n', 'alpha/b.py': 'B\n' }, [
    `alpha/__pycache__/a.pyc,sha256=${hash('other')},5`,
    `../../../../outside,sha256=${hash('other')},5`,
    `/etc/passwd,sha256=${hash('other')},5`,
    'nonsense',
  ]);
  mkdirSync(join(site, 'alpha', '__pycache__'));
  writeFileSync(join(site, 'alpha', '__pycache__', 'a.pyc'), 'compiled');
  rmSync(join(site, 'alpha', 'a.py'));
  rmSync(join(site, 'alpha', 'b.py'));
  symlinkSync('/dev/zero', join(site, 'alpha', 'b.py'));
  expect(await look(root)).toEqual([]);
});
