import vendors from 'ci-info/vendors.json' with { type: 'json' };
import { type Env, isSet } from '../system/environment.ts';

/** Variables any CI service may set; the list of ci-info 4. */
const GENERIC = [
  'BUILD_ID',
  'BUILD_NUMBER',
  'CI',
  'CI_APP_ID',
  'CI_BUILD_ID',
  'CI_BUILD_NUMBER',
  'CI_NAME',
  'CONTINUOUS_INTEGRATION',
  'RUN_ID',
];

/** A vendor's mark in ci-info's table: a variable, a variable that contains a text, one of several, or exact values. */
type Mark = string | { env: string; includes: string } | { any: string[] } | Record<string, string>;

/**
 * Is this a CI job? As ci-info tells it, but on a given environment; `CI=0` and `CI=false` say no to everything else.
 */
export function isCI(env: Env): boolean {
  const ci = env['CI'];
  if (ci !== undefined && ci !== '' && !isSet(ci)) return false;
  if (GENERIC.some(name => Boolean(env[name]))) return true;
  return (vendors as readonly { env: Mark | Mark[] }[]).some(vendor =>
    [vendor.env].flat().every(mark => bears(env, mark)),
  );
}

function bears(env: Env, mark: Mark): boolean {
  if (typeof mark === 'string') return Boolean(env[mark]);
  if ('includes' in mark) return env[mark['env'] ?? '']?.includes(mark['includes'] as string) ?? false;
  if ('any' in mark) return (mark['any'] as string[]).some(name => Boolean(env[name]));
  return Object.entries(mark).every(([name, value]) => env[name] === value);
}

/**
 * Variables that coding agents set for the commands they start. Variables a person sets to configure one
 * (keys, models), or that an editor sets in a terminal people type in, do not belong here.
 */
const AGENTS = [
  'AGENT',
  'AI_AGENT',
  'AMP_CURRENT_THREAD_ID',
  'ANTIGRAVITY_AGENT',
  'AUGMENT_AGENT',
  'CLAUDECODE',
  'CLAUDE_CODE',
  'CLINE_ACTIVE',
  'CODEX_CI',
  'CODEX_SANDBOX',
  'CODEX_SANDBOX_NETWORK_DISABLED',
  'CODEX_THREAD_ID',
  'COPILOT_CLI',
  'CURSOR_AGENT',
  'GEMINI_CLI',
  'GOOSE_TERMINAL',
  'JULES_SESSION_ID',
  'OPENCODE',
  'OPENCODE_CLIENT',
  'QWEN_CODE',
  'ROO_ACTIVE',
];

/** Did a known coding agent start us? */
export function isAgent(env: Env): boolean {
  return AGENTS.some(name => isSet(env[name])) || /amazonq/i.test(env['AWS_EXECUTION_ENV'] ?? '');
}

/** May a question be asked (design §2)? The only place where this is decided. */
export function isInteractive(given: {
  env: Env;
  stdinTTY: boolean | undefined;
  stderrTTY: boolean | undefined;
  noInput: boolean;
}): boolean {
  const { env, stdinTTY, stderrTTY, noInput } = given;
  return stdinTTY === true && stderrTTY === true && !noInput && !isCI(env) && !isAgent(env);
}
