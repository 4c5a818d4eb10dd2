import { type Finding, type FindingId, finding } from '../core/findings.ts';
import { type Env, isSet } from '../system/environment.ts';
import { statOf } from '../system/files.ts';
import { collectorOf, swappedPort } from '../telemetry/settings.ts';
import type { MachineCheck } from './check.ts';

const COST = 'The program waits about 12 seconds at its end, and the data is lost.';
const BASE = 'OTEL_EXPORTER_OTLP_';

/**
 * Variables of OpenTelemetry in the environment that do not go together. A single bad value is told by the step
 * (HB407–HB409). No value is repeated: a URL or a header may carry a credential.
 */
export const telemetryVariables: MachineCheck = {
  title: 'OpenTelemetry variables',
  about: 'machine',
  async run({ env }) {
    return [...['', 'TRACES_', 'METRICS_', 'LOGS_'].flatMap(signal => signalFindings(env, signal)), ...configFile(env)];
  },
};

/** @param signal `` for all of them, else `TRACES_`, … whose variables beat the general ones. */
function signalFindings(env: Env, signal: string): Finding[] {
  const name = (what: string): string => `${BASE}${signal}${what}`;
  const given = (what: string): string | undefined => env[name(what)] || undefined;
  const inherited = (what: string): string | undefined => given(what) ?? (env[`${BASE}${what}`] || undefined);
  const warn = (id: FindingId, message: string, cause: string, what: string): Finding =>
    finding(id, 'warn', `${message} in your environment.`, cause, { command: `unset ${name(what)}`, safe: false });
  const found: Finding[] = [];
  const endpoint = given('ENDPOINT');
  const insecure = given('INSECURE');
  if (insecure !== undefined) found.push(...insecureFindings(name('INSECURE'), insecure, inherited('ENDPOINT')));
  const headers = given('HEADERS');
  if (headers !== undefined) {
    if (!hasEndpoint(env, signal)) {
      const cause = 'What they hold, often a password, goes to whatever listens on port 4317 or 4318 of this machine.';
      found.push(warn('HB449', `${name('HEADERS')} is set, and no endpoint,`, cause, 'HEADERS'));
    }
    if (headers.split(',').some(part => part.trim() !== '' && !/^\s*[^\s=:]+\s*=/.test(part))) {
      const cause =
        'Headers are written name=value,name=value; a part without "=" is dropped, and the collector refuses.';
      found.push(warn('HB451', `${name('HEADERS')} is not well formed`, cause, 'HEADERS'));
    }
  }
  if (endpoint !== undefined) found.push(...endpointFindings(signal, endpoint, inherited('PROTOCOL')));
  for (const what of ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY']) {
    const path = given(what);
    if (path === undefined || statOf(path)?.isFile()) continue;
    const cause = 'The exporter cannot read it and then has no connection to trust.';
    found.push(warn('HB459', `${name(what)} names a file that is not there`, cause, what));
  }
  return found;
}

/** In Python `https://` beats the flag, and the flag beats `http://` (opentelemetry-exporter-otlp-proto-grpc 1.45). */
function insecureFindings(name: string, value: string, endpoint: string | undefined): Finding[] {
  const fix = { command: `unset ${name}`, safe: false };
  const secure = endpoint !== undefined && /^https:/i.test(endpoint);
  const on = value.trim().toLowerCase() === 'true';
  if (secure && on) {
    const message = `${name} is true in your environment, and the endpoint begins with https://.`;
    return [finding('HB448', 'info', message, 'The scheme decides: the connection uses TLS.', fix)];
  }
  if (on || secure || (endpoint !== undefined && !/^http:/i.test(endpoint))) return [];
  const message = `${name} is not true in your environment, and the endpoint has no TLS.`;
  return [finding('HB448', 'warn', message, `The gRPC exporter then speaks TLS to it. ${COST}`, fix)];
}

/** An endpoint of the signal, or a general one; for the general headers one of any signal will do. */
function hasEndpoint(env: Env, signal: string): boolean {
  const signals = signal === '' ? ['', 'TRACES_', 'METRICS_', 'LOGS_'] : [signal, ''];
  return signals.some(each => Boolean(env[`${BASE}${each}ENDPOINT`]));
}

function endpointFindings(signal: string, endpoint: string, protocol: string | undefined): Finding[] {
  const name = `${BASE}${signal}ENDPOINT`;
  const fix = { command: `unset ${name}`, safe: false };
  const warn = (id: FindingId, message: string, cause: string): Finding =>
    finding(id, 'warn', `${message} in your environment.`, cause, fix);
  const collector = collectorOf(endpoint);
  if (!collector) return []; // Told by the step (HB409).
  const url = new URL(endpoint);
  const found: Finding[] = [];
  if (url.username !== '' || url.password !== '') {
    const cause =
      'It is printed wherever the endpoint is, and exporters do not use it. The place for it is the HEADERS variable.';
    found.push(warn('HB456', `${name} holds a user name or password`, cause));
  }
  const known = protocol === 'grpc' || protocol === 'http/protobuf' ? protocol : undefined;
  const swapped = known && swappedPort({ enabled: true, endpoint, protocol: known, exporters: [] });
  if (swapped) {
    const message = `${name} uses port ${swapped.is} with the protocol ${known}, which usually listens on ${swapped.should},`;
    found.push(warn('HB453', message, `Ports 4317 (grpc) and 4318 (http/protobuf) are swapped. ${COST}`));
  }
  const http = /^http\//.test(protocol ?? '') || (protocol === undefined && collector.port === 4318);
  const path = url.pathname.replace(/\/+$/, '');
  const [ending] = /\/v1\/(traces|metrics|logs)$/.exec(path) ?? [];
  if (signal === '' && ending !== undefined) {
    const cause =
      'The exporter of HTTP adds the path itself: everything is refused (404). Only the variables of one signal name it.';
    found.push(warn('HB457', `${name} ends in ${ending}`, cause));
  }
  if (signal !== '' && http && path === '') {
    const cause = `The variable of one signal is used as it is: it must end in /v1/${signal.slice(0, -1).toLowerCase()}, or everything is refused (404).`;
    found.push(warn('HB457', `${name} has no path`, cause));
  }
  return found;
}

/** The declarative configuration replaces the variables where it is read, and is ignored elsewhere (facts telemetry §3). */
function configFile(env: Env): Finding[] {
  const name = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'].find(each => isSet(env[each]));
  if (name === undefined) return [];
  return [
    finding(
      'HB452',
      'info',
      `${name} is set in your environment.`,
      'Programs that read such a file ignore all other OTEL_ variables, and others ignore the file.',
      { command: `unset ${name}`, safe: false },
    ),
  ];
}
