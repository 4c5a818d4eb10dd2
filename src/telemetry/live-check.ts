import type { LiveAnswer } from '../core/live-check.ts';
import type { Env } from '../system/environment.ts';
import { type OtlpState, probeOtlp } from './probe.ts';

const TIMEOUT_MS = 5000;
/** RFC 9110: a header's name. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Shows the headers of an exporter to its collector, with an export that holds nothing.
 * @param endpoint HTTPS or loopback; the caller has checked that the value may go there.
 * @param headers as OTEL_EXPORTER_OTLP_HEADERS has them: `name=value,name=value`, percent-encoded.
 */
export async function checkOtlp(
  endpoint: string,
  protocol: 'grpc' | 'http/protobuf',
  headers: string,
  env: Env,
  signal: AbortSignal,
): Promise<LiveAnswer> {
  const credential = readHeaders(headers);
  if (credential === undefined) return { kind: 'refused', why: 'It is not of the form name=value,name=value.' };
  const { host } = new URL(endpoint);
  const said = await probeOtlp(endpoint, protocol, env, signal, TIMEOUT_MS, credential);
  if (said.kind === 'auth') return { kind: 'refused', why: `The collector at ${host} does not accept it.` };
  if (said.kind !== 'ok') return { kind: 'unreachable', why: WORDS[said.kind](host) };
  const anybody = await probeOtlp(endpoint, protocol, env, signal, TIMEOUT_MS);
  return anybody.kind === 'ok'
    ? { kind: 'open', why: `The collector at ${host} asks nobody for a credential.` }
    : { kind: 'accepted' };
}

const WORDS: Record<Exclude<OtlpState['kind'], 'ok' | 'auth'>, (host: string) => string> = {
  down: host => `Nothing answers at ${host}.`,
  hangs: host => `${host} does not answer.`,
  tls: host => `There is no connection to trust to ${host}.`,
  swapped: host => `The collector at ${host} speaks the other protocol.`,
  redirect: host => `${host} sends requests on to somewhere else, and a credential is not sent along.`,
  other: host => `What answers at ${host} is no collector.`,
};

/** Headers by their names in small letters, as gRPC wants them; undefined when the text is none. */
function readHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const part of text.split(',').filter(one => one.trim() !== '')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    const value = decoded(part.slice(at + 1).trim());
    if (!NAME.test(name) || value === undefined || !/^[\x20-\x7E]*$/.test(value)) return undefined;
    headers[name] = value;
  }
  return Object.keys(headers).length === 0 ? undefined : headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
