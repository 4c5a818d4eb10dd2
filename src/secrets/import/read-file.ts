import { EXIT, UserError } from '../../core/errors.ts';
import { quoteWord } from '../../core/quote.ts';
import { plainSettings } from '../../prefect/plain-settings.ts';
import { readDockerFile } from './docker-reader.ts';
import { readDotenvStrictly } from './dotenv-reader.ts';
import { readJsonFile } from './json-reader.ts';
import type { PlainFile } from './plain-entry.ts';

/** The forms of files with secrets in them. */
export const IMPORT_FORMS = ['dotenv', 'docker', 'json', 'prefect'] as const;
export type ImportForm = (typeof IMPORT_FORMS)[number];

/** More than this is no file of settings. Bytes. */
const LARGEST = 1024 * 1024;

/** The form of a file by its name, unless it was given. Docker's looks like dotenv, and has to be given. */
export function formOf(path: string, given: string | undefined): ImportForm {
  const known = IMPORT_FORMS.find(form => form === given);
  if (known !== undefined) return known;
  if (given !== undefined) {
    throw new UserError({
      message: 'That is no form of a file that can be imported.',
      cause: `It is one of ${IMPORT_FORMS.join(', ')}.`,
      next: 'hotpass-bootstrap secrets import --help',
      exit: EXIT.usage,
    });
  }
  if (/\.toml$/i.test(path)) return 'prefect';
  return /\.json$/i.test(path) ? 'json' : 'dotenv';
}

/**
 * Text of a file that is to be imported.
 * @throws UserError 78 for what is no UTF-8 text, or too large.
 */
export function decodeFile(bytes: Uint8Array, path: string): string {
  try {
    if (bytes.length > LARGEST) throw new Error('too large');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError({
      id: 'HB381',
      message: `${path} is no file of settings that can be read.`,
      cause: bytes.length > LARGEST ? 'It is larger than 1 MiB.' : 'It is not UTF-8 text.',
      next: `file ${quoteWord(path)}`,
      exit: EXIT.invalid,
    });
  }
}

/** Reads a file of this form. @throws UserError 78 for what cannot be read as it. */
export async function readPlainFile(text: string, path: string, form: ImportForm): Promise<PlainFile> {
  if (form === 'json') return readJsonFile(text, path);
  if (form === 'docker') return readDockerFile(text);
  if (form === 'dotenv') return readDotenvStrictly(text);
  const settings = await plainSettings(text, path);
  const entries = settings.map(({ name, written, value, line, profile, apiUrl }) => {
    const place = { line, start: 0, end: 0 };
    return { name, written, value, profile, ...place, ...(apiUrl === undefined ? {} : { apiUrl }) };
  });
  return { entries, problems: [] };
}

/** Refuses a file with places that programs read in different ways, where a secret of ours is concerned. */
export function refuseDoubt(file: PlainFile, path: string, variables: ReadonlySet<string>): void {
  const doubts = file.problems.filter(({ name }) => name === undefined || variables.has(name));
  const [first] = doubts;
  if (first === undefined) return;
  throw new UserError({
    id: 'HB382',
    message: `${path} can be read in more than one way, so nothing of it was moved.`,
    cause: 'Programs that read such files would take other values from these lines.',
    details: doubts.slice(0, 20).map(({ line, name, reason }) => {
      return `line ${line}${name === undefined ? '' : `, ${name}`}: ${reason}`;
    }),
    next: `\${EDITOR:-vi} +${first.line} ${quoteWord(path)}`,
    exit: EXIT.invalid,
  });
}
