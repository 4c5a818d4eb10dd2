import { dirname, join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import type { Env } from '../system/environment.ts';
import { packageRoot } from '../system/package-root.ts';
import { type Finished, run } from '../system/process.ts';
import { refuseDebugging } from './debugging.ts';
import { unencryptedKeyring } from './default-keyring.ts';
import { KeychainError, keychainError, unresponsiveError } from './keychain-problems.ts';
import { refuseUnstorable } from './storable.ts';
import type { Item, SecretStore, StoreReport } from './store.ts';
import { AMBIGUOUS, NOT_KEPT, parseReply, type WorkerRequest, type WorkerResult } from './worker-protocol.ts';

export interface KeychainOptions {
  /** Path of the worker's bundle; `workerPath()` in the product. */
  worker: string;
  env: Env;
  /** PATH after security §5. */
  path: string;
  /** On a terminal the keychain may ask the person something: 60 s instead of 3 s. */
  interactive: boolean;
  /** Called once a call has taken a second on a terminal: "your keychain may ask you". */
  onWaiting?: () => void;
  /** Ends a call that is under way. */
  signal?: AbortSignal;
  platform?: NodeJS.Platform;
}

export interface Keychain extends SecretStore {
  /** Of several items of one name only the one that was written last stays (Linux). Returns whether there were several. */
  keepNewest(item: Item): Promise<boolean>;
}

const LIMIT_MS = 3000;
const PROMPT_LIMIT_MS = 60_000;
const NOTICE_MS = 1000;
/** Reading takes about 6 ms an item (facts secrets §1.2): names beyond the hundredth get that much more. */
const MANY = 100;
const PER_ITEM_MS = 10;

/** The worker of the running package; no environment variable moves it. */
export function workerPath(): string {
  return join(packageRoot(), 'dist', 'keychain-worker.js');
}

/**
 * The OS keychain. Every call is one short-lived worker process that is killed when its time is up; nothing is
 * started before the first call.
 */
export function keychainStore(options: KeychainOptions): Keychain {
  const platform = options.platform ?? process.platform;
  const ask = (request: WorkerRequest): Promise<WorkerResult[]> => callWorker(request, options, platform);
  return {
    name: 'keychain',
    writable: true,
    async probe(): Promise<StoreReport> {
      try {
        const [result] = await ask({ op: 'probe', items: [] });
        if (result && 'error' in result) throw keychainError(result.error, platform);
      } catch (error) {
        if (error instanceof KeychainError) return error.report();
        throw error;
      }
      const text = platform === 'linux' ? unencryptedKeyring(options.env) : undefined;
      return text === undefined ? { state: 'ok', message: '' } : unencryptedReport(text);
    },
    async get(items) {
      if (items.length === 0) return [];
      const results = await ask({ op: 'get', items: items.map(({ service, user }) => ({ service, user })) });
      return items.map((item, index) => {
        const value = unwrap(results[index], item, platform);
        return typeof value === 'string' ? value : undefined;
      });
    },
    async set(item, value) {
      refuseUnstorable('keychain', item, value);
      const [result] = await ask({ op: 'set', items: [{ service: item.service, user: item.user, value }] });
      unwrap(result, item, platform);
    },
    async remove(item) {
      const [result] = await ask({ op: 'remove', items: [{ service: item.service, user: item.user }] });
      return unwrap(result, item, platform) === true;
    },
    async keepNewest(item) {
      const [result] = await ask({ op: 'newest', items: [{ service: item.service, user: item.user }] });
      return unwrap(result, item, platform) === true;
    },
  };
}

/** What is said about a keyring that is a text file. */
export function unencryptedReport(path: string): StoreReport {
  return {
    state: 'unencrypted',
    message: `Your default keyring has no password, so ${path} is a plain text file that holds your secrets readably.`,
    next: 'seahorse',
  };
}

/** The value of an item that keytar stored; undefined when there is none. @throws StoreError 69 as the store does. */
export async function readKeytar(
  options: KeychainOptions,
  service: string,
  account: string,
): Promise<string | undefined> {
  const platform = options.platform ?? process.platform;
  const item = { service, user: account };
  const [result] = await callWorker({ op: 'keytar', items: [item] }, options, platform);
  const value = unwrap(result, { ...item, env: '' }, platform);
  return typeof value === 'string' ? value : undefined;
}

async function callWorker(
  request: WorkerRequest,
  options: KeychainOptions,
  platform: NodeJS.Platform,
): Promise<WorkerResult[]> {
  refuseDebugging(options.env);
  forbidCoreFiles();
  const first = await once(request, options, platform);
  const failed = first.find(result => 'error' in result && /disconnected from message bus/.test(result.error));
  // A crashed keychain service is started anew by the bus; once is a known race, twice is a fault (facts secrets §1.3).
  return failed ? once(request, options, platform) : first;
}

async function once(
  request: WorkerRequest,
  options: KeychainOptions,
  platform: NodeJS.Platform,
): Promise<WorkerResult[]> {
  options.signal?.throwIfAborted();
  const notice =
    options.interactive && options.onWaiting ? setTimeout(options.onWaiting, NOTICE_MS).unref() : undefined;
  const base = options.interactive ? PROMPT_LIMIT_MS : LIMIT_MS;
  let finished: Finished;
  try {
    finished = await run([process.execPath, options.worker], {
      cwd: dirname(options.worker),
      env: workerEnvironment(options.env, options.path),
      input: JSON.stringify(request),
      timeout: base + Math.max(0, request.items.length - MANY) * PER_ITEM_MS,
      killSignal: 'SIGKILL',
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } finally {
    clearTimeout(notice);
  }
  options.signal?.throwIfAborted();
  if (finished.timedOut) throw unresponsiveError(platform);
  const reply = parseReply(finished.stdout, request.op === 'probe' ? 1 : request.items.length);
  if (reply === undefined) throw workerFailed(finished);
  return reply.results;
}

const INHERITED =
  /^(HOME|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|XDG_.*|DBUS_SESSION_BUS_ADDRESS|SYSTEMROOT|APPDATA|LOCALAPPDATA|USERPROFILE|TEMP|COMSPEC)$/i;

/** Nothing that changes how Node runs (NODE_*) and no secret reaches the worker. */
function workerEnvironment(env: Env, path: string): Record<string, string> {
  const out: Record<string, string> = { PATH: path };
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && INHERITED.test(name)) out[name] = value;
  }
  return out;
}

function unwrap(result: WorkerResult | undefined, item: Item, platform: NodeJS.Platform): string | boolean | null {
  // Results are missing only behind an error of the whole store, which an earlier item has reported.
  if (result === undefined) throw unresponsiveError(platform);
  if (!('error' in result)) return result.value;
  if (AMBIGUOUS.test(result.error)) throw twoMatches(item);
  if (result.error === NOT_KEPT) throw notKept(item);
  throw keychainError(result.error, platform);
}

function twoMatches(item: Item): UserError {
  return new UserError({
    id: 'HB309',
    message: `Your keychain holds two items named ${item.user} of ${item.service}.`,
    cause: "Another program, such as Python's keyring, stored a second one, so nobody can say which value counts.",
    next: 'hotpass-bootstrap secrets repair',
    exit: EXIT.unreachable,
  });
}

function notKept(item: Item): UserError {
  return new UserError({
    id: 'HB315',
    message: `Your keychain did not keep the value of ${item.user}.`,
    cause: 'It was read back after it was stored, and something else came back.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.unreachable,
  });
}

function workerFailed(finished: Finished): UserError {
  return new UserError({
    id: 'HB316',
    message: 'The keychain could not be asked.',
    cause: `The helper process ended with ${finished.signal ?? `status ${finished.code}`} and gave no answer.`,
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.unreachable,
  });
}
