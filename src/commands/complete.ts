import { clean } from '../terminal/clean.ts';
import { print } from '../terminal/output.ts';
import { type Choice, type Place, placeOf } from './completion-place.ts';

/** Kinds that a shell completes better itself. */
const LEFT_TO_THE_SHELL: Partial<Record<string, string>> = { file: ':files', folder: ':folders', command: ':commands' };

/**
 * What the scripts of `completion` call while a person types: prints one answer a line, with what it means behind a tab.
 * Says nothing where there is nothing to say: an error would land in the line that is being typed.
 * @param argv the shell's name and the words after the program's name, the last one under the cursor.
 */
export async function complete([shell = '', ...rest]: readonly string[]): Promise<void> {
  const words = shell === 'powershell' ? rest.map(word => word.slice(1)) : rest;
  const place = placeOf(words);
  for (const line of await answers(place).catch(() => [])) print(line);
}

async function answers({ wants, typed, before, cut, given }: Place): Promise<string[]> {
  if (wants === undefined) return [];
  const shells = typeof wants === 'string' ? LEFT_TO_THE_SHELL[wants] : undefined;
  if (shells !== undefined) return [shells];
  const choices: readonly (string | Choice)[] =
    typeof wants === 'string' ? await (await import('./completion-names.ts')).namesOf(wants, given) : wants;
  return choices.flatMap(choice => {
    const [word, about] = typeof choice === 'string' ? [choice, ''] : choice;
    if (!word.toLowerCase().startsWith(typed.toLowerCase())) return [];
    const answer = (before + word).slice(cut);
    return [about === '' ? answer : `${answer}\t${clean(about)}`];
  });
}
