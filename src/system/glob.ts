import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../core/errors.ts';
import { noteRead } from './trace.ts';

/** Folders that no pattern enters unless it names them. */
const SKIPPED = new Set(['.git', '.venv', 'node_modules', '__pycache__']);
/** More files than this are a mistake in the pattern. */
const LIMIT = 20_000;

/**
 * Regular files below `root` that match any of the patterns, as sorted paths relative to it with `/`.
 * `*` and `?` stay within a name, `**` spans folders, `[ab]` is a set, `{a,b}` an alternative. Symbolic links are never
 * followed; patterns that are absolute or contain `..` match nothing.
 */
export function filesMatching(root: string, patterns: readonly string[]): string[] {
  const found = new Set<string>();
  for (const pattern of patterns.flatMap(expandBraces)) {
    const parts = pattern.replace(/^\.\//, '').split('/');
    if (pattern.startsWith('/') || parts.includes('..')) continue;
    walk(root, [], parts, found);
  }
  return [...found].sort();
}

function walk(root: string, folder: readonly string[], parts: readonly string[], found: Set<string>): void {
  const [part, ...rest] = parts;
  if (part === undefined || found.size > LIMIT) return;
  const deep = part === '**';
  if (deep && rest.length > 0) walk(root, folder, rest, found);
  for (const entry of entriesOf(join(root, ...folder))) {
    const named = deep ? true : matcher(part).test(entry.name);
    if (!named) continue;
    const here = [...folder, entry.name];
    if (entry.isDirectory()) {
      if (SKIPPED.has(entry.name) && part !== entry.name) continue;
      walk(root, here, deep ? parts : rest, found);
    } else if (entry.isFile() && rest.length === 0) {
      found.add(here.join('/'));
    }
  }
}

function entriesOf(path: string): import('node:fs').Dirent[] {
  noteRead(path, true);
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}

/** One name as a regular expression. A leading dot is matched only by a pattern that has one. */
function matcher(part: string): RegExp {
  let source = part.startsWith('.') ? '' : '(?!\\.)';
  for (const piece of part.match(/\[[^\]]+\]|[\s\S]/g) ?? []) {
    if (piece === '*') source += '.*';
    else if (piece === '?') source += '.';
    else if (piece.length > 1) source += `[${piece.slice(1, -1).replace(/^!/, '^').replace(/\\/g, '\\\\')}]`;
    else source += piece.replace(/[.+^${}()|[\]\\*?/]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

function expandBraces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern);
  if (!match) return [pattern];
  const [, head = '', alternatives = '', tail = ''] = match;
  return alternatives.split(',').flatMap(choice => expandBraces(`${head}${choice}${tail}`));
}
