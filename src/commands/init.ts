import { basename } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { linkForJournal } from '../engine/link.ts';
import { writeProjectFiles } from '../engine/project-files.ts';
import { CI_SERVICES, type CiService } from '../manifest/init/ci-files.ts';
import { type InitPlan, planInit } from '../manifest/init/write.ts';
import { MANIFEST_FILE } from '../manifest/locate.ts';
import { safePath } from '../system/environment.ts';
import { clean } from '../terminal/clean.ts';
import { initLines } from '../terminal/init-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say, windowSize } from '../terminal/output.ts';
import type { Style } from '../terminal/style.ts';
import { goAhead } from './asking.ts';
import type { Invocation } from './parse.ts';
import { openSession, resultStyle, type Session, workspaceOf } from './session.ts';

/**
 * `init`: writes a manifest from what it finds, a `setup` target and what git is to ignore. Shows all of it and asks
 * once; a manifest that is there is never touched.
 */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const { options, env, paths } = session;
  const workspace = await workspaceOf(session);
  const { root } = workspace.wanted;
  const plan = await planInit(workspace.loaded, {
    root,
    env,
    path: safePath(env, root),
    home: paths.home,
    makefile: options.makefile !== false,
    envrc: options.envrc === true,
    ci: ciService(options.ci),
    devcontainer: options.devcontainer === true,
  });
  const pending = plan.edits.length > 0;
  if (options.dryRun || !pending) {
    show(session, plan, print, resultStyle(session));
    tell(session, plan, undefined);
    return pending ? EXIT.pending : EXIT.ok;
  }
  if (!(options.quiet && session.yes)) show(session, plan, say, session.style);
  await goAhead(session, {
    message: 'Write this?',
    undone: 'Nothing was written',
    next: 'hotpass-bootstrap init --yes',
    instead: 'hotpass-bootstrap init --dry-run',
  });
  const linked = workspace.linked ?? (await linkForJournal(paths, workspace));
  const emit = (event: RunEvent): void => {
    if (event.type === 'note' && !options.quiet) say(clean(event.text));
  };
  const run = await writeProjectFiles({ linked, root, signal: abort.signal, emit }, plan.edits, MANIFEST_FILE);
  tell(session, plan, run);
  return EXIT.ok;
}

function ciService(given: string | undefined): CiService | undefined {
  const service = CI_SERVICES.find(name => name === given);
  if (given === undefined || service !== undefined) return service;
  throw new UserError({
    message: `init has no file for the CI service "${clean(given)}".`,
    cause: `It has one for ${CI_SERVICES.join(' and ')}. Elsewhere the same two commands do: setup --no-input, then run.`,
    next: `hotpass-bootstrap init --ci ${CI_SERVICES[0]}`,
    exit: EXIT.usage,
  });
}

function show({ options, command }: Session, plan: InitPlan, out: (line: string) => void, style: Style): void {
  if (options.json || (options.quiet && plan.edits.length === 0)) return;
  for (const line of initLines(plan.edits, plan.findings, { style, width: windowSize().columns, command })) out(line);
}

/** @param run undefined: nothing was written. */
function tell({ options, command }: Session, plan: InitPlan, run: string | undefined): void {
  if (options.json) {
    const files = plan.edits.map(({ file, action, added }) => ({ file, action, added }));
    const { manifest: path, findings } = plan;
    printJson({ schema: 1, kind: 'init', path, dryRun: options.dryRun === true, files, findings, run: run ?? null });
    return;
  }
  if (options.quiet) return;
  if (plan.edits.length === 0) say('There is nothing to add.');
  if (run === undefined) return;
  const names = plan.edits.map(({ file }) => basename(file));
  const last = names.pop() ?? '';
  const list = names.length === 0 ? `${last} is` : `${names.join(', ')} and ${last} are`;
  say(clean(`${list} written. Next: ${command} plan`));
  say(clean(`To take it back: ${command} undo`));
}
