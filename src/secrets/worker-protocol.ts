/** What a keychain worker is asked, as JSON on its standard input. */
export interface WorkerRequest {
  /**
   * `probe` writes, reads and deletes a canary of its own; the others treat the items in their order. `newest` deletes
   * all items of a name but the one that was written last (Linux). `keytar` reads items that keytar stored, which are
   * named differently on Linux.
   */
  op: 'probe' | 'get' | 'set' | 'remove' | 'newest' | 'keytar';
  items: readonly { service: string; user: string; value?: string }[];
}

/**
 * The outcome for one item. `value`: `get` has the text or null, `set` true, `remove` whether there was one.
 * `error`: the native module's own words (the value in it, if any, taken out).
 */
export type WorkerResult = { value: string | boolean | null } | { error: string };

/** What it answers, as JSON on standard output. It stops at the first error that concerns the whole store. */
export interface WorkerReply {
  results: WorkerResult[];
}

/** Set when a stored value came back different. */
export const NOT_KEPT = 'value not kept';

/** Two programs stored the same name: an error of one item, not of the store (facts secrets §1.4). */
export const AMBIGUOUS = /matched by \d+ credentials/;

/** The reply in a worker's standard output, or undefined when it is none. */
export function parseReply(text: string, expected: number): WorkerReply | undefined {
  try {
    const reply = JSON.parse(text) as Partial<WorkerReply>;
    const results = reply.results;
    if (!Array.isArray(results) || !results.every(isResult)) return undefined;
    const last = results.at(-1);
    if (results.length < expected && !(last && 'error' in last)) return undefined;
    return { results };
  } catch {
    return undefined;
  }
}

function isResult(result: unknown): result is WorkerResult {
  if (typeof result !== 'object' || result === null) return false;
  return 'value' in result || typeof (result as { error?: unknown }).error === 'string';
}
