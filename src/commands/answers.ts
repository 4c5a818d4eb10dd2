import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import { readText } from '../system/files.ts';

/** Answers given beforehand, `--answers FILE` (design §2): what flags can say, never a secret. */
export interface Answers {
  environment?: string;
  template?: string;
  only?: string;
  skip?: string;
  link?: string;
  cohort?: string;
}

const KEYS = ['environment', 'template', 'only', 'skip', 'link', 'cohort'] as const;

/**
 * Reads an answers file, TOML or JSON by its ending.
 * @throws UserError 78 for a file that cannot be read, a key that is no answer, or a value that is not text.
 */
export async function readAnswers(path: string): Promise<Answers> {
  const text = readText(path);
  if (text === undefined) throw invalid(path, 'There is no such file.');
  let value: Record<string, unknown>;
  try {
    value = path.endsWith('.json')
      ? (JSON.parse(text) as Record<string, unknown>)
      : (await import('smol-toml')).parse(text);
  } catch (error) {
    throw invalid(path, (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
  }
  const answers: Answers = {};
  for (const [key, answer] of Object.entries(value)) {
    const known = KEYS.find(candidate => candidate === key);
    if (!known) {
      const near = nearest(key, KEYS);
      throw invalid(
        path,
        `${key} is no answer${near ? `; did you mean ${near}` : ''}. Answers are: ${KEYS.join(', ')}.`,
      );
    }
    if (typeof answer !== 'string') throw invalid(path, `${key} must be a text.`);
    answers[known] = answer;
  }
  return answers;
}

function invalid(path: string, cause: string): UserError {
  return new UserError({
    message: `The answers in ${path} cannot be used.`,
    cause,
    next: `"\${EDITOR:-vi}" '${path}'`,
    exit: EXIT.invalid,
  });
}
