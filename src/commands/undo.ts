import { EXIT, UserError } from '../core/errors.ts';
import { refusingFiles, writeContext } from '../engine/context.ts';
import type { Stamps } from '../engine/stamps.ts';
import { carryOutUndo, chooseRuns, planUndo, summarise, type UndoPlan } from '../engine/undo.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { Wanted } from '../manifest/wanted.ts';
import { STEPS } from '../steps/index.ts';
import { takeLock } from '../system/lock.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, printWords, say } from '../terminal/output.ts';
import { goAhead } from './asking.ts';
import { contextOf } from './looking.ts';
import type { Invocation } from './parse.ts';
import { nameFromNow, openSession, openStore, type Session, workspaceOf } from './session.ts';

/** `undo [RUN]`: take back what a run changed, newest first; everything is checked before the first write. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const { options } = session;
  const { linked, wanted } = await placeOf(session);
  if (!linked) {
    if (options.json) printJson({ schema: 1, kind: 'undo', runs: [] });
    else say('Nothing was set up here, so there is nothing to take back.');
    return EXIT.ok;
  }
  if (options.list) return listRuns(session, linked.state);
  const lock = await takeLock(`${linked.state}/lock`, { wait: 0, purpose: 'undo', signal: abort.signal });
  try {
    const runs = chooseRuns(linked.state, invocation.args[0], options.to);
    const { store } = await openStore(session, wanted.root);
    const read = contextOf(session, { wanted, linked, grown: [] }, store, { recheck: true });
    const ctx = writeContext(read, {
      ask: () => Promise.reject(new Error('undo asks nothing of its steps')),
      emit: () => {},
      run: runs[0] ?? '',
      // An undo journals itself, in the run that it takes back.
      files: refusingFiles('undo'),
      keychain: { set: () => Promise.reject(new Error('undo stores no new secret')) },
    });
    const plan = await planUndo(linked.state, runs, { steps: STEPS, ctx, force: options.force === true });
    return await carryOut(session, linked.state, runs, plan, read.stamps);
  } finally {
    lock.release();
  }
}

/** Where to take back: the journal has all that is needed, so a manifest that cannot be read is no reason to stop. */
async function placeOf(session: Session): Promise<Pick<Workspace, 'linked' | 'wanted'>> {
  try {
    const { linked, wanted, grown } = await workspaceOf(session);
    return { linked, wanted: grown.length === 0 ? wanted : withoutVariables(wanted) };
  } catch (error) {
    if (!(error instanceof UserError) || error.exit === EXIT.usage) throw error;
    const { options, paths, ci } = session;
    const { linkedRoot } = await import('../engine/linked-root.ts');
    const root = linkedRoot({ directory: options.directory ?? '.', paths, ci });
    if (root === undefined) throw error;
    if (!options.quiet) say(`${clean(error.message).replace(/\.?$/, '.')} undo goes by its own records.`);
    return root;
  }
}

/** Undo commands of tasks get the environment's variables, but none that nobody has approved (security §2). */
function withoutVariables(wanted: Wanted): Wanted {
  return { ...wanted, envFile: { ...wanted.envFile, variables: {} } };
}

async function carryOut(
  session: Session,
  state: string,
  runs: readonly string[],
  plan: UndoPlan,
  stamps: Stamps,
): Promise<number> {
  const { options, abort } = session;
  const document = { runs, undo: plan.steps.map(step => step.text), refused: plan.refused };
  const blocking = plan.refused.filter(one => !one.stays);
  if (blocking.length > 0 && !options.force) {
    throw new UserError({
      message: `${blocking.length === 1 ? 'One thing' : `${blocking.length} things`} cannot be taken back; nothing was changed.`,
      cause: blocking.map(one => one.reason).join('; '),
      details: blocking.flatMap(one => [one.text, ...(one.diff ?? '').split('\n').filter(line => line !== '')]),
      next: 'hotpass-bootstrap undo --force',
      exit: EXIT.failed,
    });
  }
  if (!options.json) for (const one of plan.refused) say(clean(`not taken back: ${one.text} (${one.reason})`));
  if (plan.steps.length === 0 && !options.json) say('There is nothing to take back.');
  if (options.dryRun || plan.steps.length === 0) {
    if (options.json) printJson({ schema: 1, kind: 'undo', dryRun: true, ...document });
    else for (const step of plan.steps) printWords(clean(step.text));
    return plan.steps.length === 0 ? EXIT.ok : EXIT.pending;
  }
  await confirm(session, plan);
  const quiet = options.quiet === true || options.json === true;
  const told = (text: string): void => {
    if (!quiet) say(clean(text, { multiline: true }));
  };
  try {
    await carryOutUndo(state, plan, runs, told, abort.signal);
  } finally {
    stamps.save();
  }
  if (options.json) printJson({ schema: 1, kind: 'undo', ...document });
  told(`Taken back. To set it up again: ${nameFromNow(session)} setup`);
  return EXIT.ok;
}

async function confirm(session: Session, plan: UndoPlan): Promise<void> {
  if (!session.yes) for (const step of plan.steps) say(clean(step.text));
  await goAhead(session, {
    message: 'Take this back?',
    default: false,
    undone: 'Nothing was taken back',
    next: 'hotpass-bootstrap undo --yes',
    instead: 'hotpass-bootstrap undo --list',
  });
}

function listRuns(session: Session, state: string): number {
  const runs = summarise(state);
  if (session.options.json) {
    printJson({ schema: 1, kind: 'undo', runs });
    return EXIT.ok;
  }
  if (runs.length === 0) say('No run is recorded.');
  for (const run of runs) {
    print(`${run.run}  ${run.at}  ${run.status}`);
    for (const change of run.changes) printWords(`    ${clean(change)}`);
  }
  return EXIT.ok;
}
