import { recall } from '../engine/settled.ts';
import { UV_PLAIN } from '../steps/python/flags.ts';
import { type Env, processEnvironment } from '../system/environment.ts';
import { userPaths } from '../system/paths.ts';

/**
 * What tells one everyday call from another: `setup` with nothing but --yes, -C and --env. Any other option asks for
 * a full run, and the parser reads it. Undefined for everything else, and where a variable chooses the environment or
 * a CI service is told of every run.
 */
export function everydayCall(argv: readonly string[], env: Env): string | undefined {
  if (env['HOTPASS_BOOTSTRAP_ENV'] || env['GITHUB_ACTIONS'] || env['HOTPASS_BOOTSTRAP_DOTENV']) return undefined;
  const values: Record<string, string | undefined> = {};
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (arg === '--yes' || arg === '-y' || (arg === 'setup' && i === 0)) continue;
    const name = arg === '-C' || arg === '--directory' ? 'directory' : arg === '--env' ? 'env' : undefined;
    const value = argv[i + 1];
    if (name === undefined || value === undefined || value.startsWith('-') || name in values) return undefined;
    values[name] = value;
    i += 1;
  }
  return JSON.stringify([values['directory'] ?? '.', values['env'] ?? '']);
}

/** The line of an earlier `setup`, if nothing has changed since; undefined when there is something to look at. */
export async function everydayLine(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const env = processEnvironment();
  const call = everydayCall(argv, env);
  if (call === undefined) return undefined;
  return recall({ paths: userPaths(env), env, call, plain: UV_PLAIN, signal });
}
