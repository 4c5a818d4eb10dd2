import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { uvStep } from '../../src/steps/uv.ts';
import { parseVersion } from '../../src/system/python-version.ts';
import { DEFAULT_UV } from '../../src/system/uv-hashes.ts';
import { fits, parseRange } from '../../src/system/version-range.ts';
import { StepHome } from '../support/step-context.ts';
import { emptyHome, exampleEnvironment, temporary } from '../support/tools.ts';

let base = '';
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A person with an empty HOME and nothing on PATH: no uv, no Python. The network settings are those of this machine. */
function nobody(): StepHome {
  base = temporary();
  mkdirSync(join(base, 'nothing'));
  return new StepHome(base, { ...emptyHome(join(base, 'home')), PATH: join(base, 'nothing') });
}

describe('the real uv, from the configured index', () => {
  it('comes to a machine with neither uv nor Python, and runs', async () => {
    const home = nobody();
    const { changes, read } = await home.setup(uvStep);
    expect(changes.map(({ key }) => key)).toEqual(['copy', 'link']);
    const uv = await read.outputs.get('uv');
    expect(uv?.version).toBe(DEFAULT_UV);
    const linked = join(home.home, '.local', 'bin', 'uv');
    for (const program of [uv?.path ?? '', linked, `${linked}x`]) {
      const ran = spawnSync(program, ['--version'], { env: home.env, encoding: 'utf8' });
      expect(ran.stdout).toMatch(new RegExp(`^uvx? ${DEFAULT_UV.replaceAll('.', '\\.')}`));
    }
    // The rest of it works too, not only its version.
    const cache = spawnSync(linked, ['cache', 'dir'], { env: home.env, encoding: 'utf8' });
    expect(cache.stdout.trim()).toBe(home.env['UV_CACHE_DIR']);
    expect(readdirSync(dirname(uv?.path ?? '')).sort()).toEqual(['installed.json', 'uv', 'uvx']);
    const record = JSON.parse(readFileSync(join(dirname(uv?.path ?? ''), 'installed.json'), 'utf8'));
    expect(record.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await home.setup(uvStep, { offline: true })).changes).toEqual([]);
  });

  it('comes in another version when the workspace wants one', async () => {
    const home = nobody();
    const { read } = await home.setup(uvStep, { uvRange: '~=0.12.0, <0.12.3' });
    const uv = await read.outputs.get('uv');
    expect(uv?.version).toMatch(/^0\.12\.[0-2]$/);
    const ran = spawnSync(uv?.path ?? '', ['--version'], { encoding: 'utf8' });
    expect(ran.stdout).toContain(`uv ${uv?.version}`);
  });
});

describe('versions and ranges', () => {
  it('are what Python’s packaging says', () => {
    const number = fc.nat(3).map(String);
    const release = fc.array(number, { minLength: 1, maxLength: 3 }).map(parts => parts.join('.'));
    const suffix = fc.constantFrom('', '', '', 'a1', 'rc2', '.post1', '.dev1', 'b1.dev2', '+x.1');
    const version = fc.tuple(release, suffix).map(parts => parts.join(''));
    const bound = fc.tuple(release, fc.constantFrom('', '', '', 'rc1', '.post1')).map(parts => parts.join(''));
    const clause = fc.oneof(
      fc.tuple(fc.constantFrom('==', '!=', '>=', '<=', '>', '<', '~='), bound).map(parts => parts.join('')),
      fc.tuple(fc.constantFrom('==', '!='), release, fc.constant('.*')).map(parts => parts.join('')),
    );
    const range = fc.array(clause, { minLength: 1, maxLength: 2 }).map(clauses => clauses.join(', '));
    const samples = fc.sample(fc.tuple(version, range), { numRuns: 4000, seed: 11 });
    const python = join(exampleEnvironment(), '.venv', 'bin', 'python');
    const oracle = spawnSync(python, ['-c', ORACLE], { input: JSON.stringify(samples), encoding: 'utf8' });
    expect(oracle.stderr).toBe('');
    const theirs = JSON.parse(oracle.stdout) as (boolean | null)[];
    const differing = samples.filter(([text, wanted], i) => {
      const parsedRange = parseRange(wanted);
      const parsed = parseVersion(text);
      const ours = parsedRange && parsed ? fits(parsed, parsedRange) : null;
      return ours !== theirs[i];
    });
    expect(differing).toEqual([]);
    expect(theirs.filter(value => value === true).length).toBeGreaterThan(300);
  });
});

/** Pre-releases as we do: only when a clause names one. null: not a range. */
const ORACLE = `
import json, sys
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
def answer(version, text):
    try: spec = SpecifierSet(text)
    except InvalidSpecifier: return None
    v = Version(version)
    named = any(s.operator != '!=' and not s.version.endswith('*') and Version(s.version).is_prerelease for s in spec)
    return spec.contains(v.public if '+' in version else v, prereleases=True) and (named or not v.is_prerelease)
print(json.dumps([answer(v, t) for v, t in json.load(sys.stdin)]))
`;
