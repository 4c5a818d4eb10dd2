import { type Finding, finding } from '../core/findings.ts';
import { Redactor } from '../core/redact.ts';
import { placeOf } from './profiles-path.ts';
import { emptyIsFatal, isSecretSetting } from './settings.ts';
import type { Broken, Entry, WorkspaceSettings } from './workspace-settings.ts';

/** A profile as it should be. */
export interface WantedProfile {
  profile: string;
  /** Canonical names. */
  settings: Readonly<Record<string, string>>;
}

/**
 * What beats the profile: other values in the environment (empty ones and lower-case names too) and in the
 * workspace's files, another PREFECT_PROFILE, and what keeps Prefect from starting (facts prefect §2, real-world 9, 10).
 */
export function overrideFindings(found: WorkspaceSettings, wanted: WantedProfile): Finding[] {
  return [...found.broken.map(brokenFinding), ...found.entries.flatMap(entry => entryFindings(entry, wanted, found))];
}

function entryFindings(entry: Entry, wanted: WantedProfile, found: WorkspaceSettings): Finding[] {
  const place = placeOf(entry);
  const fix = { command: removal(entry), safe: false };
  if (entry.name === 'PREFECT_PROFILE') {
    if (entry.origin !== 'environment' || entry.written !== 'PREFECT_PROFILE') return [];
    if (entry.value === wanted.profile) return [];
    const shown = entry.value === '' ? 'empty' : entry.value;
    return [
      finding(
        'HB206',
        'warn',
        `PREFECT_PROFILE is ${shown} in your environment, not ${wanted.profile}.`,
        'Prefect uses the profile named there, whatever profiles.toml says.',
        { command: `export PREFECT_PROFILE=${wanted.profile}`, safe: false },
      ),
    ];
  }
  if (entry.value === '' && emptyIsFatal(entry.name)) {
    return [
      finding(
        'HB208',
        entry.origin === 'environment' ? 'warn' : 'fail',
        `${capital(place)} sets ${entry.written} to nothing.`,
        'Prefect takes the empty value for a real one and refuses to start.',
        fix,
      ),
    ];
  }
  const value = wanted.settings[entry.name];
  if (value === undefined || sameText(entry.value, value)) return [];
  const first = found.entries.find(other => other.name === entry.name);
  if (first !== entry) return []; // Only what wins is worth a word.
  return [
    finding(
      'HB207',
      'warn',
      `${capital(place)} sets ${entry.name} to ${shownValue(entry)}, which beats ${value} of the profile ${wanted.profile}.`,
      'Prefect reads the environment and the files of the workspace before the profile.',
      fix,
    ),
  ];
}

/** The entry that wins over the profile for a setting, or undefined when nothing does. */
export function winner(found: WorkspaceSettings, name: string): Entry | undefined {
  return found.entries.find(entry => entry.name === name);
}

/**
 * What of the workspace's settings a verification depended on. Values of secret settings are left out: not even a
 * digest of them is kept (security §6).
 */
export function digestible(found: WorkspaceSettings): unknown {
  return [
    found.entries.map(({ origin, name, value }) => [origin, name, isSecretSetting(name) ? null : (value ?? null)]),
    found.broken.map(({ file, why }) => [file, why]),
  ];
}

function brokenFinding({ file, why, line }: Broken): Finding {
  if (why === 'toml') {
    return finding(
      'HB209',
      'fail',
      `${file} is not valid TOML${line === undefined ? '' : ` (line ${line})`}.`,
      'Prefect reads it before anything else and refuses to start.',
      { command: `python3 -c "import tomllib; tomllib.load(open('${file}', 'rb'))"`, safe: false },
    );
  }
  const from = why === 'utf-16' ? 'UTF-16' : 'ISO-8859-1';
  return finding(
    'HB208',
    'fail',
    `${file} is not UTF-8 text.`,
    'Prefect reads it before anything else and refuses to start.',
    { command: `iconv -f ${from} -t UTF-8 ${file} > ${file}.utf8 && mv ${file}.utf8 ${file}`, safe: false },
  );
}

function removal(entry: Entry): string {
  if (entry.origin === 'environment') return `unset ${entry.written}`;
  return entry.line === undefined ? `grep -n -i prefect ${entry.origin}` : `sed -i.orig ${entry.line}d ${entry.origin}`;
}

function shownValue(entry: Entry): string {
  if (entry.value === undefined) return 'a value of its own';
  return entry.value === '' ? 'nothing' : new Redactor().clean(entry.value);
}

function sameText(a: string | undefined, b: string): boolean {
  return a === b || (a !== undefined && /^(true|false)$/i.test(b) && a.toLowerCase() === b.toLowerCase());
}

/** A place at the beginning of a sentence; a file keeps its name. */
function capital(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}
