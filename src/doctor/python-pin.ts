import { basename, dirname, join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { venvVersion } from '../engine/fingerprint.ts';
import type { Project } from '../manifest/pyproject.ts';
import { allOnPath } from '../system/environment.ts';
import { namesIn, readText } from '../system/files.ts';
import { parseVersion } from '../system/python-version.ts';
import { fits, parseRange } from '../system/version-range.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';
import { projectIn } from './python-project.ts';

/** `.venv`, `.python-version`, `requires-python` and the shims of pyenv agree. Reads files only. */
export const pinnedPython: WorkspaceCheck = {
  title: 'The Python of .venv is the wanted one',
  about: 'workspace',
  run: async look => [...otherPython(look), ...missingInPyenv(look)],
};

function otherPython({ root, wanted }: WorkspaceLook): Finding[] {
  const version = venvVersion(root);
  // Without its patch version it contradicts nothing.
  if (version === undefined || version.split('.').length < 3) return [];
  const asked = contradiction(version, pinOf(root), projectIn(root)?.requiresPython);
  if (asked === undefined) return [];
  return [
    finding(
      'HB281',
      'warn',
      `The Python of .venv is ${version}, and ${asked}.`,
      wanted.python.exact
        ? 'setup makes .venv anew with a Python that fits.'
        : 'setup makes .venv anew with a Python that fits; packages that were installed by hand are not carried over.',
      { command: 'hotpass-bootstrap setup --only python', safe: wanted.python.exact },
    ),
  ];
}

function contradiction(version: string, pin: string | undefined, range: Project['requiresPython']): string | undefined {
  if (pin !== undefined && version !== pin && !version.startsWith(`${pin}.`)) return `.python-version asks for ${pin}`;
  const wanted = range === undefined ? undefined : parseRange(range);
  const parsed = parseVersion(version);
  if (!wanted || !parsed || fits(parsed, wanted)) return undefined;
  return `pyproject.toml asks for ${wanted.text}`;
}

/** The version in `.python-version`, if it is a plain one; uv reads the first line that is no comment. */
function pinOf(root: string): string | undefined {
  const lines = (readText(join(root, '.python-version')) ?? '').split(/\r?\n/).map(line => line.trim());
  const first = lines.find(line => line !== '' && !line.startsWith('#')) ?? '';
  return /^(?:cpython@|python@?)?(\d+(?:\.\d+){0,2})$/.exec(first)?.[1];
}

/** pyenv reads `.python-version` too, and its `python` refuses to start when it has no such version. */
function missingInPyenv({ root, path }: WorkspaceLook): Finding[] {
  const pin = pinOf(root);
  const shim = [...allOnPath('python', path), ...allOnPath('python3', path)][0];
  if (pin === undefined || shim === undefined || basename(dirname(shim)) !== 'shims') return [];
  const versions = namesIn(join(dirname(dirname(shim)), 'versions'));
  if (versions.length === 0 || versions.some(name => name === pin || name.startsWith(`${pin}.`))) return [];
  return [
    finding(
      'HB293',
      'info',
      `python typed by hand does not start here: pyenv has no ${pin}.`,
      `${shim} is pyenv's, and .python-version asks for ${pin}. uv finds or fetches a Python of its own and is not concerned; neither is .venv.`,
      { command: `pyenv install ${pin}`, safe: false },
    ),
  ];
}
