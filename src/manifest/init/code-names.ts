import { join } from 'node:path';
import { readText, statOf } from '../../system/files.ts';
import { filesMatching } from '../../system/glob.ts';
import type { Place } from './words.ts';

/** A variable that the code reads, and the first place where it does. */
export interface ReadName {
  name: string;
  place: Place;
  /** The code itself says that it is a secret (`SecretStr`). */
  secret: boolean;
}

const MOST_FILES = 3000;
const MOST_BYTES = 500_000;
const ELSEWHERE = /(^|\/)(tests?|docs|examples?|build|dist|venv|env|site-packages|migrations|vendor)\//;
const READS = /(?:\benviron(?:\.get|\.pop|\.setdefault)?\s*[[(]|\bgetenv\s*\()\s*["']([A-Za-z_][A-Za-z0-9_]*)["']/g;

/**
 * Names that Python files read from the environment: `os.environ["X"]`, `os.getenv("X")`, and `SecretStr` fields of
 * pydantic settings with their prefix. Names only.
 * @param leaveOut folders of other projects, relative to the root.
 */
export function namesInCode(root: string, leaveOut: readonly string[] = []): ReadName[] {
  const found = new Map<string, ReadName>();
  const files = filesMatching(root, ['**/*.py'])
    .filter(file => !ELSEWHERE.test(file) && !leaveOut.some(folder => file.startsWith(`${folder}/`)))
    .slice(0, MOST_FILES);
  for (const file of files) {
    const path = join(root, file);
    if ((statOf(path)?.size ?? 0) > MOST_BYTES) continue;
    const text = readText(path) ?? '';
    for (const { name, line, secret } of [...readsIn(text), ...settingsIn(text)]) {
      const known = found.get(name);
      if (!known) found.set(name, { name, place: { file, line }, secret });
      else if (secret) known.secret = true;
    }
  }
  return [...found.values()];
}

interface Hit {
  name: string;
  line: number;
  secret: boolean;
}

function readsIn(text: string): Hit[] {
  if (!/environ|getenv/.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*#/.test(line)) return [];
    return [...line.matchAll(READS)].map(([, name = '']) => ({ name, line: index + 1, secret: false }));
  });
}

/** `SecretStr` fields of classes that are settings. */
function settingsIn(text: string): Hit[] {
  if (!/SecretStr/.test(text) || !/BaseSettings/.test(text)) return [];
  const hits: Hit[] = [];
  let fields: { field: string; line: number; alias: string | undefined }[] | undefined;
  let prefix = '';
  const close = (): void => {
    for (const { field, line, alias } of fields ?? []) {
      hits.push({ name: alias ?? `${prefix}${field}`.toUpperCase(), line, secret: true });
    }
    fields = undefined;
    prefix = '';
  };
  text.split('\n').forEach((line, index) => {
    const header = /^class\s+\w+\s*(?:\(([^)]*)\))?/.exec(line);
    if (/^\S/.test(line) && !/^[)#]/.test(line)) close();
    if (header) fields = /Settings/.test(header[1] ?? '') ? [] : undefined;
    prefix = /\benv_prefix["']?\s*[=:]\s*["']([A-Za-z0-9_]*)["']/.exec(line)?.[1] ?? prefix;
    const field = /^\s+([A-Za-z_]\w*)\s*:\s*[^=#]*\bSecretStr\b/.exec(line)?.[1];
    const alias = /\b(?:alias|validation_alias|env)\s*=\s*["']([A-Za-z_]\w*)["']/.exec(line)?.[1];
    if (field !== undefined) fields?.push({ field, line: index + 1, alias });
  });
  close();
  return hits;
}
