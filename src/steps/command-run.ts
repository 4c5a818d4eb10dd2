import { EXIT, errorCode, UserError } from '../core/errors.ts';
import type { FindingId } from '../core/findings.ts';
import type { StepId } from '../core/ids.ts';
import { quoteCommand } from '../core/quote.ts';
import type { Read, Write } from '../engine/step.ts';
import { stepEnvironment } from '../system/environment.ts';
import { run } from '../system/process.ts';
import { environmentOfTasks } from './child-environment.ts';

const CHECK_MS = 120_000;

/**
 * Runs a `check`: is it met? One that cannot be started is not.
 * @param uv absolute path of uv.
 */
export async function isMet(ctx: Read, argv: readonly string[], uv: string | undefined): Promise<boolean> {
  try {
    const result = await run(argv, {
      cwd: ctx.root,
      env: stepEnvironment(ctx.env, ctx.path, environmentOfTasks(ctx, uv)),
      signal: ctx.signal,
      timeout: CHECK_MS,
    });
    ctx.signal.throwIfAborted();
    return result.code === 0;
  } catch (error) {
    if (isNoProgram(error)) return false;
    throw error;
  }
}

export interface Work {
  step: StepId;
  id: FindingId;
  /** What failed, e.g. `The task "git hooks"`. */
  what: string;
  argv: readonly string[];
}

/**
 * Runs a command of the manifest to its end and shows its lines.
 * @throws UserError 1 with its last lines when it fails or cannot be started.
 */
export async function runWork(ctx: Write, work: Work): Promise<void> {
  const uv = (await ctx.outputs.get('uv'))?.path;
  const lines: string[] = [];
  const keep = (line: string): void => {
    if (line.trim() !== '') lines.push(line.trimEnd());
    if (lines.length > 10) lines.shift();
    ctx.emit({ type: 'child-line', step: work.step, line });
  };
  let cause: string;
  try {
    const result = await ctx.spawn(work.argv, { env: environmentOfTasks(ctx, uv), onLine: keep });
    if (result.code === 0) return;
    cause = result.code === null ? `It was ended by ${result.signal}.` : `It exited with ${result.code}.`;
  } catch (error) {
    if (!isNoProgram(error)) throw error;
    cause = `${work.argv[0]} is not there or cannot be executed.`;
  }
  ctx.signal.throwIfAborted();
  throw new UserError({
    id: work.id,
    message: `${work.what} failed: ${quoteCommand(work.argv)}`,
    cause,
    next: `hotpass-bootstrap run -- ${quoteCommand(work.argv)}`,
    exit: EXIT.failed,
    lines,
  });
}

function isNoProgram(error: unknown): boolean {
  return ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC'].includes(errorCode(error) ?? '');
}
