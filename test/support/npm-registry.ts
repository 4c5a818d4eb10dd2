import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What npm asks a registry for one package, answered on loopback; it has no other package. */
export async function npmRegistry(tarball: string, manifest: { name: string; version: string }) {
  const bytes = readFileSync(tarball);
  const { name, version } = manifest;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === `/${name}`) {
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const dist = { tarball: `${url()}/${name}/-/${name}-${version}.tgz`, integrity };
      const document = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
    } else if (request.url?.endsWith('.tgz')) response.end(bytes);
    else response.writeHead(404).end('{}');
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: url(), asked, stop: () => server.close() };
}
