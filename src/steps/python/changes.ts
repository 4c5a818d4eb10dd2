import type { Change } from '../../core/changes.ts';
import type { Wanted } from '../../manifest/wanted.ts';
import { selectionFlags } from './flags.ts';
import { nothing } from './question.ts';
import type { PythonState } from './state.ts';

export interface PythonChange extends Change {
  key: 'sync' | 'recreate' | 'repair' | 'packages';
  /** Packages that will be installed; 0 when unknown. */
  total: number;
  /** Distributions to install anew in place. */
  reinstall: readonly string[];
  flags: readonly string[];
  former: readonly string[] | undefined;
  /** Does the sync remove what is not locked? */
  exact: boolean;
}

const WHY: Record<NonNullable<PythonState['unsure']>, string> = {
  'not approved': 'what exactly is known once this workspace is approved',
  'no uv': 'what exactly is known once uv is there',
  orphan: 'uv of a stopped run is still at work there',
  'no python': 'uv fetches a Python that fits first',
};

/** What has to be done; removals are changes of their own. Pure. */
export function planPython(state: PythonState, wanted: Wanted): PythonChange[] {
  const flags = selectionFlags(wanted.python);
  const fresh = state.venv === 'absent' || state.venv === 'empty';
  const change = (part: Pick<PythonChange, 'key' | 'action' | 'target'> & Partial<PythonChange>): PythonChange => ({
    step: 'python',
    certain: true,
    total: 0,
    reinstall: [],
    flags,
    former: state.former,
    exact: wanted.python.exact,
    ...part,
  });
  const answer = state.answer;
  const total = answer === undefined ? 0 : answer.installs.length + answer.replaces.length;
  if (state.unsure === 'no python' && !fresh) return [{ ...recreation(WHY['no python']), certain: false }];
  if (state.unsure) return unsure(state.unsure, fresh, wanted.python.exact && !state.inStep, change);
  if (fresh) {
    if (!answer) return [];
    return [change({ key: 'sync', action: 'add', target: '.venv', to: count(total), total })];
  }
  const reason = state.unusable ?? (answer?.creates ? 'the project wants another Python' : undefined);
  if (reason !== undefined) return [recreation(reason)];
  if (state.broken.length > 0 && wanted.python.exact) return [recreation(missingFiles(state))];

  const changes: PythonChange[] = [];
  if (state.broken.length > 0) {
    const reinstall = state.broken.map(entry => entry.name);
    const detail = missingFiles(state);
    changes.push(
      change({ key: 'repair', action: 'change', target: '.venv', detail, reinstall, total: reinstall.length }),
    );
  }
  if (!answer || nothing(answer)) return changes;
  if (total > 0) {
    const detail = list([...answer.installs, ...answer.replaces]);
    changes.push(change({ key: 'sync', action: 'change', target: '.venv', to: effects(answer), detail, total }));
  }
  if (answer.removes.length > 0) {
    const detail = list(answer.removes, Number.POSITIVE_INFINITY);
    changes.push(
      change({ key: 'packages', action: 'remove', target: `.venv: ${count(answer.removes.length)}`, detail }),
    );
  }
  return changes;

  function recreation(why: string): PythonChange {
    const kept = wanted.python.exact ? '' : '; packages installed by hand are not carried over';
    return change({
      key: 'recreate',
      action: 'change',
      target: '.venv',
      from: why,
      to: 'made anew',
      detail: `the present one is set aside, not deleted${kept}`,
      total: total || state.present,
    });
  }
}

function unsure(
  why: NonNullable<PythonState['unsure']>,
  fresh: boolean,
  mayRemove: boolean,
  change: (part: Pick<PythonChange, 'key' | 'action' | 'target'> & Partial<PythonChange>) => PythonChange,
): PythonChange[] {
  const detail = WHY[why];
  if (fresh) return [change({ key: 'sync', action: 'add', target: '.venv', certain: false, detail })];
  const sync = change({ key: 'sync', action: 'change', target: '.venv', certain: false, detail });
  if (!mayRemove) return [sync];
  const target = '.venv: packages that uv.lock does not ask for';
  return [sync, change({ key: 'packages', action: 'remove', target, certain: false, detail })];
}

function missingFiles(state: PythonState): string {
  const names = state.broken.map(entry => entry.name);
  return `files are missing of ${list(names, 5)}`;
}

function effects(answer: { installs: readonly string[]; replaces: readonly string[] }): string {
  const parts: string[] = [];
  if (answer.installs.length > 0) parts.push(`${count(answer.installs.length)} installed`);
  if (answer.replaces.length > 0) parts.push(`${count(answer.replaces.length)} replaced`);
  return parts.join(', ');
}

function count(n: number): string {
  return n === 1 ? '1 package' : `${n} packages`;
}

function list(names: readonly string[], limit = 12): string {
  const shown = names.slice(0, limit).join(', ');
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}
