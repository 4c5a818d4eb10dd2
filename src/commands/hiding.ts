import type { SecretStore } from '../secrets/store.ts';
import type { Session } from './session.ts';

/** Hides values in all that is said from now on. */
export type Hide = (values: readonly string[]) => void;

/** Hides in our own words, and in CI in everybody's, as far as its runner does that. */
export async function hiderOf(session: Session): Promise<Hide> {
  if (!session.ci) {
    return values => {
      for (const value of values) session.redactor.add(value);
    };
  }
  const { hideInJob } = await import('./ci-masks.ts');
  return values => hideInJob(session, values);
}

/** A store whose values are hidden before anybody gets them (security §7). */
export function hidingStore(store: SecretStore, hide: Hide): SecretStore {
  return {
    ...store,
    get: async items => {
      const values = await store.get(items);
      hide(values.filter(value => value !== undefined));
      return values;
    },
  };
}
