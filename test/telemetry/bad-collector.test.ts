import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGET_MS } from '../../src/telemetry/deliver.ts';
import { freePort, Services, until } from '../support/telemetry-services.ts';
import { pointsIn, spansIn, Teller } from '../support/telling.ts';

const TOKEN = 'canary-token-that-stays-here';
const services = new Services();
const open = new Set<() => Promise<void>>();
let teller: Teller;
/** What a measured command costs with telemetry off: the least of three, milliseconds. */
let usual: number;

afterAll(async () => {
  await Promise.all([...open].map(close => close()));
  await services.stop();
});

interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** Something on a port that is not what a person thinks. `close` gives the port back. */
async function serve(port: number, answer: Answer | 'mute'): Promise<{ asked: Asked[]; close: () => Promise<void> }> {
  const asked: Asked[] = [];
  const server: Server | ReturnType<typeof createTcp> =
    answer === 'mute'
      ? createTcp(socket => socket.resume().on('error', () => {}))
      : createServer((request, response) => {
          let body = '';
          request.setEncoding('utf8').on('data', (chunk: string) => {
            body += chunk;
          });
          request.on('end', () => {
            // What `telemetry on` asks whether a Collector is there has no content.
            if (body !== '') asked.push({ path: request.url ?? '', headers: request.headers, body });
            response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
            response.end(answer.body ?? '{}');
          });
        });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void }) => sockets.add(socket));
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise(resolve => {
      open.delete(close);
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  open.add(close);
  return { asked, close };
}

/** One measured command that fails: how it ended, and how long it all took, milliseconds. */
async function measured(env: Record<string, string> = {}): Promise<{ code: number | null; ms: number; said: string }> {
  const started = Date.now();
  const { code, stdout, stderr } = await teller.run(['measure', 'qa', '--', 'sh', '-c', 'exit 7'], env);
  return { code, ms: Date.now() - started, said: stdout + stderr };
}

interface Status {
  waiting: number;
  delivery: { trouble: string | null; dropped: number; rejected: number; notBefore: string | null };
}
const status = () => teller.ask<Status>(['telemetry', 'status']);

beforeAll(async () => {
  teller = new Teller('figures');
  await teller.must(['setup', '--yes']);
  const off = [await measured(), await measured(), await measured()];
  usual = Math.min(...off.map(({ ms }) => ms));
});

const HTML = '<!doctype html><title>Welcome to our network</title>';
const HELD: [what: string, answer: Answer | 'mute' | undefined, trouble: string][] = [
  ['that is down', undefined, 'unreachable'],
  ['that says nothing', 'mute', 'unreachable'],
  ['that is busy (429)', { status: 429, headers: { 'retry-after': '120' } }, 'busy'],
  ['whose gateway is broken (503)', { status: 503, body: 'no upstream' }, 'busy'],
  ['that wants a token (401)', { status: 401 }, 'token'],
  ['at another path (404)', { status: 404, body: 'not found' }, 'path'],
  ['that sends on (302)', { status: 302, headers: { location: 'http://127.0.0.1:9/v1/traces' } }, 'redirect'],
  ['that is a login page (200)', { status: 200, body: HTML, headers: { 'content-type': 'text/html' } }, 'no collector'],
];

describe('a Collector', () => {
  it.each(HELD)('%s loses nothing and costs no more than the budget', async (_, answer, trouble) => {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const server = answer && (await serve(port, answer));
    await teller.must(['telemetry', 'on', '--yes', '--endpoint', endpoint]);
    const first = await measured();
    expect(first.code).toBe(7);
    expect(first.said, 'a run is not told about it').toBe('');
    expect(first.ms).toBeLessThan(usual + BUDGET_MS + 1500);
    const seen = await status();
    expect(seen.waiting).toBe(1);
    expect(seen.delivery).toMatchObject({ trouble, dropped: 0, rejected: 0 });
    const second = await measured();
    expect(second.code).toBe(7);
    // One that was slow or asked for a pause is left alone the next time.
    const isPaused = answer === 'mute' || trouble === 'busy';
    expect(seen.delivery.notBefore !== null, 'a pause').toBe(isPaused);
    if (isPaused) expect(second.ms).toBeLessThan(usual + BUDGET_MS);
    if (answer !== 'mute') {
      const flush = await teller.run(['telemetry', 'flush']);
      expect(flush.code).toBe(69);
      expect(flush.stderr).toMatch(/2 waiting/);
    }

    // Then somebody mends it: what waited arrives whole, and once.
    await server?.close();
    const collector = await services.collector({ port });
    await teller.must(['telemetry', 'flush']);
    await collector.settled();
    const spans = spansIn(collector.lines());
    expect(spans).toHaveLength(2);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
    const gates = teller.records().filter(({ event }) => event === 'gate').length;
    const points = pointsIn(collector.lines()).filter(({ metric }) => metric === 'bootstrap.gate.duration');
    expect(points.at(-1)?.count).toBe(gates);
    expect(await status()).toMatchObject({ waiting: 0, delivery: { trouble: null, dropped: 0 } });
    await collector.stop();
  });

  it('that takes a part is not sent the rest again, and the rest is counted', async () => {
    const port = await freePort();
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too long ago' } });
    const { asked, close } = await serve(port, { status: 200, body });
    await teller.must(['telemetry', 'on', '--yes', '--endpoint', `http://127.0.0.1:${port}`]);
    expect((await measured()).code).toBe(7);
    expect(asked.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces']);
    expect(await status()).toMatchObject({ waiting: 0, delivery: { trouble: null, rejected: 2 } });
    await close();
  });

  it.each([500, 400])(
    'that answers %i is not sent the same again, as OTLP has it; the next figures hold it all',
    async code => {
      const port = await freePort();
      const { close } = await serve(port, { status: code, body: 'invalid temporality' });
      await teller.must(['telemetry', 'on', '--yes', '--endpoint', `http://127.0.0.1:${port}`]);
      expect((await measured()).code).toBe(7);
      const { waiting, delivery } = await status();
      expect(waiting).toBe(0);
      expect(delivery.dropped, 'metrics and trace').toBe(2);
      const flushed = await teller.run(['telemetry', 'flush']);
      expect(flushed).toMatchObject({ code: 69, stdout: '' });
      expect(flushed.stderr).toContain(`took nothing of what it was sent (status ${code}).`);
      await close();
      const collector = await services.collector({ port });
      await teller.must(['telemetry', 'flush']);
      const gates = teller.records().filter(({ event }) => event === 'gate').length;
      const last = await until(
        () => pointsIn(collector.lines()).findLast(({ metric }) => metric === 'bootstrap.gate.duration'),
        'the figures',
      );
      expect(last.count).toBe(gates);
      await collector.stop();
    },
  );
});

describe('what is sent', () => {
  it('is what `telemetry show` prints, byte for byte', async () => {
    const port = await freePort();
    await teller.must(['telemetry', 'on', '--yes', '--endpoint', `http://127.0.0.1:${port}`]);
    await measured();
    await measured();
    const shown = (await teller.must(['telemetry', 'show'])).stdout.trimEnd().split('\n');
    const { asked, close } = await serve(port, { status: 200 });
    await teller.must(['telemetry', 'flush']);
    await close();
    // The figures are as of the moment at which they are sent; everything else of them is the same.
    const timeless = (text: string): string => text.replace(/"timeUnixNano":"\d+"/g, '"timeUnixNano":""');
    expect(asked.map(({ body }) => timeless(body))).toEqual(shown.map(timeless));
    expect(asked.slice(1).map(({ body }) => body)).toEqual(shown.slice(1));
    expect(shown).toHaveLength(3);
  });

  it('a token goes to its own endpoint: not along a redirect, not to another endpoint, not in the clear', async () => {
    const [first, second, target] = [await freePort(), await freePort(), await freePort()];
    const elsewhere = await serve(target, { status: 200 });
    const good = await serve(first, { status: 200 });
    const env = { HOTPASS_BOOTSTRAP_OTLP_TOKEN: TOKEN };
    const job = { ...env, CI: 'true', HOTPASS_BOOTSTRAP_OTLP_ENDPOINT: `http://127.0.0.1:${first}` };
    expect((await teller.run(['setup', '--yes', '--recheck'], job)).code).toBe(0);
    expect(good.asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`]);
    expect(good.asked[0]?.body).not.toContain(TOKEN);
    const location = `http://127.0.0.1:${target}/v1/traces`;
    await serve(second, { status: 307, headers: { location } });
    const sent = { ...job, HOTPASS_BOOTSTRAP_OTLP_ENDPOINT: `http://127.0.0.1:${second}` };
    expect((await teller.run(['setup', '--yes', '--recheck'], sent)).code).toBe(0);
    expect(elsewhere.asked).toEqual([]);
    const plain = { ...job, HOTPASS_BOOTSTRAP_OTLP_ENDPOINT: 'http://otel.example.com:4318' };
    expect(await teller.ask(['telemetry', 'status'], plain)).toMatchObject({ sends: false, decidedBy: 'CI' });
    const clear = await teller.run(['telemetry', 'on', '--yes', '--endpoint', 'http://otel.example.com:4318']);
    expect(clear.code).toBe(78);
    expect(clear.stderr).toContain('Nothing is sent to that address.');
  });

  it('for one endpoint never goes to another', async () => {
    const [old, fresh] = [await freePort(), await freePort()];
    await teller.must(['telemetry', 'on', '--yes', '--endpoint', `http://127.0.0.1:${old}`]);
    await measured();
    expect((await status()).waiting).toBe(1);
    await teller.must(['telemetry', 'on', '--yes', '--endpoint', `http://127.0.0.1:${fresh}`]);
    expect((await status()).waiting).toBe(0);
    await measured();
    const off = await teller.must(['telemetry', 'off']);
    expect(off.stderr).toContain('1 trace that waited is deleted');
    expect(await teller.ask(['telemetry', 'status'])).toMatchObject({ sends: false, waiting: 0 });
  });
});
