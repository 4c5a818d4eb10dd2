import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { UserError } from '../../../src/core/errors.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { readContext } from '../../../src/engine/context.ts';
import { importSecrets } from '../../../src/engine/import-secrets.ts';
import { Journal, listRuns, readJournal, runStatus } from '../../../src/engine/journal.ts';
import { journalled } from '../../../src/engine/journalled.ts';
import { runOneStep } from '../../../src/engine/one-step-run.ts';
import { writeProjectFiles } from '../../../src/engine/project-files.ts';
import type { Linked, Read, Step } from '../../../src/engine/step.ts';
import type { ProjectEdit } from '../../../src/manifest/init/edits.ts';
import type { SecretStore } from '../../../src/secrets/store.ts';
import { takeLock } from '../../../src/system/lock.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { wantedOf } from '../../support/context.ts';
import { temporary } from '../../support/tools.ts';

const change: Change = { step: 'prefect', key: 'active', action: 'change', target: 'x', certain: true };
const OLD = '20260101-000000-abcd';
const ITEM = { service: 'hotpass-bootstrap/w', user: 'local/auth', env: '' };
const { signal } = new AbortController();

let root: string;
let linked: Linked;
let values: Set<string>;
let store: SecretStore;
let notes: string[];

const emit = (event: RunEvent): void => {
  if (event.type === 'note') notes.push(event.text);
};

/** A workspace in which a run was killed half a year ago; what it kept for undo is still there. */
beforeEach(() => {
  root = temporary();
  notes = [];
  linked = { id: 'x', name: 'w', namespace: 'w', state: join(root, 'state') };
  values = new Set([`.journal/${OLD}/1`]);
  store = {
    name: 'keychain',
    writable: true,
    probe: async () => ({ state: 'ok', message: '' }),
    get: async items => items.map(({ user }) => (values.has(user) ? 'former' : undefined)),
    set: async ({ user }) => void values.add(user),
    remove: async ({ user }) => values.delete(user),
  };
  const journal = Journal.create(linked.state, OLD, {});
  const copy = { service: ITEM.service, user: `.journal/${OLD}/1` };
  journal.append({ kind: 'saved', step: 'secrets', change, after: { item: ITEM, copy } });
  const file = join(linked.state, 'runs', OLD, 'journal.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"at":"[^"]+"/g, '"at":"2026-01-01T00:00:00.000Z"'));
});

function read(): Read {
  const env = { HOME: root };
  const paths = userPaths(env, 'linux');
  const parts = { wanted: wantedOf(root), env, paths, linked, approved: true, ci: false, offline: true };
  return readContext({ ...parts, recheck: false, store, signal });
}

function step(due: () => boolean, apply: () => void): Step {
  return {
    id: 'prefect',
    title: 'x',
    needs: [],
    verifyNeeds: [],
    inspect: async () => ({ state: undefined, findings: [] }),
    plan: () => (due() ? [change] : []),
    apply: async () => apply(),
    verify: async () => [],
  };
}

const one = (what: Step, confirm: () => Promise<void> = async () => {}) =>
  runOneStep(what, linked, 'profile use x', { look: read, confirm, link: async () => linked, emit });

const edit = (): ProjectEdit => ({
  file: 'Makefile',
  path: join(root, 'Makefile'),
  action: 'add',
  expected: undefined,
  content: 'setup:\n',
  added: 'setup:\n',
  offset: 0,
  mode: 0o644,
});

const imports = () => importSecrets({ linked, root, state: join(root, 'ours'), store, signal, emit }, [], []);
const ways: [string, () => Promise<unknown>][] = [
  ['init', () => writeProjectFiles({ linked, root, signal, emit }, [edit()], 'hotpass-bootstrap.toml')],
  [
    'one step',
    () =>
      one(
        step(
          () => true,
          () => {},
        ),
      ),
  ],
  ['import', imports],
];

describe('whatever changes a workspace', () => {
  it.each(ways)('says where the run before it stopped, closes its journal and then its own: %s', async (_, act) => {
    await act();
    expect(notes).toEqual([expect.stringMatching(/^The run of 2026-01-01.* stopped in step secrets/)]);
    const runs = listRuns(linked.state);
    expect(runs).toHaveLength(2);
    for (const run of runs) expect(runStatus(readJournal(linked.state, run))).toBe('closed');
    const last = readJournal(linked.state, runs[1] ?? '').at(-1);
    expect(last).toMatchObject({ kind: 'close', after: { exit: 0 } });
  });

  it.each(ways)('waits for nobody who has the lock, and changes nothing then: %s', async (_, act) => {
    const lock = await takeLock(join(linked.state, 'lock'), { wait: 0, purpose: 'a test' });
    await expect(act()).rejects.toMatchObject({ exit: 75 });
    lock.release();
    expect(listRuns(linked.state)).toEqual([OLD]);
    await act();
    (await takeLock(join(linked.state, 'lock'), { wait: 0, purpose: 'a test' })).release();
  });

  it.each(ways.slice(1))('deletes the copies that are due, if it has a store: %s', async (_, act) => {
    await act();
    expect([...values]).toEqual([]);
  });

  it('says of what failed that it did', async () => {
    const act = () => Promise.reject(new UserError({ message: 'no', exit: 1 }));
    await expect(journalled(linked, { changes: 1 }, undefined, act)).rejects.toThrow('no');
    const [, run = ''] = listRuns(linked.state);
    expect(readJournal(linked.state, run).at(-1)).toMatchObject({ kind: 'close', after: { exit: 1 } });
  });
});

describe('one step', () => {
  it('that somebody else has done while the question stood leaves no run behind', async () => {
    let due = true;
    const applied: string[] = [];
    const result = await one(
      step(
        () => due,
        () => applied.push('x'),
      ),
      async () => {
        due = false;
      },
    );
    expect(result).toMatchObject({ changes: [], run: undefined });
    expect(applied).toEqual([]);
    expect(listRuns(linked.state)).toEqual([OLD]);
    expect(existsSync(join(linked.state, 'runs', OLD))).toBe(true);
  });
});
