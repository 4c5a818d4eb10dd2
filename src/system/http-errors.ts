import { EXIT, errorCode, UserError } from '../core/errors.ts';

/** Something outside cannot be reached (exit 69); `retryable` when trying again in a moment may help. */
export class Unreachable extends UserError {
  readonly retryable: boolean;
  /** Why there is no trusted connection; undefined when TLS is not the reason. */
  readonly tls: TlsTrouble | undefined;

  constructor(parts: { message: string; cause: string; again: string; retryable?: boolean; tls?: TlsTrouble }) {
    super({ message: parts.message, cause: parts.cause, next: parts.again, exit: EXIT.unreachable });
    this.name = 'Unreachable';
    this.retryable = parts.retryable ?? false;
    this.tls = parts.tls;
  }
}

/** An unknown authority, a certificate out of date or for another name, or no TLS on that port at all. */
export type TlsTrouble = 'untrusted' | 'date' | 'name' | 'none';

/** What an error of a connection says about TLS; undefined when it is about something else. */
export function tlsTrouble(error: unknown): TlsTrouble | undefined {
  const code = errorCode(error) ?? '';
  if (UNTRUSTED.has(code)) return 'untrusted';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'date';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'name';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'none' : undefined;
}

/** What the error is about, for its sentences. */
export interface Where {
  url: URL;
  /** The proxy in between. */
  proxy: URL | undefined;
  /** Files with certificates that were named but could not be read. */
  unreadable: readonly string[];
  /** The command to go on with. */
  again: string;
}

const UNTRUSTED = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]);

/** The connection or the transfer failed: why, in words. Node's own message is never shown, it may hold anything. */
export function connectionError(error: unknown, where: Where): Unreachable {
  const code = errorCode(error) ?? '';
  const host = where.url.host;
  const via = where.proxy ? ` through the proxy ${where.proxy.host}` : '';
  const tls = tlsTrouble(error);
  const about = tls === undefined ? {} : { tls };
  const failed = (cause: string, retryable = false): Unreachable =>
    new Unreachable({ message: `${host} cannot be reached${via}.`, cause, again: where.again, retryable, ...about });
  const peer = where.proxy?.host ?? host;
  if (tls === 'untrusted') {
    const missing = where.unreadable.length > 0 ? ` Not readable: ${where.unreadable.join(', ')}.` : '';
    return new Unreachable({
      message: `The certificate of ${host} is signed by an authority that is not known here.`,
      cause: `In a company network this is usually its own authority: set SSL_CERT_FILE to the file that holds its certificate.${missing}`,
      again: where.again,
      tls,
    });
  }
  if (tls === 'date') {
    return failed('Its certificate is not valid today; the clock of this machine may be wrong.');
  }
  if (tls === 'name') return failed('Its certificate is for another name.');
  if (code === 'ENOTFOUND') return failed(`No address is known for the name ${peer} (DNS).`);
  if (code === 'EAI_AGAIN') return failed(`The name ${peer} cannot be looked up now (DNS): no network?`, true);
  if (code === 'ECONNREFUSED') return failed(`${peer} refuses connections.`, true);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return failed('There is no network route to it.', true);
  if (code === 'ETIMEDOUT') return failed('It did not answer in time.', true);
  if (tls === 'none') return failed(`${peer} does not speak TLS on this port.`);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return failed('The connection was cut before everything had arrived.', true);
  }
  return failed(`The connection failed${code === '' ? '' : ` (${code})`}.`, true);
}

/** The proxy did not open the way. */
export function proxyError(status: number, where: Where): Unreachable {
  const proxy = where.proxy?.host ?? 'the proxy';
  return new Unreachable({
    message: `The proxy ${proxy} did not open a way to ${where.url.host} (${status}).`,
    cause:
      status === 407
        ? 'It wants a user name and a password: they stand in HTTPS_PROXY, http://user:password@host:port.'
        : 'It may not allow this host; NO_PROXY names hosts that are reached without it.',
    again: where.again,
    retryable: status >= 500,
  });
}

/** The server answered, but not with what was asked for. */
export function statusError(status: number, where: Where): Unreachable {
  const host = where.url.host;
  const failed = (message: string, cause: string, retryable = false): Unreachable =>
    new Unreachable({ message, cause, again: where.again, retryable });
  if (status === 401) {
    return failed(
      `${host} wants a user name and a password (401).`,
      'None were found, or they are wrong. They stand in UV_INDEX_<NAME>_USERNAME and _PASSWORD, in the URL, or in ~/.netrc.',
    );
  }
  if (status === 403)
    return failed(`${host} does not let this user in (403).`, 'The account lacks the right to read it.');
  if (status === 404) return failed(`${host} has no such page (404).`, `It was asked for ${where.url.pathname}.`);
  if (status === 407) return proxyError(status, where);
  if (status === 429)
    return failed(`${host} asks to come back later (429).`, 'Too many requests came from here.', true);
  if (status === 511)
    return failed(
      `The network wants a sign-in before it leads to ${host} (511).`,
      'Open a web page in a browser and sign in there.',
    );
  if (status >= 500) return failed(`${host} has a fault of its own (${status}).`, 'Trying again later may help.', true);
  return failed(`${host} answered ${status}.`, `It was asked for ${where.url.pathname}.`);
}
