import type { Outputs } from '../engine/outputs.ts';

type Credentials = Record<string, string>;

interface Collection {
  known: Credentials;
  /** Secrets that are still to be asked for; what may be used if the person says so. */
  open: Map<string, Credentials>;
}

/** By run: every run has outputs of its own. */
const collections = new WeakMap<Outputs, Collection>();

/**
 * Publishes the passwords of private indexes for uv, or leaves the slot open until the last one was asked for. What the
 * person never gives is settled by the end of the step.
 * @param open by name of the secret: the stored credentials that need the person's word first, or nothing.
 */
export function openIndexSlot(outputs: Outputs, known: Credentials, open: Map<string, Credentials>): void {
  collections.set(outputs, { known, open });
  publishIfComplete(outputs);
}

/** A password was given. */
export function supplyIndex(outputs: Outputs, secret: string, credentials: Credentials): void {
  const collection = collections.get(outputs) ?? { known: {}, open: new Map() };
  collections.set(outputs, collection);
  Object.assign(collection.known, credentials);
  collection.open.delete(secret);
  publishIfComplete(outputs);
}

/** The stored password may be used. */
export function allowIndex(outputs: Outputs, secret: string): void {
  supplyIndex(outputs, secret, collections.get(outputs)?.open.get(secret) ?? {});
}

function publishIfComplete(outputs: Outputs): void {
  const collection = collections.get(outputs);
  if (collection && collection.open.size === 0) outputs.set('indexCredentials', { ...collection.known });
}
