import { EXIT, exitOf } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { MachineLook } from '../doctor/check.ts';
import { type Diagnosis, diagnose, type LookedAt } from '../doctor/diagnose.ts';
import { readFix } from '../doctor/fixes.ts';
import { failureFinding } from '../doctor/guard.ts';
import { CHECKS } from '../doctor/index.ts';
import { refusingFiles, writeContext } from '../engine/context.ts';
import type { Workspace } from '../engine/workspace.ts';
import { environmentStore } from '../secrets/environment.ts';
import { rememberingStore } from '../secrets/remembering.ts';
import type { SecretStore } from '../secrets/store.ts';
import { STEPS } from '../steps/index.ts';
import { endWithin } from '../system/process.ts';
import { doctorLines } from '../terminal/doctor-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, windowSize } from '../terminal/output.ts';
import type { Fixed } from './doctor-fix.ts';
import { contextOf } from './looking.ts';
import type { Invocation } from './parse.ts';
import { openSession, openStore, resultStyle, type Session, workspaceOf } from './session.ts';

/** What was given up may end by itself within this time; nobody waits longer for it. */
const GIVEN_UP_MS = 500;

/** `doctor`: what is wrong with this machine and workspace, and what to type; changes nothing without `--fix`. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const exit = await look(session);
  endWithin(GIVEN_UP_MS);
  return exit;
}

async function look(session: Session): Promise<number> {
  const examined = await examine(session);
  if (!session.options.fix) return tell(session, examined);
  const { applyFixes } = await import('./doctor-fix.ts');
  const fixed = await applyFixes(session, examined.findings);
  return tell(session, fixed.length === 0 ? examined : await examine(session), fixed);
}

interface Examined extends Diagnosis {
  workspace: Workspace | undefined;
}

/** Looks at the machine, and at the workspace when there is one; what keeps others from starting is a finding here. */
async function examine(session: Session): Promise<Examined> {
  const known: Finding[] = [];
  let workspace: Workspace | undefined;
  try {
    workspace = await workspaceOf(session, { trustStamp: false });
    known.push(...workspace.loaded.findings);
  } catch (error) {
    session.abort.signal.throwIfAborted();
    // A folder or an environment that there is not was mistyped; nothing was found out.
    if (exitOf(error) === EXIT.usage) throw error;
    known.push(withoutWorkspace(failureFinding('the workspace', error)));
  }
  const store = await storeOf(session, workspace?.wanted.root ?? '', known);
  const { env, path, paths, ci, options, abort } = session;
  const offline = options.offline === true;
  const deep = options.deep === true;
  const machine: MachineLook = { env, path, paths, ci, offline, deep, store, signal: abort.signal };
  const looked = workspace && lookedAt(session, workspace, store);
  return { ...(await diagnose(CHECKS, machine, looked, known)), workspace };
}

/** Where there is no project, nothing of it is broken. */
function withoutWorkspace(found: Finding): Finding {
  return found.id === 'HB138' || found.id === 'HB139' ? { ...found, level: 'warn' } : found;
}

/**
 * A store that cannot be chosen is a finding; what needs one then reads the environment alone. The step and several checks
 * read the same secrets, which are asked for once.
 */
async function storeOf(session: Session, root: string, known: Finding[]): Promise<SecretStore> {
  try {
    return rememberingStore((await openStore(session, root, 'nobody')).store);
  } catch (error) {
    known.push(failureFinding('the store of secrets', error));
    return environmentStore(session.env);
  }
}

function lookedAt(session: Session, workspace: Workspace, store: SecretStore): LookedAt {
  const read = contextOf(session, workspace, store, { recheck: true });
  const trusting = contextOf(session, workspace, store, { recheck: false });
  const write = writeContext(read, {
    ask: () => Promise.reject(new Error('doctor asks nothing while it looks')),
    emit: () => {},
    run: '',
    files: refusingFiles('doctor'),
    keychain: { set: () => Promise.reject(new Error('doctor stores no secret')) },
  });
  return { steps: STEPS, write, trusting: { ...trusting, outputs: read.outputs }, grown: workspace.grown };
}

/** Shows what was found. @returns 2 when something needs attention. */
async function tell(
  session: Session,
  { parts, findings, workspace }: Examined,
  fixed?: readonly Fixed[],
): Promise<number> {
  const { env, options, command, redactor } = session;
  const exit = findings.some(({ level }) => level !== 'info') ? EXIT.pending : EXIT.ok;
  if (options.json) {
    const about = {
      workspace: workspace?.wanted.workspace ?? null,
      environment: workspace?.wanted.environment ?? null,
    };
    printJson({
      schema: 1,
      kind: 'doctor',
      ...about,
      checked: parts.map(({ title }) => title),
      ...(fixed ? { fixed } : {}),
      findings,
    });
    return exit;
  }
  if (options.quiet && exit === EXIT.ok) return exit;
  const what = workspace ? `${workspace.wanted.workspace} (${workspace.wanted.environment})` : 'This machine';
  const fixable = findings.filter(({ fix, level }) => level !== 'info' && fix?.safe && readFix(fix.command)).length;
  const shown = {
    what,
    parts,
    findings,
    fixable: options.fix ? 0 : fixable,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
  };
  const look = { style: resultStyle(session), width: windowSize().columns, command };
  for (const line of doctorLines(shown, look)) print(redactor.clean(line));
  if (env['GITHUB_ACTIONS']) (await import('./ci-annotate.ts')).annotateFindings(findings, env, redactor.clean);
  return exit;
}
