import { refused, secretName } from './init/names.ts';
import { comment, pair } from './init/words.ts';
import type { Wanted } from './wanted.ts';

/**
 * Lines of a manifest that declare these variables as secrets of the environment, under names of their own.
 * @param variables names as they stand in a file; one that no manifest may name becomes a comment.
 */
export function declarationLines(variables: readonly string[], wanted: Wanted): string[] {
  const names = new Set(wanted.secrets.map(({ name }) => name));
  const added: string[] = [];
  const tables: string[] = [];
  for (const variable of new Set(variables)) {
    const why = refused(variable, true);
    if (why !== undefined) {
      tables.push(...comment(`${variable} ${why}.`), '');
      continue;
    }
    const name = secretName(variable, wanted.workspace);
    if (names.has(name)) continue;
    names.add(name);
    added.push(name);
    tables.push(`[secrets.${name}]`, ...pair('env', variable), '');
  }
  if (added.length === 0) return tables.slice(0, -1);
  const list = pair('secrets', [...wanted.secrets.map(({ name }) => name), ...added]);
  return [...tables, `# in [environments.${wanted.environment}]`, ...list];
}
