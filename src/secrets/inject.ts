import { EXIT, InputNeeded, UserError } from '../core/errors.ts';
import type { DeclaredSecret } from './declared.ts';
import type { Hazard } from './hazards.ts';
import { type Origin, originOf, refusedTarget, sameOrigin } from './origin.ts';

/** A declared secret and what was found for it. */
export interface FoundSecret {
  secret: DeclaredSecret;
  value: string | undefined;
  /** `caller`: it stood in our own environment; its origin is the caller's business. */
  from: 'caller' | 'store';
  /** For stored ones: where the person let it be sent. */
  audience: Origin | undefined;
}

/** Where the environment's credentials go. */
export interface Destinations {
  environment: string;
  prefectApiUrl: string | undefined;
  otlpEndpoint: string | undefined;
  /** The environment's own variables, which `run` sets as well. */
  variables: Readonly<Record<string, string>>;
  /** False when secrets come from the environment alone; true when left out. */
  writable?: boolean;
}

export interface Injection {
  /** Secrets, each with the variables that say where it goes. */
  variables: Record<string, string>;
  /** Variables to take out of the child's environment: they would send a credential elsewhere. */
  remove: string[];
}

const PREFECT_KEYS = /^PREFECT_(API_KEY|API_AUTH_STRING|CLIENT_CUSTOM_HEADERS)$/i;
const PREFECT_CLOUD = 'https://api.prefect.cloud/api';
const OTLP_HEADERS = /^OTEL_EXPORTER_OTLP_(?:(TRACES|METRICS|LOGS)_)?HEADERS$/;
const OTLP_SIGNALS = ['TRACES', 'METRICS', 'LOGS'] as const;

/**
 * The variables `run` adds for secrets. A credential comes only together with its target, so that no file of a
 * workspace can send it elsewhere (security §3). Index passwords are left out: they are for uv alone.
 * @throws InputNeeded (3) for a missing required secret or a changed origin; UserError 78 for a target that is refused.
 */
export function injectSecrets(
  found: readonly FoundSecret[],
  where: Destinations,
  hazards: readonly Hazard[],
): Injection {
  const secrets = found.filter(({ secret }) => secret.index === undefined);
  const missing = secrets.filter(({ secret, value }) => secret.required && !value);
  if (missing.length > 0) throw missingError(missing, where);
  const injection: Injection = { variables: {}, remove: [] };
  for (const one of secrets) {
    if (!one.value) continue;
    if (one.from === 'store') requireOrigin(one.secret, one.audience);
    injection.variables[one.secret.env] = one.value;
    if (PREFECT_KEYS.test(one.secret.env)) pairPrefect(one.secret.env, one.value, where, hazards, injection);
    else if (OTLP_HEADERS.test(one.secret.env)) pairOtlp(one.secret.env, where, injection);
  }
  return injection;
}

/**
 * @param audience where the person let it be sent; undefined: not known here.
 * @throws InputNeeded when a stored secret is wanted for another origin than the one it was given for.
 */
export function requireOrigin(secret: Pick<DeclaredSecret, 'name' | 'audience'>, audience: Origin | undefined): void {
  if (audience === undefined || sameOrigin(audience, secret.audience)) return;
  throw new InputNeeded({
    id: 'HB311',
    message: `${secret.name} was stored for ${audience}, and this workspace now wants to use it for ${secret.audience ?? 'something else'}.`,
    cause: 'A stored secret goes to a new place only when you say so.',
    next:
      secret.audience === undefined
        ? `hotpass-bootstrap secrets set ${secret.name}`
        : `hotpass-bootstrap setup --approve-origin ${secret.audience}`,
  });
}

function pairPrefect(
  env: string,
  value: string,
  where: Destinations,
  hazards: readonly Hazard[],
  injection: Injection,
): void {
  const [hazard] = hazards;
  if (hazard) {
    throw refused(
      'HB312',
      `${hazard.file} sets ${hazard.name}, so ${env} is not handed out.`,
      'That setting could show the credential to somebody else, and a workspace does not decide that.',
      `grep -n -i '${hazard.name.replace(/^PREFECT_(CLIENT|API)_/, '')}' ${hazard.file}`,
    );
  }
  if (/^pn[ub]_/.test(value) && !sameOrigin(originOf(where.prefectApiUrl ?? ''), originOf(PREFECT_CLOUD))) {
    throw refused(
      'HB313',
      `${env} is a key of Prefect Cloud, and the Prefect API of ${where.environment} is another.`,
      `Such keys go to ${PREFECT_CLOUD} only; the manifest's api-url is ${where.prefectApiUrl ?? 'not set'}.`,
      'hotpass-bootstrap profile list',
    );
  }
  const url = target(env, where.prefectApiUrl, 'the Prefect API (api-url)');
  injection.variables['PREFECT_API_URL'] = url;
  injection.variables['PREFECT_CLOUD_API_URL'] = PREFECT_CLOUD;
}

function pairOtlp(env: string, where: Destinations, injection: Injection): void {
  const signal = OTLP_HEADERS.exec(env)?.[1];
  const own = signal === undefined ? undefined : where.variables[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const endpoint = target(env, own ?? where.otlpEndpoint, 'the collector (telemetry endpoint)');
  if (signal !== undefined) {
    injection.variables[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] = endpoint;
    return;
  }
  injection.variables['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
  // An endpoint of one signal beats the common one and would get the common headers.
  for (const each of OTLP_SIGNALS) {
    const name = `OTEL_EXPORTER_OTLP_${each}_ENDPOINT`;
    const wanted = where.variables[name];
    if (wanted === undefined) injection.remove.push(name);
    else if (!sameOrigin(originOf(wanted), originOf(endpoint))) {
      throw refused(
        'HB319',
        `${env} belongs to ${originOf(endpoint) ?? endpoint}, but ${name} names another place.`,
        'The headers would be sent to both.',
        'hotpass-bootstrap env',
      );
    }
  }
}

/** The URL of a pair, or a refusal. */
function target(env: string, url: string | undefined, what: string): string {
  const reason = url === undefined ? 'the manifest names none' : refusedTarget(url);
  if (url !== undefined && reason === undefined) return url;
  throw refused(
    'HB319',
    `${env} cannot be handed out without ${what} it belongs to.`,
    url === undefined ? 'The manifest names none for this environment.' : `The address is refused: ${reason}.`,
    'hotpass-bootstrap plan',
  );
}

function refused(id: UserError['id'] & string, message: string, cause: string, next: string): UserError {
  return new UserError({ id, message, cause, next, exit: EXIT.invalid });
}

function missingError(missing: readonly FoundSecret[], where: Destinations): InputNeeded {
  const { environment, writable = true } = where;
  const names = missing.map(({ secret }) => `${secret.name} (${secret.env})`).join(', ');
  const [first] = missing;
  return new InputNeeded({
    message: `Missing for ${environment}: ${names}.`,
    cause: writable
      ? 'They are neither set as variables nor in the store.'
      : 'Here secrets come from variables alone, and these are not set.',
    next:
      writable && first
        ? `hotpass-bootstrap secrets set ${first.secret.name} --env ${environment}`
        : 'hotpass-bootstrap secrets where',
  });
}
