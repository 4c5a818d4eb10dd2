import { holdsUserInfo } from '../../system/url-credentials.ts';
import type { ReadName } from './code-names.ts';
import type { EnvFile } from './env-files.ts';
import { isPlainValue, isSecretName, refused, secretName } from './names.ts';
import type { DeploymentFacts } from './prefect-files.ts';
import type { Place } from './words.ts';

/** A variable that programs of the project read. */
export interface FoundVariable {
  name: string;
  places: Place[];
  hint: string | undefined;
  /** A plain value of a template; undefined where it is not for a manifest. */
  value: string | undefined;
  /** The one environment whose own file names it, else undefined: every environment. */
  environment: string | undefined;
}

export interface FoundSecret extends FoundVariable {
  /** Its name in the manifest. */
  key: string;
}

export interface FoundNames {
  secrets: FoundSecret[];
  variables: FoundVariable[];
  /** Secrets by their names that no manifest may name, such as those of Vault and of uv. */
  refused: FoundVariable[];
}

const MOST = 40;
/** Settings that have a place of their own in a manifest. */
const ELSEWHERE = /^(PREFECT_|OTEL_|UV_|HOTPASS_BOOTSTRAP_)/;
/** Variables of the machine and of its tools. */
const OF_THE_MACHINE =
  /^(HOSTNAME|HOST|TERM|TZ|PWD|OLDPWD|TMP|TEMP|TMPDIR|USER|USERNAME|LOGNAME|LANG|LC_.*|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|VIRTUAL_ENV|CONDA_.*|PYTEST_.*|COVERAGE_.*|DISPLAY|APPDATA|LOCALAPPDATA|USERPROFILE|COMPUTERNAME|WINDIR|KUBERNETES_.*)$/i;

/** Sorts what was found by name: secrets, plain variables, and what a manifest may not name. Values of secrets stay behind. */
export function sortNames(
  files: readonly EnvFile[],
  code: readonly ReadName[],
  deployments: DeploymentFacts,
  workspace: string,
): FoundNames {
  const found = new Map<string, FoundVariable & { secret: boolean }>();
  const add = (name: string, place: Place, more: Partial<FoundVariable> & { secret: boolean }): void => {
    const known = found.get(name);
    if (!known) {
      const { environment, hint, value, secret } = more;
      found.set(name, { name, places: [place], hint, value, environment, secret });
      return;
    }
    known.places.push(place);
    known.secret ||= more.secret;
    known.hint ??= more.hint;
    if (known.environment !== more.environment) known.environment = undefined;
  };
  for (const file of [...files].sort((a, b) => Number(b.template) - Number(a.template))) {
    const own = file.environment === undefined || file.environment === 'local' ? undefined : file.environment;
    // One person's own `.env` says nothing about the project, beyond what the project itself names.
    if (!file.template && own === undefined) continue;
    for (const { name, place, value, hint } of file.variables) {
      const secret = (isSecretName(name) && !/^sqlite/.test(value)) || holdsUserInfo(value);
      const plain = file.template && !secret && isPlainValue(value) ? value : undefined;
      add(name, place, { secret, hint, environment: own, value: plain });
    }
  }
  for (const { name, place, secret } of code) {
    // What a template writes in the open beats what a name may mean.
    const open = found.get(name)?.value;
    add(name, place, { secret: secret || (isSecretName(name) && !open) });
  }
  for (const { name, place } of deployments.variables) add(name, place, { secret: isSecretName(name) });
  return split([...found.values()], workspace);
}

function split(all: readonly (FoundVariable & { secret: boolean })[], workspace: string): FoundNames {
  const names: FoundNames = { secrets: [], variables: [], refused: [] };
  const taken = new Set<string>();
  for (const { secret, ...variable } of all) {
    const why = refused(variable.name, secret);
    if (secret && why === undefined && names.secrets.length < MOST) {
      const key = freeKey(secretName(variable.name, workspace), variable.name, taken);
      names.secrets.push({ ...variable, value: undefined, key });
    } else if (secret) {
      names.refused.push({ ...variable, value: undefined });
    } else if (why === undefined && !ELSEWHERE.test(variable.name) && !OF_THE_MACHINE.test(variable.name)) {
      if (names.variables.length < MOST) names.variables.push(variable);
    }
  }
  return names;
}

/** A key that no other secret has: with the whole name of the variable, then with a number. */
function freeKey(short: string, variable: string, taken: Set<string>): string {
  const whole = secretName(variable, '');
  let key = taken.has(short) ? whole : short;
  for (let n = 2; taken.has(key); n++) key = `${whole.slice(0, 58)}-${n}`;
  taken.add(key);
  return key;
}
