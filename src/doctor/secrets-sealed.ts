import { type FindingId, finding } from '../core/findings.ts';
import { givenByCaller } from '../secrets/given.ts';
import { itemOf } from '../secrets/names.ts';
import { StoreError } from '../secrets/store-error.ts';
import type { WorkspaceCheck } from './check.ts';

/** Can the sealed file be opened? It is read, never written; nobody is asked for its passphrase. */
export const sealedState: WorkspaceCheck = {
  title: 'The sealed file can be opened',
  about: 'workspace',
  async run({ store, wanted, env, linked, approved }) {
    const missing = wanted.secrets.filter(secret => givenByCaller(secret, env) === undefined);
    if (store.name !== 'sealed-file' || !linked || !approved || missing.length === 0) return [];
    try {
      await store.get(missing.map(secret => itemOf(linked.namespace, wanted.environment, secret)));
      return [];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const required = missing
        .filter(secret => secret.required)
        .map(({ name, env: variable }) => `${name} (${variable})`);
      const needed = required.length === 0 ? '' : ` It is needed for ${required.join(', ')}.`;
      // That a passphrase has to be typed is how the person wanted it.
      const level = error.id === 'HB350' ? 'info' : required.length > 0 ? 'fail' : 'warn';
      const fix = error.next === undefined || level === 'info' ? undefined : { command: error.next, safe: false };
      return [finding((error.id ?? 'HB355') as FindingId, level, error.message, `${error.why}${needed}`, fix)];
    }
  },
};
