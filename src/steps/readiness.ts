import { EXIT, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import { quoteCommand } from '../core/quote.ts';
import type { Outputs } from '../engine/outputs.ts';
import type { Read, Step, Write } from '../engine/step.ts';
import type { Wanted, WantedReadiness } from '../manifest/wanted.ts';
import { runWork } from './command-run.ts';
import { inputsDigest, stampOf } from './inputs-digest.ts';
import { interpreterStarts } from './python.ts';

interface ReadinessState {
  /** Keys of the entries whose last success no longer counts. */
  due: readonly string[];
  certain: boolean;
}

/** The built-in check; it has no command of the manifest. */
const STARTS: WantedReadiness = { name: 'Python starts', inputs: ['pyproject.toml', 'uv.lock'], run: [] };

function entriesOf(wanted: Wanted): WantedReadiness[] {
  return [STARTS, ...wanted.readiness];
}

/** What the last inspection of a run found due. */
const planned = new WeakMap<Outputs, readonly string[]>();
/** Checks of a run that go at the same time; the first change that is applied starts them all. */
const started = new WeakMap<Outputs, Map<string, Promise<void>>>();

/** The workspace works: built-in and manifest checks in one run, or their stamps (design §5). */
export const readinessStep: Step<ReadinessState> = {
  id: 'readiness',
  title: 'Ready',
  needs: ['uv', 'python', 'prefect', 'telemetry', 'secrets', 'env-file', 'tasks'],
  verifyNeeds: [],
  independent: true,

  async inspect(ctx) {
    const fingerprint = (await ctx.outputs.get('python'))?.fingerprint ?? '';
    const due: string[] = [];
    for (const entry of entriesOf(ctx.wanted)) {
      if (!holds(entry, ctx, fingerprint)) due.push(entry.name);
      else remember(entry, ctx);
    }
    planned.set(ctx.outputs, due);
    return { state: { due, certain: ctx.approved }, findings: [] };
  },

  plan: (state, wanted) =>
    entriesOf(wanted)
      .filter(entry => state.due.includes(entry.name))
      .map(entry => ({
        step: 'readiness' as const,
        key: `ready:${entry.name}`,
        action: 'run' as const,
        target: entry === STARTS ? 'start the Python of .venv' : quoteCommand(entry.run),
        certain: state.certain,
      })),

  async apply(change, ctx) {
    let running = started.get(ctx.outputs);
    if (!running) {
      running = startAll(ctx);
      started.set(ctx.outputs, running);
    }
    await running.get(change.key);
  },

  verify: async () => [], // They are the verification.

  asks: () => true,

  examine: async ctx => (await Promise.all(entriesOf(ctx.wanted).map(entry => examine(entry, ctx)))).flat(),
};

/** Starts every check that is due. */
function startAll(ctx: Write): Map<string, Promise<void>> {
  const running = new Map<string, Promise<void>>();
  for (const entry of entriesOf(ctx.wanted)) {
    if (!planned.get(ctx.outputs)?.includes(entry.name)) continue;
    const done = check(entry, ctx).then(() => remember(entry, ctx));
    done.catch(() => {}); // Told by the change that waits for it.
    running.set(`ready:${entry.name}`, done);
  }
  return running;
}

/** One check, asked without remembering the answer. */
async function examine(entry: WantedReadiness, ctx: Write): Promise<Finding[]> {
  if (entry === STARTS) return []; // The step `python` asks that, at the same time.
  try {
    await check(entry, ctx);
    return [];
  } catch (error) {
    if (!(error instanceof UserError) || error.id === undefined) throw error;
    const said = error.lines.at(-1);
    const cause = said === undefined ? error.why : `${error.why} It said last: ${said}`;
    const fix = error.next === undefined ? undefined : { command: error.next, safe: false };
    return [finding(error.id, 'fail', error.message, cause, fix)];
  }
}

async function check(entry: WantedReadiness, ctx: Write): Promise<void> {
  if (entry !== STARTS) {
    await runWork(ctx, { step: 'readiness', id: 'HB253', what: `The check "${entry.name}"`, argv: entry.run });
    return;
  }
  const [problem] = await interpreterStarts(ctx);
  if (!problem) return;
  throw new UserError({
    id: 'HB251',
    message: problem.message,
    cause: problem.cause,
    next: 'hotpass-bootstrap setup --recheck',
    exit: EXIT.failed,
  });
}

function holds(entry: WantedReadiness, ctx: Read, fingerprint: string): boolean {
  if (fingerprint === '' || ctx.recheck) return false;
  return ctx.stamps.holds(`ready:${entry.name}`, stamp(entry, ctx, fingerprint)) !== undefined;
}

function remember(entry: WantedReadiness, ctx: Read): void {
  ctx.stamps.recordLast(`ready:${entry.name}`, fingerprint => stamp(entry, ctx, fingerprint));
}

/** All that the check depends on: its command, its inputs, `.venv`, the settings it runs with, the profile. */
function stamp(entry: WantedReadiness, ctx: Read, fingerprint: string): string {
  const { prefect, envFile } = ctx.wanted;
  return stampOf(inputsDigest(ctx.root, [entry, envFile.variables, prefect], entry.inputs), fingerprint);
}
