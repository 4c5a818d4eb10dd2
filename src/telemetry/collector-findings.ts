import { type Finding, type FindingId, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { Redactor } from '../core/redact.ts';
import type { OtlpState } from './probe.ts';
import { protocolOf, type TelemetrySettings } from './settings.ts';

/** What an exporter that does not get rid of its data costs (facts telemetry §1b, T4–T6). */
const COST = 'The program waits about 12 seconds at its end, and the data is lost.';

/** An environment, as far as its collector is concerned. */
export interface CollectorSet {
  telemetry: TelemetrySettings;
  secrets: readonly { env: string }[];
  /** Where the endpoint stands: a file, or pyproject.toml. */
  source: { kind: string; path?: string };
}

/** What is to be said of the collector as it was found. */
export function collectorFindings({ telemetry, secrets, source }: CollectorSet, state: OtlpState): Finding[] {
  const url = new Redactor().clean(telemetry.endpoint ?? '');
  const protocol = protocolOf(telemetry);
  const warn = (id: FindingId, message: string, cause: string, command = `curl -v ${quoteWord(url)}`): Finding[] => [
    finding(id, 'warn', message, cause, { command, safe: false }),
  ];
  switch (state.kind) {
    case 'ok':
      return [];
    case 'down':
      return warn('HB410', `No collector answers at ${url}.`, COST);
    case 'auth':
      if (secrets.some(({ env }) => /^OTEL_EXPORTER_OTLP_(.*_)?HEADERS$/.test(env))) return [];
      return warn(
        'HB442',
        `The collector at ${url} asks for credentials.`,
        'No secret of this environment is sent there as OTEL_EXPORTER_OTLP_HEADERS, so the data is refused.',
        'hotpass-bootstrap secrets list',
      );
    case 'hangs':
      return warn(
        'HB441',
        `The collector at ${url} does not answer in time.`,
        `A VPN or proxy that is off looks like this. ${COST}`,
      );
    case 'swapped': {
      const other = protocol === 'grpc' ? 'http/protobuf' : 'grpc';
      const message = `The collector at ${url} speaks ${other}, and telemetry is set to ${protocol}.`;
      const cause = `Collectors listen for grpc on port 4317 and for http/protobuf on 4318. ${COST}`;
      return warn(
        'HB440',
        message,
        cause,
        `grep -n -E 'endpoint|protocol' ${quoteWord(source.path ?? 'pyproject.toml')}`,
      );
    }
    case 'redirect':
      return warn(
        'HB443',
        `${url} sends every export on to ${new Redactor().clean(state.to)}.`,
        'Exporters do not follow it, and a credential must not. The endpoint must be the one that answers itself.',
      );
    case 'other':
      return warn(
        'HB443',
        `What answers at ${url} is no collector for ${protocol}${state.status === undefined ? '' : ` (status ${state.status})`}.`,
        `Something else may be listening on that port. ${COST}`,
      );
    case 'tls':
      return warn('HB444', `There is no connection to trust to the collector at ${url}.`, TLS[state.trouble]);
  }
}

const TLS: Record<(OtlpState & { kind: 'tls' })['trouble'], string> = {
  untrusted:
    'Its certificate is signed by an authority that is not known here: SSL_CERT_FILE names the file that holds it, for exporters OTEL_EXPORTER_OTLP_CERTIFICATE.',
  date: 'Its certificate is not valid today; the clock of this machine may be wrong.',
  name: 'Its certificate is for another name than the one in the endpoint.',
  none: `It does not speak TLS on that port: the endpoint may have to begin with http://. ${COST}`,
};
