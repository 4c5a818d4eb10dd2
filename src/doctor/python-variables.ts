import { type Finding, finding } from '../core/findings.ts';
import { allOnPath, type Env, isSet } from '../system/environment.ts';
import type { MachineCheck } from './check.ts';

/** Variables that make uv typed by hand do something else than setup, or make uv.lock look stale. */
export const uvVariables: MachineCheck = {
  title: 'Variables that change what uv does',
  about: 'machine',
  run: async ({ env, ci, path }) => [
    ...EFFECTS.flatMap(effect => changed(effect, env, ci)),
    ...noKeyring(env, path),
    ...onlyForPip(env),
  ],
};

interface Effect {
  names: readonly string[];
  /** What it does, after "so". */
  does: string;
  /** Also what setup does is changed by it. */
  concernsSetup: boolean;
  /** `flag`: only when it is set to something that means yes. */
  kind: 'flag' | 'value';
  applies?: (value: string) => boolean;
}

const STALE = 'uv.lock counts as stale, and `uv sync --locked` refuses';

/** Each tried with uv 0.13.9. UV_PROJECT_ENVIRONMENT is a finding of the step (HB247). */
const EFFECTS: readonly Effect[] = [
  {
    names: ['UV_FROZEN'],
    kind: 'flag',
    concernsSetup: false,
    does: 'uv no longer notices when uv.lock does not match pyproject.toml',
  },
  { names: ['UV_NO_SYNC'], kind: 'flag', concernsSetup: false, does: '`uv run` no longer brings .venv in order' },
  {
    names: ['UV_PYTHON'],
    kind: 'value',
    concernsSetup: false,
    does: 'uv takes that Python and may make .venv anew with it',
  },
  {
    names: ['UV_NO_CONFIG'],
    kind: 'flag',
    concernsSetup: false,
    does: 'uv reads no configuration, the version of uv that the project requires included',
  },
  {
    names: ['UV_PROJECT', 'UV_WORKING_DIR', 'UV_WORKING_DIRECTORY'],
    kind: 'value',
    concernsSetup: false,
    does: 'uv works in another folder than the one you are in',
  },
  { names: ['UV_ENV_FILE'], kind: 'value', concernsSetup: false, does: '`uv run` loads that file as well' },
  {
    names: ['UV_RESOLUTION', 'UV_PRERELEASE', 'UV_FORK_STRATEGY', 'UV_EXCLUDE_NEWER'],
    kind: 'value',
    concernsSetup: true,
    does: STALE,
  },
  {
    names: ['UV_OFFLINE'],
    kind: 'flag',
    concernsSetup: true,
    does: 'uv fetches nothing and fails on what is not in its cache',
  },
  { names: ['UV_NO_INDEX'], kind: 'flag', concernsSetup: true, does: 'uv asks no package index and cannot lock' },
  {
    names: ['UV_INDEX', 'UV_EXTRA_INDEX_URL', 'UV_FIND_LINKS'],
    kind: 'value',
    concernsSetup: true,
    does: 'packages may come from another place than the project says when it is locked',
  },
  { names: ['UV_INSECURE_HOST'], kind: 'value', concernsSetup: true, does: 'nobody checks who really answers there' },
  {
    names: ['UV_NO_BINARY', 'UV_NO_BUILD', 'UV_NO_BUILD_ISOLATION'],
    kind: 'flag',
    concernsSetup: true,
    does: 'packages are built, or not built, against what uv.lock expects',
  },
  { names: ['UV_NO_CACHE'], kind: 'flag', concernsSetup: true, does: 'every sync downloads everything again' },
  {
    names: ['UV_LINK_MODE'],
    kind: 'value',
    applies: value => value === 'symlink',
    concernsSetup: true,
    does: ".venv breaks as soon as uv's cache is cleaned",
  },
];

/** In CI these are usually meant; there they are only told. */
function changed(effect: Effect, env: Env, ci: boolean): Finding[] {
  const names = effect.names.filter(name => {
    const value = env[name];
    if (!value) return false;
    return effect.kind === 'flag' ? isSet(value) : (effect.applies?.(value) ?? true);
  });
  if (names.length === 0) return [];
  const [is, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const aside = effect.concernsSetup
    ? `setup follows ${them} too.`
    : `setup leaves ${them} aside; it is uv typed by hand that differs.`;
  return [
    finding('HB289', ci ? 'info' : 'warn', `${names.join(', ')} ${is} set, so ${effect.does}.`, aside, {
      command: `unset ${names.join(' ')}`,
      safe: false,
    }),
  ];
}

/** uv says nothing when the program is not there; it ends in a refusal of the index (facts uv §4). */
function noKeyring(env: Env, path: string): Finding[] {
  if (env['UV_KEYRING_PROVIDER'] !== 'subprocess' || allOnPath('keyring', path).length > 0) return [];
  return [
    finding(
      'HB289',
      'warn',
      'UV_KEYRING_PROVIDER is "subprocess", and there is no program keyring on PATH.',
      'uv then asks private indexes without a password and says only that they refuse. It also needs to know the user name beforehand.',
      { command: 'uv tool install keyring', safe: false },
    ),
  ];
}

/** pip's variables that have no effect in uv, though a person who set them expects one. The index is HB110. */
const PIP_ONLY =
  /^PIP_(EXTRA_INDEX_URL|CONSTRAINT|TRUSTED_HOST|CERT|CLIENT_CERT|FIND_LINKS|NO_INDEX|NO_BINARY|ONLY_BINARY|PRE|PROXY)$/;

function onlyForPip(env: Env): Finding[] {
  const names = Object.keys(env).filter(name => env[name] && PIP_ONLY.test(name));
  if (names.length === 0) return [];
  const [is, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return [
    finding(
      'HB289',
      'info',
      `${names.sort().join(', ')} ${is} for pip; uv does not read ${them}.`,
      'uv has variables of its own: UV_INDEX, UV_CONSTRAINT, UV_INSECURE_HOST, SSL_CERT_FILE, HTTPS_PROXY.',
    ),
  ];
}
