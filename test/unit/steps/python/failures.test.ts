import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classify, FAILURES, failureOf } from '../../../../src/steps/python/failures.ts';
import { repository } from '../../../support/tools.ts';

/** Standard error of real runs of uv 0.13.9, with its exit status in the first line. */
const folder = join(repository, 'test', 'fixtures', 'uv-stderr');

const EXPECTED: Record<string, [name: string, exit: number]> = {
  '401': ['auth', 69],
  '403': ['auth', 69],
  '404': ['not-found', 1],
  '500': ['server', 69],
  'bad-pyproject': ['project-file', 78],
  build: ['build', 1],
  'cache-foreign': ['read-only', 1],
  conflicts: ['conflict', 1],
  'corrupt-lock': ['corrupt-lock', 1],
  'disk-full': ['disk-full', 1],
  'dist-missing': ['path-missing', 1],
  dns: ['network', 69],
  'file-cut': ['broken-download', 69],
  'file-hash': ['broken-download', 1],
  'file-portal': ['sign-in-page', 69],
  'file-511': ['sign-in-page', 69],
  git: ['git', 1],
  hash: ['hash', 1],
  'missing-credentials': ['auth', 69],
  misuse: ['usage', 1],
  'newer-lock': ['lock-schema', 1],
  'no-build': ['no-build', 1],
  'no-lock': ['no-lock', 1],
  'no-pyproject': ['project-file', 78],
  'no-python': ['no-python', 1],
  offline: ['offline', 69],
  platform: ['platform', 1],
  'proxy-login': ['proxy', 69],
  'proxy-refuses': ['proxy', 69],
  'proxy-down': ['proxy', 69],
  'proxy-unknown': ['proxy', 69],
  'proxy-socks': ['proxy', 69],
  'python-broken': ['python-broken', 1],
  'python-download': ['python-download', 1],
  'python-incompatible': ['python-pin', 1],
  'read-only': ['read-only', 1],
  refused: ['network', 69],
  'resolve-401': ['auth', 69],
  'resolve-403': ['auth', 69],
  'resolve-404': ['resolution', 1],
  'resolve-500': ['server', 69],
  'resolve-refused': ['network', 69],
  'stale-lock': ['stale-lock', 1],
  'stale-lock-offline': ['offline', 69],
  tls: ['tls', 69],
  'tls-date': ['certificate', 69],
  'tls-no-system': ['tls', 69],
  'tls-name': ['certificate', 69],
  'unknown-extra': ['extra', 1],
  'unknown-group': ['extra', 1],
  'uv-version': ['uv-version', 1],
  'venv-not-env': ['not-an-environment', 1],
};

const recorded = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'utf8').replace(/^exit \d+\n/, '');

describe('what uv says is told as one failure', () => {
  it('knows every recording', () => {
    const names = readdirSync(folder).map(file => file.replace(/\.txt$/, ''));
    expect(names.sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('%s', (file, [name, exit]) => {
    expect(classify(recorded(file)).name).toBe(name);
    const error = failureOf(recorded(file));
    expect(error.exit).toBe(exit);
    for (const sentence of [error.message, error.why]) expect(sentence).toMatch(/^[^$\n]+[.:]?.*[.a-z0-9>`)]$/);
    expect(error.next).toMatch(/^[a-z-]+( [^`]*)?$/);
    expect(error.lines.length).toBeGreaterThan(0);
  });

  it('fills in the names that uv gave', () => {
    expect(failureOf(recorded('unknown-extra')).message).toBe('Extra nope is not defined in pyproject.toml.');
    expect(failureOf(recorded('no-python')).message).toBe('There is no Python here that fits: >=3.99.');
    expect(failureOf(recorded('uv-version')).message).toBe('The project wants uv >=99, and 0.13.9 was used.');
  });

  it('names the package that has no wheel', () => {
    expect(failureOf(recorded('no-build')).message).toBe('alpha of the private index has no wheel, only a source.');
  });

  it('tells a value of a UV_ variable from an option that an old uv does not know', () => {
    const said = (value: string, option: string): string =>
      failureOf(
        `error: invalid value '${value}' for '--${option}'\n  [possible values: copy]\n\nFor more information, try '--help'.\n`,
      ).message;
    expect(said('banana', 'link-mode <LINK_MODE>')).toMatch(/in your environment/);
    expect(said('json', 'output-format <OUTPUT_FORMAT>')).toMatch(/does not know an option/);
  });

  it('gets a lock with merge markers out of a merge with what it prints', () => {
    const root = mkdtempSync(join(tmpdir(), 'hb-merge-'));
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: root, stdio: 'ignore' });
    };
    const commit = (text: string): void => {
      writeFileSync(join(root, 'uv.lock'), text);
      git('add', '-A');
      git('commit', '-qm', text);
    };
    git('init', '-q', '-b', 'main');
    commit('version = 1\n');
    git('checkout', '-qb', 'other');
    commit('version = 2\n');
    git('checkout', '-q', 'main');
    commit('version = 3\n');
    expect(() => git('merge', 'other')).toThrow();
    const { next = '' } = failureOf(recorded('corrupt-lock'), undefined, 'true');
    execFileSync('sh', ['-c', next], { cwd: root, stdio: 'ignore' });
    expect(readFileSync(join(root, 'uv.lock'), 'utf8')).toBe('version = 3\n');
    rmSync(root, { recursive: true });
  });

  it('reads the decoration of older versions', () => {
    const old = '  × No interpreter found for Python 3.12.11 in managed installations or search path\n';
    expect(failureOf(old)).toMatchObject({ id: 'HB228', message: 'There is no Python here that fits: 3.12.11.' });
  });

  it('fetches the Python that is wanted, also where downloads are switched off, and starts nothing else', () => {
    expect(failureOf(recorded('no-python'), undefined, '/opt/uv').next).toBe(
      "env UV_PYTHON_DOWNLOADS=manual /opt/uv python install '>=3.99'",
    );
    const hostile = failureOf("error: No interpreter found for executable name `x'; touch /tmp/x;'` in search path\n");
    const words = execFileSync('bash', ['-c', `printf '%s\n' ${hostile.next ?? ''}`], { encoding: 'utf8' });
    expect(words.split('\n')).toHaveLength(7);
  });

  it('does not take a warning for the error', () => {
    const text =
      'warning: Failed to inspect Python interpreter from search path: Permission denied\nerror: Unable to find lockfile at `uv.lock`\n';
    expect(classify(text).name).toBe('no-lock');
  });

  it('gives an unknown failure uv’s own words', () => {
    const error = failureOf('error: The moon is in the way\n  cause: eclipse\n');
    expect(error).toMatchObject({ id: 'HB246', exit: 1 });
    expect(error.lines).toEqual(['The moon is in the way', '  cause: eclipse']);
  });

  it('keeps its ids within its range', () => {
    const isOurs = (id: number): boolean => (id >= 220 && id <= 259) || (id >= 495 && id <= 499);
    for (const row of FAILURES) expect(Number(row.id.slice(2))).toSatisfy(isOurs);
  });
});
