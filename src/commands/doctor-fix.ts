import { join } from 'node:path';
import { errorCode } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { type Fix, safeFixes } from '../doctor/fixes.ts';
import { stepEnvironment } from '../system/environment.ts';
import { appendLine } from '../system/files.ts';
import { packageRoot } from '../system/package-root.ts';
import { run } from '../system/process.ts';
import { clean } from '../terminal/clean.ts';
import { withCommand } from '../terminal/errors-view.ts';
import { say } from '../terminal/output.ts';
import { goAhead } from './asking.ts';
import type { Session } from './session.ts';
import { COMMANDS } from './table.ts';

/** A fix that was run. */
export interface Fixed {
  command: string;
  /** Its exit status; null when it could not be started or was ended by a signal. */
  exit: number | null;
}

/**
 * Shows the safe fixes, asks once, and runs them one after another.
 * @throws InputNeeded (3) when nobody can be asked, or the answer is no.
 */
export async function applyFixes(session: Session, findings: readonly Finding[]): Promise<Fixed[]> {
  const { style, command: name, abort } = session;
  const fixes = safeFixes(findings);
  if (fixes.length === 0) {
    if (findings.length > 0 && !session.options.quiet) say('Nothing here can be mended without you.');
    return [];
  }
  say(style.bold('These fixes are safe to run:'));
  for (const { command, ids } of fixes) {
    say(`  ${style.command(clean(withCommand(command, name)))}  ${style.dim(`(${ids.join(', ')})`)}`);
  }
  await goAhead(session, {
    message: 'Run them?',
    undone: 'Nothing was mended',
    next: 'hotpass-bootstrap doctor --fix --yes',
    instead: 'hotpass-bootstrap doctor',
  });
  const fixed: Fixed[] = [];
  for (const { command, fix } of fixes) {
    abort.signal.throwIfAborted();
    say(`${style.glyph.arrow} ${style.command(clean(withCommand(command, name)))}`);
    const exit = await carryOut(session, fix);
    abort.signal.throwIfAborted();
    say(exit === 0 ? `  ${style.green(style.glyph.done)} done` : `  ${style.red(style.glyph.failed)} ${why(exit)}`);
    fixed.push({ command, exit });
  }
  say('');
  return fixed;
}

function why(exit: number | null): string {
  return exit === null ? 'it could not be started, or was stopped' : `it ended with ${exit}`;
}

/** @returns the exit status, null when there is none. */
async function carryOut(session: Session, fix: Fix): Promise<number | null> {
  const { env, path, abort, redactor } = session;
  if (fix.kind === 'append') return appendLine(fix.path, fix.line) ? 0 : null;
  const ours = fix.argv[0] === 'hotpass-bootstrap';
  const argv = ours ? ourselves(session, fix.argv.slice(1)) : fix.argv;
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  try {
    const { code } = await run(argv, {
      cwd: fix.cwd ?? process.cwd(),
      // This program needs what it was called with itself; others get what every child of ours gets.
      env: ours ? (given as Record<string, string>) : stepEnvironment(env, path),
      signal: abort.signal,
      onLine: line => say(`  ${clean(redactor.clean(line))}`),
    });
    return code;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

/** This same program, in the folder and environment of this call. Confirmations were given for all fixes together. */
function ourselves({ options }: Session, args: readonly string[]): string[] {
  const given = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);
  const changes = COMMANDS.some(({ name, changes }) => changes === true && args.includes(name));
  return [
    process.execPath,
    join(packageRoot(), 'bin', 'hotpass-bootstrap.cjs'),
    ...(args.includes('-C') ? [] : given('-C', options.directory)),
    ...given('--manifest', options.manifest),
    ...given('--env', options.env),
    ...given('--answers', options.answers),
    ...(options.offline ? ['--offline'] : []),
    ...(changes ? ['--yes'] : []),
    ...args,
  ];
}
