import type { Change } from '../core/changes.ts';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { Redactor } from '../core/redact.ts';
import { sitePackages, venvFingerprint } from '../engine/fingerprint.ts';
import type { Inspection, Read, Step, Write } from '../engine/step.ts';
import type { Wanted, WantedPrefect } from '../manifest/wanted.ts';
import { overrideFindings } from '../prefect/overrides.ts';
import { editActive, editProfile } from '../prefect/profiles-file.ts';
import { profilesPath, refuseRedirect } from '../prefect/profiles-path.ts';
import { readProfiles, settingText } from '../prefect/profiles-text.ts';
import { installedPrefect, lockedPrefect, refusePrefect2 } from '../prefect/version.ts';
import { readWorkspaceSettings } from '../prefect/workspace-settings.ts';
import { recordOwnership } from './prefect/ownership.ts';
import { activeThatWillDo, lookAtProfile, type ProfileState } from './prefect/state.ts';
import { profilesUndoable, undoProfiles } from './prefect/undo.ts';
import { notInstalled, STAMP, stampDigest, verifyProfile } from './prefect/verification.ts';
import { assertWritable, writeProfiles } from './prefect/write.ts';

export interface PrefectState {
  profile: ProfileState;
  /** The last good answer of Prefect still holds. */
  verified: boolean;
  approved: boolean;
}

export interface PrefectChange extends Change {
  key: 'profile' | 'active' | 'mode' | 'verify';
  /** Bytes of the file when this was planned: a shorter one is being written by Prefect. */
  size: number;
  /** Name of the profile, for undo. */
  profile: string;
  /** Settings that earlier runs wrote into it, for undo; undefined when it was not ours. */
  former?: readonly string[];
  /** The person has it taken over, whoever made it. */
  adopt?: true;
}

/** A complete profile in `profiles.toml`, confirmed by Prefect itself (design §5, facts prefect §7). */
export const prefectStep: Step<PrefectState | undefined, PrefectChange> = {
  id: 'prefect',
  title: 'Prefect profile',
  needs: [],
  verifyNeeds: ['python'],
  inspect: ctx => inspectProfile(ctx),
  plan,
  asks: ({ key }) => key === 'verify',
  payload: ({ profile, former }) => ({ profile, former }),
  apply,
  verify: async ctx => (ctx.wanted.prefect ? verifyProfile(ctx, ctx.wanted.prefect) : []),
  // Whether the server is there `doctor` asks by itself, also where there is no Prefect yet.
  examine: async ctx => (ctx.wanted.prefect ? verifyProfile(ctx, ctx.wanted.prefect, { server: false }) : []),
  undoable: profilesUndoable,
  undo: undoProfiles,
};

/** @param adopt the person takes the profile over, whoever made it. */
export async function inspectProfile(ctx: Read, adopt = false): Promise<Inspection<PrefectState | undefined>> {
  const wanted = ctx.wanted.prefect;
  if (!wanted) return { state: undefined, findings: [] };
  const settings = await readWorkspaceSettings(ctx.root, ctx.env);
  refuseRedirect(settings, ctx.env);
  const site = sitePackages(ctx.root);
  const version = installedPrefect(site);
  // A 2.x that the lock file is about to replace is no reason to stop; a lock file that brings 2.x is.
  if (version === undefined || Number.parseInt(version, 10) < 3)
    refusePrefect2(lockedPrefect(ctx.root) ?? version ?? '3');
  const profile = await lookAtProfile(ctx, wanted, 0, adopt);
  // Read when it is needed, not from the outputs: whether `.venv` is in order does not matter to this question.
  const stamp = stampDigest(wanted, profile, settings, venvFingerprint(ctx.root));
  const verified = !ctx.recheck && ctx.stamps.holds(STAMP, stamp) !== undefined;
  const state = { profile, verified, approved: ctx.approved };
  if (plan(state, ctx.wanted).some(({ key }) => key !== 'verify')) await assertWritable(ctx, profile);
  const findings = [...overrideFindings(settings, wanted), ...profileFindings(profile, wanted)];
  if (verified && version === undefined) findings.push(notInstalled(wanted));
  return { state, findings };
}

/** What a person should know about a profile that is otherwise fine. */
function profileFindings({ comparison, path }: ProfileState, wanted: WantedPrefect): Finding[] {
  const findings: Finding[] = [];
  const { secrets } = comparison;
  const extras = comparison.extras.filter(name => !secrets.includes(name));
  if (secrets.length > 0) {
    const message = `${secrets.join(', ')} of the profile ${wanted.profile} stands in ${path} in the clear.`;
    const cause = 'Every program that runs as you can read it; the keychain is the place for it.';
    const command = `\${EDITOR:-vi} ${quoteWord(path)}`;
    findings.push(finding('HB205', 'warn', message, cause, { command, safe: false }));
  }
  if (extras.length > 0) {
    const message = `The profile ${wanted.profile} also sets ${extras.join(', ')}.`;
    findings.push(finding('HB204', 'info', message, 'The manifest does not ask for it; it was left as it is.'));
  }
  return findings;
}

function plan(state: PrefectState | undefined, { prefect: wanted }: Wanted): PrefectChange[] {
  if (!state || !wanted) return [];
  const { profile } = state;
  const size = Buffer.byteLength(profile.text ?? '');
  const base = { step: 'prefect', certain: true, size, profile: wanted.profile } as const;
  const changes: PrefectChange[] = [];
  if (profile.comparison.state !== 'same') {
    const former = profile.owned ? { former: profile.written } : {};
    changes.push({ ...base, ...former, key: 'profile', ...profileWords(profile, wanted) });
  }
  if (profile.active === undefined) {
    const from = profile.found.active;
    changes.push({
      ...base,
      key: 'active',
      action: from === undefined ? 'add' : 'change',
      target: `active profile in ${profile.path}`,
      ...(from === undefined ? {} : { from: `${from} (missing)` }),
      to: wanted.profile,
    });
  }
  if (changes.length === 0 && profile.mode !== undefined && (profile.mode & 0o077) !== 0) {
    const from = profile.mode.toString(8).padStart(4, '0');
    changes.push({
      ...base,
      key: 'mode',
      action: 'change',
      target: `permissions of ${profile.path}`,
      from,
      to: '0600',
    });
  }
  if (!state.verified) {
    const target = `profile ${wanted.profile}`;
    changes.push({ ...base, key: 'verify', action: 'run', target, certain: state.approved, detail: 'ask Prefect' });
  }
  return changes;
}

function profileWords(
  profile: ProfileState,
  wanted: WantedPrefect,
): Pick<Change, 'action' | 'target' | 'from' | 'to' | 'detail'> {
  const target = `profile ${wanted.profile} in ${profile.path}`;
  const to = wanted.settings['PREFECT_API_URL'];
  const table = profile.found.profiles.get(wanted.profile);
  if (table === undefined) {
    return {
      action: 'add',
      target,
      ...(to === undefined ? {} : { to }),
      detail: Object.keys(wanted.settings).join(', '),
    };
  }
  const clean = new Redactor().clean;
  const from = settingText(table, 'PREFECT_API_URL');
  const changed = Object.entries(wanted.settings)
    .filter(([name, value]) => settingText(table, name) !== value)
    .map(([name, value]) => `${name}: ${clean(settingText(table, name) ?? 'not set')} -> ${value}`);
  const dropped = stale(profile, wanted).map(name => `${name}: removed`);
  return {
    action: 'change',
    target,
    ...(from === undefined ? {} : { from: clean(from) }),
    ...(to === undefined ? {} : { to }),
    detail: [...changed, ...dropped].join('; '),
  };
}

/** Settings we wrote once that are not wanted any more. */
function stale(profile: ProfileState, wanted: WantedPrefect): string[] {
  return profile.written.filter(name => !Object.hasOwn(wanted.settings, name));
}

async function apply(change: PrefectChange, ctx: Write): Promise<void> {
  const wanted = ctx.wanted.prefect;
  if (!wanted || change.key === 'verify') return;
  const { size, adopt } = change;
  await writeProfiles(ctx, wanted, { size, adopt }, async (text, state) => {
    if (change.key === 'mode') return { content: text ?? '', regions: [] };
    if (change.key === 'active') {
      const kept = activeThatWillDo(readProfiles(text ?? '', state.path), wanted.profile);
      return kept === undefined ? editActive(text, state.path, wanted.profile) : { content: text ?? '', regions: [] };
    }
    const { profile, settings } = wanted;
    const edited = await editProfile(text, state.path, { profile, settings, forget: stale(state, wanted) });
    // Before the write: a run that is killed after it must still know its own profile, and what to take out of it.
    recordOwnership(ctx.stamps, state.path, profile, [...Object.keys(settings), ...stale(state, wanted)]);
    ctx.stamps.save();
    return edited;
  });
  if (change.key !== 'profile') return;
  recordOwnership(ctx.stamps, profilesPath(ctx.env, ctx.paths.home), wanted.profile, Object.keys(wanted.settings));
}
