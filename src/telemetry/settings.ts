/** What a workspace says about OpenTelemetry in one environment; the part that can be judged without a machine. */
export interface TelemetrySettings {
  enabled: boolean;
  endpoint?: string | undefined;
  protocol?: 'grpc' | 'http/protobuf' | undefined;
  exporters: readonly string[];
  insecure?: boolean | undefined;
  /** Seconds. */
  timeout?: number | undefined;
}

/** Scheme, host and port of a collector; ports that the scheme implies are filled in. */
export interface Collector {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** On this machine: no TLS needed, and short limits do. */
  loopback: boolean;
}

const GRPC_PORT = 4317;
const HTTP_PORT = 4318;

/** The collector that an endpoint names, or undefined when it is no `http://` or `https://` URL. */
export function collectorOf(endpoint: string): Collector | undefined {
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const host = url.hostname.replace(/\.$/, '');
  return {
    scheme,
    host,
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    loopback: host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host),
  };
}

/** How the exporter speaks: as said, else as the port tells, else gRPC (what the Python exporters of a project use). */
export function protocolOf(settings: TelemetrySettings): 'grpc' | 'http/protobuf' {
  if (settings.protocol) return settings.protocol;
  const port = settings.endpoint === undefined ? undefined : collectorOf(settings.endpoint)?.port;
  return port === HTTP_PORT ? 'http/protobuf' : 'grpc';
}

/** Exporters with the default filled in: an endpoint alone means `otlp` (facts telemetry §1b, T3). */
export function exportersOf(settings: TelemetrySettings): readonly string[] {
  return settings.exporters.length === 0 && settings.endpoint !== undefined ? ['otlp'] : settings.exporters;
}

/** The port that belongs to the other protocol, or undefined when port and protocol agree (T6). */
export function swappedPort(settings: TelemetrySettings): { is: number; should: number } | undefined {
  const port = settings.endpoint === undefined ? undefined : collectorOf(settings.endpoint)?.port;
  const grpc = protocolOf(settings) === 'grpc';
  if (grpc && port === HTTP_PORT) return { is: HTTP_PORT, should: GRPC_PORT };
  return !grpc && port === GRPC_PORT ? { is: GRPC_PORT, should: HTTP_PORT } : undefined;
}
