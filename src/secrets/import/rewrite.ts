import { type Edited, editProfile } from '../../prefect/profiles-file.ts';
import { withoutMembers } from './json-reader.ts';
import type { PlainEntry } from './plain-entry.ts';
import { type ImportForm, readPlainFile } from './read-file.ts';

/**
 * The file without these values; every other byte stays. In files of lines a comment says where each one went.
 * @returns one edit after the other, each made from the text that the one before leaves.
 * @throws UserError 78 for a `profiles.toml` in a form that is not edited; Error when the outcome does not read back.
 */
export async function withoutValues(
  text: string,
  path: string,
  form: ImportForm,
  gone: readonly PlainEntry[],
): Promise<Edited[]> {
  if (form === 'prefect') return withoutSettings(text, path, gone);
  const edited = form === 'json' ? spliced(text, membersGone(text, gone)) : spliced(text, gone.map(asComment(text)));
  const names = new Set(gone.map(({ name }) => name));
  const left = await readPlainFile(edited.content, path, form);
  const before = await readPlainFile(text, path, form);
  const others = before.entries.filter(({ name }) => !names.has(name));
  const pairs = (entries: readonly PlainEntry[]): string => JSON.stringify(entries.map(one => [one.name, one.value]));
  if (pairs(others) !== pairs(left.entries)) throw new Error(`${path} would read differently without these values`);
  return [edited];
}

interface Splice {
  start: number;
  end: number;
  text: string;
}

/** The line stays as a comment, which no reader minds, so that whoever looks for the variable finds out. */
function asComment(source: string): (entry: PlainEntry) => Splice {
  return ({ name, start, end }) => {
    const newline = /\r?\n$/.exec(source.slice(start, end))?.[0] ?? '';
    // Behind a byte order mark Node takes a comment for a name, so the mark goes as well.
    const from = start === 1 && source.startsWith('\uFEFF') ? 0 : start;
    return { start: from, end, text: `# ${name} is in the secret store: hotpass-bootstrap run${newline}` };
  };
}

/** A member with the comma that belongs to it: one splice from the first to the last byte that changes. */
function membersGone(source: string, gone: readonly PlainEntry[]): Splice[] {
  const after = withoutMembers(source, gone);
  let start = 0;
  while (start < after.length && source[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < after.length - start && source.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return [{ start, end: source.length - tail, text: after.slice(start, after.length - tail) }];
}

function spliced(source: string, splices: readonly Splice[]): Edited {
  let content = '';
  let at = 0;
  const regions = [...splices]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, text }) => {
      content += source.slice(at, start);
      const offset = Buffer.byteLength(content);
      content += text;
      at = end;
      return { offset, before: source.slice(start, end), after: text };
    });
  return { content: content + source.slice(at), regions };
}

async function withoutSettings(text: string, path: string, gone: readonly PlainEntry[]): Promise<Edited[]> {
  const edits: Edited[] = [];
  for (const profile of new Set(gone.map(entry => entry.profile ?? ''))) {
    const forget = gone.filter(entry => entry.profile === profile).map(({ name, written }) => written ?? name);
    edits.push(await editProfile(edits.at(-1)?.content ?? text, path, { profile, settings: {}, forget }));
  }
  return edits;
}
