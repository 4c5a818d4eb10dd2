import { connect } from 'node:net';

/**
 * Does anything accept a connection there? Nothing is sent.
 * `localhost` is tried as IPv4 and IPv6: many servers listen on one of them only (facts real-world 23).
 * @param ms limit in milliseconds.
 */
export async function tcpAnswers(host: string, port: number, ms: number, signal?: AbortSignal): Promise<boolean> {
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host.replace(/^\[(.*)\]$/, '$1')];
  const answers = await Promise.all(hosts.map(each => tryConnect(each, port, ms, signal)));
  return answers.includes(true);
}

function tryConnect(host: string, port: number, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve(false);
    const socket = connect({ host, port });
    // A lookup of the name does not end with the socket, so the limit is a timer of its own.
    const timer = setTimeout(() => finish(false), ms);
    const onAbort = (): void => finish(false);
    const finish = (answer: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(answer);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
  });
}
