import { EXIT, InputNeeded, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { importSecrets } from '../engine/import-secrets.ts';
import type { Workspace } from '../engine/workspace.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { clean } from '../terminal/clean.ts';
import { say } from '../terminal/output.ts';
import { openAsk } from './asking.ts';
import { editsOf, type ImportPlan, movesOf, planImport } from './import-plan.ts';
import { showImport, tellImport } from './import-view.ts';
import { warnAboutKeyring } from './keyring-warning.ts';
import { requireWritable } from './secrets-item.ts';
import { openStore, requireLinked, type Session } from './session.ts';

/**
 * `secrets import FILE`: moves values that stand in a file in the clear into the store, and with `--rewrite` out of the
 * file. Shows names alone, asks once; `undo` takes both back.
 */
export async function importCommand(session: Session, workspace: Workspace, file: string | undefined): Promise<number> {
  if (file === undefined) throw noFile();
  const { options, abort, paths } = session;
  const { root } = workspace.wanted;
  const linked = requireLinked(workspace);
  const { store, choice } = await openStore(session, root);
  requireWritable(store);
  refuseDebugging(session.env);
  forbidCoreFiles();
  const plan = await planImport(session, workspace, linked.namespace, store, { file, form: options.format });
  // Looked at before anything is asked: a file that may not be replaced is no surprise at the end.
  const edits = options.rewrite ? await editsOf(session, workspace, plan) : [];
  const moves = movesOf(plan);
  if (moves.length > 0) warnAboutKeyring(session, choice);
  showImport(session, workspace, plan, store.name);
  if (moves.length === 0 && (plan.found.length === 0 || (!options.rewrite && session.yes))) {
    return tellImport(session, workspace, plan, { run: undefined, rewritten: false, store: store.name });
  }
  const rewrite = await confirmImport(session, plan, moves.length);
  const chosen = rewrite && edits.length === 0 ? await editsOf(session, workspace, plan) : edits;
  if (moves.length === 0 && chosen.length === 0) {
    return tellImport(session, workspace, plan, { run: undefined, rewritten: false, store: store.name });
  }
  const emit = (event: { type: string; text?: string }): void => {
    if (event.type === 'note' && event.text !== undefined && !options.quiet) say(clean(event.text));
  };
  const ports = { linked, root, state: paths.state, store, signal: abort.signal, emit };
  const run = await importSecrets(ports, moves, chosen);
  return tellImport(session, workspace, plan, { run, rewritten: chosen.length > 0, store: store.name });
}

/**
 * Asks whether to go on, and on a terminal whether to take the values out of the file.
 * @returns is the file to be rewritten? @throws InputNeeded 3 for no, or where nobody can be asked.
 */
async function confirmImport(session: Session, { path }: ImportPlan, moves: number): Promise<boolean> {
  const { yes, options, abort } = session;
  if (yes) return options.rewrite === true;
  const next = `hotpass-bootstrap secrets import ${quoteWord(path)}${options.rewrite ? ' --rewrite' : ''} --yes`;
  const ask = await openAsk(session, next);
  const confirm = async (id: string, message: string): Promise<boolean> =>
    (await ask({ kind: 'confirm', id, message: clean(message), default: true }, abort.signal)).kind === 'yes';
  if (moves > 0 && !(await confirm('import', 'Move them?'))) {
    throw new InputNeeded({ message: 'Nothing was changed.', cause: 'It was not confirmed.', next });
  }
  return options.rewrite === true || confirm('rewrite', `Take them out of ${path} too?`);
}

function noFile(): UserError {
  return new UserError({
    message: 'Which file?',
    cause: 'A .env file, a profiles.toml of Prefect or JSON of variables is expected.',
    next: 'hotpass-bootstrap secrets import .env',
    exit: EXIT.usage,
  });
}
