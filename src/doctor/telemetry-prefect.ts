import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { sitePackages } from '../engine/fingerprint.ts';
import type { WantedPrefect } from '../manifest/wanted.ts';
import { placeOf, profilesPath } from '../prefect/profiles-path.ts';
import { settingText } from '../prefect/profiles-text.ts';
import { installedPrefect } from '../prefect/version.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';
import { profilesIfReadable } from './prefect-look.ts';

/** Despite its name the switch of Prefect's own OpenTelemetry spans, on every server (facts prefect §2, Telemetry 3). */
const SPANS = 'PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY';
const OFF = /^(false|0|no|off|f|n)$/i;

/** What of Prefect's settings and version concerns telemetry. */
export const telemetryPrefect: WorkspaceCheck = {
  title: 'Telemetry of Prefect',
  about: 'workspace',
  async run(look) {
    const { prefect, telemetry } = look.wanted;
    if (!prefect) return [];
    return [...(telemetry.enabled ? await spanFindings(look, prefect) : []), ...analyticsFindings(look, prefect)];
  },
};

async function spanFindings(look: WorkspaceLook, wanted: WantedPrefect): Promise<Finding[]> {
  const { entries } = await readWorkspaceSettings(look.root, look.env);
  const entry = entries.find(({ name }) => name === SPANS);
  const table = (await profilesIfReadable(look))?.file?.profiles.get(wanted.profile);
  const value = entry ? entry.value : (settingText(table, SPANS) ?? wanted.settings[SPANS]);
  if (value === undefined || !OFF.test(value.trim())) return [];
  const where = entry ? placeOf(entry) : `the profile ${wanted.profile}`;
  const path = profilesPath(look.env, look.paths.home);
  const command = !entry
    ? `grep -n ${SPANS} ${quoteWord(path)}`
    : entry.origin === 'environment'
      ? `unset ${entry.written}`
      : `grep -n -i orchestration_telemetry ${entry.origin}`;
  return [
    finding(
      'HB454',
      'warn',
      `Prefect makes no spans of flows and tasks: ${SPANS} is off (${where}).`,
      'It sends nothing to the makers of Prefect; it is the switch of the OpenTelemetry spans of your own flows.',
      { command, safe: false },
    ),
  ];
}

/** In 3.6.20 to 3.6.23 a server sends its statistics whatever is set (facts prefect §1; mended in 3.6.24). */
function analyticsFindings(look: WorkspaceLook, wanted: WantedPrefect): Finding[] {
  const version = installedPrefect(sitePackages(look.root)) ?? '';
  if (!/^3\.6\.2[0-3]$/.test(version) || wanted.settings['PREFECT_SERVER_ANALYTICS_ENABLED'] !== 'false') return [];
  return [
    finding(
      'HB455',
      'warn',
      `A server of Prefect ${version} reports its use to its makers though PREFECT_SERVER_ANALYTICS_ENABLED is false.`,
      'Versions 3.6.20 to 3.6.23 ignore the setting; 3.6.24 heeds it again.',
      { command: 'uv lock --upgrade-package prefect', safe: false },
    ),
  ];
}
