import { existsSync, mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import type { Progress } from '../../../src/system/download.ts';
import { TEMP_PREFIX } from '../../../src/system/files.ts';
import { choosePackageIndex } from '../../../src/system/package-index.ts';
import { copyIn, uvCopies } from '../../../src/system/uv-copies.ts';
import { installRelease } from '../../../src/system/uv-install.ts';
import { findRelease } from '../../../src/system/uv-release.ts';
import type { Machine } from '../../../src/system/uv-wheels.ts';
import { parseRange } from '../../../src/system/version-range.ts';
import { sha256 } from '../../support/certificates.ts';
import { ANY, fakeWheel, type IndexOptions, type Served, serveIndex, wheelName } from '../../support/package-index.ts';
import { temporary } from '../../support/tools.ts';

const base = temporary();
const machine: Machine = { platform: 'linux', arch: 'x64', libc: { kind: 'glibc', version: '2.36' } };
const wheels = new Map(['0.12.1', '0.14.0', '0.14.2', '0.15.0rc1'].map(version => [version, fakeWheel(version)]));

function file(version: string, more: Partial<NonNullable<IndexOptions['files']>[number]> = {}, tags = ANY) {
  return { filename: wheelName(version, tags), bytes: wheels.get(version) ?? Buffer.from('x'), ...more };
}

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

interface Attempt {
  range?: string;
  hashes?: Record<string, string>;
  url?: (url: string) => string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** Fetches from a fresh index into a fresh folder. */
async function fetchUv(options: IndexOptions, attempt: Attempt = {}) {
  served = await serveIndex(options);
  const home = mkdtempSync(join(base, 'home-'));
  const env = { HOME: home, PATH: process.env['PATH'] ?? '', ...attempt.env };
  const url = attempt.url?.(served.url) ?? served.url;
  const index = await choosePackageIndex({ ...env, UV_DEFAULT_INDEX: url }, '/no/workspace');
  const network = { env };
  const range = parseRange(attempt.range ?? '>=0.12');
  const common = { network, delay: 1, ...(attempt.signal ? { signal: attempt.signal } : {}) };
  const release = await findRelease(index, range, machine, common, attempt.hashes ?? {});
  const data = join(home, 'data');
  const folder = join(data, 'uv', release.version);
  const more = attempt.onProgress ? { onProgress: attempt.onProgress } : {};
  const install = async () => installRelease(release, folder, { index, env, ...common, ...more });
  return { release, data, folder, install };
}

async function failure(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    thrown => thrown as unknown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('fetching uv', () => {
  it.each([{ html: false }, { html: true }])('takes the newest release that fits (HTML only: $html)', async options => {
    const files = [file('0.14.0'), file('0.14.2'), file('0.15.0rc1'), file('0.12.1')];
    const progress: Progress[] = [];
    const { install, data, folder } = await fetchUv({ ...options, files }, { onProgress: p => progress.push(p) });
    const copy = await install();
    expect(copy).toEqual({ version: '0.14.2', path: join(folder, 'uv'), uvx: join(folder, 'uvx') });
    expect(uvCopies(data)).toEqual([copy]);
    expect(statSync(copy.path).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder).sort()).toEqual(['installed.json', 'uv', 'uvx']);
    const size = wheels.get('0.14.2')?.length;
    expect(progress.at(-1)).toMatchObject({ received: size, total: size });
    expect(progress.at(-1)?.rate).toBeGreaterThan(0);
  });

  it('takes a yanked file only when it is pinned', async () => {
    const files = [file('0.14.2', { yanked: true }), file('0.14.0')];
    expect((await fetchUv({ files })).release.version).toBe('0.14.0');
    await served?.close();
    expect((await fetchUv({ files, html: true }, { range: '==0.14.2' })).release.version).toBe('0.14.2');
  });

  it('takes a pre-release only when the range names one', async () => {
    const files = [file('0.15.0rc1'), file('0.14.0')];
    expect((await fetchUv({ files }, { range: '>=0.15.0rc1' })).release.version).toBe('0.15.0rc1');
  });

  it('sends the password of the index to the index alone', async () => {
    const elsewhere = await serveIndex({ files: [file('0.14.2')] });
    const there = `${elsewhere.url.replace('/simple', '')}/files/${wheelName('0.14.2')}`;
    const auth = { username: 'anna', password: 'p@ss word' };
    const options: IndexOptions = { auth, files: [file('0.14.2')] };
    const withLogin = (url: string): string => url.replace('//', '//anna:p%40ss%20word@');
    try {
      const own = await fetchUv(options, { url: withLogin });
      await own.install();
      expect(served?.seen.every(({ authorization }) => authorization !== undefined)).toBe(true);
      const redirecting: IndexOptions['files'] = [
        file('0.14.2', { answer: (_, response) => void response.writeHead(302, { location: there }).end() }),
      ];
      await served?.close();
      const sent = await fetchUv({ auth, files: redirecting }, { url: withLogin });
      await sent.install();
      expect(elsewhere.seen).toEqual([{ path: `/files/${wheelName('0.14.2')}`, authorization: undefined }]);
    } finally {
      await elsewhere.close();
    }
  });

  it('tries again after a fault of the server and a cut transfer', async () => {
    let asked = 0;
    const flaky = file('0.14.2', {
      answer: (_, response) => {
        asked++;
        const bytes = wheels.get('0.14.2') ?? Buffer.alloc(0);
        if (asked === 1) return void response.writeHead(502).end();
        response.writeHead(200, { 'content-length': bytes.length });
        if (asked > 2) return void response.end(bytes);
        response.write(bytes.subarray(0, 50));
        setTimeout(() => response.destroy(), 20);
      },
    });
    const { install } = await fetchUv({ files: [flaky] });
    expect((await install()).version).toBe('0.14.2');
    expect(asked).toBe(3);
  });

  it('takes the next wheel where the best does not start', async () => {
    const wrong = fakeWheel('0.14.2', '\x7fELF not for this machine');
    const best = { filename: wheelName('0.14.2', 'manylinux_2_17_x86_64.manylinux2014_x86_64'), bytes: wrong };
    const { install, release } = await fetchUv({ files: [file('0.14.2'), best] });
    expect(release.wheels[0]?.filename).toBe(best.filename);
    expect((await install()).version).toBe('0.14.2');
    expect(served?.seen.map(({ path }) => path).slice(1)).toHaveLength(2);
  });

  it('sweeps what an earlier run left, but not what may be in use', async () => {
    const { install, folder } = await fetchUv({ files: [file('0.14.2')] });
    await install();
    const [old, fresh] = [join(folder, `${TEMP_PREFIX}old`), join(folder, `${TEMP_PREFIX}fresh`)];
    for (const path of [old, fresh]) writeFileSync(path, 'x');
    utimesSync(old, 1, 1);
    await install();
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });
});

describe('nothing is placed', () => {
  async function refused(options: IndexOptions, attempt: Attempt = {}): Promise<UserError> {
    let folder = '';
    const error = await failure(
      (async () => {
        const fetched = await fetchUv(options, attempt);
        folder = fetched.folder;
        await fetched.install();
      })(),
    );
    if (existsSync(folder)) expect(readdirSync(folder)).toEqual([]);
    expect(copyIn(folder)).toBeUndefined();
    expect(error.message + error.why).not.toMatch(/p%40ss|p@ss/);
    return error;
  }
  const status = (code: number): IndexOptions => ({ page: (_, response) => void response.writeHead(code).end() });

  it.each([
    [401, /user name and a password/],
    [403, /does not let this user in/],
    [404, /has no uv/],
    [500, /fault of its own/],
  ])('when the index answers %i', async (code, message) => {
    const error = await refused(status(code), { url: url => url.replace('//', '//anna:p%40ss@') });
    expect(error.message).toMatch(message);
    expect(error.exit).toBe(69);
    expect(served?.seen.length).toBe(code === 500 ? 3 : 1);
  });

  it('when the bytes are others', async () => {
    const error = await refused({ files: [file('0.14.2', { sha256: 'a'.repeat(64) })] });
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/is not the file that was published/);
  });

  it('when the index and the shipped table disagree, before anything is fetched', async () => {
    const hashes = { [wheelName('0.14.2')]: 'b'.repeat(64) };
    expect((await refused({ files: [file('0.14.2')] }, { hashes })).why).toMatch(/another SHA-256/);
    expect(served?.seen).toHaveLength(1);
  });

  it('when the bytes are not those of the shipped table', async () => {
    const hashes = { [wheelName('0.14.2')]: 'b'.repeat(64) };
    expect((await refused({ files: [file('0.14.2', { sha256: null })] }, { hashes })).exit).toBe(78);
  });

  it('when the index gives no hash', async () => {
    const error = await refused({ html: true, files: [file('0.14.2', { sha256: null })] });
    expect(error.exit).toBe(78);
    expect(error.why).toMatch(/no SHA-256/);
  });

  it('when only a page that came over plain HTTP says what it should contain', async () => {
    const own = await serveIndex({ files: [file('0.14.2')] });
    // The index is its own proxy here, so that its name is not this machine's.
    const env = { http_proxy: own.url };
    try {
      const error = await refused({}, { url: () => 'http://index.invalid/simple', env });
      expect(error).toMatchObject({ exit: 78, why: expect.stringContaining('plain HTTP') });
      await served?.close();
      const hashes = { [wheelName('0.14.2')]: sha256(wheels.get('0.14.2') ?? Buffer.alloc(0)) };
      const { install } = await fetchUv({}, { url: () => 'http://index.invalid/simple', env, hashes });
      expect((await install()).version).toBe('0.14.2');
    } finally {
      await own.close();
    }
  });

  it('when a web page comes instead of the index or the wheel', async () => {
    const portal = '<html><body>Welcome to the hotel</body></html>';
    const page: IndexOptions['page'] = (_, response) => void response.end('Welcome to the hotel');
    expect((await refused({ page })).message).toMatch(/something else/);
    await served?.close();
    const answer: IndexOptions['page'] = (_, response) => void response.end(portal);
    expect((await refused({ files: [file('0.14.2', { answer })] })).why).toMatch(/login page/);
  });

  it('when nothing on the index fits', async () => {
    const error = await refused({ files: [file('0.14.2')] }, { range: '>=99' });
    expect(error).toMatchObject({ exit: 1, why: 'Its newest is 0.14.2.' });
    const foreign = [file('0.14.2', {}, 'win_amd64')];
    await served?.close();
    expect((await refused({ files: foreign })).message).toMatch(/for this machine/);
  });

  it('when the wheel is not one, or no wheel starts', async () => {
    expect((await refused({ files: [file('0.14.2', { bytes: Buffer.from('no zip') })] })).why).toMatch(/not a wheel/);
    await served?.close();
    const dead = fakeWheel('0.14.2', '#!/bin/sh\nexit 3\n');
    expect((await refused({ files: [file('0.14.2', { bytes: dead })] })).message).toMatch(/does not start/);
  });

  it('when the run is stopped in the middle', async () => {
    const abort = new AbortController();
    const reason = new UserError({ message: 'stop', exit: 130 });
    const answer: IndexOptions['page'] = (_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('x');
      setTimeout(() => abort.abort(reason), 30);
    };
    expect(await refused({ files: [file('0.14.2', { answer })] }, { signal: abort.signal })).toBe(reason);
  });

  it('when its folder cannot be made', async () => {
    const { install, data } = await fetchUv({ files: [file('0.14.2')] });
    writeFileSync(data, 'a file');
    expect((await failure(install())).message).toMatch(/in the way/);
  });
});
