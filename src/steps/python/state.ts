import type { Finding } from '../../core/findings.ts';
import { finding } from '../../core/findings.ts';
import { quoteWord } from '../../core/quote.ts';
import { type Broken, brokenDistributions, distributions } from '../../engine/distributions.ts';
import { formerVenv, venvFingerprint, venvPython } from '../../engine/fingerprint.ts';
import type { Inspection, Read } from '../../engine/step.ts';
import { uvByName } from '../child-environment.ts';
import { FAILURES, failureOf } from './failures.ts';
import { IN_STEP, inStepDigest } from './in-step.ts';
import { lastFlags } from './last-sync.ts';
import { orphan, readMarker } from './marker.ts';
import { assertUvProject } from './project.ts';
import { type Answer, askUv, canFetchPython, nothing, type Refusal } from './question.ts';
import { brokenNames } from './settle.ts';
import { assertChangeable, assertNotTracked, surroundings, type VenvKind, venvKind } from './venv.ts';

export interface PythonState {
  venv: VenvKind;
  /** Why nothing is known for certain. */
  unsure: 'not approved' | 'no uv' | 'orphan' | 'no python' | undefined;
  answer: Answer | undefined;
  /** Distributions with missing files; empty when they need not be checked. */
  broken: readonly Broken[];
  /** Why the environment has to be made anew, whatever is in it. */
  unusable: string | undefined;
  /** Nothing that decides which packages belong there is other than when uv last had nothing to do. */
  inStep: boolean;
  /** Distributions that are there. */
  present: number;
  /** Selection of the last sync of ours. */
  former: readonly string[] | undefined;
}

/**
 * Looks at `.venv`. uv is asked first, and everything else is looked at while it answers (contracts §3).
 * @throws UserError when uv refuses, or when `.venv` must not be touched.
 */
export async function inspectPython(ctx: Read, due: (state: PythonState) => boolean): Promise<Inspection<PythonState>> {
  let published = false;
  const publish = (known: boolean, fingerprint: string): void => {
    published = true;
    ctx.outputs.set('python', known ? { executable: venvPython(ctx.root), fingerprint } : undefined);
  };
  try {
    const { state, findings } = await look(ctx);
    const changes = due(state);
    if (changes && ctx.approved) await assertChangeable(ctx);
    // With a change due the fingerprint is about to change: no stamp may hold that depends on it.
    const fingerprint = venvFingerprint(ctx.root);
    publish(state.venv === 'whole', changes ? '' : fingerprint);
    if (!changes) {
      if (ctx.stamps.digestOf('python') !== fingerprint || ctx.recheck) ctx.stamps.record('python', fingerprint);
      ctx.stamps.recordLast('python', final => final);
      if (state.answer) rememberInStep(ctx, fingerprint);
    }
    return { state, findings };
  } finally {
    if (!published) publish(false, '');
  }
}

function isInStep(ctx: Read): boolean {
  return !ctx.recheck && ctx.stamps.holds(IN_STEP, inStepDigest(ctx, venvFingerprint(ctx.root))) !== undefined;
}

function rememberInStep(ctx: Read, fingerprint: string): void {
  const now = inStepDigest(ctx, fingerprint);
  if (ctx.stamps.digestOf(IN_STEP) !== now) ctx.stamps.record(IN_STEP, now);
  ctx.stamps.recordLast(IN_STEP, final => inStepDigest(ctx, final));
}

async function look(ctx: Read): Promise<Inspection<PythonState>> {
  const findings = surroundings(ctx);
  assertUvProject(ctx.root);
  const venv = venvKind(ctx.root);
  if (venv === 'foreign')
    throw failureOf(`error: directory \`.venv\` cannot be used because it is not a valid Python environment`);
  const uv = await ctx.outputs.get('uv');
  // uv starts the interpreter of a `.venv` to ask it; one that nobody has seen may have come with the repository.
  if (ctx.approved && venv !== 'absent' && ctx.stamps.holds('python', venvFingerprint(ctx.root)) === undefined)
    await assertNotTracked(ctx);
  const marker = readMarker(ctx.linked);
  const running = orphan(marker) !== undefined;
  const asking = ctx.approved && uv && !running ? askUv(ctx, uv.path) : undefined;
  asking?.catch(() => {}); // Awaited below; a refusal of the look in between comes first.
  const state: PythonState = {
    venv,
    unsure: !ctx.approved ? 'not approved' : !uv ? 'no uv' : running ? 'orphan' : undefined,
    answer: undefined,
    broken: [],
    unusable: venv === 'no-interpreter' ? 'its Python is missing' : undefined,
    inStep: !running && (!ctx.approved || !uv) && isInStep(ctx),
    present: distributions(ctx.root).length,
    former: lastFlags(ctx.linked),
  };
  if (venv === 'whole' && !running) {
    movedTo(ctx, state, findings);
    const fingerprint = venvFingerprint(ctx.root);
    const checkedAt = ctx.stamps.holds('python', fingerprint);
    // A marker that is older than the last full check tells nothing new.
    const trusted = checkedAt !== undefined && (marker === undefined || checkedAt > marker.at) && !ctx.recheck;
    if (!trusted) {
      state.broken = brokenDistributions(ctx.root);
      ctx.outputs.set('broken', state.broken);
    }
  }
  const answer = await asking;
  if (answer?.kind === 'answer') state.answer = answer;
  if (answer?.kind === 'refusal') await refused(ctx, uv?.path ?? '', answer, state);
  if (state.broken.length > 0 && uv && ctx.approved && !ctx.wanted.python.exact) {
    const { ours, others } = await brokenNames(ctx, uv.path);
    state.broken = state.broken.filter(entry => ours.includes(entry.name));
    if (others.length > 0) findings.push(damagedByHand(others));
  }
  if (state.answer && nothing(state.answer) && state.present === 0) findings.push(installsNothing(ctx));
  return { state, findings };
}

async function refused(ctx: Read, uv: string, answer: Refusal, state: PythonState): Promise<void> {
  // uv takes a folder without Python for no environment, and says so before anything else.
  if (answer.failure.name === 'not-an-environment' && state.unusable !== undefined) return;
  if (answer.failure.name === 'python-broken') {
    state.unusable = 'its Python does not start';
    return;
  }
  if (answer.failure.name === 'no-python') {
    const match = FAILURES.find(row => row.name === 'no-python')?.match.exec(answer.stderr);
    if (await canFetchPython(ctx, uv, match?.[2] ?? '')) {
      state.unsure = 'no python';
      return;
    }
  }
  throw answer.error ?? failureOf(answer.stderr, undefined, uvByName(ctx, uv));
}

/** What a move means: with a manifest the environment is made anew. */
function movedTo(ctx: Read, state: PythonState, findings: Finding[]): void {
  const former = formerVenv(ctx.root);
  if (former === undefined) return;
  if (ctx.wanted.python.exact) {
    state.unusable = `it was made at ${former}`;
    return;
  }
  findings.push(
    finding(
      'HB255',
      'warn',
      `.venv was made at ${former}, so the commands in its bin folder do not start.`,
      'Without a manifest it is not made anew, since packages that were installed by hand would be lost.',
      { command: 'uv sync --reinstall', safe: false },
    ),
  );
}

function installsNothing({ wanted: { source } }: Read): Finding {
  return finding(
    'HB249',
    'warn',
    'uv.lock asks for no package at all here.',
    'The project has no dependencies in this selection; a root of a uv workspace needs [python.profiles] packages = "all".',
    { command: 'path' in source ? `\${EDITOR:-vi} ${quoteWord(source.path)}` : 'hotpass-bootstrap init', safe: false },
  );
}

function damagedByHand(names: readonly string[]): Finding {
  return finding(
    'HB256',
    'warn',
    `Files are missing of ${names.join(', ')}.`,
    'uv.lock does not ask for them, so they are not touched.',
    { command: `uv pip install --reinstall ${names.join(' ')}`, safe: false },
  );
}
