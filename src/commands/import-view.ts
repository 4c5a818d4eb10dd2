import { basename } from 'node:path';
import { EXIT } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import type { Workspace } from '../engine/workspace.ts';
import { declarationLines } from '../manifest/declaration-lines.ts';
import type { PlainEntry } from '../secrets/import/plain-entry.ts';
import { STORE_WORDS } from '../secrets/names.ts';
import type { SecretStore } from '../secrets/store.ts';
import { safePath } from '../system/environment.ts';
import { realPath } from '../system/files.ts';
import { isTracked } from '../system/git.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { say, windowSize } from '../terminal/output.ts';
import { type Row, rowLines } from '../terminal/rows-view.ts';
import type { ImportPlan } from './import-plan.ts';
import type { Session } from './session.ts';
import { counted } from './words.ts';

const STATES = {
  new: '',
  replaces: ', in place of the value that is there',
  same: ', which is there already',
} as const;

/** Names, lines and places of what will be moved, of what stays and of what the manifest does not know. */
export function showImport(
  session: Session,
  { wanted }: Workspace,
  plan: ImportPlan,
  store: SecretStore['name'],
): void {
  const { options, style } = session;
  if (options.json || (options.quiet && session.yes)) return;
  const look = { style, width: windowSize().columns };
  const rows: Row[] = plan.found.map(({ entry, secret, environment, state }) => ({
    label: place(entry),
    text: `${secret.name}, of ${secret.shared ? 'all environments' : environment}${STATES[state]}`,
    state: state === 'same' ? 'good' : 'to come',
  }));
  const stay: Row[] = plan.kept.map(({ entry, reason }) => ({ label: place(entry), text: reason, state: 'bad' }));
  const title = `${plan.path} holds ${secrets(rows.length)} for your ${STORE_WORDS[store]}:`;
  if (rows.length > 0) for (const line of rowLines(title, rows, look)) say(line);
  if (stay.length > 0) for (const line of rowLines('Not moved:', stay, look)) say(line);
  for (const { entry, warning } of plan.found) {
    if (warning !== undefined) {
      say(`${entry.name} will hardly be hidden in logs: ${warning}. If it is no secret, make it a variable.`);
    }
  }
  if (plan.undeclared.length === 0) return;
  say(clean(`Not in the manifest, so not moved: ${plan.undeclared.map(place).join('; ')}. To declare them:`));
  say('');
  for (const line of declarationLines(
    plan.undeclared.map(({ name }) => name),
    wanted,
  ))
    say(`    ${line}`.trimEnd());
  say('');
}

/** What was done, and what is left to do. @returns the exit code. */
export async function tellImport(
  session: Session,
  { wanted }: Workspace,
  plan: ImportPlan,
  done: { run: string | undefined; rewritten: boolean; store: SecretStore['name'] },
): Promise<number> {
  const { options, command } = session;
  const { path, found, kept, undeclared } = plan;
  const tracked = await isTracked(wanted.root, realPath(path) ?? path, session.env, safePath(session.env, wanted.root));
  const exit = kept.length > 0 || (found.length === 0 && undeclared.length > 0) ? EXIT.inputNeeded : EXIT.ok;
  if (options.json) {
    const document = {
      file: path,
      form: plan.form,
      moved: found.map(({ secret, environment, entry, state, warning }) => ({
        secret: secret.name,
        environment,
        variable: entry.name,
        line: entry.line,
        state,
        warning: warning ?? null,
      })),
      kept: kept.map(({ entry, reason }) => ({ variable: entry.name, line: entry.line, reason })),
      undeclared: undeclared.map(({ name, line }) => ({ variable: name, line })),
      rewritten: done.rewritten,
      tracked,
      run: done.run ?? null,
    };
    printJson({ schema: 1, kind: 'secrets', action: 'import', ...document });
    return exit;
  }
  if (options.quiet) return exit;
  for (const line of outcome(plan, done, command)) say(clean(line));
  if (found.length > 0 && tracked) {
    say(
      clean(
        `git has ${basename(path)} with ${found.length === 1 ? 'it' : 'them'}, for everybody who can read the repository. To renew: ${command} secrets rotate ${found[0]?.secret.name ?? ''}`,
      ),
    );
  }
  if (done.run !== undefined) say(clean(`To take it back: ${command} undo`));
  return exit;
}

function outcome(
  { path, found, kept, undeclared }: ImportPlan,
  { rewritten, store }: { rewritten: boolean; store: SecretStore['name'] },
  command: string,
): string[] {
  if (found.length === 0) {
    const none = undeclared.length + kept.length === 0 ? ': it holds no secret of this environment' : '';
    return [`Nothing of ${path} was moved${none}.`];
  }
  const one = found.length === 1;
  const [are, them] = one ? ['is', 'it'] : ['are', 'them'];
  const moved = `${secrets(found.length)} of ${path} ${are} in your ${STORE_WORDS[store]}`;
  if (rewritten) {
    return [`${moved} and no longer in the file. Programs get ${them} through: ${command} run -- PROGRAM`];
  }
  return [
    `${moved}, and in the file as well. To take ${them} out: ${command} secrets import ${quoteWord(path)} --rewrite`,
  ];
}

function place({ name, line, profile }: PlainEntry): string {
  return `${name} (line ${line}${profile === undefined ? '' : `, profile ${profile}`})`;
}

function secrets(count: number): string {
  return counted(count, 'secret');
}
