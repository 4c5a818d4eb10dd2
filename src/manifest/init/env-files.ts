import { join } from 'node:path';
import { type Finding, finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { looksSecret } from '../../core/redact.ts';
import { readDotenv } from '../../system/dotenv.ts';
import { namesIn, readBytes, statOf } from '../../system/files.ts';
import { sentence } from '../rules.ts';
import type { Place } from './words.ts';

/** A variable of an environment file. Its value is for those who look at it by name, and never written down unseen. */
export interface Variable {
  name: string;
  place: Place;
  value: string;
  /** The comment above it, of a template only. */
  hint: string | undefined;
}

export interface EnvFile {
  file: string;
  /** A template (`.env.example`) is made to be read by all; every other one may hold values of one person. */
  template: boolean;
  /** `local`, or the environment its name says; undefined when it says another thing. */
  environment: string | undefined;
  variables: readonly Variable[];
}

const TEMPLATE = new Set(['example', 'sample', 'template', 'dist', 'tmpl', 'defaults']);
const LOCAL = new Set(['local', 'dev', 'development']);
const REMOTE = new Set(['staging', 'stage', 'prod', 'production', 'qa', 'uat', 'preprod', 'sandbox', 'demo', 'ci']);
const MOST_BYTES = 200_000;

/** Is a word the name of an environment? `dev` and `development` are `local`. */
export function environmentOf(word: string): string | undefined {
  const name = word.toLowerCase();
  if (LOCAL.has(name)) return 'local';
  return REMOTE.has(name) ? name : undefined;
}

/** Environment files beside `pyproject.toml`, by name. @param findings gets those that cannot be read. */
export function readEnvFiles(root: string, workspace: string, findings: Finding[]): EnvFile[] {
  return namesIn(root)
    .sort()
    .flatMap(file => {
      const kind = kindOf(file, workspace);
      const stats = kind && statOf(join(root, file));
      if (!kind || !stats?.isFile() || stats.size > MOST_BYTES) return [];
      const text = textOf(root, file, findings);
      return text === undefined ? [] : [{ file, ...kind, variables: variablesOf(file, text, kind.template) }];
    });
}

/** What a file's name says; undefined when it is no environment file. */
function kindOf(file: string, workspace: string): Pick<EnvFile, 'template' | 'environment'> | undefined {
  const words = file
    .toLowerCase()
    .split(/[.\-_]/)
    .filter(word => word !== '');
  if (!/^\.?env([.\-_]|$)|[.\-_]env$|^env[.\-_]/i.test(file) || words.some(word => SKIPPED.has(word))) return undefined;
  const own = new Set(workspace.toLowerCase().split(/[.\-_]/));
  const rest = words.filter(word => word !== 'env' && !TEMPLATE.has(word) && !own.has(word));
  const template = words.some(word => TEMPLATE.has(word));
  if (!template && !file.startsWith('.')) return undefined;
  if (rest.length === 0) return { template, environment: 'local' };
  return { template, environment: rest.length === 1 ? environmentOf(rest[0] ?? '') : undefined };
}

/** Copies, and files that only look alike. */
const SKIPPED = new Set(
  'bak backup old orig save swp tmp kept py sh js ts toml json yaml yml md enc gpg age lock'.split(' '),
);

function textOf(root: string, file: string, findings: Finding[]): string | undefined {
  const bytes = readBytes(join(root, file));
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    findings.push(unread(file, 'It is not UTF-8 text.', `file ${quoteWord(join(root, file))}`));
    return undefined;
  }
}

/** A file that `init` leaves out. */
export function unread(file: string, cause: string, command: string): Finding {
  return finding('HB527', 'warn', `${file} was not looked at.`, cause, { command, safe: false });
}

function variablesOf(file: string, text: string, template: boolean): Variable[] {
  const lines = text.split(/\r\n|\n|\r/);
  const values = readDotenv(text);
  const found = new Map<string, Variable>();
  lines.forEach((line, index) => {
    const [, off, name = ''] = /^\s*(#\s*)?(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line) ?? [];
    // A line of a quoted value looks like an assignment; a template names optional variables in comments.
    const real = off === undefined && Object.hasOwn(values, name);
    const optional = off !== undefined && template && /^[A-Z][A-Z0-9_]+$/.test(name);
    if (!real && !optional) return;
    found.set(name, {
      name,
      place: { file, line: index + 1 },
      value: real ? (values[name] ?? '') : '',
      hint: template ? hintAbove(lines, index) : undefined,
    });
  });
  return [...found.values()];
}

/** The comment lines directly above, unless they hold a setting or something like a key. */
function hintAbove(lines: readonly string[], index: number): string | undefined {
  const above: string[] = [];
  for (let at = index - 1; at >= 0 && above.length < 4; at--) {
    const words = /^\s*#+\s?(.*)$/.exec(lines[at] ?? '')?.[1]?.trim();
    if (words === undefined || words === '' || /^[-=#*~ ]+$|^\S+\s*=/.test(words)) break;
    above.unshift(words);
  }
  const text = above.join(' ');
  const isKey = looksSecret(text) || /[A-Za-z0-9+/_-]{20,}/.test(text.replace(/https?:\/\/\S+/g, ''));
  return text === '' || isKey || text.length > 300 || sentence(text) !== undefined ? undefined : text;
}
