import { delimiter, dirname, join } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import { venvFolder, venvPython } from '../engine/fingerprint.ts';
import type { Read } from '../engine/step.ts';
import { allOnPath, isExecutable } from '../system/environment.ts';
import { lstatOf, namesIn } from '../system/files.ts';

/**
 * What tasks, checks and readiness entries get beside the allow-list (security §5): the environment's own settings,
 * and a PATH that begins with this workspace's `.venv/bin`, then the folder of uv. Never a secret.
 * @param uv absolute path of the resolved uv, if there is one.
 */
export function environmentOfTasks(
  ctx: Pick<Read, 'root' | 'wanted' | 'path'>,
  uv: string | undefined,
): Record<string, string> {
  const front: string[] = [];
  const hasVenv = lstatOf(venvFolder(ctx.root))?.isDirectory() === true && isExecutable(venvPython(ctx.root));
  if (hasVenv) front.push(dirname(venvPython(ctx.root)));
  if (uv !== undefined) front.push(dirname(uv));
  return {
    ...ctx.wanted.envFile.variables,
    ...(hasVenv ? { VIRTUAL_ENV: venvFolder(ctx.root) } : {}),
    PATH: [...front, ctx.path].join(delimiter),
  };
}

/** A uv that is there already: on PATH, else the newest that this tool placed. For undo, where no step resolves one. */
export function knownUv(ctx: Pick<Read, 'paths' | 'path'>): string | undefined {
  const placed = join(ctx.paths.data, 'uv');
  const program = process.platform === 'win32' ? 'uv.exe' : 'uv';
  const copies = namesIn(placed)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map(version => join(placed, version, program));
  return allOnPath('uv', ctx.path)[0] ?? copies.find(isExecutable);
}

/** How a person can call this uv where the command is read: by its name if that is on PATH, else by its path. */
export function uvByName(ctx: Read, uv: string): string {
  return allOnPath('uv', ctx.path).length > 0 ? 'uv' : quoteWord(uv);
}
