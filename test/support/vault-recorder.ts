import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchText } from '../../src/system/http.ts';

/** A way to a Vault that writes down the tokens it hands out, which nobody else ever sees in the clear. */
export class VaultRecorder {
  readonly #server: Server;
  readonly tokens: string[] = [];
  /** What is asked below this path is never answered; the first such request is told. */
  hold: { path: string; reached: () => void } | undefined;
  address = '';

  private constructor(target: string) {
    this.#server = createServer(async (request, response) => {
      if (this.hold && request.url?.startsWith(this.hold.path)) return this.hold.reached();
      const { status, text } = await forward(target, request);
      for (const [, token = ''] of text.matchAll(/"client_token":"([^"]+)"/g)) this.tokens.push(token);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
    });
  }

  /** @param target address of a Vault that speaks HTTP. */
  static async start(target: string): Promise<VaultRecorder> {
    const recorder = new VaultRecorder(target);
    await new Promise<void>(resolve => recorder.#server.listen(0, '127.0.0.1', resolve));
    recorder.address = `http://127.0.0.1:${(recorder.#server.address() as AddressInfo).port}`;
    return recorder;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function forward(target: string, request: IncomingMessage): Promise<{ status: number; text: string }> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  return fetchText({
    url: new URL(`${target}${request.url}`),
    network: { env: {} },
    method: request.method as 'GET' | 'POST',
    headers: headers as Record<string, string>,
    ...(body === '' ? {} : { body }),
  });
}
