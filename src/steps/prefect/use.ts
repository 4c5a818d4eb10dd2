import { rememberEnvironment } from '../../engine/registry.ts';
import type { Inspection, Read, Step, Write } from '../../engine/step.ts';
import type { Wanted } from '../../manifest/wanted.ts';
import { editActive } from '../../prefect/profiles-file.ts';
import { inspectProfile, type PrefectChange, type PrefectState, prefectStep } from '../prefect.ts';
import { verifyWhereAllowed } from './adopt.ts';
import { writeProfiles } from './write.ts';

/** The changes of `profile use`: those of the Prefect step, and the environment that the folder is remembered with. */
type UseChange = Omit<PrefectChange, 'key'> & { key: PrefectChange['key'] | 'selection' };

/**
 * `profile use`: the environment of the call is remembered for the folder, its profile is complete, and it is the one
 * that Prefect uses by itself. Undone by the Prefect step.
 * @param remembered the environment that is remembered now; `keep` false (CI) leaves that as it is.
 */
export function useStep(remembered: { environment: string | undefined; keep: boolean }) {
  const step: Step<PrefectState | undefined, UseChange> = {
    id: 'prefect',
    title: 'Prefect profile',
    needs: [],
    verifyNeeds: [],
    inspect: (ctx: Read): Promise<Inspection<PrefectState | undefined>> => inspectProfile(ctx),
    plan: (state, wanted) => [...profileChanges(state, wanted), ...selection(wanted, remembered)],
    payload: ({ profile, former }) => ({ profile, former }),
    apply,
    verify: verifyWhereAllowed,
  };
  return step;
}

function profileChanges(state: PrefectState | undefined, wanted: Wanted): UseChange[] {
  if (!state || !wanted.prefect) return [];
  const changes: UseChange[] = prefectStep.plan(state, wanted).filter(({ key }) => key === 'profile');
  const { found, path, text } = state.profile;
  const { profile } = wanted.prefect;
  if (found.active === profile) return changes;
  return [
    ...changes,
    {
      step: 'prefect',
      key: 'active',
      action: found.active === undefined ? 'add' : 'change',
      target: `active profile in ${path}`,
      ...(found.active === undefined ? {} : { from: found.active }),
      to: profile,
      certain: true,
      size: Buffer.byteLength(text ?? ''),
      profile,
    },
  ];
}

function selection(wanted: Wanted, remembered: { environment: string | undefined; keep: boolean }): UseChange[] {
  const { environment } = remembered;
  if (!remembered.keep || environment === wanted.environment) return [];
  return [
    {
      step: 'prefect',
      key: 'selection',
      action: environment === undefined ? 'add' : 'change',
      target: `environment of ${wanted.root}`,
      ...(environment === undefined ? {} : { from: environment }),
      to: wanted.environment,
      certain: true,
      size: 0,
      profile: wanted.prefect?.profile ?? '',
    },
  ];
}

async function apply(change: UseChange, ctx: Write): Promise<void> {
  const { prefect, environment } = ctx.wanted;
  if (change.key === 'selection') return rememberEnvironment(ctx.paths, ctx.root, environment);
  if (!prefect) return;
  if (change.key !== 'active') return prefectStep.apply({ ...change, key: change.key }, ctx);
  // Whatever is active now: the person has said which one it is to be.
  const edit = (text: string | undefined, { path }: { path: string }) => editActive(text, path, prefect.profile);
  await writeProfiles(ctx, prefect, { size: change.size }, edit);
}
