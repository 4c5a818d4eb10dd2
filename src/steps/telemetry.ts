import type { Change } from '../core/changes.ts';
import type { Finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { sitePackages } from '../engine/fingerprint.ts';
import { digest } from '../engine/stamps.ts';
import type { Read, Step } from '../engine/step.ts';
import { namesIn } from '../system/files.ts';
import { collectorFindings } from '../telemetry/collector-findings.ts';
import type { OtlpState } from '../telemetry/probe.ts';
import { collectorOf, exportersOf, protocolOf } from '../telemetry/settings.ts';
import { exporterTrap, settingTraps, variableTraps } from '../telemetry/traps.ts';
import { lookAtFile, type ManagedFile, stampKey } from './telemetry-file.ts';

export interface TelemetryState {
  file: ManagedFile | undefined;
}

/** An endpoint that answered is trusted for a day; one that did not is asked again soon, since somebody mends it. */
const ANSWERED_MS = 24 * 3_600_000;
const SILENT_MS = 5 * 60_000;

/**
 * A consistent set of telemetry defaults (design §5). Variables and Prefect settings are contributed when the
 * manifest is resolved and written by their own steps; here the managed file, and the traps of facts telemetry §1b.
 */
export const telemetryStep: Step<TelemetryState> = {
  id: 'telemetry',
  title: 'Telemetry',
  needs: [],
  verifyNeeds: ['python'],

  async inspect(ctx) {
    const file = lookAtFile(ctx);
    // A file with the wanted content is as good as one of ours, wherever it came from (a colleague's commit).
    if (file && file.current === file.content) remember(ctx, file);
    const [exporter, endpoint] = await Promise.all([exporterNow(ctx), probe(ctx)]);
    return { state: { file }, findings: [...traps(ctx), ...exporter, ...endpoint] };
  },

  plan({ file }): Change[] {
    if (!file || file.current === file.content) return [];
    const action = file.current === undefined ? 'add' : 'change';
    return [{ step: 'telemetry', key: 'file', action, target: file.path, certain: true }];
  },

  async apply(_change, ctx) {
    const file = lookAtFile(ctx);
    if (!file) return;
    if (file.current !== file.content) ctx.files.replaceWhole(file.full, file.content, 0o644);
    remember(ctx, file);
  },

  async verify(ctx) {
    return installedTrap(ctx);
  },
};

function remember(ctx: Read, { path, content }: ManagedFile): void {
  const now = digest(content);
  if (ctx.stamps.digestOf(stampKey(path)) !== now) ctx.stamps.record(stampKey(path), now);
}

function traps(ctx: Read): Finding[] {
  const { wanted, env } = ctx;
  return [
    ...inManifest(ctx, settingTraps(wanted.telemetry, wanted.environment)),
    ...variableTraps(env, 'your environment'),
    ...inManifest(ctx, variableTraps(wanted.envFile.variables, `the variables of environment ${wanted.environment}`)),
  ];
}

/** T1 while nothing is about to be synchronised; otherwise it is asked after the sync. */
async function exporterNow(ctx: Read): Promise<Finding[]> {
  if (!exportsOtlp(ctx)) return [];
  const python = await ctx.outputs.get('python');
  return python === undefined || python.fingerprint === '' ? [] : installedTrap(ctx);
}

function installedTrap(ctx: Read): Finding[] {
  if (!exportsOtlp(ctx)) return [];
  const folder = sitePackages(ctx.root);
  const names = folder === undefined ? undefined : namesIn(folder).filter(name => name.endsWith('.dist-info'));
  const distributions = names?.map(name => name.slice(0, name.indexOf('-')));
  return inManifest(ctx, exporterTrap(ctx.wanted.telemetry, distributions, ctx.wanted.environment));
}

/** These are mended where the settings stand. */
function inManifest({ wanted: { source } }: Read, found: Finding[]): Finding[] {
  if (!('path' in source)) return found;
  const fix = { command: `\${EDITOR:-vi} ${quoteWord(source.path)}`, safe: false };
  return found.map(trap => ({ ...trap, fix }));
}

function exportsOtlp({ wanted: { telemetry } }: Read): boolean {
  return telemetry.enabled && exportersOf(telemetry).includes('otlp');
}

/**
 * Does a collector of this protocol answer? An export without a span is sent, as the exporter would send it. One in order
 * is asked once a day, and none in a root that is not approved.
 */
async function probe(ctx: Read): Promise<Finding[]> {
  const { wanted } = ctx;
  const { endpoint } = wanted.telemetry;
  if (endpoint === undefined || !collectorOf(endpoint) || !exportsOtlp(ctx) || !ctx.approved || ctx.offline) return [];
  const protocol = protocolOf(wanted.telemetry);
  const seen = (kind: string): string => digest(['telemetry-probe', endpoint, protocol, kind]);
  const fresh = (kind: string, ms: number): boolean => {
    const at = ctx.stamps.holds('telemetry-probe', seen(kind));
    return !ctx.recheck && at !== undefined && Math.abs(Date.now() - at) < ms;
  };
  const said = (state: OtlpState): Finding[] => collectorFindings(wanted, state);
  if (fresh('ok', ANSWERED_MS)) return [];
  for (const kind of ['down', 'hangs'] as const) if (fresh(kind, SILENT_MS)) return said({ kind });
  const { probeOtlp } = await import('../telemetry/probe.ts');
  const state = await probeOtlp(endpoint, protocol, ctx.env, ctx.signal);
  if (ctx.signal.aborted) return [];
  const findings = said(state);
  ctx.stamps.record('telemetry-probe', seen(findings.length === 0 ? 'ok' : state.kind));
  return findings;
}
