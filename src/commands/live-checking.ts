import { UserError } from '../core/errors.ts';
import type { LiveAnswer } from '../core/live-check.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { workspaceHazards } from '../secrets/hazards.ts';
import { indexCredentials } from '../secrets/index-credentials.ts';
import type { IndexEntry, LiveCheck } from '../secrets/index-file.ts';
import { type FoundSecret, injectSecrets, requireOrigin } from '../secrets/inject.ts';
import { checkLive } from '../steps/live-check.ts';
import { now } from '../system/clock.ts';
import { safePath } from '../system/environment.ts';
import type { Session } from './session.ts';
import { vaultOf } from './vault-access.ts';

/** A value and where it was found. */
export interface Shown {
  secret: WantedSecret;
  value: string;
  /** `caller`: it stood in our own environment. */
  from: FoundSecret['from'];
  /** What the index says of the stored one. */
  entry: IndexEntry | undefined;
}

/**
 * Shows a secret to its service, under the rules by which `run` would hand it out: to the origin it was stored for alone
 * (security §3).
 * @returns undefined when nothing says how to check it.
 * @throws UserError 3 or 78 when a rule says no.
 */
export async function showToService(
  { secret, value, from, entry }: Shown,
  session: Session,
  workspace: Workspace,
): Promise<LiveAnswer | undefined> {
  const { wanted } = workspace;
  const { env, paths, abort } = session;
  session.redactor.add(value);
  const audience = from === 'store' ? entry?.audience : undefined;
  const place = {
    wanted,
    env,
    paths,
    path: safePath(env, wanted.root),
    vault: vaultOf(session, workspace, workspace.grown.length === 0),
    signal: abort.signal,
  };
  return checkLive(secret, value, await variablesOf({ secret, value, from, audience }, workspace), place);
}

async function variablesOf(found: FoundSecret & { secret: WantedSecret }, { wanted }: Workspace) {
  const { secret, value, audience } = found;
  if (secret.index !== undefined) {
    requireOrigin(secret, audience);
    return indexCredentials([{ secret, value }]);
  }
  const where = {
    environment: wanted.environment,
    prefectApiUrl: wanted.prefect?.apiUrl,
    otlpEndpoint: wanted.telemetry.endpoint,
    variables: wanted.envFile.variables,
  };
  return injectSecrets([found], where, await workspaceHazards(wanted.root)).variables;
}

/** What the index keeps of an answer; nothing of one that says nothing. */
export function liveCheck(answer: LiveAnswer | undefined): LiveCheck | undefined {
  if (answer?.kind !== 'accepted' && answer?.kind !== 'refused') return undefined;
  return { at: now().wall, accepted: answer.kind === 'accepted' };
}

/** A rule that said no, as an answer for a list; anything else that was thrown is thrown on. */
export function ruledOut(error: unknown): { kind: 'ruled out'; why: string; next: string | undefined } {
  if (!(error instanceof UserError)) throw error;
  return { kind: 'ruled out', why: `${error.message} ${error.why}`.trim(), next: error.next };
}
