import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { profileInForce } from '../prefect/in-force.ts';
import { settingText } from '../prefect/profiles-text.ts';
import { refusedValue } from '../prefect/refused-value.ts';
import { canonicalName, isSecretSetting } from '../prefect/settings.ts';
import type { MachineCheck } from './check.ts';
import { type ProfilesThere, profilesIfReadable } from './prefect-look.ts';

type Table = Readonly<Record<string, unknown>>;

/** What stands in the profiles: values that keep Prefect from starting, and what Prefect loses or spoils. */
export const prefectProfiles: MachineCheck = {
  title: 'Prefect profiles',
  about: 'machine',
  async run(look) {
    const file = (await profilesIfReadable(look))?.file;
    if (!file) return [];
    const { name: inForce } = profileInForce(look.env, file);
    return [...file.profiles].flatMap(([profile, table]) => [
      ...refusedFindings(file, profile, table, profile === inForce),
      ...spoiledFindings(file, profile, table),
    ]);
  },
};

/** One value that Prefect does not take ends every command of it, even the one that would remove it (facts prefect §2). */
function refusedFindings({ path }: ProfilesThere, profile: string, table: Table, inForce: boolean): Finding[] {
  return Object.keys(table).flatMap(written => {
    const canonical = canonicalName(written);
    const text = settingText(table, written);
    if (canonical === undefined || text === undefined || isSecretSetting(canonical)) return [];
    const wants = refusedValue(canonical, text);
    if (wants === undefined) return [];
    return [
      finding(
        'HB264',
        inForce ? 'fail' : 'warn',
        `${written} of the profile ${profile} in ${path} must be ${wants}.`,
        inForce
          ? 'The profile is in force, so every command of Prefect stops there, even those that would mend it.'
          : 'Every command of Prefect stops there as soon as the profile is selected.',
        edit(path),
      ),
    ];
  });
}

function spoiledFindings({ path }: ProfilesThere, profile: string, table: Table): Finding[] {
  const where = `of the profile ${profile} in ${path}`;
  const names = Object.keys(table);
  const found: Finding[] = [];
  const unknown = names.filter(name => canonicalName(name) === undefined);
  if (unknown.length > 0) {
    const message = `Prefect 3 knows no ${unknown.join(', ')} ${where}.`;
    found.push(finding('HB276', 'info', message, 'It has no effect, and Prefect drops it when it writes the file.'));
  }
  for (const name of names) {
    const why = spoils(name, table[name]);
    if (why !== undefined) found.push(finding('HB276', 'warn', `${name} ${where} ${why[0]}.`, why[1], edit(path)));
  }
  return found;
}

/** What is wrong with it and what comes of that, each seen with Prefect 3.9.1 (facts prefect §2). */
function spoils(name: string, value: unknown): readonly [string, string] | undefined {
  if (/^PREFECT_(HOME|PROFILES_PATH)$/.test(name)) {
    return ['moves the file it stands in', 'Prefect then looks for its profiles there and does not find this one.'];
  }
  if (typeof value === 'object') {
    return ['is not text', 'Prefect writes lists and tables back in a form that it does not read any more.'];
  }
  if (typeof value !== 'string' || isSecretSetting(name)) return undefined;
  if (value.includes('\\x')) {
    return [
      'holds \\x',
      'The next write of Prefect spoils the whole file, and every command fails then: write / for \\.',
    ];
  }
  if (/[^\x00-\x7f]/.test(value)) {
    return [
      'holds letters beyond ASCII',
      'Prefect stops at them where the locale is not UTF-8, as in cron and on Windows.',
    ];
  }
  return undefined;
}

function edit(path: string): { command: string; safe: false } {
  return { command: `\${EDITOR:-vi} ${quoteWord(path)}`, safe: false };
}
