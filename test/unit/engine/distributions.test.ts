import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { brokenDistributions, distributions } from '../../../src/engine/distributions.ts';
import { temporary } from '../../support/tools.ts';

let root: string;
let site: string;
beforeEach(() => {
  root = temporary();
  site = join(root, '.venv', 'lib', 'python3.12', 'site-packages');
  mkdirSync(site, { recursive: true });
});

function install(distInfo: string, paths: readonly string[] | undefined, installer = 'uv'): void {
  mkdirSync(join(site, distInfo));
  writeFileSync(join(site, distInfo, 'INSTALLER'), `${installer}\n`);
  if (paths) writeFileSync(join(site, distInfo, 'RECORD'), paths.map(path => `${path},,\n`).join(''));
}

/** Paths as RECORDs have them: beside, below, above and outside of site-packages. */
const places = (): string[] => [
  'top.py',
  './dotted.py',
  'alpha/__init__.py',
  'alpha/deep/er.py',
  'alpha/../alpha/odd.py',
  '"alpha/with, comma.py"',
  '../../../bin/alpha',
  join(root, 'outside', 'absolute.txt'),
];
const full = (path: string): string => resolve(site, path.replaceAll('"', ''));

it('finds a missing file wherever it should be, and nothing where all are there', () => {
  for (const path of places()) {
    mkdirSync(join(full(path), '..'), { recursive: true });
    writeFileSync(full(path), '');
  }
  install('alpha-1.0.dist-info', [...places(), 'alpha/__pycache__/x.cpython-312.pyc', '/']);
  install('beta-1.0.dist-info', ['beta-1.0.dist-info/RECORD']);
  expect(brokenDistributions(root)).toEqual([]);
  for (const path of places()) {
    rmSync(full(path));
    expect(existsSync(full(path))).toBe(false);
    expect(brokenDistributions(root), path).toEqual([{ name: 'alpha', distInfo: 'alpha-1.0.dist-info', missing: 1 }]);
    writeFileSync(full(path), '');
  }
  rmSync(join(site, 'alpha'), { recursive: true });
  expect(brokenDistributions(root)).toMatchObject([{ name: 'alpha', missing: 4 }]);
});

it('calls one without RECORD broken, unless another program put it there', () => {
  for (const by of ['uv', 'pip', '', 'conda']) install(`by_${by}-1.0.dist-info`, undefined, by);
  expect(distributions(root).sort()).toEqual(['by_', 'by_conda', 'by_pip', 'by_uv']);
  expect(
    brokenDistributions(root)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['by_', 'by_pip', 'by_uv']);
});

it('knows nothing of a folder without an environment', () => {
  expect(brokenDistributions(join(root, 'none'))).toEqual([]);
  expect(distributions(join(root, 'none'))).toEqual([]);
});
