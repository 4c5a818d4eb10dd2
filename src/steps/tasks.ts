import type { Change } from '../core/changes.ts';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteCommand } from '../core/quote.ts';
import type { JournalRecord, Read, Refused, Step, Undone, Write } from '../engine/step.ts';
import type { WantedTask } from '../manifest/wanted.ts';
import { environmentOfTasks, knownUv } from './child-environment.ts';
import { isMet, runWork } from './command-run.ts';
import { inputsDigest, stampOf } from './inputs-digest.ts';

interface TaskState {
  /** Tasks that have to run, with what is not known yet. */
  due: readonly { name: string; certain: boolean }[];
}

export interface TaskChange extends Change {
  undo: readonly string[] | undefined;
}

/** The manifest's own steps: met, or to be run; each shown with its exact command (design §5). */
export const tasksStep: Step<TaskState, TaskChange> = {
  id: 'tasks',
  title: 'Tasks of the workspace',
  needs: ['python', 'env-file'],
  verifyNeeds: [],
  independent: true,

  async inspect(ctx) {
    const python = await ctx.outputs.get('python');
    const uv = await ctx.outputs.get('uv');
    const states = await Promise.all(
      ctx.wanted.tasks.map(task => stateOf(task, ctx, python?.fingerprint ?? '', uv?.path)),
    );
    const due = ctx.wanted.tasks.flatMap((task, at) => {
      const state = states[at];
      return state === undefined || state === 'met' ? [] : [{ name: task.name, certain: state === 'due' }];
    });
    return { state: { due }, findings: [] };
  },

  plan: (state, wanted) =>
    state.due.flatMap(({ name, certain }) => {
      const task = wanted.tasks.find(candidate => candidate.name === name);
      if (!task) return [];
      const detail = certain || !task.check ? undefined : 'only if its check does not pass then';
      return [
        {
          step: 'tasks' as const,
          key: `task:${name}`,
          action: 'run' as const,
          target: quoteCommand(task.run),
          certain,
          ...(detail === undefined ? {} : { detail }),
          undo: task.undo,
        },
      ];
    }),

  payload: change => ({ undo: change.undo }),

  async apply(change, ctx) {
    const task = ctx.wanted.tasks.find(candidate => `task:${candidate.name}` === change.key);
    if (!task) return;
    const uv = (await ctx.outputs.get('uv'))?.path;
    if (!change.certain && task.check && (await isMet(ctx, task.check, uv))) return remember(task, ctx);
    await runWork(ctx, { step: 'tasks', id: 'HB252', what: `The task "${task.name}"`, argv: task.run });
    if (task.check && !(await isMet(ctx, task.check, uv))) throw notMet(task, task.check);
    remember(task, ctx);
  },

  verify: async () => [], // Each task was checked when it ran.

  undoable(records) {
    const argv = undoCommand(records);
    return Array.isArray(argv) ? undefined : argv;
  },

  undo: undoTask,
};

/** `unsure`: the check cannot be asked yet, because the root is not approved or `.venv` is about to change. */
async function stateOf(
  task: WantedTask,
  ctx: Read,
  fingerprint: string,
  uv: string | undefined,
): Promise<'met' | 'due' | 'unsure'> {
  const key = `task:${task.name}`;
  const stamp = stampOf(inputsDigest(ctx.root, task, task.inputs), fingerprint);
  if (fingerprint !== '' && !ctx.recheck && ctx.stamps.holds(key, stamp) !== undefined) {
    remember(task, ctx);
    return 'met';
  }
  if (!ctx.approved) return 'unsure';
  if (fingerprint === '') return task.check ? 'unsure' : 'due';
  if (!task.check || !(await isMet(ctx, task.check, uv))) return 'due';
  ctx.stamps.record(key, stamp);
  remember(task, ctx);
  return 'met';
}

/** The digest is made at the end of the run, with the final fingerprint and the inputs as the task left them. */
function remember(task: WantedTask, ctx: Read): void {
  ctx.stamps.recordLast(`task:${task.name}`, fingerprint =>
    stampOf(inputsDigest(ctx.root, task, task.inputs), fingerprint),
  );
}

function notMet(task: WantedTask, check: readonly string[]): UserError {
  return new UserError({
    id: 'HB252',
    message: `The task "${task.name}" ran, but its check still does not pass.`,
    cause: `The check is: ${quoteCommand(check)}`,
    next: `hotpass-bootstrap run -- ${quoteCommand(check)}`,
    exit: EXIT.failed,
  });
}

/** The undo command comes from the journal, not from today's manifest (contracts §5). */
function undoCommand(records: readonly JournalRecord[]): string[] | Refused {
  const intent = records.find(record => record.kind === 'intent');
  const name = (intent?.change?.key ?? '').replace(/^task:/, '');
  const undo = (intent?.after as { undo?: unknown } | undefined)?.undo;
  if (Array.isArray(undo)) return undo.map(String);
  return { kind: 'refused', reason: `the manifest gives no way to take the task "${name}" back`, stays: true };
}

async function undoTask(records: readonly JournalRecord[], ctx: Write): Promise<Undone | Refused> {
  const argv = undoCommand(records);
  if (!Array.isArray(argv)) return argv;
  const result = await ctx.spawn(argv, {
    env: environmentOfTasks(ctx, knownUv(ctx)),
    onLine: line => ctx.emit({ type: 'child-line', step: 'tasks', line }),
  });
  if (result.code !== 0) return { kind: 'refused', reason: `its undo command failed: ${quoteCommand(argv)}` };
  ctx.stamps.forget(records[0]?.change?.key ?? '');
  return { kind: 'undone', text: `ran ${quoteCommand(argv)}` };
}
