import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';

/** Servers on loopback that a collector may be mistaken for. Every one is closed, connections included. */
export class OtlpServers {
  readonly #open: (() => Promise<void>)[] = [];
  /** What each of them was asked: method, path and headers. */
  readonly asked: string[] = [];

  /** HTTP/1, as the receiver on port 4318. */
  async http(status: number, body = '', headers: Record<string, string> = {}): Promise<number> {
    const listener: RequestListener = (request, response) => {
      this.asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      response.writeHead(status, headers).end(body);
    };
    return this.#listen(createServer(listener));
  }

  /** gRPC, as the receiver on port 4317. @param grpc status of gRPC; undefined leaves it out. */
  async grpc(
    grpc: number | undefined,
    options: { status?: number; tls?: { cert: string; key: string } } = {},
  ): Promise<number> {
    const server = options.tls ? createSecureServer(options.tls) : createHttp2();
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      this.asked.push(JSON.stringify(headers));
      stream.on('error', () => {});
      stream.respond(
        { ':status': options.status ?? 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers(grpc === undefined ? {} : { 'grpc-status': String(grpc) }));
      stream.end();
    });
    return this.#listen(server);
  }

  /** Takes the connection and says nothing. */
  async mute(): Promise<number> {
    return this.#listen(createTcp(socket => socket.resume()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map(close => close()));
  }

  async #listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', socket => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    this.#open.push(
      () =>
        new Promise(resolve => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    );
    return (server.address() as AddressInfo).port;
  }
}
