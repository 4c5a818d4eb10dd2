import { pythonName, sentence } from '../rules.ts';
import { isTable, type Table, tableAt } from '../toml.ts';
import { serverUrl } from '../url-rules.ts';
import type { Discovery } from './discover.ts';
import { secretName } from './names.ts';
import { comment, pair, placeText } from './words.ts';

export interface IndexSecret {
  /** Its name in the manifest. */
  key: string;
  /** The variable uv reads it from. */
  env: string;
  lines: string[];
}

/**
 * Passwords of package indexes (`[[tool.uv.index]]`): where the project says that one is needed. They are given to uv
 * alone, and uv works without one that an index does not ask for.
 */
export function indexSecrets({ facts, names, files }: Discovery): IndexSecret[] {
  const entries = tableAt(facts.pyproject, 'tool', 'uv')?.['index'];
  if (!Array.isArray(entries)) return [];
  const known = [
    ...names.refused,
    ...files.flatMap(file => file.variables.map(one => ({ ...one, places: [one.place] }))),
  ];
  return entries.filter(isTable).flatMap((entry, at) => {
    const name = entry['name'];
    const url = entry['url'];
    if (typeof name !== 'string' || typeof url !== 'string' || pythonName(name) !== undefined) return [];
    const env = `UV_INDEX_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_PASSWORD`;
    const said = known.find(one => one.name === env)?.places[0];
    if (!said && !asksForLogin(entry, url)) return [];
    const place = facts.at('tool', 'uv', 'index', at, 'name');
    const key = `index-${secretName(name, '')}`.slice(0, 63);
    const user = facts.project.indexes[name]?.user;
    const lines = [
      `[secrets.${key}]`,
      ...pair('for', `index:${name}`),
      ...(user === undefined || sentence(user) !== undefined ? [] : pair('user', user)),
      ...pair('description', `Password of the package index ${name}`),
      ...pair('shared', true),
      ...pair('required', false),
    ];
    const from = `Given to uv alone. ${[placeText(place), ...(said ? [placeText(said)] : [])].join(', ')}`;
    const reason = serverUrl(url.replace(/^(https?:\/\/)[^/@:]*@/i, '$1'));
    return reason === undefined ? [{ key, env, lines: [...comment(from), ...lines] }] : [];
  });
}

function asksForLogin(entry: Table, url: string): boolean {
  return entry['authenticate'] === 'always' || (URL.canParse(url) && new URL(url).username !== '');
}
