import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { tcpAnswers } from '../../../src/system/tcp.ts';

it('says whether anything listens, by address and by localhost', async () => {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await tcpAnswers('127.0.0.1', port, 1000)).toBe(true);
  expect(await tcpAnswers('localhost', port, 1000)).toBe(true);
  await new Promise(resolve => server.close(resolve));
  expect(await tcpAnswers('127.0.0.1', port, 1000)).toBe(false);
});

it('gives up when it is stopped, and for a name that does not exist', async () => {
  expect(await tcpAnswers('127.0.0.1', 9, 1000, AbortSignal.abort())).toBe(false);
  const started = performance.now();
  expect(await tcpAnswers('no-such-host.invalid', 4317, 300)).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
