import { collectorFindings } from '../telemetry/collector-findings.ts';
import { probeOtlp } from '../telemetry/probe.ts';
import { collectorOf, exportersOf, protocolOf } from '../telemetry/settings.ts';
import type { WorkspaceCheck } from './check.ts';

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
    // One that is not there is told by the step (HB410).
    return collectorFindings(look.wanted, state);
  },
};
