import { randomBytes } from 'node:crypto';
import type { Item, SecretStore, StoreReport } from './store.ts';
import { StoreError } from './store-error.ts';

/**
 * Tries a store with an item of its own before anybody relies on it: written, read back, deleted. A sealed file is made
 * by that if there is none, so the person may be asked for a passphrase.
 */
export async function tryStore(store: SecretStore): Promise<StoreReport> {
  const canary: Item = {
    service: 'hotpass-bootstrap/.probe',
    user: `probe-${randomBytes(6).toString('hex')}`,
    env: '',
  };
  try {
    const report = await store.probe();
    // The keychain's probe has done just that, and where nothing can be stored there is nothing to try.
    if (store.name === 'keychain' || !store.writable || (report.state !== 'ok' && report.state !== 'unencrypted'))
      return report;
    await store.set(canary, 'canary');
    const [back] = await store.get([canary]);
    await store.remove(canary);
    if (back === 'canary') return report;
    const next = 'hotpass-bootstrap secrets where --use keychain';
    return { state: 'denied', message: 'The store did not give back what was stored.', next };
  } catch (error) {
    if (error instanceof StoreError) return error.report();
    throw error;
  }
}
