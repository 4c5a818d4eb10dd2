import { join, resolve } from 'node:path';
import { SECRET_NAME } from '../core/secret-name.ts';
import { bootId } from '../system/clock.ts';
import { type Env, safePath, stepEnvironment } from '../system/environment.ts';
import { privateFolder, readText, replaceFile } from '../system/files.ts';
import { hash } from '../system/hash.ts';
import type { UserPaths } from '../system/paths.ts';
import { run } from '../system/process.ts';
import { identityOf, type Trace } from '../system/trace.ts';

/**
 * The memory of a run that found everything in order: what it looked at, what it asked uv, and the line it said. While
 * every one of these is as it was and uv gives the same answer, the next run would find the same, so it need not look.
 * It is a cache like the stamps (contracts §4), for all inspections at once: whatever differs means a full run.
 */
interface Settled {
  schema: 1;
  /** Path, whether its entries count, identity. */
  paths: (readonly [string, boolean, string])[];
  /** Digest of the environment, secrets left out. */
  env: string;
  boot: string;
  /** Milliseconds since 1970; after that everything is looked at again. */
  until: number;
  root: string;
  argv: readonly string[];
  /** Digest of uv's answer. */
  answer: string;
  line: string;
}

/** Variables of the terminal and the shell that no step looks at. */
const UNSEEN =
  /^(_|PWD|OLDPWD|SHLVL|TERM.*|COLORTERM|COLUMNS|LINES|WINDOWID|MAKE.*|MFLAGS|SSH_.*|HOST.*|WT_.*|KONSOLE_.*|GNOME_TERMINAL.*|VTE_.*|TMUX.*|STY|npm_.*|INIT_CWD|TRACE(PARENT|STATE))$/;

function environmentDigest(env: Env): string {
  const seen = Object.entries(env)
    .filter(([name]) => !UNSEEN.test(name))
    // No hash of a secret is kept (security §6): of such variables only whether they are set counts.
    .map(([name, value]) => [
      name,
      SECRET_NAME.test(name) || /HEADERS|CREDENTIAL/.test(name) || /@/.test(value ?? '') ? Boolean(value) : value,
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)); // By code unit: a collation takes 5 ms to load.
  return hash(JSON.stringify(seen));
}

/**
 * Where the memory of this call is kept. The name says it all as long as a file name can; hashing is for long ones.
 * @param call what tells one call from another: its options.
 */
function fileOf(paths: UserPaths, call: string): string {
  const name = encodeURIComponent(`${resolve('.')} ${call}`);
  return join(folderOf(paths), `${name.length <= 240 ? name : hash(name)}.json`);
}

/**
 * The line of an earlier run, if everything is still as it was then.
 * @param plain variables that uv was given besides, the same as then.
 * @returns undefined when a full run is needed.
 */
export async function recall(where: {
  paths: UserPaths;
  env: Env;
  call: string;
  plain: Record<string, string>;
  signal: AbortSignal;
}): Promise<string | undefined> {
  const { paths, env, call, plain, signal } = where;
  const settled = load(fileOf(paths, call));
  if (!settled || settled.boot !== bootId() || Date.now() >= settled.until) return undefined;
  if (settled.env !== environmentDigest(env)) return undefined;
  // uv is asked first; the files are looked at while it answers. Nobody waits for it once one of them has changed.
  const needless = new AbortController();
  const asking = run(settled.argv, {
    cwd: settled.root,
    env: stepEnvironment(env, safePath(env, settled.root), plain),
    signal: AbortSignal.any([signal, needless.signal]),
    timeout: 120_000,
  });
  asking.catch(() => {}); // Awaited below: a uv that is gone is a change like any other.
  if (!settled.paths.every(([path, listed, identity]) => identityOf(path, listed) === identity)) {
    needless.abort();
    return undefined;
  }
  const result = await asking.catch(() => undefined);
  if (result?.code !== 0 || hash(result.stdout) !== settled.answer) return undefined;
  return settled.line;
}

/** Keeps what a run in order looked at. Anything but one question to uv cannot be remembered. */
export function remember(
  where: { paths: UserPaths; env: Env; call: string },
  trace: Trace,
  found: { root: string; line: string; until: number },
): void {
  const [child, ...others] = trace.children;
  if (!child || others.length > 0 || child.code !== 0) return;
  const paths: (readonly [string, boolean, string])[] = [];
  for (const [path, { listed, identity }] of trace.paths) {
    if (/^\/(proc|sys|dev)\//.test(path) || path.startsWith(folderOf(where.paths))) continue;
    const now = identityOf(path, listed);
    // Our own records were written at the end of this run; anything else that moved meanwhile was not looked at.
    if (now !== identity && !path.startsWith(where.paths.state)) return;
    paths.push([resolve(path), listed, now]);
  }
  const settled: Settled = {
    schema: 1,
    paths,
    env: environmentDigest(where.env),
    boot: bootId(),
    until: found.until,
    root: found.root,
    argv: child.argv,
    answer: hash(child.stdout),
    line: found.line,
  };
  privateFolder(folderOf(where.paths));
  replaceFile(fileOf(where.paths, where.call), JSON.stringify(settled), 0o600);
}

function folderOf(paths: UserPaths): string {
  return join(paths.state, 'settled');
}

function load(file: string): Settled | undefined {
  try {
    return JSON.parse(readText(file) ?? '') as Settled;
  } catch {
    return undefined;
  }
}
