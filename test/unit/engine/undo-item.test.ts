import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { Journal, readJournal } from '../../../src/engine/journal.ts';
import { keychainPort, type SavedItem } from '../../../src/engine/keychain-port.ts';
import type { JournalRecord, Read } from '../../../src/engine/step.ts';
import { itemUndoable, undoItem } from '../../../src/engine/undo-item.ts';
import type { WantedSecret } from '../../../src/manifest/wanted.ts';
import { freshEntry, readIndex, updateIndex } from '../../../src/secrets/index-file.ts';
import { itemOf } from '../../../src/secrets/names.ts';
import type { SecretStore } from '../../../src/secrets/store.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { temporary } from '../../support/tools.ts';

const change: Change = { step: 'secrets', key: 'auth', action: 'add', target: 'item', certain: true };
const secret = { name: 'auth', env: 'AUTH', shared: false } as WantedSecret;
const USER = 'local/auth';

let state: string;
let values: Map<string, string>;
let store: SecretStore;
let ctx: Read;

beforeEach(() => {
  const home = temporary();
  state = join(home, 'workspace');
  values = new Map();
  store = {
    name: 'keychain',
    writable: true,
    probe: async () => ({ state: 'ok', message: '' }),
    get: async items => items.map(({ user }) => values.get(user)),
    set: async ({ user }, value) => void values.set(user, value),
    remove: async ({ user }) => values.delete(user),
  };
  const linked = { id: 'x', name: 'w', namespace: 'w', state };
  ctx = { store, linked, paths: userPaths({ HOME: home }, 'linux') } as unknown as Read;
});

/** Stores a value as a run does; returns what its journal says of it. */
async function stored(value: string, run = 'run'): Promise<{ saved: SavedItem; records: JournalRecord[] }> {
  const journal = Journal.create(state, run, {});
  const port = keychainPort(
    journal,
    change,
    store,
    [secret],
    one => itemOf('w', 'local', one),
    () => 1,
    user => readIndex(ctx.paths.state, 'w')[user],
  );
  await port.set('auth', value);
  await updateIndex(ctx.paths.state, 'w', { [USER]: freshEntry('keychain', undefined, true) });
  const records = readJournal(state, run).filter(record => record.change);
  return { saved: records.find(record => record.kind === 'saved')?.after as SavedItem, records };
}

describe('taking back a stored secret', () => {
  it('removes one that was new, and the index no longer says that it is there', async () => {
    const { saved, records } = await stored('first-value');
    expect(await itemUndoable(saved, records, ctx, false)).toBeUndefined();
    await undoItem(saved, ctx);
    expect([...values.keys()]).toEqual([]);
    expect(readIndex(ctx.paths.state, 'w')).toEqual({});
  });

  it('brings the former value back from its copy, and keeps no copy', async () => {
    values.set(USER, 'former-value');
    const { saved, records } = await stored('newer-value');
    expect(values.get('.journal/run/1')).toBe('former-value');
    expect(await itemUndoable(saved, records, ctx, false)).toBeUndefined();
    await undoItem(saved, ctx);
    expect([...values]).toEqual([[USER, 'former-value']]);
    expect(readIndex(ctx.paths.state, 'w')).toEqual({});
  });

  it('lets the former value go only where it could go before', async () => {
    values.set(USER, 'former-value');
    const former = freshEntry('keychain', 'https://old.example.com:443', true);
    await updateIndex(ctx.paths.state, 'w', { [USER]: former });
    const { saved } = await stored('newer-value');
    expect(readIndex(ctx.paths.state, 'w')[USER]?.audience).toBeUndefined();
    await undoItem(saved, ctx);
    expect(readIndex(ctx.paths.state, 'w')[USER]).toEqual(former);
  });

  it('can be done twice: the second time there is nothing left to do', async () => {
    values.set(USER, 'former-value');
    const { saved } = await stored('newer-value');
    await undoItem(saved, ctx);
    await undoItem(saved, ctx);
    expect([...values]).toEqual([[USER, 'former-value']]);
  });

  it('is refused when the copy is gone, or when a newer value was stored since', async () => {
    values.set(USER, 'former-value');
    const { saved, records } = await stored('newer-value');
    const old = records.map(record => ({ ...record, at: new Date(Date.now() - 3_600_000).toISOString() }));
    expect(await itemUndoable(saved, old, ctx, false)).toMatchObject({ reason: expect.stringContaining('anew') });
    expect(await itemUndoable(saved, old, ctx, true)).toBeUndefined();
    values.delete('.journal/run/1');
    expect(await itemUndoable(saved, records, ctx, false)).toMatchObject({ kind: 'refused' });
  });

  it('never has a value in the journal', async () => {
    values.set(USER, 'former-value');
    const { records } = await stored('newer-value');
    expect(JSON.stringify(records)).not.toMatch(/former-value|newer-value/);
  });
});
