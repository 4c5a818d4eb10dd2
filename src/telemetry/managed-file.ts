import { type TomlTable, tomlTable } from './toml-writer.ts';

/** First line of a TOML file of ours: whoever reads it knows where to make changes, and so do we. */
export const TOML_HEADER = '# Written by hotpass-bootstrap';

/** What the program is told; `undefined` is left out. Names are those of facts hotpass, "Telemetry file". */
export interface FileSettings {
  enabled: boolean;
  service_name: string;
  environment: string;
  exporters?: readonly string[];
  otlp_endpoint?: string;
  otlp_insecure?: boolean;
  /** Seconds. */
  otlp_timeout?: number;
  resource_attributes?: Readonly<Record<string, string>>;
}

/**
 * Content of the program's own telemetry file: a table `telemetry`, TOML or JSON by the ending of the path. Headers,
 * which carry a credential, are never in it.
 * @param keys other names for the keys, by the default ones.
 * @returns undefined when the path ends in neither.
 */
export function telemetryFileContent(
  path: string,
  settings: FileSettings,
  keys: Readonly<Record<string, string>> = {},
): string | undefined {
  const table: Record<string, TomlTable[string]> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value !== undefined) table[keys[key] ?? key] = value as TomlTable[string];
  }
  if (path.endsWith('.json')) return `${JSON.stringify({ telemetry: table }, null, 2)}\n`;
  if (!path.endsWith('.toml')) return undefined;
  const header = `${TOML_HEADER} for the environment ${JSON.stringify(settings.environment)}; changes here are overwritten.`;
  return `${header}\n\n${tomlTable('telemetry', table)}`;
}
