import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { SECRET_NAME } from '../core/secret-name.ts';
import { type JsonPlaces, jsonPlaces } from '../manifest/json-places.ts';
import { shown } from '../manifest/locate.ts';
import { type Position, positionsIn } from '../manifest/positions.ts';
import { type Problem, problem, problemsOf } from '../manifest/problems.ts';
import { keyText } from '../manifest/report-problems.ts';
import { readToml } from '../manifest/toml.ts';
import type { Cohort } from '../onboarding/events.ts';
import type { Choice } from '../secrets/choose.ts';
import { readBytes, realPath } from '../system/files.ts';
import { answersSchema } from './answers-schema.ts';

/** Answers given beforehand, `--answers FILE` (design §2): what flags and questions can say, never a secret. */
export interface Answers {
  /** Real path of the file they stand in. */
  file?: string;
  environment?: string;
  template?: string;
  /** Steps with commas, as `--only` takes them. */
  only?: string;
  skip?: string;
  store?: Choice['store'];
  link?: string;
  approveOrigin?: string[];
  cohort?: Cohort;
}

/**
 * Reads an answers file, TOML or JSON by its ending.
 * @throws UserError 78 that begins `FILE:LINE:COLUMN: `, with all that is wrong in the file.
 */
export async function readAnswers(path: string): Promise<Answers> {
  const text = readWhole(path);
  const isJson = /\.json$/i.test(path);
  const places = isJson ? jsonPlaces(text) : undefined;
  const data = places ? readJson(text, path, places) : readTomlAnswers(text, path);
  const find = places?.find ?? (await positionsIn(text));
  const twice = (places?.twice ?? []).map(at => problem(at, 'stands twice', true));
  const parsed = answersSchema.safeParse(data);
  if (!parsed.success || twice.length > 0) {
    const found = parsed.success ? [] : problemsOf(parsed.error.issues, answersSchema, data).map(aboutSecrets);
    throw invalid(path, [...twice, ...found], find);
  }
  const { environment, template, only, skip, store, link, cohort, 'approve-origin': approveOrigin } = parsed.data;
  const given = {
    environment,
    template,
    only: only === undefined ? undefined : [only].flat().join(','),
    skip: skip === undefined ? undefined : [skip].flat().join(','),
    store,
    link,
    approveOrigin,
    cohort,
  };
  const answers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Answers;
  return { ...answers, file: realPath(path) ?? path };
}

function readWhole(path: string): string {
  const name = quoteWord(shown(path));
  const unreadable = (cause: string, next: string): UserError =>
    new UserError({
      id: 'HB480',
      message: `The answers in ${shown(path)} cannot be read.`,
      cause,
      next,
      exit: EXIT.invalid,
    });
  let bytes: Buffer | undefined;
  try {
    bytes = readBytes(path);
  } catch (error) {
    throw unreadable((error as Error).message, `ls -l ${name}`);
  }
  if (bytes === undefined) throw unreadable('There is no such file.', `ls -l ${name}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('The file is not UTF-8.', `file ${name}`);
  }
}

function readJson(text: string, path: string, { invalid: at }: JsonPlaces): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says would repeat a piece of the file.
    throw invalid(path, [problem([], 'this is not valid JSON')], () => at ?? { line: 1, column: 1 });
  }
}

function readTomlAnswers(text: string, path: string): unknown {
  try {
    return readToml(text, shown(path));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, why: cause, next = 'hotpass-bootstrap setup', exit } = error;
    throw new UserError({ id: 'HB480', message, cause, next, exit });
  }
}

/** Somebody who writes a secret here is told why that will not do. */
function aboutSecrets(found: Problem): Problem {
  const key = String(found.path.at(-1) ?? '');
  const isSecret = found.path.length === 1 && found.atKey && (key === 'secrets' || SECRET_NAME.test(key));
  return isSecret ? { ...found, message: 'is no answer: a secret never stands in this file' } : found;
}

function invalid(
  path: string,
  problems: readonly Problem[],
  find: (path: Problem['path'], atKey: boolean) => Position,
): UserError {
  const lines = problems
    .map(one => ({ ...one, at: find(one.path, one.atKey) }))
    .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
    .map(({ at, path: keys, message }) => ({
      line: at.line,
      text: `${shown(path)}:${at.line}:${at.column}: ${[keyText(keys), message].filter(Boolean).join(' ')}`,
    }));
  const [first, ...others] = lines;
  return new UserError({
    id: 'HB480',
    message: first?.text ?? shown(path),
    cause: 'The answers file is invalid, so nothing was changed.',
    next: `\${EDITOR:-vi} +${first?.line ?? 1} ${quoteWord(shown(path))}`,
    exit: EXIT.invalid,
    details: others.map(({ text }) => text),
  });
}
