import { join, relative } from 'node:path';
import { parse } from 'smol-toml';
import { isSet } from '../system/environment.ts';
import { readText, realPath, statOf } from '../system/files.ts';

/** Something in a workspace's files that would send a Prefect credential astray (security §3). */
export interface Hazard {
  /** Relative to the root. */
  file: string;
  /** The setting, or a section of settings, as Prefect names it. */
  name: string;
}

const HEADERS = 'PREFECT_CLIENT_CUSTOM_HEADERS';
const INSECURE = 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY';
/**
 * A line of `.env` that sets one of them, or a whole section as JSON, which beats even the variables of the section's
 * settings (PREFECT_API_URL). Read wider than python-dotenv does: a line too many is told, one too few gives a key away.
 */
const DOTENV_LINE = new RegExp(
  `^[^=#\\r\\n]*\\b(${HEADERS}|${INSECURE}|PREFECT_(?:API|CLIENT|CLOUD))\\b[^=\\r\\n]*=([^\\r\\n]*)`,
  'gimu',
);
const SUSPECT = /custom_headers|tls_insecure_skip_verify|\\[ux]/i;

/**
 * What sends a credential astray in the files Prefect reads from its current folder: `.env`, `prefect.toml`,
 * `[tool.prefect]` (facts prefect §3: they beat the profile).
 * @param from the folder that a program starts in, looked at as well.
 */
export async function workspaceHazards(root: string, from = root): Promise<Hazard[]> {
  const found: Hazard[] = [];
  for (const folder of new Set([root, realPath(from) ?? root])) {
    const look = (name: string) => {
      const path = join(folder, name);
      // As Prefect does; a link to a device never ends.
      return { file: relative(root, path), text: (statOf(path)?.isFile() && readText(path)) || '' };
    };
    const { file, text } = look('.env');
    for (const [, name = '', value = ''] of text.matchAll(DOTENV_LINE)) {
      if (isHazard(name, unquote(value))) found.push({ file, name: name.toUpperCase() });
    }
    for (const { file, text } of ['prefect.toml', 'pyproject.toml'].map(look)) {
      if (!SUSPECT.test(text)) continue;
      for (const name of await inToml(text, file.endsWith('pyproject.toml'))) found.push({ file, name });
    }
  }
  return found;
}

async function inToml(text: string, isProject: boolean): Promise<string[]> {
  let settings: unknown;
  try {
    const table = parse(text);
    settings = isProject ? (table['tool'] as { prefect?: unknown } | undefined)?.prefect : table;
  } catch {
    // What cannot be read here may be TOML to Prefect, such as a number that is too large.
    return [/custom_headers/i.test(text) ? HEADERS : INSECURE];
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
  if (!/VERIFY$/iu.test(name)) return value.trim() !== '' && value.trim() !== '{}';
  return isSet(value.trim()) && !/^(off|f|n)$/i.test(value.trim());
}

function unquote(value: string): string {
  return value.trim().replace(/^(['"])(.*?)\1.*$/, '$2');
}
