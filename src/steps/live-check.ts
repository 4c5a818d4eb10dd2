import { errorCode } from '../core/errors.ts';
import type { LiveAnswer } from '../core/live-check.ts';
import { quoteCommand } from '../core/quote.ts';
import type { Wanted, WantedSecret } from '../manifest/wanted.ts';
import { checkPrefect } from '../prefect/live-check.ts';
import type { Injection } from '../secrets/inject.ts';
import { checkVaultToken } from '../secrets/vault-live-check.ts';
import type { VaultSettings } from '../secrets/vault-settings.ts';
import { type Env, stepEnvironment } from '../system/environment.ts';
import type { UserPaths } from '../system/paths.ts';
import { run } from '../system/process.ts';
import { checkOtlp } from '../telemetry/live-check.ts';
import { protocolOf } from '../telemetry/settings.ts';
import { environmentOfTasks, knownUv } from './child-environment.ts';

/** Where a check is made from. */
export interface CheckPlace {
  wanted: Wanted;
  env: Env;
  /** PATH after security §5. */
  path: string;
  paths: UserPaths;
  vault: VaultSettings | undefined;
  signal: AbortSignal;
}

const COMMAND_MS = 60_000;
const PREFECT = /^PREFECT_API_(KEY|AUTH_STRING)$/;
const OTLP = /^OTEL_EXPORTER_OTLP_(?:(TRACES|METRICS|LOGS)_)?HEADERS$/;

/** The check of a secret: the manifest's, else the one that its variable stands for; undefined when there is none. */
export function liveCheckOf({ check, env }: Pick<WantedSecret, 'check' | 'env'>): WantedSecret['check'] {
  return check ?? (PREFECT.test(env) ? 'prefect' : OTLP.test(env) ? 'otlp' : undefined);
}

/**
 * Shows a value to the service it is for. Nobody else sees it: a command of the manifest has it as its variable, beside
 * the target it belongs to.
 * @param variables the value with its target, as `run` would hand them out (`injectSecrets`).
 * @returns undefined when there is no check.
 */
export async function checkLive(
  secret: WantedSecret,
  value: string,
  variables: Injection['variables'],
  place: CheckPlace,
): Promise<LiveAnswer | undefined> {
  const check = liveCheckOf(secret);
  const { env, signal, wanted } = place;
  if (check === undefined) return undefined;
  if (check === 'vault') return checkVaultToken(place.vault, value, env, signal);
  if (typeof check !== 'string') return checkByCommand(check, variables, place);
  const signalOf = OTLP.exec(secret.env)?.[1];
  const target = variables[check === 'prefect' ? 'PREFECT_API_URL' : endpointVariable(signalOf)];
  const fits = (check === 'prefect' ? PREFECT : OTLP).test(secret.env);
  if (!fits || target === undefined)
    return { kind: 'unreachable', why: `The check ${check} is not for ${secret.env}.` };
  if (check === 'prefect') return checkPrefect(target, secret.env, value, env, signal);
  return checkOtlp(target, protocolOf(wanted.telemetry), value, env, signal);
}

function endpointVariable(signal: string | undefined): string {
  return signal === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
}

/** What the command prints stays unseen: it knows the value and may print it in any form. */
async function checkByCommand(
  argv: readonly string[],
  variables: Injection['variables'],
  { wanted, env, path, paths, signal }: CheckPlace,
): Promise<LiveAnswer> {
  const place = { root: wanted.root, wanted, path, paths };
  const command = quoteCommand(argv);
  try {
    const { code, timedOut } = await run(argv, {
      cwd: wanted.root,
      env: stepEnvironment(env, path, { ...environmentOfTasks(place, knownUv(place)), ...variables }),
      signal,
      timeout: COMMAND_MS,
    });
    signal.throwIfAborted();
    if (code === 0) return { kind: 'accepted' };
    if (timedOut) return { kind: 'unreachable', why: `The check took more than a minute: ${command}` };
    return { kind: 'refused', why: `The check ended with ${code ?? 'a signal'}: ${command}` };
  } catch (error) {
    if (!['ENOENT', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
    return { kind: 'unreachable', why: `The check cannot be started: ${command}` };
  }
}
