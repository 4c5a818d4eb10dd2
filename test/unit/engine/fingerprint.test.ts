import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formerVenv, hasSafePath, venvVersion } from '../../../src/engine/fingerprint.ts';
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

const base = temporary('hb-venv-');

/** A workspace whose `.venv` says that it was made at a place, quoted as one program writes it. */
function made(root: string, line: string): void {
  mkdirSync(join(root, '.venv', 'bin'), { recursive: true });
  const text = `deactivate () {\n    :\n}\n${line}\nif [ 1 ]; then\n    VIRTUAL_ENV=$(cygpath -u "$VIRTUAL_ENV")\nfi\nexport VIRTUAL_ENV\n`;
  writeFileSync(join(root, '.venv', 'bin', 'activate'), text);
}

/** As uv and Python's shlex.quote do. */
const shlex = (path: string): string => `'${path.replaceAll("'", `'"'"'`)}'`;

it('an environment at its own place was not moved, whatever the name of the folder', () => {
  const names = fc.stringMatching(/^[ a-z'"$`\\!=]{1,12}$/).filter(name => name.trim() === name);
  fc.assert(
    fc.property(names, names, (name, other) => {
      const root = join(base, `w${name}`);
      made(root, `VIRTUAL_ENV=${shlex(join(root, '.venv'))}`);
      expect(formerVenv(root)).toBeUndefined();
      const former = join(base, 'gone', other, '.venv');
      made(root, `VIRTUAL_ENV=${shlex(former)}`);
      expect(formerVenv(root)).toBe(former);
      rmSync(root, { recursive: true });
    }),
    { numRuns: 50 },
  );
});

it.each([
  ['VIRTUAL_ENV="/gone/.venv"', '/gone/.venv'],
  ['VIRTUAL_ENV=/gone/.venv', '/gone/.venv'],
  ['    export VIRTUAL_ENV=/gone/.venv', '/gone/.venv'],
  ['    export VIRTUAL_ENV=$(cygpath "/gone/.venv")', undefined],
  ['', undefined],
])('reads %j', (line, former) => {
  made(join(base, 'other'), line);
  expect(formerVenv(join(base, 'other'))).toBe(former);
});
