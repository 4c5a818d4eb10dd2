import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasSafePath, venvVersion } from '../../../src/engine/fingerprint.ts';
import { temporary } from '../../support/tools.ts';

it.each([
  // As python -m venv, uv and virtualenv write it.
  ['home = /usr/bin\nversion = 3.10.12\nexecutable = x\n', '3.10.12', false],
  ['home = /usr/bin\nimplementation = CPython\nuv = 0.9.1\nversion_info = 3.12.4\n', '3.12.4', true],
  ['version_info = 3.11.2.final.0\nversion = 3.11.2\n', '3.11.2', true],
  ['version_info=3.14.0rc1\n', '3.14.0', true],
  ['version = 3.9\n', '3.9', false],
  ['version = 4.0.0\n', '4.0.0', true],
  ['home = /opt/version = 3.8.1\n', undefined, true],
  ['version = old\n', undefined, true],
  ['', undefined, true],
])('reads the version of %j as %s', (text, version, safePath) => {
  const root = temporary('hb-venv-');
  mkdirSync(join(root, '.venv'));
  writeFileSync(join(root, '.venv', 'pyvenv.cfg'), text);
  expect([venvVersion(root), hasSafePath(root)]).toEqual([version, safePath]);
});

it('knows no version where there is no environment', () => {
  expect(venvVersion(temporary('hb-venv-'))).toBeUndefined();
});
