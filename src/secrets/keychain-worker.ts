import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { AMBIGUOUS, NOT_KEPT, type WorkerReply, type WorkerRequest, type WorkerResult } from './worker-protocol.ts';

/*
 * The only process that loads the native keychain module: one request on standard input, one reply on standard
 * output, then it ends. A call into the module may hang in a way that even `process.exit` cannot end, so whoever
 * starts this kills it after a while (facts secrets §1.3). The keychain is never enumerated.
 */

interface Entry {
  getPassword(): Promise<string | null>;
  setPassword(value: string): Promise<void>;
  deleteCredential(): Promise<boolean>;
}

interface Keyring {
  AsyncEntry: new (service: string, user: string, options: { linux: { store: 'secret-service' } }) => Entry;
}

/** The service of probes; no namespace begins with a dot. */
const PROBE_SERVICE = 'hotpass-bootstrap/.probe';

let keyring: Keyring | undefined;

/** Unpinned, the module would fall back to kernel memory and lose the value at the next boot. */
function entry(service: string, user: string): Entry {
  keyring ??= createRequire(import.meta.url)('@napi-rs/keyring') as Keyring;
  return new keyring.AsyncEntry(service, user, { linux: { store: 'secret-service' } });
}

async function set(service: string, user: string, value: string): Promise<true> {
  await entry(service, user).setPassword(value);
  const back = await entry(service, user).getPassword();
  if (back !== value) throw new Error(NOT_KEPT);
  return true;
}

async function probe(): Promise<true> {
  const user = `probe-${randomBytes(6).toString('hex')}`;
  try {
    return await set(PROBE_SERVICE, user, 'canary');
  } finally {
    await entry(PROBE_SERVICE, user).deleteCredential();
  }
}

async function newest(service: string, user: string): Promise<boolean> {
  const { keepNewest } = await import('./duplicates.ts');
  return (await keepNewest(service, user)) > 0;
}

/** What keytar stored: attributes `service` and `account` on Linux, else the same item as ours (facts secrets §1.4). */
async function keytar(item: { service: string; user: string }): Promise<string | null> {
  if (process.platform !== 'linux') return entry(item.service, item.user).getPassword();
  const { readItems } = await import('./read-items.ts');
  const [value = null] = await readItems([item], 'account');
  return value;
}

function carryOut(op: WorkerRequest['op'], item: WorkerRequest['items'][number]): Promise<string | boolean | null> {
  if (op === 'get') return entry(item.service, item.user).getPassword();
  if (op === 'remove') return entry(item.service, item.user).deleteCredential();
  if (op === 'set') return set(item.service, item.user, item.value ?? '');
  if (op === 'newest') return newest(item.service, item.user);
  if (op === 'keytar') return keytar(item);
  return probe();
}

async function answer(request: WorkerRequest): Promise<WorkerReply> {
  if (request.op === 'get' && process.platform === 'linux') {
    const values = await readTogether(request.items);
    if (values) return { results: values.map(value => ({ value })) };
  }
  const results: WorkerResult[] = [];
  const items = request.op === 'probe' ? [{ service: PROBE_SERVICE, user: '' }] : request.items;
  for (const item of items) {
    try {
      results.push({ value: await carryOut(request.op, item) });
    } catch (error) {
      const message = wordsOf(error, item.value);
      results.push({ error: message });
      if (!AMBIGUOUS.test(message)) break;
    }
  }
  return { results };
}

/** All items in one session of the Secret Service; undefined when one of them needs the native module. */
async function readTogether(items: WorkerRequest['items']): Promise<(string | null)[] | undefined> {
  try {
    const { readItems } = await import('./read-items.ts');
    return await readItems(items);
  } catch {
    return undefined;
  }
}

function wordsOf(error: unknown, value: string | undefined): string {
  const words = error instanceof Error ? error.message : String(error);
  return (value ? words.replaceAll(value, '') : words).slice(0, 500);
}

async function main(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = JSON.parse(Buffer.concat(chunks).toString('utf8')) as WorkerRequest;
  process.stdout.write(JSON.stringify(await answer(request)));
}

void main();
