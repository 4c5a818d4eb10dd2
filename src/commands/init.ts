import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { manifestText } from '../manifest/write-manifest.ts';
import { lstatOf, replaceFile } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { say } from '../terminal/output.ts';
import type { Invocation } from './parse.ts';
import { openSession, workspaceOf } from './session.ts';

/** `init [--template NAME]`: write the manifest down, so that it can be kept in git; an existing one is never touched. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const session = await openSession(invocation, abort);
  const { options } = session;
  const workspace = await workspaceOf(session);
  const path = join(workspace.wanted.root, 'hotpass-bootstrap.toml');
  const { source } = workspace.wanted;
  if (lstatOf(path) !== undefined || source.kind === 'file' || source.kind === 'pyproject') {
    throw new UserError({
      message: 'There is a manifest already.',
      cause: `${source.kind === 'pyproject' || source.kind === 'file' ? source.path : path} stays as it is.`,
      next: 'hotpass-bootstrap plan',
      exit: EXIT.invalid,
    });
  }
  replaceFile(path, manifestText(workspace.loaded), 0o644);
  if (options.json) printJson({ schema: 1, kind: 'init', path });
  else if (!options.quiet) say(clean(`${path} is written. Next: ${session.command} plan`));
  return EXIT.ok;
}
