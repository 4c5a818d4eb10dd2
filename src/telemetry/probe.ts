import type { Env } from '../system/environment.ts';
import type { TlsTrouble } from '../system/http-errors.ts';
import { type GrpcProbed, probeGrpc } from '../system/probe-grpc.ts';
import { type Probed, probeHttp } from '../system/probe-http.ts';

export type OtlpState =
  | { kind: 'ok' }
  | { kind: 'auth' }
  | { kind: 'down' }
  /** No answer in time. */
  | { kind: 'hangs' }
  | { kind: 'tls'; trouble: TlsTrouble }
  /** A collector, for the other protocol. */
  | { kind: 'swapped' }
  | { kind: 'redirect'; to: string }
  /** Something answers there, but no collector. */
  | { kind: 'other'; status: number | undefined };

type Protocol = 'grpc' | 'http/protobuf';

const TIMEOUT_MS = 2000;
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/**
 * Sends an export request without any span, as the exporter would: only so it is told whether a collector of this
 * protocol listens there (facts telemetry §1b: T4, T6).
 * @param endpoint an `http(s)://` URL, to which HTTP adds `/v1/traces`.
 * @param timeout milliseconds for each of the two questions.
 * @param credential headers of the exporter, names in small letters; for this endpoint alone. None when left out.
 */
export async function probeOtlp(
  endpoint: string,
  protocol: Protocol,
  env: Env,
  signal: AbortSignal,
  timeout = TIMEOUT_MS,
  credential: Readonly<Record<string, string>> = {},
): Promise<OtlpState> {
  // The exporter's own variable for the authority it trusts.
  const trusted = env['OTEL_EXPORTER_OTLP_CERTIFICATE'];
  const network = trusted ? { ...env, SSL_CERT_FILE: trusted } : env;
  const ask = async (by: Protocol): Promise<OtlpState> =>
    by === 'grpc'
      ? grpcState(await probeGrpc(new URL(endpoint), METHOD, network, timeout, signal, credential))
      : httpState(
          await probeHttp(tracesUrl(endpoint), network, timeout, signal, { body: EMPTY, credential }),
          endpoint,
        );
  const state = await ask(protocol);
  // A server of HTTP/2 ends an HTTP/1 connection without a word, so "down" may mean the other protocol, too.
  if (['ok', 'auth', 'hangs', 'tls', 'redirect'].includes(state.kind)) return state;
  const other = await ask(protocol === 'grpc' ? 'http/protobuf' : 'grpc');
  return other.kind === 'ok' || other.kind === 'auth' ? { kind: 'swapped' } : state;
}

/** A message of protobuf without any field. */
const EMPTY = { type: 'application/x-protobuf', content: '' };

function tracesUrl(endpoint: string): URL {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url;
}

function grpcState(probed: GrpcProbed): OtlpState {
  if (probed.kind === 'other') return { kind: 'other', status: undefined };
  if (probed.kind !== 'answer') return probed;
  const { status, grpc } = probed;
  // UNAUTHENTICATED and PERMISSION_DENIED; busy (RESOURCE_EXHAUSTED, UNAVAILABLE) is there all the same.
  if (status === 401 || status === 403 || grpc === 16 || grpc === 7) return { kind: 'auth' };
  return grpc === 0 || grpc === 8 || grpc === 14
    ? { kind: 'ok' }
    : { kind: 'other', status: status === 200 ? undefined : status };
}

function httpState(probed: Probed, endpoint: string): OtlpState {
  if (probed.kind !== 'answer') return probed;
  const { status, text, location } = probed;
  if (status === 401 || status === 403) return { kind: 'auth' };
  if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, endpoint)) {
    return { kind: 'redirect', to: new URL(location, endpoint).origin };
  }
  // A login page answers 200 as well, with HTML.
  const good = (status === 200 && !/^\s*</.test(text)) || status === 429 || status === 503;
  return good ? { kind: 'ok' } : { kind: 'other', status };
}
