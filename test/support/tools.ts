import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What tests download and build once; outside git. */
export const cache = join(repository, '.cache');

/** The real uv the tests use: HOTPASS_TEST_UV (set by `make test`), else the first on PATH. Missing is an error. */
export function uvPath(): string {
  const given = process.env['HOTPASS_TEST_UV'];
  if (given) return given;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const full = join(folder, 'uv');
    if (existsSync(full)) return full;
  }
  throw new Error('These tests need a real uv: run them through `make test`, which gets one.');
}

/** One uv cache for all tests, so that a package is downloaded once. */
export const uvCache = process.env['UV_CACHE_DIR'] ?? join(cache, 'uv');

/** A fresh folder for one test. */
export function temporary(prefix = 'hb-'): string {
  return mkdtempSync(join(tmpdir(), prefix));
}

/** Environment of a person who has nothing: an empty HOME, only the tools named. */
export function emptyHome(home: string, extra: Record<string, string> = {}): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of [
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NO_PROXY',
    'UV_DEFAULT_INDEX',
    'UV_INDEX_URL',
  ]) {
    const value = process.env[name];
    if (value) inherited[name] = value;
  }
  return {
    ...inherited,
    PATH: [
      dirname(uvPath()),
      dirname(process.execPath),
      pythonFolder(),
      ...unpackedPrograms(),
      '/usr/local/bin',
      '/usr/bin',
      '/bin',
    ].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    UV_CACHE_DIR: uvCache,
    HOTPASS_BOOTSTRAP_TEST: '1',
    ...extra,
  };
}

/** Folder of programs that `make test` unpacked for an ordinary user, where they are not installed. */
export function unpackedPrograms(): string[] {
  const given = process.env['HOTPASS_TEST_PROGRAMS'];
  return given ? [given] : [];
}

/** Folder of a real python3 (not a version manager's shim, which needs its own HOME). */
export function pythonFolder(): string {
  const result = spawnSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' });
  const prefix = result.stdout.trim();
  return prefix === '' ? '/usr/bin' : join(prefix, 'bin');
}

/**
 * A synchronised copy of `examples/workspace` that tests may read and execute but must not change; made once per
 * `uv.lock`. It has the real Prefect and OpenTelemetry packages.
 * @returns its root; the interpreter is `.venv/bin/python`.
 */
export function exampleEnvironment(): string {
  const source = join(repository, 'examples', 'workspace');
  const lock = createHash('sha256')
    .update(readFileSync(join(source, 'uv.lock')))
    .update(readFileSync(join(source, 'pyproject.toml')))
    .digest('hex')
    .slice(0, 12);
  const target = join(cache, `example-${lock}`);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'staging-'));
  cpSync(source, staging, { recursive: true, filter: path => !path.includes('.venv') });
  // The environment must be made where it stays: scripts in it carry its path.
  try {
    renameSync(staging, target);
  } catch {
    rmSync(staging, { recursive: true, force: true });
  }
  const result = spawnSync(uvPath(), ['sync', '--locked', '--all-extras'], {
    cwd: target,
    env: { ...process.env, UV_CACHE_DIR: uvCache },
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    rmSync(target, { recursive: true, force: true });
    throw new Error(`The example workspace cannot be synchronised: ${result.stderr}`);
  }
  return target;
}
