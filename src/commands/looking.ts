import { type ReadParts, readContext } from '../engine/context.ts';
import type { Read } from '../engine/step.ts';
import type { Approved } from '../engine/workspace.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { Session } from './session.ts';

/**
 * A look at a workspace as this call asks for it.
 * @param otherwise what a command wants to be so whatever was asked, e.g. that no stamp is trusted.
 */
export function contextOf(
  session: Session,
  { wanted, linked, grown }: Approved,
  store: SecretStore,
  otherwise: Partial<Pick<ReadParts, 'approved' | 'offline' | 'recheck'>> = {},
): Read {
  const { env, paths, ci, options, abort } = session;
  return readContext({
    wanted,
    env,
    paths,
    linked,
    approved: linked !== undefined && grown.length === 0,
    ci,
    offline: options.offline === true,
    recheck: options.recheck === true,
    store,
    signal: abort.signal,
    ...otherwise,
  });
}
