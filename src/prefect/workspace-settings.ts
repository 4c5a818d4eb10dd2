import { join } from 'node:path';
import type { Env } from '../system/environment.ts';
import { readBytes, statOf } from '../system/files.ts';
import { canonicalName, isSecretSetting } from './settings.ts';

export type SettingFile = '.env' | 'prefect.toml' | 'pyproject.toml';

/** A Prefect setting that stands somewhere else than in the profile, and so beats it (facts prefect §2). */
export interface Entry {
  origin: 'environment' | SettingFile;
  /** Line of the file, from 1. */
  line?: number;
  /** As it is written there. */
  written: string;
  /** Canonical name, or the upper-case one when Prefect does not know it. */
  name: string;
  /** Undefined for a secret setting: its value is never looked at. */
  value: string | undefined;
}

/** A file of the workspace that keeps Prefect from starting at all. */
export interface Broken {
  file: SettingFile;
  why: 'utf-16' | 'latin-1' | 'toml';
  line?: number;
}

export interface WorkspaceSettings {
  /** In the order of precedence: environment, `.env`, `prefect.toml`, `[tool.prefect]`. */
  entries: readonly Entry[];
  broken: readonly Broken[];
}

/** May a `pyproject.toml` hold `[tool.prefect]`? Spares the parser where it plainly does not. */
const TOOL_PREFECT = /\btool["']?\s*\.\s*["']?prefect\b|^\s*\[\s*["']?tool["']?\s*\]|^\s*["']?tool["']?\s*=/m;

/** Everything that beats a profile when Prefect runs in the workspace's root. Reads three files there; none is changed. */
export async function readWorkspaceSettings(root: string, env: Env): Promise<WorkspaceSettings> {
  const entries: Entry[] = [];
  const broken: Broken[] = [];
  for (const [written, value] of Object.entries(env)) {
    if (value !== undefined && /^prefect_/i.test(written)) entries.push(entry('environment', written, value));
  }
  await readDotenv(root, entries, broken);
  await readToml(root, 'prefect.toml', [], entries, broken);
  await readToml(root, 'pyproject.toml', ['tool', 'prefect'], entries, broken);
  return { entries, broken };
}

function entry(origin: Entry['origin'], written: string, value: string, line?: number, as = written): Entry {
  const upper = as.toUpperCase();
  const name = canonicalName(upper) ?? upper;
  return {
    origin,
    written,
    name,
    value: isSecretSetting(name) ? undefined : value,
    ...(line === undefined ? {} : { line }),
  };
}

/** Text of a file, or undefined when there is none or it is no UTF-8, which is noted. */
function decode(root: string, file: SettingFile, broken: Broken[]): string | undefined {
  const path = join(root, file);
  const bytes = statOf(path)?.isFile() ? readBytes(path) : undefined;
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    broken.push({ file, why: wide ? 'utf-16' : 'latin-1' });
    return undefined;
  }
}

async function readDotenv(root: string, entries: Entry[], broken: Broken[]): Promise<void> {
  const text = decode(root, '.env', broken);
  if (text === undefined || !/prefect_/i.test(text)) return;
  const { parse } = (await import('dotenv')).default;
  const values = parse(text);
  const lines = text.split(/\r\n|\n|\r/);
  for (const [written, value] of Object.entries(values)) {
    if (!/^prefect_/i.test(written)) continue;
    // The last assignment counts, as in python-dotenv.
    const line = lines.findLastIndex(candidate => new RegExp(`^\\s*(export\\s+)?${written}\\s*[=:]`).test(candidate));
    entries.push(entry('.env', written, value, line === -1 ? undefined : line + 1));
  }
}

async function readToml(
  root: string,
  file: 'prefect.toml' | 'pyproject.toml',
  prefix: readonly string[],
  entries: Entry[],
  broken: Broken[],
): Promise<void> {
  const text = decode(root, file, broken);
  if (text === undefined || (file === 'pyproject.toml' && !TOOL_PREFECT.test(text))) return;
  const { parseTOML, ParseError, getStaticTOMLValue } = await import('toml-eslint-parser');
  try {
    const walk = (body: readonly TomlNode[], path: readonly string[]): void => {
      for (const node of body) {
        if (node.type === 'TOMLTable') {
          walk(node.body, node.resolvedKey.map(String));
          continue;
        }
        const full = [...path, ...node.key.keys.map(key => ('name' in key ? key.name : key.value))];
        if (node.value.type === 'TOMLInlineTable') {
          walk(node.value.body, full);
          continue;
        }
        if (!prefix.every((part, i) => full[i] === part)) continue;
        const own = full.slice(prefix.length);
        const value = getStaticTOMLValue(node.value) as unknown;
        const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
        entries.push(entry(file, own.join('.'), shown, node.loc.start.line, `PREFECT_${own.join('_')}`));
      }
    };
    type Ast = ReturnType<typeof parseTOML>;
    type TomlNode = Ast['body'][0]['body'][number];
    walk(parseTOML(text, { tomlVersion: '1.0' }).body[0].body, []);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    broken.push({ file, why: 'toml', line: error.lineNumber });
  }
}
