import { errorCode } from '../core/errors.ts';
import { type Env, stepEnvironment } from './environment.ts';
import { realPath } from './files.ts';
import { type Finished, run } from './process.ts';

/** Whatever a repository's configuration could make git execute is off (security §5). */
const HARMLESS = [
  '--no-pager',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.pager=cat',
  '-c',
  'diff.external=',
  '-c',
  'log.showSignature=false',
  '-c',
  'protocol.allow=never',
];
const TIMEOUT_MS = 10_000;

/**
 * Runs git in a folder; nothing the repository configures is executed and no network is used.
 * Callers that print differences add `--no-ext-diff --no-textconv`.
 * @param path the sanitised PATH.
 * @param more what it reads, and milliseconds instead of ten seconds.
 * @returns undefined when there is no git.
 */
export async function git(
  root: string,
  args: readonly string[],
  env: Env,
  path: string,
  more: { input?: string; timeout?: number; signal?: AbortSignal } = {},
): Promise<Finished | undefined> {
  try {
    return await run(['git', ...HARMLESS, ...args], {
      cwd: root,
      env: withoutProxies(
        stepEnvironment(env, path, { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }),
      ),
      timeout: TIMEOUT_MS,
      ...more,
    });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'EACCES') return undefined;
    throw error;
  }
}

/** No network is used, and a proxy's address may hold a password. */
function withoutProxies(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/_PROXY$/i.test(name)));
}

/** Is the file, or anything in the folder, tracked? False where there is no git or no repository. */
export async function isTracked(root: string, file: string, env: Env, path: string): Promise<boolean> {
  const result = await git(root, ['ls-files', '-z', '--', `:(literal)${file}`], env, path);
  return result?.code === 0 && result.stdout !== '';
}

/** Does git ignore the file? Undefined where there is no git or no repository. */
export async function isIgnored(root: string, file: string, env: Env, path: string): Promise<boolean | undefined> {
  const result = await git(root, ['check-ignore', '-q', '--', file], env, path);
  return result?.code === 0 ? true : result?.code === 1 ? false : undefined;
}

/** The branch that a clone starts on, as git has noted it; `main` where it has not, or where the name is unusual. */
export async function defaultBranch(root: string, env: Env, path: string): Promise<string> {
  const head = await git(root, ['symbolic-ref', '--short', 'refs/remotes/origin/HEAD'], env, path);
  const name = head?.code === 0 ? head.stdout.trim().replace(/^origin\//, '') : '';
  return /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(name) ? name : 'main';
}

/** Real path of the repository's root, or undefined outside one. */
export async function gitRoot(root: string, env: Env, path: string): Promise<string | undefined> {
  const result = await git(root, ['rev-parse', '--show-toplevel'], env, path);
  return result?.code === 0 ? realPath(result.stdout.replace(/\n$/, '')) : undefined;
}
