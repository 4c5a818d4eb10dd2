import { type Finding, finding } from '../../core/findings.ts';
import { hasSafePath, sitePackages, venvFolder, venvPython } from '../../engine/fingerprint.ts';
import { digest } from '../../engine/stamps.ts';
import type { Write } from '../../engine/step.ts';
import type { WantedPrefect } from '../../manifest/wanted.ts';
import { digestible, overrideFindings } from '../../prefect/overrides.ts';
import { isSecretSetting } from '../../prefect/settings.ts';
import { answerFindings, askPrefect } from '../../prefect/verify.ts';
import { installedPrefect, isCold, refusePrefect2 } from '../../prefect/version.ts';
import { readWorkspaceSettings, type WorkspaceSettings } from '../../prefect/workspace-settings.ts';
import { lstatOf, realPath } from '../../system/files.ts';
import { lookAtProfile, type ProfileState } from './state.ts';

export const STAMP = 'prefect';

/** Where the caller's own Prefect files are; nothing else of the caller's PREFECT_ variables reaches the question. */
const LOCATION = ['PREFECT_HOME', 'PREFECT_PROFILES_PATH'];

const WARM_MS = 15_000;
/** The first start compiles all of Prefect; on a busy machine that takes long (facts prefect §3). */
const COLD_MS = 60_000;

/** A digest of all that the last good answer depended on (contracts §4); no secret is part of it. */
export function stampDigest(
  wanted: WantedPrefect,
  state: ProfileState,
  settings: WorkspaceSettings,
  fingerprint: string,
): string {
  const table = Object.entries(state.found.profiles.get(wanted.profile) ?? {});
  const own = table.map(([name, value]) => [name, isSecretSetting(name) ? null : String(value)]);
  const files = { ...settings, entries: settings.entries.filter(({ origin }) => origin !== 'environment') };
  return digest([
    wanted.profile,
    wanted.settings,
    state.path,
    own,
    state.found.active ?? null,
    digestible(files),
    fingerprint,
  ]);
}

/** Asks the real Prefect once, and unless `server` is false its server whether it is there. */
export async function verifyProfile(ctx: Write, wanted: WantedPrefect, { server = true } = {}): Promise<Finding[]> {
  const state = await lookAtProfile(ctx, wanted);
  if (state.comparison.state !== 'same') {
    const cause = 'Another program wrote the file at the same moment.';
    return [
      finding('HB219', 'fail', `The profile ${wanted.profile} is gone from ${state.path} again.`, cause, {
        command: 'hotpass-bootstrap setup',
        safe: true,
      }),
    ];
  }
  const settings = await readWorkspaceSettings(ctx.root, ctx.env);
  const site = sitePackages(ctx.root);
  const version = installedPrefect(site);
  const record = (): void =>
    ctx.stamps.recordLast(STAMP, fingerprint => stampDigest(wanted, state, settings, fingerprint));
  if (site === undefined || version === undefined) {
    record();
    return [notInstalled(wanted)];
  }
  refusePrefect2(version);
  const venv = lstatOf(venvFolder(ctx.root));
  if (venv?.isDirectory() !== true) return [notInstalled(wanted)]; // A link is the python step's business.
  const location = Object.fromEntries(
    LOCATION.flatMap(name => (ctx.env[name] ? [[name, ctx.env[name]]] : [])),
  ) as Record<string, string>;
  const python = { executable: venvPython(ctx.root), flag: hasSafePath(ctx.root) ? '-P' : '-I' } as const;
  const [{ probeApi }, { apiFindings }] = await Promise.all([
    import('../../prefect/probe.ts'),
    import('../../prefect/api-findings.ts'),
  ]);
  const probe = !server || ctx.offline || !wanted.apiUrl ? undefined : probeApi(wanted.apiUrl, ctx.env, ctx.signal);
  probe?.catch(() => {}); // Awaited below, unless the question fails first.
  const asked = await askPrefect(ctx.spawn, python, wanted, location, isCold(site) ? COLD_MS : WARM_MS);
  const found = answerFindings(asked, wanted, settings, version, path => realPath(path) === realPath(state.path));
  if (found.some(({ level }) => level === 'fail')) {
    // A file that keeps Prefect from starting says more than Prefect does.
    const why = overrideFindings(settings, wanted).filter(({ level }) => level === 'fail');
    return why.length > 0 ? why : found;
  }
  record();
  if (!probe || !wanted.apiUrl) return found;
  const credential = ctx.wanted.secrets.some(({ env }) => /^PREFECT_API_(KEY|AUTH_STRING)$/.test(env));
  return [...found, ...apiFindings(wanted.apiUrl, await probe, { credential, version })];
}

/** A profile without a Prefect to read it. */
export function notInstalled(wanted: WantedPrefect): Finding {
  return finding(
    'HB210',
    'warn',
    `The profile ${wanted.profile} could not be checked: there is no Prefect in .venv.`,
    'The Python profile of this environment does not install it.',
    { command: 'uv tree --package prefect --invert', safe: false },
  );
}
