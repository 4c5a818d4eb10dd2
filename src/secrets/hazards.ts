import { join } from 'node:path';
import { parse } from 'smol-toml';
import { isSet } from '../system/environment.ts';
import { readText } from '../system/files.ts';

/** Something in a workspace's files that would send a Prefect credential astray (security §3). */
export interface Hazard {
  /** Relative to the root. */
  file: string;
  /** The setting, as Prefect names it. */
  name: string;
}

const HEADERS = 'PREFECT_CLIENT_CUSTOM_HEADERS';
const INSECURE = 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY';
const DOTENV_LINE = new RegExp(
  `^[ \\t]*(?:export[ \\t]+)?['"]?(${HEADERS}|${INSECURE})['"]?[ \\t]*(?:=[ \\t]*(.*))?$`,
  'gim',
);
const SUSPECT = /custom_headers|tls_insecure_skip_verify|\\u/i;

/**
 * Custom headers and switched-off TLS checks in the files Prefect reads from a workspace: `.env`, `prefect.toml`,
 * `[tool.prefect]` (facts prefect §3: they beat the profile).
 */
export async function workspaceHazards(root: string): Promise<Hazard[]> {
  const found: Hazard[] = [];
  for (const [, name, value] of (readText(join(root, '.env')) ?? '').matchAll(DOTENV_LINE)) {
    if (name && isHazard(name, unquote(value ?? ''))) found.push({ file: '.env', name: name.toUpperCase() });
  }
  for (const file of ['prefect.toml', 'pyproject.toml']) {
    const text = readText(join(root, file));
    if (text === undefined || !SUSPECT.test(text)) continue;
    for (const name of await inToml(text, file === 'pyproject.toml')) found.push({ file, name });
  }
  return found;
}

async function inToml(text: string, isProject: boolean): Promise<string[]> {
  let settings: unknown;
  try {
    const table = parse(text);
    settings = isProject ? (table['tool'] as { prefect?: unknown } | undefined)?.prefect : table;
  } catch {
    return []; // Prefect itself does not start with a file that is no TOML.
  }
  const names: string[] = [];
  const visit = (value: unknown, path: string): void => {
    const name = /custom_headers$/i.test(path)
      ? HEADERS
      : /tls_insecure_skip_verify$/i.test(path)
        ? INSECURE
        : undefined;
    if (name) {
      if (isHazard(name, typeof value === 'string' ? value : JSON.stringify(value))) names.push(name);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}_${key}`);
    }
  };
  visit(settings, '');
  return names;
}

function isHazard(name: string, value: string): boolean {
  if (name.toUpperCase() === HEADERS) return value.trim() !== '' && value.trim() !== '{}';
  return isSet(value.trim()) && !/^(off|f|n)$/i.test(value.trim());
}

function unquote(value: string): string {
  return value.trim().replace(/^(['"])(.*?)\1.*$/, '$2');
}
