import * as http from 'node:http';
import { errorCode } from '../core/errors.ts';

/** Waits on loopback for the browser to come back from a login. */
export interface CallbackServer {
  port: number;
  /**
   * The first visit of the path that `accept` takes; others are answered with 400 and do not end the wait.
   * @throws the signal's reason.
   */
  visit(accept: (query: URLSearchParams) => boolean, signal: AbortSignal): Promise<URLSearchParams>;
  close(): void;
}

const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><title>hotpass-bootstrap</title><p style="font:1.2em sans-serif;margin:3em">${text}</p>`;

/**
 * Listens on 127.0.0.1 at the first of these ports that is free; 0 is any.
 * @throws the error of the last one (EADDRINUSE, EACCES).
 */
export async function callbackServer(ports: readonly number[], path: string): Promise<CallbackServer> {
  let take: ((query: URLSearchParams) => boolean) | undefined;
  const server = http.createServer({ requestTimeout: 5000 }, (request, response) => {
    const url = URL.canParse(request.url ?? '', 'http://localhost')
      ? new URL(request.url ?? '', 'http://localhost')
      : undefined;
    // Another name that leads to this machine is a page in the browser that tries its luck.
    const here = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(request.headers.host ?? '');
    const good = here && request.method === 'GET' && url?.pathname === path && take?.(url.searchParams) === true;
    response.writeHead(good ? 200 : 400, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      Connection: 'close',
    });
    response.end(
      page(good ? 'Done: you can close this tab and go back to the terminal.' : 'This is not what is waited for.'),
    );
  });
  const port = await listen(server, ports);
  return {
    port,
    visit: (accept, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        take = query => {
          if (!accept(query)) return false;
          take = undefined;
          resolve(query);
          return true;
        };
      }),
    close: () => {
      server.close();
      // The page that says "done" may still be on its way.
      setTimeout(() => server.closeAllConnections(), 500).unref();
    },
  };
}

async function listen(server: http.Server, ports: readonly number[]): Promise<number> {
  for (const [at, port] of ports.entries()) {
    try {
      return await new Promise<number>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: '127.0.0.1' }, () => {
          server.removeAllListeners('error');
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      });
    } catch (error) {
      server.removeAllListeners('error');
      if (at === ports.length - 1 || !['EADDRINUSE', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
    }
  }
  throw new Error('no port was given');
}
