import { type Finding, type FindingId, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { Redactor } from '../core/redact.ts';
import { type OtlpState, probeOtlp } from '../telemetry/probe.ts';
import { collectorOf, exportersOf, protocolOf } from '../telemetry/settings.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/** What an exporter that does not get rid of its data costs (facts telemetry §1b, T4–T6). */
const COST = 'The program waits about 12 seconds at its end, and the data is lost.';

/**
 * The collector of the environment, asked as the exporter would: an empty export, without a credential. Nothing is asked
 * in a workspace that is not approved, since the workspace names the address.
 */
export const telemetryCollector: WorkspaceCheck = {
  title: 'Telemetry collector',
  about: 'workspace',
  async run(look) {
    const { telemetry } = look.wanted;
    const { endpoint } = telemetry;
    if (!telemetry.enabled || endpoint === undefined || !exportersOf(telemetry).includes('otlp')) return [];
    if (!collectorOf(endpoint) || !look.approved || look.offline) return [];
    const state = await probeOtlp(endpoint, protocolOf(telemetry), look.env, look.signal);
    return stateFindings(look, endpoint, state);
  },
};

function stateFindings({ wanted }: WorkspaceLook, endpoint: string, state: OtlpState): Finding[] {
  const url = new Redactor().clean(endpoint);
  const protocol = protocolOf(wanted.telemetry);
  const warn = (id: FindingId, message: string, cause: string, command = `curl -v ${quoteWord(url)}`): Finding[] => [
    finding(id, 'warn', message, cause, { command, safe: false }),
  ];
  switch (state.kind) {
    case 'ok':
    case 'down': // Told by the step (HB410).
      return [];
    case 'auth':
      if (wanted.secrets.some(({ env }) => /^OTEL_EXPORTER_OTLP_(.*_)?HEADERS$/.test(env))) return [];
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
      return warn('HB440', message, cause, `grep -n -E 'endpoint|protocol' ${manifestOf(wanted.source)}`);
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

function manifestOf(source: WorkspaceLook['wanted']['source']): string {
  return 'path' in source ? quoteWord(source.path) : 'pyproject.toml';
}
