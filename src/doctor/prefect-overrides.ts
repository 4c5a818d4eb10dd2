import { type Finding, finding } from '../core/findings.ts';
import { placeOf } from '../prefect/profiles-path.ts';
import { refusedValue } from '../prefect/refused-value.ts';
import { canonicalName } from '../prefect/settings.ts';
import { type Entry, readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import { workspaceHazards } from '../secrets/hazards.ts';
import { isSet } from '../system/environment.ts';
import type { WorkspaceCheck } from './check.ts';

/** Settings of Prefect in the environment and the workspace's files that do harm whatever the profile says. */
export const prefectOverrides: WorkspaceCheck = {
  title: 'Prefect settings outside the profile',
  about: 'workspace',
  async run(look) {
    if (!look.wanted.prefect) return [];
    const { entries } = await readWorkspaceSettings(look.root, look.env);
    const hazards = await workspaceHazards(look.root);
    return [
      ...entries.flatMap(refusedFinding),
      ...entries.flatMap(insecureFinding),
      ...hazards.map(({ file, name }) => hazardFinding(file, name)),
      ...unknownFindings(entries),
    ];
  },
};

/** One value that Prefect does not take ends every command of it; an empty one is told by the step (HB208). */
function refusedFinding(entry: Entry): Finding[] {
  if (entry.value === undefined || entry.value === '') return [];
  const wants = refusedValue(entry.name, entry.value);
  if (wants === undefined) return [];
  return [
    finding(
      'HB265',
      'fail',
      `${entry.name} must be ${wants} (${placeOf(entry)}).`,
      entry.origin === 'environment'
        ? 'Every command of Prefect that is started in this shell stops there.'
        : 'Every command of Prefect that is started in this folder stops there.',
      { command: removal(entry), safe: false },
    ),
  ];
}

function insecureFinding(entry: Entry): Finding[] {
  if (entry.origin !== 'environment' || entry.name !== 'PREFECT_API_TLS_INSECURE_SKIP_VERIFY') return [];
  if (!isSet(entry.value)) return [];
  return [
    finding(
      'HB277',
      'warn',
      'Your environment switches off the check of certificates for Prefect.',
      'Whoever is between you and the server can read the key. SSL_CERT_FILE names an authority of your own instead.',
      { command: `unset ${entry.written}`, safe: false },
    ),
  ];
}

function hazardFinding(file: string, name: string): Finding {
  const [what, why] = name.endsWith('HEADERS')
    ? [
        'adds headers of its own to every request of Prefect',
        'They may hold a key in the clear, or change who you are to the server.',
      ]
    : name.endsWith('VERIFY')
      ? [
          'switches off the check of certificates for Prefect',
          'Whoever is between you and the server can read the key.',
        ]
      : [`sets ${name} as a whole`, 'That beats PREFECT_API_URL, and so decides where the key goes.'];
  const cause = `${why} "hotpass-bootstrap run" hands out no key of Prefect while it is so.`;
  const shown = `grep -n -i '${name.replace(/^PREFECT_(CLIENT|API)_/, '')}' ${file}`;
  return finding('HB277', 'warn', `${file} ${what}.`, cause, { command: shown, safe: false });
}

/** PREFECT_ variables that are no settings but mean something to Prefect. */
const NO_SETTINGS = /^PREFECT_(PROFILE|VERSION|UI_.*|__.*)$/;

/** Names of Prefect 1 and 2, and misspelt ones: they have no effect, and nobody says so. */
function unknownFindings(entries: readonly Entry[]): Finding[] {
  const unknown = entries.filter(({ name }) => canonicalName(name) === undefined && !NO_SETTINGS.test(name));
  return [...new Set(unknown.map(({ origin }) => origin))].map(origin => {
    const names = unknown.filter(entry => entry.origin === origin).map(({ written }) => written);
    const where = origin === 'environment' ? 'your environment' : origin;
    const message = `Prefect 3.9 knows no setting ${names.join(', ')} (${where}).`;
    return finding('HB278', 'info', message, 'Names of earlier versions, and misspelt ones, have no effect.');
  });
}

function removal({ origin, written, line }: Entry): string {
  if (origin === 'environment') return `unset ${written}`;
  return line === undefined ? `grep -n -i prefect ${origin}` : `\${EDITOR:-vi} +${line} ${origin}`;
}
