import type { UserError } from '../../core/errors.ts';
import type { Read } from '../../engine/step.ts';
import { stepEnvironment } from '../../system/environment.ts';
import { run } from '../../system/process.ts';
import { classify, type Failure, type FailureName } from './failures.ts';
import { SYSTEM_CERTIFICATES, selectionFlags, UV_PLAIN } from './flags.ts';
import { npmProxy } from './network.ts';

/** What a sync would do, as uv itself says. */
export interface Answer {
  kind: 'answer';
  /** uv would make the environment anew. */
  creates: boolean;
  /** `name==version`. */
  installs: readonly string[];
  /** Names that are replaced by another version or build. */
  replaces: readonly string[];
  /** `name==version` that uv.lock no longer asks for. */
  removes: readonly string[];
  /** Distributions that the environment will have to hold; 0 when uv did not say. */
  expected: number;
}

/** Would the sync leave everything as it is? */
export function nothing(answer: Answer): boolean {
  return answer.installs.length + answer.replaces.length + answer.removes.length === 0 && !answer.creates;
}

export interface Refusal {
  kind: 'refusal';
  failure: Failure;
  stderr: string;
  /** What a person should hear instead, where uv does not know the reason itself. */
  error?: UserError;
}

const TIMEOUT_MS = 120_000;

/**
 * Asks uv what a sync would do. Changes nothing and fetches no Python (contracts §3).
 * @param uv absolute path of uv.
 * @param exact also ask for what would be removed.
 */
export async function askUv(ctx: Read, uv: string, exact = ctx.wanted.python.exact): Promise<Answer | Refusal> {
  const keep = exact ? [] : ['--inexact'];
  const ask = (added: Record<string, string>): ReturnType<typeof run> =>
    uvQuietly(
      ctx,
      [
        uv,
        'sync',
        '--locked',
        '--dry-run',
        '--no-python-downloads',
        '--output-format',
        'json',
        ...selectionFlags(ctx.wanted.python),
        ...keep,
        ...(ctx.offline ? ['--offline'] : []),
      ],
      added,
    );
  let result = await ask({});
  if (result.code !== 0 && classify(result.stderr).name === 'tls') result = await ask(SYSTEM_CERTIFICATES);
  if (result.code === 0) return readAnswer(result.stdout, result.stderr);
  ctx.signal.throwIfAborted();
  let stderr = result.stderr;
  const { name } = classify(stderr);
  if (name === 'stale-lock' || ASKED_THE_INDEX.has(name)) {
    const error = await tiedToOtherIndex(ctx, uv);
    if (error) return { kind: 'refusal', failure: classify(stderr), stderr, error };
  }
  // A lock in order needs no index: uv went there because it is stale, and that is the news (facts uv §2).
  if (ASKED_THE_INDEX.has(name) && (await lockState(ctx, uv, {})) === 1)
    stderr = 'error: The lockfile at `uv.lock` needs to be updated\n';
  return { kind: 'refusal', failure: classify(stderr), stderr };
}

const ASKED_THE_INDEX: ReadonlySet<FailureName> = new Set([
  'network',
  'proxy',
  'sign-in-page',
  'auth',
  'certificate',
  'tls',
  'server',
  'offline',
  'resolution',
  'not-found',
]);

/** Exit status of uv's check of the lock, without the network: 0 in order, 1 stale. */
async function lockState(ctx: Read, uv: string, added: Record<string, string>): Promise<number | null> {
  return (await uvQuietly(ctx, [uv, 'lock', '--check', '--offline', '--no-python-downloads'], added)).code;
}

/** Is the lock in order but for the index that uv was told of? */
async function tiedToOtherIndex(ctx: Read, uv: string): Promise<UserError | undefined> {
  const [{ otherIndex }, { projectOf }, { otherIndexError }] = await Promise.all([
    import('../../manifest/other-index.ts'),
    import('../../manifest/workspace-facts.ts'),
    import('./other-index-error.ts'),
  ]);
  const other = await otherIndex(ctx.root, projectOf(ctx.root), ctx.env);
  if (!other?.instead || (await lockState(ctx, uv, { UV_DEFAULT_INDEX: other.locked })) !== 0) return undefined;
  return otherIndexError(other.locked, other.instead);
}

/** Is there a Python that fits and that uv can fetch? Looks only into uv's own list; no network (contracts §3). */
export async function canFetchPython(ctx: Read, uv: string, request: string): Promise<boolean> {
  if (ctx.offline || ctx.env['UV_PYTHON_DOWNLOADS'] === 'never') return false;
  const result = await uvQuietly(
    ctx,
    [uv, 'python', 'list', request, '--only-downloads', '--offline', '--output-format', 'json'],
    {},
  );
  return result.code === 0 && /"key"/.test(result.stdout);
}

function uvQuietly(ctx: Read, argv: readonly string[], added: Record<string, string>): ReturnType<typeof run> {
  return run(argv, {
    cwd: ctx.root,
    env: stepEnvironment(ctx.env, ctx.path, { ...UV_PLAIN, ...npmProxy(ctx.env), ...added }),
    signal: ctx.signal,
    timeout: TIMEOUT_MS,
  });
}

interface Entry {
  name: string;
  version: string;
  action: string;
}

/** Reads uv's answer; its JSON is a preview, so leniently, and old versions tell the changes only as text. */
export function readAnswer(stdout: string, stderr: string): Answer {
  const sync = parse(stdout);
  const entries = sync?.changes ?? fromText(stderr);
  const of = (action: RegExp): Map<string, string> =>
    new Map(entries.filter(entry => action.test(entry.action)).map(entry => [entry.name, entry.version]));
  const installed = of(/^(installed|reinstalled)$/);
  const removed = of(/^uninstalled$/);
  const pinned = ([name, version]: [string, string]): string => `${name}==${version}`;
  return {
    kind: 'answer',
    creates: sync?.action === 'create' || /^Would (create|replace) project environment/m.test(stderr),
    installs: [...installed].filter(([name]) => !removed.has(name)).map(pinned),
    replaces: [...installed.keys()].filter(name => removed.has(name)),
    removes: [...removed].filter(([name]) => !installed.has(name)).map(pinned),
    expected: Number(/^(?:Checked|Would audit|Audited) (\d+) package/m.exec(stderr)?.[1] ?? 0),
  };
}

function parse(stdout: string): { action: string | undefined; changes: Entry[] | undefined } | undefined {
  try {
    const sync = (JSON.parse(stdout) as { sync?: { action?: unknown; changes?: unknown } }).sync;
    const action = typeof sync?.action === 'string' ? sync.action : undefined;
    if (!Array.isArray(sync?.changes)) return { action, changes: undefined };
    const changes = sync.changes.flatMap((entry: Partial<Entry> | null) =>
      typeof entry?.name === 'string' && typeof entry.action === 'string'
        ? [{ name: entry.name, version: String(entry.version ?? ''), action: entry.action }]
        : [],
    );
    return { action, changes };
  } catch {
    return undefined;
  }
}

function fromText(stderr: string): Entry[] {
  const entries: Entry[] = [];
  for (const [, sign, name = '', version = ''] of stderr.matchAll(/^ ([-+~]) ([^=\s]+)==(\S+)/gm)) {
    if (sign !== '+') entries.push({ name, version, action: 'uninstalled' });
    if (sign !== '-') entries.push({ name, version, action: 'installed' });
  }
  return entries;
}
