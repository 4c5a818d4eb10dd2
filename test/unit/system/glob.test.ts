import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesMatching } from '../../../src/system/glob.ts';
import { temporary } from '../../support/tools.ts';

let root: string;

beforeAll(() => {
  root = temporary();
  const files = [
    'a.py',
    'b.txt',
    '.hidden',
    'src/x.py',
    'src/deep/y.py',
    'src/deep/z.toml',
    '.venv/v.py',
    'node_modules/n.py',
  ];
  for (const file of [...files, '.github/ci.yml', 'odd [name].py', 'src/__pycache__/x.pyc']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  symlinkSync('/etc', join(root, 'outside'));
  symlinkSync('/etc/hostname', join(root, 'linked.py'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('input globs', () => {
  it.each([
    ['*.py', ['a.py', 'odd [name].py']],
    ['**/*.py', ['a.py', 'odd [name].py', 'src/deep/y.py', 'src/x.py']],
    ['src/**', ['src/deep/y.py', 'src/deep/z.toml', 'src/x.py']],
    ['src/**/*.{py,toml}', ['src/deep/y.py', 'src/deep/z.toml', 'src/x.py']],
    ['src/*/?.py', ['src/deep/y.py']],
    ['[ab].*', ['a.py', 'b.txt']],
    ['[!a].txt', ['b.txt']],
    ['./a.py', ['a.py']],
    ['.hidden', ['.hidden']],
    ['.github/*.yml', ['.github/ci.yml']],
    ['.venv/*.py', ['.venv/v.py']],
    ['outside/**', []],
    ['../**', []],
    ['/etc/*', []],
    ['missing/*', []],
  ])('%s', (pattern, expected) => {
    expect(filesMatching(root, [pattern])).toEqual(expected);
  });
});
