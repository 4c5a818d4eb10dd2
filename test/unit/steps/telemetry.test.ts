import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { telemetryStep } from '../../../src/steps/telemetry.ts';
import { collectorFindings } from '../../../src/telemetry/collector-findings.ts';
import { telemetryDefaults } from '../../../src/telemetry/defaults.ts';
import type { OtlpState } from '../../../src/telemetry/probe.ts';
import { brief, ManagedHome } from '../../support/managed-home.ts';
import { OtlpServers } from '../../support/otlp-servers.ts';

const PATH = 'config/telemetry.toml';
let home: ManagedHome;
let file: string;

/** The managed file as the manifest's resolution gives it. */
function managed(path: string, environment: string): { path: string; content: string } {
  const wanted = telemetryDefaults({
    workspace: 'w',
    environment,
    enabled: false,
    exporters: [],
    resource: {},
    file: { path },
  });
  if (!wanted.file) throw new Error('no file');
  return wanted.file;
}

beforeEach(() => {
  home = new ManagedHome();
  home.telemetry = { file: managed(PATH, 'staging') };
  file = join(home.root, PATH);
});

const setup = (options = {}) => home.setup(telemetryStep, options);
const text = (): string => readFileSync(file, 'utf8');

describe('the managed file', () => {
  it('is made with its folders, is in order the second time, and undo removes it', async () => {
    expect(brief((await setup()).changes)).toEqual([`add ${PATH}`]);
    expect(text()).toBe(home.telemetry.file?.content);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect((await setup()).changes).toEqual([]);
    home.takeBack();
    expect(existsSync(file)).toBe(false);
  });

  it('follows the manifest, and is put back when somebody changed it', async () => {
    await setup();
    home.telemetry = { file: managed(PATH, 'prod') };
    expect(brief((await setup()).changes)).toEqual([`change ${PATH}`]);
    writeFileSync(file, 'enabled = true\n');
    expect(brief((await setup()).changes)).toEqual([`change ${PATH}`]);
    expect(text()).toBe(home.telemetry.file?.content);
  });

  it("is known in a colleague's clone: by its first line, or by being the same", async () => {
    mkdirSync(join(home.root, 'config'));
    writeFileSync(file, managed(PATH, 'prod').content);
    expect(brief((await setup()).changes)).toEqual([`change ${PATH}`]);
    const json = managed('telemetry.json', 'staging');
    home.telemetry = { file: json };
    writeFileSync(join(home.root, json.path), json.content);
    expect((await setup()).changes).toEqual([]);
    home.telemetry = { file: managed('telemetry.json', 'prod') };
    expect(brief((await setup()).changes)).toEqual(['change telemetry.json']);
  });

  it('is nothing when none is wanted', async () => {
    home.telemetry = {};
    expect((await setup()).changes).toEqual([]);
  });
});

describe('what is refused with 78, nothing touched', () => {
  const refusal = async (): Promise<UserError> => {
    const error = await setup().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exit).toBe(78);
    expect((error as UserError).next).toBeTruthy();
    return error as UserError;
  };

  it("somebody's own file, and the command that is named moves it away", async () => {
    mkdirSync(join(home.root, 'config'));
    writeFileSync(file, '[telemetry]\nenabled = true\n');
    const error = await refusal();
    expect(error.id).toBe('HB431');
    expect(error.next).toContain(`mv ${file} ${file}.mine`);
    expect(text()).toContain('enabled = true');
  });

  it('a link, a hard link, a folder in its place, a folder that is a link or a file', async () => {
    const other = join(home.root, 'other');
    writeFileSync(other, 'x');
    mkdirSync(join(home.root, 'config'));
    symlinkSync(other, file);
    await refusal();
    rmSync(file);
    linkSync(other, file);
    await refusal();
    rmSync(file);
    mkdirSync(file);
    await refusal();
    rmSync(join(home.root, 'config'), { recursive: true });
    symlinkSync(home.home, join(home.root, 'config'));
    await refusal();
    rmSync(join(home.root, 'config'));
    writeFileSync(join(home.root, 'config'), '');
    await refusal();
    expect(readFileSync(other, 'utf8')).toBe('x');
  });

  it.each(['../x.toml', '/etc/x.toml', '.git/x.toml', 'a/../../x.toml', 'pyproject.toml'])(
    'the path %s',
    async path => {
      home.telemetry = { file: { path, content: 'x' } };
      await refusal();
      expect(existsSync(join(home.root, path)) && path !== '/etc/x.toml').toBe(false);
    },
  );
});

describe('findings', () => {
  const servers = new OtlpServers();
  beforeEach(() => {
    servers.asked.length = 0;
  });
  afterEach(() => servers.close());
  const listen = () => servers.grpc(0);
  const otlp = (port: number) => {
    home.telemetry = { enabled: true, exporters: ['otlp'], endpoint: `http://127.0.0.1:${port}`, protocol: 'grpc' };
  };

  it('asks a collector once a day, as its exporter would, and again on request', async () => {
    otlp(await listen());
    expect((await setup()).findings).toEqual([]);
    expect((await setup()).findings).toEqual([]);
    expect(servers.asked).toHaveLength(1);
    expect(servers.asked[0]).toContain('TraceService/Export');
    await setup({ recheck: true });
    expect(servers.asked).toHaveLength(2);
  });

  it('warns of a collector that is not there, without asking again at once', async () => {
    const port = await listen();
    await servers.close();
    otlp(port);
    expect((await setup()).findings).toEqual(['HB410']);
    // Whoever starts one now waits five minutes at most, or says --recheck.
    let asked = 0;
    const late = createServer(socket => {
      asked += 1;
      socket.destroy();
    });
    await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve));
    expect((await setup()).findings).toEqual(['HB410']);
    expect(asked).toBe(0);
    late.close();
  });

  it('says of one that is of the other kind, and asks it again the next time, since somebody mends that', async () => {
    otlp(await servers.http(200, '{}'));
    expect((await setup()).findings).toEqual(['HB440']);
    const asked = servers.asked.length;
    expect((await setup()).findings).toEqual(['HB440']);
    expect(servers.asked.length).toBe(2 * asked);
  });

  it('waits for one that says nothing no longer than it takes to know, and not again at once', async () => {
    otlp(await servers.mute());
    expect((await setup()).findings).toEqual(['HB441']);
    const started = performance.now();
    expect((await setup()).findings).toEqual(['HB441']);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('does not connect offline or before approval', async () => {
    otlp(await listen());
    await setup({ offline: true });
    await setup({ approved: false });
    expect(servers.asked).toEqual([]);
  });

  it('tells that the exporter is not installed, once .venv is in order', async () => {
    home.telemetry = { enabled: true, exporters: ['otlp'], endpoint: 'https://c.example.com:4317', protocol: 'grpc' };
    const packages = join(home.root, '.venv', 'lib', 'python3.12', 'site-packages');
    mkdirSync(join(packages, 'opentelemetry_sdk-1.45.2.dist-info'), { recursive: true });
    home.python = { executable: 'python', fingerprint: '' };
    expect((await setup({ offline: true })).findings).toEqual([]);
    home.python = { executable: 'python', fingerprint: 'f' };
    expect((await setup({ offline: true })).findings).toEqual(['HB400']);
    mkdirSync(join(packages, 'opentelemetry_exporter_otlp_proto_grpc-1.45.2.dist-info'));
    expect((await setup({ offline: true })).findings).toEqual([]);
  });

  it('tells of traps in the environment and in the manifest', async () => {
    home = new ManagedHome({ OTEL_EXPORTER_OTLP_TIMEOUT: '2000' });
    home.variables = { OTEL_EXPORTER_OTLP_PROTOCOL: 'console' };
    expect((await setup()).findings).toEqual(['HB407', 'HB408']);
  });

  it.each<[string, Partial<typeof home.telemetry>, string]>([
    ['an endpoint without otlp', { exporters: ['console'], endpoint: 'http://127.0.0.1:9' }, 'HB401'],
    ['otlp without an endpoint', { exporters: ['otlp'] }, 'HB402'],
    ['no scheme', { exporters: ['otlp'], endpoint: 'grpc://c.example.com:4317' }, 'HB403'],
    ['the other port', { exporters: ['otlp'], endpoint: 'https://c.example.com:4318', protocol: 'grpc' }, 'HB404'],
    ['both', { exporters: ['otlp'], endpoint: 'https://c.example.com:4317', insecure: true }, 'HB405'],
    ['in the clear', { exporters: ['otlp'], endpoint: 'http://c.example.com:4317', protocol: 'grpc' }, 'HB406'],
    ['a variable', {}, 'HB408'],
  ])('a trap in the manifest is mended there: %s', async (_what, telemetry, id) => {
    home.telemetry = telemetry.exporters ? { enabled: true, ...telemetry } : {};
    home.variables = telemetry.exporters ? {} : { OTEL_EXPORTER_OTLP_PROTOCOL: 'console' };
    const read = home.read({ offline: true });
    const path = '/w/a b/hotpass-bootstrap.toml';
    const { findings } = await telemetryStep.inspect({
      ...read,
      wanted: { ...read.wanted, source: { kind: 'file', path } },
    });
    expect(findings.map(found => [found.id, found.fix?.command])).toEqual([[id, `\${EDITOR:-vi} '${path}'`]]);
  });

  it('tells what to type about a collector in every state', () => {
    const wanted = {
      ...home.read().wanted,
      telemetry: { ...home.read().wanted.telemetry, endpoint: 'https://c:4317' },
    };
    const states: OtlpState[] = [
      { kind: 'down' },
      { kind: 'hangs' },
      { kind: 'auth' },
      { kind: 'swapped' },
      { kind: 'other', status: 404 },
      { kind: 'tls', trouble: 'name' },
    ];
    for (const state of states) {
      const [found] = collectorFindings(wanted, state);
      expect(found?.fix?.command, state.kind).toMatch(/^(curl -v https:\/\/c:4317|grep |hotpass-bootstrap )/);
    }
  });
});
