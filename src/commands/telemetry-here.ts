import { findRecord, linkedOf, readRegistry } from '../engine/registry.ts';
import { untrustedEvent } from '../engine/untrusted-event.ts';
import { openLedger } from '../onboarding/ledger.ts';
import type { Item } from '../secrets/store.ts';
import { now } from '../system/clock.ts';
import { packageVersion } from '../system/package-root.ts';
import type { UserPaths } from '../system/paths.ts';
import { configFile } from '../system/user-config.ts';
import { type Consent, readConsent } from '../telemetry/consent.ts';
import { type Decision, decide } from '../telemetry/decision.ts';
import { TOKEN_VARIABLE } from '../telemetry/endpoint.ts';
import type { Sender } from '../telemetry/export.ts';
import { identityOf } from '../telemetry/identity.ts';
import { countedSince, metricsOf } from '../telemetry/metrics.ts';
import { openStore, type Session } from './session.ts';

/** Where the token stands in the secret store; one for this person, since there is one endpoint. */
export const TOKEN_ITEM: Item = { service: 'hotpass-bootstrap', user: 'telemetry', env: TOKEN_VARIABLE };

export interface Here {
  consent: Consent | undefined;
  decision: Decision;
}

/** What was agreed to, and what decides. @throws UserError 78 when config.toml cannot be used. */
export function telemetryHere({ env, ci, paths }: Pick<Session, 'env' | 'ci' | 'paths'>): Here {
  const consent = readConsent(configFile(paths));
  return { consent, decision: decide(consent, { env, ci, untrusted: ci ? untrustedEvent(env) : undefined }) };
}

/** State folder of a workspace; undefined where setup has not run yet. */
export function stateOf(paths: UserPaths, root: string): string | undefined {
  const found = findRecord(readRegistry(paths), root);
  return found && linkedOf(paths, found.record).state;
}

/** How batches from here are signed. In CI each job is a machine of its own: without an id, nothing to count up. */
export function senderOf(state: string | undefined, ci: boolean, keep = true): Sender {
  const instance = ci || state === undefined ? undefined : identityOf(state, Date.now(), keep).id;
  return { instance, version: packageVersion(), platform: process.platform };
}

/**
 * The request with the metrics of a workspace as of now; undefined in CI, and where nothing is recorded in this quarter.
 * @param keep false only looks.
 */
export async function metricsRequest(
  state: string | undefined,
  ci: boolean,
  gates: readonly string[],
  keep = true,
): Promise<string | undefined> {
  if (ci || state === undefined) return undefined;
  const records = openLedger(state).read();
  const { since } = identityOf(state, Date.now(), keep);
  const at = now();
  const metrics = metricsOf(records, since, at, gates);
  if (metrics.length === 0) return undefined;
  const { encodeMetrics } = await import('../telemetry/export.ts');
  return encodeMetrics(metrics, senderOf(state, ci, keep), countedSince(records, since), at.wall);
}

/** The token for the endpoint. @throws what the store says when it cannot answer. */
export async function tokenFor(session: Session, decision: Decision): Promise<string | undefined> {
  if (!decision.sends || decision.token === undefined) return undefined;
  if (decision.token === 'variable') return session.env[TOKEN_VARIABLE] || undefined;
  const { store } = await openStore(session, '', 'nobody');
  const [token] = await store.get([TOKEN_ITEM]);
  return token;
}
