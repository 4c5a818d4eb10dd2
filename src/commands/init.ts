import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { describeInferred } from '../manifest/infer-text.ts';
import { readTemplate } from '../manifest/templates.ts';
import { lstatOf, replaceFile } from '../system/files.ts';
import { print, say } from '../terminal/output.ts';
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
  const text = options.template === undefined ? describeInferred(workspace.loaded) : readTemplate(options.template);
  replaceFile(path, text, 0o644);
  if (options.json) print(JSON.stringify({ schema: 1, kind: 'init', path }));
  else if (!options.quiet) say(`${path} is written. Next: ${session.command} plan`);
  return EXIT.ok;
}
