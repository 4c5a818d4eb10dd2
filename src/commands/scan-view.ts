import type { UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { HistoryScan } from '../secrets/scan/history.ts';
import type { Hit, Place } from '../secrets/scan/hit.ts';
import type { Detected } from '../secrets/scan/project-detectors.ts';
import type { FilesScan } from '../secrets/scan/scan-files.ts';
import { breakWorkflowCommands, clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say, windowSize } from '../terminal/output.ts';
import { type Row, rowLines } from '../terminal/rows-view.ts';
import { hang } from '../terminal/text.ts';
import type { Session } from './session.ts';
import { counted } from './words.ts';

export interface ScanResult {
  hits: readonly Hit[];
  files: FilesScan;
  detected: readonly Detected[];
  /** Undefined outside a repository. */
  history: HistoryScan | undefined;
  /** Names of secrets whose values are too short or too common to be looked for. */
  left: readonly string[];
  /** Why the store did not open, so that no value of it was looked for. */
  unopened: UserError | undefined;
}

const TITLES: Readonly<Record<Place, string>> = {
  file: 'In files of the workspace:',
  git: 'In the configuration of git:',
  history: 'In the history of git:',
  shell: 'In what your shells remember:',
  prefect: 'In files of Prefect:',
  npm: 'In logs of npm:',
};
/** More than this is a job for the JSON. */
const SHOWN = 40;
const WHY = { large: 'larger than 5 MiB', binary: 'binary', unreadable: 'not readable' } as const;

export function scanDocument(workspace: string, { hits, files, detected, history, left, unopened }: ScanResult): void {
  printJson({
    schema: 1,
    kind: 'secrets',
    action: 'scan',
    workspace,
    found: hits.map(({ secret = null, environment = null, commit = null, ...hit }) => {
      return { ...hit, secret, environment, commit };
    }),
    files: files.files,
    left: files.left,
    commits:
      history === undefined ? null : { searched: history.commits, all: history.all, complete: isComplete(history) },
    detectors: detected.map(({ detector, failed }) => ({ name: detector, answered: !failed })),
    notLookedFor: left,
    trouble:
      unopened === undefined ? null : { message: unopened.message, cause: unopened.why, next: unopened.next ?? null },
  });
}

/** What was found by place, what to do about it, and what was looked at: lines on standard output, advice beside it. */
export function showScan(session: Session, result: ScanResult): void {
  const { style, options, command } = session;
  const { hits } = result;
  const look = { style, width: windowSize().columns };
  for (const [place, title] of Object.entries(TITLES)) {
    const rows = hits.filter(hit => hit.place === place).map(rowOf);
    if (rows.length === 0) continue;
    for (const line of rowLines(title, rows.slice(0, SHOWN), look)) print(breakWorkflowCommands(line));
    if (rows.length > SHOWN) print(`  and ${rows.length - SHOWN} more: --json has them all`);
  }
  if (options.quiet) return;
  if (hits.length > 0) say('');
  for (const text of advice(hits, command)) for (const line of hang('', clean(text), look.width - 1)) say(line);
  for (const text of lookedAt(result)) for (const line of hang('', clean(text), look.width - 1)) say(line);
}

function rowOf({ file, line, what, environment, commit }: Hit): Row {
  const of = environment === undefined ? '' : ` of ${environment}`;
  return {
    label: `${file}:${line}`,
    text: `${what}${of}${commit === undefined ? '' : `, since ${commit}`}`,
    state: 'bad',
  };
}

/** What helps against each kind, in the order in which it is done. */
function advice(hits: readonly Hit[], command: string): string[] {
  if (hits.length === 0) return [];
  const at = (...places: Place[]): Hit[] => hits.filter(({ place }) => places.includes(place));
  const texts: string[] = [];
  const plain = [...at('file'), ...at('prefect')].find(
    ({ rule }) => rule === 'plain-variable' || rule === 'prefect-setting',
  );
  if (plain)
    texts.push(
      `To move what stands in a file of settings into the store: ${command} secrets import ${shellPath(plain.file)} --rewrite`,
    );
  const stored = hits.find(({ secret }) => secret !== undefined)?.secret;
  if (at('history').length > 0) {
    texts.push(
      'Whoever has a clone has what is in the history, whatever becomes of the file: renew it where it came from.',
    );
  }
  if (stored !== undefined) texts.push(`To renew a stored one: ${command} secrets rotate ${stored}`);
  const remembered = at('shell', 'npm')[0];
  if (remembered)
    texts.push(
      `Lines that programs noted down are taken out by hand: \${EDITOR:-vi} +${remembered.line} ${shellPath(remembered.file)}`,
    );
  return texts;
}

/** `~/a b` as a shell expands it. */
function shellPath(file: string): string {
  return file.startsWith('~/') ? `~/${quoteWord(file.slice(2))}` : quoteWord(file);
}

function lookedAt({ hits, files, detected, history, left, unopened }: ScanResult): string[] {
  const commits =
    history === undefined || (history.failed && history.all === 0) ? '' : ` and ${counted(history.commits, 'commit')}`;
  const others = detected.filter(({ failed }) => !failed).map(({ detector }) => detector);
  const with_ = others.length === 0 ? '' : `, with ${others.join(' and ')} as well`;
  const first = `${hits.length === 0 ? 'Nothing was found in' : 'Looked at'} ${counted(files.files, 'file')}${commits}${with_}.`;
  const skipped = Object.entries(WHY).flatMap(([why, words]) => {
    const names = files.left.filter(one => one.why === why).map(({ file }) => file);
    return names.length === 0
      ? []
      : [`${names.length} ${words} (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`];
  });
  return [
    first,
    ...(skipped.length === 0 ? [] : [`Left out: ${skipped.join('; ')}.`]),
    ...(history === undefined || isComplete(history)
      ? []
      : [
          history.all === 0
            ? "Git's history was not searched, since git does not read this repository: git status says why."
            : `Not all of the history could be read: ${unread(history)}.`,
        ]),
    ...detected.filter(({ failed }) => failed).map(({ detector }) => `${detector} did not answer.`),
    ...(left.length === 0 ? [] : [`Not looked for, being too short or too common: ${left.join(', ')}.`]),
    ...(unopened === undefined ? [] : unlooked(unopened)),
  ];
}

function unlooked({ message, why, next }: UserError): string[] {
  const first = `The values of the store were not looked for: ${message}${why === '' ? '' : ` ${why}`}`;
  return next === undefined ? [first] : [first, `Next: ${next}`];
}

function unread({ commits, all, failed }: HistoryScan): string {
  const far = `the newest ${commits} of ${counted(all, 'commit')} were`;
  const what = 'some commits are damaged, not in this clone or too large to search';
  return [...(commits < all ? [far] : []), ...(failed ? [what] : [])].join('; ');
}

function isComplete({ commits, all, failed }: HistoryScan): boolean {
  return !failed && commits === all;
}
