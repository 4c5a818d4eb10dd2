import { type Path, type Problem, problem } from './problems.ts';
import type { ManifestTelemetry } from './schema.ts';
import { isLoopback, parseUrl } from './url-rules.ts';

/** Is telemetry on? Said, or meant by an endpoint or exporters. */
export function isEnabled(telemetry: ManifestTelemetry | undefined): boolean {
  return telemetry?.enabled ?? (telemetry?.endpoint !== undefined || (telemetry?.exporters ?? []).length > 0);
}

/** Exporters in effect: none when off, `otlp` when only an endpoint is given. */
export function exportersOf(telemetry: ManifestTelemetry | undefined): readonly string[] {
  if (!isEnabled(telemetry)) return [];
  return telemetry?.exporters ?? (telemetry?.endpoint === undefined ? [] : ['otlp']);
}

/** Sets of values that programs refuse or lose data by (facts telemetry T2, T4). */
export function telemetryProblems(telemetry: ManifestTelemetry, path: Path): Problem[] {
  const { endpoint, exporters, insecure } = telemetry;
  const found: Problem[] = [];
  if (endpoint !== undefined && exporters !== undefined && !exporters.includes('otlp')) {
    found.push(
      problem([...path, 'exporters'], 'must hold "otlp", since an endpoint is set and programs refuse it otherwise'),
    );
  }
  if (isEnabled(telemetry) && exporters?.includes('otlp') && endpoint === undefined) {
    found.push(problem([...path, 'endpoint'], 'is missing: the exporter "otlp" needs to know where to send', true));
  }
  if (telemetry.enabled === true && exportersOf(telemetry).length === 0) {
    found.push(problem([...path, 'exporters'], 'is missing: telemetry is on and would go nowhere', true));
  }
  const url = endpoint === undefined ? undefined : parseUrl(endpoint);
  if (!url || insecure === undefined) return found;
  const at = [...path, 'insecure'];
  if (insecure && url.protocol === 'https:')
    found.push(problem(at, 'must be false where the endpoint begins with https://'));
  else if (insecure && !isLoopback(url.hostname))
    found.push(problem(at, 'may be true only for a collector on this machine'));
  else if (!insecure && url.protocol === 'http:')
    found.push(problem(at, 'must be true where the endpoint begins with http://'));
  return found;
}
