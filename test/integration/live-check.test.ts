import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPrefect } from '../../src/prefect/live-check.ts';
import { checkVaultToken } from '../../src/secrets/vault-live-check.ts';
import { vaultSettings } from '../../src/secrets/vault-settings.ts';
import { userPaths } from '../../src/system/paths.ts';
import { checkOtlp } from '../../src/telemetry/live-check.ts';
import { OpenBao } from '../support/openbao.ts';
import { OtlpServers } from '../support/otlp-servers.ts';
import { emptyHome, exampleEnvironment, temporary } from '../support/tools.ts';

const started: ChildProcess[] = [];
const { signal } = new AbortController();
const ENV = {};

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createTcp();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

describe('a server of Prefect', () => {
  const AUTH = 'admin:canary-Vw2kT9:%';
  let closed: string;
  const home = temporary('hb-prefect-');
  const python = () => join(exampleEnvironment(), '.venv', 'bin', 'python');

  beforeAll(async () => {
    const port = await freePort();
    closed = `http://127.0.0.1:${port}/api`;
    const env = {
      ...emptyHome(home),
      PREFECT_HOME: join(home, '.prefect'),
      PREFECT_SERVER_API_AUTH_STRING: AUTH,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      DO_NOT_TRACK: '1',
    };
    const args = ['-m', 'prefect', 'server', 'start', '--port', String(port), '--no-services', '--no-ui'];
    const server = spawn(python(), args, { cwd: home, env, stdio: 'ignore' });
    started.push(server);
    const until = Date.now() + 120_000;
    const { kind } = await (async () => {
      for (;;) {
        const said = await checkPrefect(closed, 'PREFECT_API_AUTH_STRING', AUTH, ENV, signal);
        if (said.kind !== 'unreachable' || Date.now() > until || server.exitCode !== null) return said;
        await new Promise(done => setTimeout(done, 300));
      }
    })();
    expect(kind).toBe('accepted');
  }, 150_000);

  it('accepts its password and refuses another', async () => {
    expect(await checkPrefect(`${closed}/`, 'PREFECT_API_AUTH_STRING', AUTH, ENV, signal)).toEqual({
      kind: 'accepted',
    });
    const wrong = await checkPrefect(closed, 'PREFECT_API_AUTH_STRING', 'admin:canary-other', ENV, signal);
    expect(wrong).toMatchObject({ kind: 'refused', why: expect.stringContaining('127.0.0.1') });
    expect(JSON.stringify(wrong)).not.toContain('canary');
    expect((await checkPrefect(closed, 'PREFECT_API_KEY', 'canary-key', ENV, signal)).kind).toBe('refused');
  });

  it('is not asked with what cannot be right', async () => {
    expect((await checkPrefect(closed, 'PREFECT_API_AUTH_STRING', 'no-colon', ENV, signal)).kind).toBe('refused');
    expect((await checkPrefect(closed, 'PREFECT_API_KEY', 'a\nb', ENV, signal)).kind).toBe('refused');
  });
});

describe('Prefect Cloud, by its documented answers', () => {
  const KEYS: Record<string, { status: number; body: unknown }> = {
    'Bearer good': { status: 200, body: [{ workspace_id: 'w-1' }, { workspace_id: 'w-2' }] },
    'Bearer other': { status: 200, body: [{ workspace_id: 'w-9' }] },
    'Bearer odd': { status: 200, body: '<html>' },
    'Bearer moved': { status: 302, body: '' },
  };
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    const { status, body } = KEYS[request.headers.authorization ?? ''] ?? { status: 401, body: {} };
    response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(JSON.stringify(body));
  });
  let api: string;
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/accounts/a-1/workspaces/w-1`;
  });
  afterAll(() => server.close());

  it.each([
    ['good', 'accepted', ''],
    ['bad', 'refused', 'does not accept it'],
    ['other', 'refused', 'not for the workspace w-1'],
    ['odd', 'unreachable', 'no Prefect Cloud'],
    ['moved', 'unreachable', 'answered 302'],
  ])('a key that is %s: %s', async (key, kind, why) => {
    const said = await checkPrefect(api, 'PREFECT_API_KEY', key, ENV, signal);
    expect(said.kind).toBe(kind);
    expect('why' in said ? said.why : '').toContain(why);
    expect(new Set(paths)).toEqual(new Set(['/api/me/workspaces']));
  });

  it('that is not there is no reason to call a key bad', async () => {
    const gone = `http://127.0.0.1:${await freePort()}/api/accounts/a/workspaces/w`;
    expect((await checkPrefect(gone, 'PREFECT_API_KEY', 'good', ENV, signal)).kind).toBe('unreachable');
  });
});

describe('a collector', () => {
  /** The real gRPC server and the real OTLP service. */
  const RECEIVER = `
from concurrent.futures import ThreadPoolExecutor
import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb, trace_service_pb2_grpc as api
class Traces(api.TraceServiceServicer):
    def Export(self, request, context):
        if dict(context.invocation_metadata()).get("authorization") != "Bearer canary Vw2kT9":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        return pb.ExportTraceServiceResponse()
server = grpc.server(ThreadPoolExecutor(2))
api.add_TraceServiceServicer_to_server(Traces(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
`;
  const servers = new OtlpServers();
  afterAll(() => servers.close());

  it('of gRPC accepts the headers it wants, percent-encoded as they are given, and refuses others', async () => {
    const receiver = spawn(join(exampleEnvironment(), '.venv', 'bin', 'python'), ['-c', RECEIVER]);
    started.push(receiver);
    const port = await new Promise<string>(resolve =>
      receiver.stdout.once('data', data => resolve(String(data).trim())),
    );
    const ask = (headers: string) => checkOtlp(`http://127.0.0.1:${port}`, 'grpc', headers, ENV, signal);
    expect(await ask('Authorization=Bearer%20canary%20Vw2kT9,x-team=a')).toEqual({ kind: 'accepted' });
    const wrong = await ask('authorization=Bearer%20canary-other');
    expect(wrong.kind).toBe('refused');
    expect(JSON.stringify(wrong)).not.toContain('canary');
  });

  it('of HTTP: one that asks nobody, one that refuses, one that is none, one that is not there', async () => {
    const ask = (port: number, headers = 'authorization=Bearer%20canary') =>
      checkOtlp(`http://127.0.0.1:${port}`, 'http/protobuf', headers, ENV, signal);
    expect((await ask(await servers.http(200))).kind).toBe('open');
    expect(servers.asked[0]).toContain('"authorization":"Bearer canary"');
    expect(servers.asked[1]).not.toContain('canary');
    expect((await ask(await servers.http(401))).kind).toBe('refused');
    expect((await ask(await servers.http(404))).kind).toBe('unreachable');
    expect((await ask(await servers.http(302, '', { location: 'http://127.0.0.1:9/' }))).kind).toBe('unreachable');
    expect((await ask(await freePort())).kind).toBe('unreachable');
  });

  it.each(['nothing', 'a b=c', 'x=%0d%0aevil:1', '', 'x=%zz'])(
    'is not asked with %j, which is no header',
    async text => {
      expect((await checkOtlp('http://127.0.0.1:9', 'grpc', text, ENV, signal)).kind).toBe('refused');
    },
  );
});

describe('Vault', () => {
  let bao: OpenBao;
  beforeAll(async () => {
    bao = await OpenBao.start({ tls: false });
  });
  afterAll(() => bao?.stop());

  it('knows its tokens, and is asked at the address of the person alone', async () => {
    const paths = userPaths(emptyHome(temporary()));
    const own = vaultSettings({ VAULT_ADDR: bao.address }, paths, undefined);
    expect(await checkVaultToken(own, bao.root, ENV, signal)).toEqual({ kind: 'accepted' });
    expect((await checkVaultToken(own, 'canary-never-a-token', ENV, signal)).kind).toBe('refused');
    const suggested = vaultSettings({}, paths, { address: bao.address });
    expect((await checkVaultToken(suggested, bao.root, ENV, signal)).kind).toBe('unreachable');
    const gone = vaultSettings({ VAULT_ADDR: `http://127.0.0.1:${await freePort()}` }, paths, undefined);
    expect((await checkVaultToken(gone, bao.root, ENV, signal)).kind).toBe('unreachable');
  });
});
