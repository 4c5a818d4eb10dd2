import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, type TomlTable } from 'smol-toml';
import { privateFolder, readText, realPath, replaceFile } from './files.ts';
import type { UserPaths } from './paths.ts';

/** What a person has decided for this machine; written by commands and by hand. */
export function configFile(paths: UserPaths): string {
  return join(paths.config, 'config.toml');
}

/** All that config.toml says, or undefined when it is no TOML: that is told by who chooses the store. */
export function configOf(paths: UserPaths): TomlTable | undefined {
  try {
    return parse(readText(configFile(paths)) ?? '');
  } catch {
    return undefined;
  }
}

/**
 * Writes config.toml anew, if the new text says just what it is to say: that an edit of its lines has hit no others.
 * @param wanted what the file says afterwards, all of it.
 * @returns whether that is so.
 */
export function editConfig(file: string, text: string, wanted: Readonly<Record<string, unknown>>): boolean {
  if (!says(text, wanted)) return false;
  if (text === (readText(file) ?? '')) return true;
  privateFolder(dirname(file));
  // The file may be a link into somebody's collection of settings.
  replaceFile(realPath(file) ?? file, text, 0o600);
  return true;
}

function says(text: string, wanted: unknown): boolean {
  try {
    return isDeepStrictEqual(plain(parse(text)), plain(wanted));
  } catch {
    return false;
  }
}

/** Tables of the reader have no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
