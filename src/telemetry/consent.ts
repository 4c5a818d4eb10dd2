import { parse, type TomlTable } from 'smol-toml';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { readText } from '../system/files.ts';
import { editConfig } from '../system/user-config.ts';
import { checkedEndpoint } from './endpoint.ts';

/** What a person agreed to, as it stands under `[telemetry]` in config.toml. */
export interface Consent {
  /** Base address; `/v1/traces` and `/v1/metrics` are added. Nothing is ever sent anywhere else. */
  endpoint: string;
  /** Day of the agreement, `2026-11-25`. */
  since: string;
  /** A token for this endpoint is in the secret store. */
  token: boolean;
}

/**
 * What was agreed to; undefined when telemetry is off.
 * @param file config.toml; without one no reader of TOML runs.
 * @throws UserError 78 when it is no TOML, or its `[telemetry]` is not as `telemetry on` writes it.
 */
export function readConsent(file: string): Consent | undefined {
  const text = readText(file);
  if (text === undefined || !text.includes('telemetry')) return undefined;
  const table = tableOf(text, file)['telemetry'];
  if (table === undefined) return undefined;
  const { endpoint, since, token = false } = table as Record<string, unknown>;
  const isWhole = typeof endpoint === 'string' && typeof since === 'string' && typeof token === 'boolean';
  if (!isWhole || checkedEndpoint(endpoint) === undefined) throw invalid(file, 'its [telemetry] is not valid');
  return { endpoint, since, token };
}

/** Writes what was agreed to, or takes it out; every other line of config.toml stays. @throws UserError 78 */
export function writeConsent(file: string, consent: Consent | undefined): void {
  const before = readText(file) ?? '';
  const { telemetry: _, ...others } = tableOf(before, file);
  const rest = withoutTable(before);
  const text = consent === undefined ? rest : `${rest}${separator(rest)}${tableText(consent)}`;
  const wanted = { ...others, ...(consent === undefined ? {} : { telemetry: consent }) };
  if (!editConfig(file, text, wanted)) throw invalid(file, 'its [telemetry] is written in a form that is not edited');
}

function tableText({ endpoint, since, token }: Consent): string {
  const lines = ['[telemetry]', `endpoint = ${JSON.stringify(endpoint)}`, `since = ${JSON.stringify(since)}`];
  return `${[...lines, ...(token ? ['token = true'] : ['token = false'])].join('\n')}\n`;
}

/** The text without `[telemetry]` and what stands in it; comments and blank lines behind that are of the next table. */
function withoutTable(text: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex(line => /^[ \t]*\[[ \t]*telemetry[ \t]*\]/.test(line));
  if (from === -1) return text;
  const next = lines.findIndex((line, at) => at > from && /^[ \t]*\[/.test(line));
  const last = lines.slice(0, next === -1 ? undefined : next).findLastIndex(line => !/^\s*(#|$)/.test(line));
  const [before, after] = [lines.slice(0, from), lines.slice(last + 1)];
  const isDouble = isBlank(before.at(-1)) && isBlank(after[0]);
  return [...before, ...(isDouble ? after.slice(1) : after)].join('\n');
}

function isBlank(line = ''): boolean {
  return line.trim() === '';
}

function separator(text: string): string {
  if (text === '') return '';
  return text.endsWith('\n') ? '\n' : '\n\n';
}

function tableOf(text: string, file: string): TomlTable {
  try {
    return parse(text);
  } catch {
    throw invalid(file, 'it is not valid TOML');
  }
}

function invalid(file: string, what: string): UserError {
  return new UserError({
    id: 'HB464',
    message: `${file} cannot be used: ${what}.`,
    cause: 'Until it is mended nothing is sent.',
    next: `\${EDITOR:-vi} ${quoteWord(file)}`,
    exit: EXIT.invalid,
  });
}
