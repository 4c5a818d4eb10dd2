import { EXIT, UserError } from '../core/errors.ts';
import { type RunCall, recallWorkspace, rememberWorkspace } from '../engine/run-memory.ts';
import type { Approved } from '../engine/workspace.ts';
import { commandEnvironment, withSecrets } from '../steps/command-environment.ts';
import { type Env, processEnvironment } from '../system/environment.ts';
import { withoutExported } from '../system/exported.ts';
import { becomeProgram, runForeground } from '../system/foreground.ts';
import { type UserPaths, userPaths } from '../system/paths.ts';
import { startTrace } from '../system/trace.ts';
import { isCI } from '../terminal/interactive.ts';
import type { Invocation, Options } from './parse.ts';
import type { Session } from './session.ts';

/** `run [--] CMD…`: the caller's environment, this environment's settings, declared secrets last. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options, args } = invocation;
  if (options.json) {
    throw new UserError({
      message: 'run does not take --json: its output is that of the command it runs.',
      next: 'hotpass-bootstrap run --help',
      exit: EXIT.usage,
    });
  }
  if (!args[0]) {
    throw new UserError({
      message: 'run needs a command to run.',
      next: 'hotpass-bootstrap run -- python --version',
      exit: EXIT.usage,
    });
  }
  const env = withoutExported(processEnvironment());
  const here = { env, paths: userPaths(env), ci: isCI(env) };
  const call = here.ci ? undefined : callOf(options, env, here.paths);
  const known = call && recallWorkspace(call);
  if (known?.wanted.secrets.length === 0) {
    return becomeProgram(args, commandEnvironment(known.wanted, here));
  }
  const { openSession, requireApproved } = await import('./session.ts');
  const session = await openSession(invocation, abort);
  const workspace = known ?? (await lookUp(session, call));
  if (!workspace.linked || workspace.grown.length > 0) await requireApproved(session, workspace);
  const { wanted } = workspace;
  if (wanted.secrets.length === 0) return becomeProgram(args, commandEnvironment(wanted, session));
  let settings: Record<string, string> = {};
  const injection = await (await import('./secret-values.ts')).gatherSecrets(session, workspace, () => {
    settings = commandEnvironment(wanted, session);
  });
  const child = withSecrets(settings, injection);
  const masked = (await import('./run-masking.ts')).maskedOutput(session, workspace, injection);
  return masked ? runForeground(args, child, masked) : becomeProgram(args, child);
}

/** What this call may remember and be told from memory; undefined for options of a rare kind. */
function callOf(options: Options, env: Env, paths: UserPaths): RunCall | undefined {
  const { directory, manifest, template, answers, recheck } = options;
  if (manifest !== undefined || template !== undefined || answers !== undefined || recheck) return undefined;
  return { paths, directory, environment: options.env ?? (env['HOTPASS_BOOTSTRAP_ENV'] || undefined) };
}

async function lookUp(session: Session, call: RunCall | undefined): Promise<Approved> {
  const { workspaceOf } = await import('./session.ts');
  const trace = startTrace();
  const workspace = await workspaceOf(session);
  if (call) rememberWorkspace(call, trace, workspace);
  return workspace;
}
