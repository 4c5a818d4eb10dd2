import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uvStep } from '../../../src/steps/uv.ts';
import { testCertificates } from '../../support/certificates.ts';
import { fakeWheel, type Served, serveIndex, serveProxy, wheelName } from '../../support/package-index.ts';
import { StepHome } from '../../support/step-context.ts';
import { temporary } from '../../support/tools.ts';

const VERSIONS = ['0.12.1', '0.14.2'];
let index: Served;
let base = '';
let home: StepHome;

beforeAll(async () => {
  const files = VERSIONS.map(version => ({ filename: wheelName(version), bytes: fakeWheel(version) }));
  index = await serveIndex({ files });
});
afterAll(() => index.close());
beforeEach(() => {
  base = temporary();
  home = new StepHome(base, { PATH: join(base, 'tools'), UV_DEFAULT_INDEX: index.url });
  mkdirSync(join(base, 'tools'));
  index.seen.length = 0;
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A program called `uv` that says its version and counts its starts. */
function placeUv(folder: string, version: string, body = `echo "uv ${version} (x)"`): string {
  const path = join(base, folder, 'uv');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho started >> "${path}.starts"\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function starts(path: string): number {
  return existsSync(`${path}.starts`) ? readFileSync(`${path}.starts`, 'utf8').split('\n').length - 1 : 0;
}

const bin = (name = 'uv'): string => join(home.home, '.local', 'bin', name);
const copyOf = (version: string): string => join(home.home, '.local/share/hotpass-bootstrap/uv', version, 'uv');

describe('a machine with a uv that fits', () => {
  it('is in order; the version is asked once and again only when the file is another', async () => {
    const path = placeUv('tools', '0.14.0');
    const first = await home.setup(uvStep, { uvRange: '>=0.14' });
    expect(first.changes).toEqual([]);
    expect(first.findings).toEqual([]);
    expect(await first.read.outputs.get('uv')).toEqual({ path, version: '0.14.0' });
    await home.setup(uvStep, { uvRange: '>=0.14' });
    expect(starts(path)).toBe(1);
    await home.setup(uvStep, { recheck: true });
    expect(starts(path)).toBe(2);
    placeUv('tools', '0.14.3');
    const { read } = await home.setup(uvStep);
    expect(await read.outputs.get('uv')).toEqual({ path, version: '0.14.3' });
    expect(index.seen).toEqual([]);
  });

  it('uses a newer one behind an old one and says so', async () => {
    placeUv('tools', '0.9.0');
    const path = placeUv('more', '0.14.0');
    home.env['PATH'] += `:${join(base, 'more')}`;
    const { changes, findings, read } = await home.setup(uvStep, { uvRange: '>=0.14' });
    expect(changes).toEqual([]);
    expect(findings).toEqual(['HB111']);
    expect(await read.outputs.get('uv')).toEqual({ path, version: '0.14.0' });
  });

  it('finds one in the user’s bin directory that is not on PATH', async () => {
    const path = placeUv('home/.local/bin', '0.14.0');
    const { changes, read } = await home.setup(uvStep);
    expect(changes).toEqual([]);
    expect(await read.outputs.get('uv')).toEqual({ path, version: '0.14.0' });
  });
});

describe('a machine without uv', () => {
  it('gets one, linked, and is then in order without asking anybody', async () => {
    const { changes, findings, read } = await home.setup(uvStep, { uvRange: '<0.15,>=0.14.1' });
    expect(changes).toEqual([
      expect.objectContaining({ key: 'copy', action: 'add', target: dirname(dirname(copyOf('x'))), certain: true }),
      expect.objectContaining({ key: 'link', action: 'add', target: bin() }),
    ]);
    expect(findings).toEqual(['HB112']);
    expect(await read.outputs.get('uv')).toEqual({ path: copyOf('0.14.2'), version: '0.14.2' });
    expect([readlinkSync(bin()), readlinkSync(bin('uvx'))]).toEqual([
      copyOf('0.14.2'),
      join(dirname(copyOf('0.14.2')), 'uvx'),
    ]);
    expect(home.events.some(event => event.type === 'step-progress' && /MB/.test(event.text))).toBe(true);
    index.seen.length = 0;
    home.env['PATH'] += `:${dirname(bin())}`;
    const again = await home.setup(uvStep, { uvRange: '<0.15,>=0.14.1', offline: true });
    expect(again).toMatchObject({ changes: [], findings: [] });
    expect(index.seen).toEqual([]);
  });

  it('names the exact place for an exact version', async () => {
    const read = home.read({ uvRange: '0.12.1' });
    const { state } = await uvStep.inspect(read);
    expect(uvStep.plan(state, read.wanted)[0]).toMatchObject({ target: copyOf('0.12.1'), to: '0.12.1' });
    expect(uvStep.plan((await uvStep.inspect(home.read())).state, read.wanted)[0]?.to).toBe('0.13.9');
    expect(index.seen).toEqual([]);
    expect(existsSync(join(home.home, '.local/share'))).toBe(false);
  });

  it('makes a damaged copy and a dangling link anew', async () => {
    await home.setup(uvStep, { uvRange: '0.14.2' });
    truncateSync(copyOf('0.14.2'), 3);
    const mended = await home.setup(uvStep, { uvRange: '0.14.2' });
    expect(mended.changes.map(({ key }) => key)).toContain('copy');
    rmSync(dirname(copyOf('0.14.2')), { recursive: true });
    const { changes } = await home.setup(uvStep, { uvRange: '0.14.2' });
    expect(changes.map(({ key, action }) => `${key} ${action}`)).toEqual(['copy add', 'link change']);
    expect((await home.setup(uvStep, { uvRange: '0.14.2' })).changes).toEqual([]);
  });

  it('lets two workspaces have two versions without a quarrel over the link', async () => {
    await home.setup(uvStep, { uvRange: '0.14.2' });
    home.env['PATH'] += `:${dirname(bin())}`;
    const other = await home.setup(uvStep, { uvRange: '0.12.1' });
    expect(other.changes.map(({ key }) => key)).toEqual(['copy']);
    expect(other.findings).toEqual(['HB111']);
    expect((await home.setup(uvStep, { uvRange: '0.14.2' })).changes).toEqual([]);
    expect((await home.setup(uvStep, { uvRange: '0.12.1' })).changes).toEqual([]);
  });

  it('leaves a uv that does not fit under its name', async () => {
    placeUv('tools', '0.9.0');
    const { changes, read } = await home.setup(uvStep, { uvRange: '0.14.2' });
    expect(changes.map(({ key }) => key)).toEqual(['copy']);
    expect(existsSync(bin())).toBe(false);
    expect((await read.outputs.get('uv'))?.path).toBe(copyOf('0.14.2'));
  });

  it('leaves other files in the bin directory alone', async () => {
    mkdirSync(dirname(bin()), { recursive: true });
    writeFileSync(bin(), 'mine');
    symlinkSync('/somewhere', bin('uvx'));
    const { changes, findings } = await home.setup(uvStep, { uvRange: '0.14.2' });
    expect(changes.map(({ key }) => key)).toEqual(['copy']);
    expect(findings).toContain('HB114');
    expect(readFileSync(bin(), 'utf8')).toBe('mine');
    rmSync(bin());
    await home.setup(uvStep, { uvRange: '0.14.2' });
    expect(readlinkSync(bin())).toBe(copyOf('0.14.2'));
    expect(readlinkSync(bin('uvx'))).toBe('/somewhere');
  });

  it('gets one through a proxy from an index whose authority only SSL_CERT_FILE knows', async () => {
    const tls = testCertificates();
    const auth = { username: 'anna', password: 'index-password' };
    const files = [{ filename: wheelName('0.14.2'), bytes: fakeWheel('0.14.2') }];
    const [secure, proxy] = await Promise.all([serveIndex({ tls, auth, files }), serveProxy('me:proxy-password')]);
    try {
      const authority = join(base, 'ca.pem');
      writeFileSync(authority, tls.ca);
      home.env['UV_DEFAULT_INDEX'] = secure.url.replace('//', '//anna:index-password@');
      home.env['HTTPS_PROXY'] = proxy.url.replace('//', '//me:proxy-password@');
      await expect(home.setup(uvStep, { uvRange: '0.14.2' })).rejects.toMatchObject({ exit: 69 });
      home.env['SSL_CERT_FILE'] = authority;
      const { read } = await home.setup(uvStep, { uvRange: '0.14.2' });
      expect((await read.outputs.get('uv'))?.version).toBe('0.14.2');
      expect(new Set(proxy.seen)).toEqual(new Set([new URL(secure.url).host]));
      const told = JSON.stringify([home.events, home.records]);
      expect(told).not.toMatch(/index-password|proxy-password/);
    } finally {
      await Promise.all([secure.close(), proxy.close()]);
    }
  });

  it('says so when it may not fetch one, or the range is none', async () => {
    await expect(home.setup(uvStep, { offline: true })).rejects.toMatchObject({ exit: 69 });
    await expect(home.setup(uvStep, { uvRange: 'latest' })).rejects.toMatchObject({ exit: 78 });
  });
});

describe('what is not used', () => {
  it('a uv in the workspace, an ancient one, a broken one', async () => {
    mkdirSync(join(home.root, 'bin'), { recursive: true });
    placeUv('work/bin', '0.14.0');
    placeUv('old', '0.4.0');
    placeUv('broken', '', 'exit 1');
    home.env['PATH'] = [join(home.root, 'bin'), join(base, 'broken'), join(base, 'old')].join(':');
    const { state, findings } = await uvStep.inspect(home.read());
    expect(state.fetch?.to).toBe('0.13.9');
    expect(findings.map(({ id }) => id)).toContain('HB115');
    expect(starts(join(home.root, 'bin', 'uv'))).toBe(0);
  });

  it('a shim, unless there is no other and the workspace is approved', async () => {
    const shim = placeUv('manager/shims', '', 'test "$PWD" = "$EXPECTED" && echo "uv 0.14.0"');
    writeFileSync(shim, readFileSync(shim, 'utf8').replace('$EXPECTED', home.root));
    home.env['PATH'] = dirname(shim);
    expect((await uvStep.inspect(home.read({ approved: false }))).state.fetch).toBeDefined();
    expect(starts(shim)).toBe(0);
    const { changes, findings, read } = await home.setup(uvStep);
    expect(changes).toEqual([]);
    expect(findings).toEqual(['HB113']);
    expect(await read.outputs.get('uv')).toEqual({ path: shim, version: '0.14.0' });
    const real = placeUv('tools', '0.14.1');
    home.env['PATH'] += `:${join(base, 'tools')}`;
    expect(await (await home.setup(uvStep)).read.outputs.get('uv')).toEqual({ path: real, version: '0.14.1' });
  });
});

describe('an index that only pip knows', () => {
  it('is a finding with the line for uv.toml, unless the workspace names one', async () => {
    placeUv('tools', '0.14.0');
    delete home.env['UV_DEFAULT_INDEX'];
    home.env['PIP_INDEX_URL'] = 'https://anna:secret@pip.test/simple';
    const { findings } = await uvStep.inspect(home.read());
    expect(findings.map(({ id }) => id)).toEqual(['HB110']);
    const command = findings[0]?.fix?.command ?? '';
    const file = / >> (\S+)$/.exec(command)?.[1] ?? '';
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'offline = false # no newline at the end');
    execFileSync('sh', ['-c', command]);
    const read = parseToml(readFileSync(file, 'utf8'));
    expect(read).toEqual({ offline: false, index: [{ url: 'https://pip.test/simple/', default: true }] });
    rmSync(file);
    expect(JSON.stringify(findings)).not.toContain('secret');
    writeFileSync(join(home.root, 'pyproject.toml'), '[[tool.uv.index]]\nurl = "https://a.test"\ndefault = true\n');
    expect((await uvStep.inspect(home.read())).findings).toEqual([]);
  });
});

describe('undo', () => {
  const registry = (roots: string[]): void => {
    const workspaces = Object.fromEntries(roots.map(root => [root, { id: root, name: 'w', namespace: 'w' }]));
    writeFileSync(join(home.home, '.local/state/hotpass-bootstrap/workspaces.json'), JSON.stringify({ workspaces }));
  };

  it('keeps uv while another workspace uses it, else takes away exactly what was made', async () => {
    await home.setup(uvStep, { uvRange: '0.14.2' });
    registry([home.root, '/usr', '/gone-long-ago']);
    const reason = 'uv stays: /usr uses it too.';
    expect(await home.undo(uvStep)).toEqual({ kind: 'refused', reason, stays: true });
    expect(existsSync(copyOf('0.14.2'))).toBe(true);
    registry([home.root, '/gone-long-ago']);
    expect((await home.undo(uvStep)).kind).toBe('undone');
    expect(existsSync(dirname(copyOf('0.14.2')))).toBe(false);
    for (const name of ['uv', 'uvx']) expect(lstatSync(bin(name), { throwIfNoEntry: false })).toBeUndefined();
  });
});
