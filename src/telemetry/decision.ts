import type { Env } from '../system/environment.ts';
import type { Consent } from './consent.ts';
import { checkedEndpoint, ENDPOINT_VARIABLE } from './endpoint.ts';

/** What decides whether anything is sent, the strongest first. */
export type Decider = 'DO_NOT_TRACK' | 'OTEL_SDK_DISABLED' | 'untrusted job' | 'CI' | 'config.toml';

export type Decision =
  | { sends: true; by: Decider; endpoint: string; since: string | undefined; token: 'store' | 'variable' | undefined }
  | { sends: false; by: Decider; why: string };

export interface Where {
  env: Env;
  ci: boolean;
  /** Why this job may run somebody else's proposal; undefined where it does not. */
  untrusted: string | undefined;
}

/**
 * Whether anything is sent, and what decided (facts telemetry "must do" 1). A switch that says no always wins. A CI job
 * never uses a person's agreement: it sends where its own settings name an endpoint, unless outsiders may have started it.
 */
export function decide(consent: Consent | undefined, { env, ci, untrusted }: Where): Decision {
  // Whatever is not plainly its opposite says it (facts telemetry §3).
  if (!/^(0|false)?$/i.test(env['DO_NOT_TRACK'] ?? '')) return no('DO_NOT_TRACK', 'The variable DO_NOT_TRACK is set.');
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') {
    return no('OTEL_SDK_DISABLED', 'The variable OTEL_SDK_DISABLED is true.');
  }
  if (!ci) {
    if (!consent) return no('config.toml', 'Nobody has switched it on.');
    const { endpoint, since, token } = consent;
    return { sends: true, by: 'config.toml', endpoint, since, token: token ? 'store' : undefined };
  }
  if (untrusted !== undefined) return no('untrusted job', `Nothing is sent from here: ${untrusted}.`);
  const given = env[ENDPOINT_VARIABLE];
  if (!given) return no('CI', `In CI only ${ENDPOINT_VARIABLE} switches it on, and it is not set.`);
  const endpoint = checkedEndpoint(given);
  if (endpoint === undefined) {
    return no('CI', `${ENDPOINT_VARIABLE} is neither an https:// address nor one of this machine.`);
  }
  return { sends: true, by: 'CI', endpoint, since: undefined, token: 'variable' };
}

function no(by: Decider, why: string): Decision {
  return { sends: false, by, why };
}
