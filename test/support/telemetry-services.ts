import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporary } from './tools.ts';

/** A program that scripts/test-services.mjs built: `collector`, `prometheus` or `promtool`. */
export function service(name: 'collector' | 'prometheus' | 'promtool'): string {
  const folder = process.env['HOTPASS_TEST_SERVICES'];
  if (!folder) throw new Error('HOTPASS_TEST_SERVICES is not set: run these tests through `make test`.');
  return join(folder, name);
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Servers of one test file; `stop` ends them all. */
export class Services {
  readonly #children: ChildProcess[] = [];

  /**
   * A Collector that writes what it gets to a file, and sends metrics on to a Prometheus if there is one.
   * @param token without which a second receiver answers 401.
   */
  async collector(options: { prometheus?: number; token?: string; port?: number } = {}) {
    const folder = temporary('hb-collector-');
    const [http, grpc, auth] = [options.port ?? (await freePort()), await freePort(), await freePort()];
    const out = join(folder, 'out.jsonl');
    const exporters = ['file', ...(options.prometheus ? ['otlp_http'] : [])];
    const receivers = ['otlp', ...(options.token ? ['otlp/auth'] : [])];
    const config = {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } } },
        ...(options.token
          ? {
              'otlp/auth': {
                protocols: {
                  http: { endpoint: `127.0.0.1:${auth}`, auth: { authenticator: 'bearertokenauth' } },
                },
              },
            }
          : {}),
      },
      exporters: {
        file: { path: out, flush_interval: '50ms' },
        ...(options.prometheus
          ? {
              otlp_http: {
                metrics_endpoint: `http://127.0.0.1:${options.prometheus}/api/v1/otlp/v1/metrics`,
                sending_queue: { storage: 'file_storage' },
                retry_on_failure: { max_elapsed_time: 0 },
                tls: { insecure: true },
              },
            }
          : {}),
      },
      extensions: {
        file_storage: { directory: join(folder, 'queue'), create_directory: true },
        ...(options.token ? { bearertokenauth: { token: options.token } } : {}),
      },
      service: {
        extensions: ['file_storage', ...(options.token ? ['bearertokenauth'] : [])],
        telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
        pipelines: {
          traces: { receivers, exporters: ['file'] },
          metrics: { receivers, exporters },
        },
      },
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
    const child = this.#start(service('collector'), ['--config', join(folder, 'config.yaml')], folder);
    await answers(http, '/v1/traces');
    return {
      endpoint: `http://127.0.0.1:${http}`,
      grpc: `http://127.0.0.1:${grpc}`,
      guarded: `http://127.0.0.1:${auth}`,
      pid: child.pid ?? 0,
      /** The whole lines of the file exporter: OTLP JSON, as the Collector understood it. */
      lines: (): string[] => written(out).filter(line => !line.includes(MARK)),
      /**
       * How many lines there are when everything that was sent until now is written: the exporter writes late,
       * but in order, so a trace of our own that has arrived shows that all before it have.
       */
      settled: async (): Promise<number> => {
        const mark = `${MARK}${randomUUID()}`;
        await post(http, '/v1/traces', marked(mark));
        await until(() => written(out).some(line => line.includes(mark)) || undefined, 'the mark');
        return written(out).filter(line => !line.includes(MARK)).length;
      },
      stop: () => ended(child),
    };
  }

  /** A Prometheus that takes OTLP. @param rules files with rules. @param port to be at the place of one that was stopped. */
  async prometheus(rules: readonly string[] = [], { port: given }: { port?: number } = {}) {
    const folder = temporary('hb-prometheus-');
    const port = given ?? (await freePort());
    const config = {
      global: { evaluation_interval: '1s' },
      storage: { tsdb: { out_of_order_time_window: '30d' } },
      otlp: { promote_resource_attributes: ['service.version', 'os.type'] },
      rule_files: rules,
    };
    writeFileSync(join(folder, 'prom.yml'), JSON.stringify(config));
    const child = this.#start(
      service('prometheus'),
      [
        `--config.file=${join(folder, 'prom.yml')}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-otlp-receiver',
      ],
      folder,
    );
    await answers(port, '/-/ready', 200);
    return { port, pid: child.pid ?? 0, query: (text: string) => query(port, text), stop: () => ended(child) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.splice(0).map(ended));
  }

  #start(file: string, args: readonly string[], cwd: string): ChildProcess {
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '/usr/bin:/bin' } });
    child.stderr?.resume();
    this.#children.push(child);
    return child;
  }
}

const MARK = 'mark-of-the-test-';

/** A trace of one span with this name, as OTLP JSON. */
function marked(name: string): string {
  const [traceId, spanId] = [randomUUID().replaceAll('-', ''), randomUUID().replaceAll('-', '').slice(0, 16)];
  const span = { traceId, spanId, name, kind: 1, startTimeUnixNano: '1', endTimeUnixNano: '2' };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

function written(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise(resolve => child.once('close', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await end;
  clearTimeout(late);
}

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** An instant query of Prometheus. */
async function query(port: number, text: string): Promise<Sample[]> {
  const { status, body } = await get(port, `/api/v1/query?query=${encodeURIComponent(text)}`);
  const answer = JSON.parse(body) as {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (status !== 200 || answer.status !== 'success') throw new Error(`${text}: ${answer.error ?? status}`);
  return (answer.data?.result ?? []).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** Waits until something is so. @param limit milliseconds. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  limit = 20_000,
): Promise<T> {
  const late = Date.now() + limit;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > late) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}

async function answers(port: number, path: string, wanted?: number): Promise<void> {
  await until(async () => {
    const answer = await get(port, path).catch(() => undefined);
    return answer !== undefined && (wanted === undefined || answer.status === wanted) ? true : undefined;
  }, `a server on port ${port}`);
}

async function post(port: number, path: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
}

function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false }, response => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('error', reject);
    call.end();
  });
}
