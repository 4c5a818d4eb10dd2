import { join } from 'node:path';
import { venvPython } from '../../engine/fingerprint.ts';
import type { Write } from '../../engine/step.ts';
import { privateFolder, removeTree } from '../../system/files.ts';
import { NO_COMPILING, UV_PLAIN } from './flags.ts';

/** What uv could not find for a build, from its standard error: requirements such as `hatchling>=1.27`. */
export function missingRequirements(stderr: string): string[] {
  const [, list] =
    /Failed to resolve requirements from[^\n]*\n[^\n]*No solution found when resolving: ([^\n]*)/.exec(stderr) ?? [];
  return [...(list ?? '').matchAll(/`([^`]+)`/g)].map(([, requirement = '']) => requirement);
}

/**
 * Puts wheels of these requirements into uv's cache, with the credentials of the index; nothing is built and no script
 * of a package runs (security §5). They are installed beside the workspace's state and removed again, since uv has no
 * command that only downloads.
 * @param added credentials of the index and the way to it, as variables.
 * @returns false when uv could not.
 */
export async function fetchBuildRequirements(
  ctx: Write,
  uv: string,
  requirements: readonly string[],
  added: Record<string, string>,
): Promise<boolean> {
  if (!ctx.linked || ctx.offline) return false;
  const target = join(ctx.linked.state, 'build-requirements');
  const text = 'fetching what a build needs';
  ctx.emit({ type: 'step-progress', step: 'python', text });
  privateFolder(target);
  try {
    const into = ['--target', target, '--python', venvPython(ctx.root)];
    const argv = [uv, 'pip', 'install', '--no-build', ...NO_COMPILING, ...into, '--', ...requirements];
    const result = await ctx.spawn(argv, { env: { ...UV_PLAIN, ...added } });
    return result.code === 0;
  } finally {
    removeTree(target);
  }
}
