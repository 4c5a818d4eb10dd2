import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { UserError } from '../../../src/core/errors.ts';
import { applyPlan } from '../../../src/engine/apply.ts';
import { dropCopies } from '../../../src/engine/drop-copies.ts';
import { dueCopies, expireCopies, keptCopies } from '../../../src/engine/expire-copies.ts';
import { filesPort } from '../../../src/engine/files-port.ts';
import { Journal, readJournal } from '../../../src/engine/journal.ts';
import { keeper } from '../../../src/engine/kept-text.ts';
import { Outputs } from '../../../src/engine/outputs.ts';
import { recover } from '../../../src/engine/recover.ts';
import type { FilesPort, Linked, Step, Write } from '../../../src/engine/step.ts';
import { carryOutUndo, planUndo } from '../../../src/engine/undo.ts';
import type { SecretStore } from '../../../src/secrets/store.ts';
import { temporary } from '../../support/tools.ts';

const VALUE = 'canary-kept-Lt40sWm18';
const LINE = `PREFECT_API_KEY = "${VALUE}"`;
const change: Change = { step: 'telemetry', key: 'file', action: 'change', target: 'x', certain: true };
const RUN = '20260101-000000-abcd';

let folder: string;
let path: string;
let linked: Linked;
let values: Map<string, string>;
let store: SecretStore;

beforeEach(() => {
  folder = temporary();
  path = join(folder, 'file');
  linked = { id: 'x', name: 'w', namespace: 'w', state: join(folder, 'state') };
  values = new Map();
  store = {
    name: 'keychain',
    writable: true,
    probe: async () => ({ state: 'ok', message: '' }),
    get: async items => items.map(({ service, user }) => values.get(`${service} ${user}`)),
    set: async ({ service, user }, value) => void values.set(`${service} ${user}`, value),
    remove: async ({ service, user }) => values.delete(`${service} ${user}`),
  };
});

/** One run with one change; @returns the error that it ended with. */
async function run(act: (files: FilesPort) => void, id = RUN): Promise<unknown> {
  const journal = Journal.create(linked.state, id, {});
  let copies = 0;
  const files = filesPort(
    journal,
    change,
    keeper(id, 'w', store, () => ++copies),
  );
  const ctx = { outputs: new Outputs(), signal: new AbortController().signal, root: folder, files } as unknown as Write;
  const step: Step = {
    id: 'telemetry',
    title: 'x',
    needs: [],
    verifyNeeds: [],
    inspect: async () => ({ state: undefined, findings: [] }),
    plan: () => [],
    apply: async (_, { files }) => act(files),
    verify: async () => [],
  };
  const entry = { step, state: undefined, changes: [change], findings: [], missing: [] };
  const plan = { steps: [entry], findings: [], missing: [], remember: async () => {} };
  const ports = { emit: () => {}, journal, writeFor: () => ctx, verifyContext: ctx };
  const { results } = await applyPlan(plan as unknown as Parameters<typeof applyPlan>[0], ports);
  journal.append({ kind: 'close' });
  return results[0]?.error;
}

function journalText(id = RUN): string {
  return readFileSync(join(linked.state, 'runs', id, 'journal.jsonl'), 'utf8');
}

async function undo(force = false): Promise<string[]> {
  const ctx = { store, linked } as unknown as Write;
  const plan = await planUndo(linked.state, [RUN], { steps: [], ctx, force });
  if (plan.refused.length > 0) return plan.refused.map(({ reason }) => reason);
  await carryOutUndo(linked.state, plan, [RUN], () => {}, new AbortController().signal);
  return [];
}

/** Replaces the part of the file between two marks. */
function region(files: FilesPort, before: string, after: string): void {
  const text = readFileSync(path, 'utf8');
  const offset = Buffer.byteLength(text.slice(0, text.indexOf(before)));
  const content = text.replace(before, () => after);
  files.replaceRegions(path, { content, regions: [{ offset, before, after }], mode: 0o600, expected: text });
}

describe('a text with a secret in it', () => {
  const ways: [string, (files: FilesPort) => void][] = [
    ['a region that goes', files => region(files, LINE, 'A = "1"')],
    ['a region that stays', files => region(files, LINE, `${LINE}\nA = "1"`)],
    ['a whole file', files => files.replaceWhole(path, 'ours\n')],
    ['a whole file that repeats it', files => files.replaceWhole(path, `${LINE}\nours\n`)],
    ['a file that is removed', files => files.removeWhole(path)],
  ];
  const text = `# mine\n${LINE}\nB = "2"\n`;

  it.each(ways)('is kept in the store, not in the journal, and comes back: %s', async (_, act) => {
    writeFileSync(path, text);
    expect(await run(act)).toBeUndefined();
    expect(existsSync(path) && readFileSync(path, 'utf8')).not.toBe(text);
    expect(journalText()).not.toContain(VALUE);
    expect([...values.keys()][0]).toBe(`hotpass-bootstrap/w .journal/${RUN}/1`);
    expect(await undo()).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect([...values.keys()]).toEqual([]);
  });

  it.each(ways)('is refused where no store can keep it: %s', async (_, act) => {
    writeFileSync(path, text);
    const whole = store;
    const locked = new UserError({ id: 'HB302', message: 'It is locked.', next: 'unlock it', exit: 69 });
    for (const [broken, cause, next] of [
      [{ ...whole, name: 'environment' as const, writable: false }, /none is used here/, /EDITOR/],
      [{ ...whole, set: () => Promise.reject(locked) }, /It is locked/, /unlock it/],
    ] as const) {
      store = broken;
      const error = await run(act, `${RUN.slice(0, -1)}${broken.name.length}`);
      expect(error).toMatchObject({ id: 'HB504', exit: 78 });
      expect((error as UserError).why).toMatch(cause);
      expect((error as UserError).next).toMatch(next);
      expect(readFileSync(path, 'utf8')).toBe(text);
      expect(journalText(`${RUN.slice(0, -1)}${broken.name.length}`)).not.toContain(VALUE);
    }
  });

  it('is not put back once the store has lost it, and nothing is touched', async () => {
    writeFileSync(path, text);
    await run(files => files.replaceWhole(path, 'ours\n'));
    values.clear();
    expect(await undo(true)).toEqual([expect.stringContaining('not kept any more')]);
    expect(readFileSync(path, 'utf8')).toBe('ours\n');
  });

  it.each(ways)('goes with the last copy of the secret that stands in it: %s', async (_, act) => {
    const item = { service: 'hotpass-bootstrap/w', user: 'local/key', env: 'PREFECT_API_KEY' };
    writeFileSync(path, text);
    await run(act);
    expect(await dropCopies(linked.state, item, store, ['OTHER_NAME'])).toBe(true);
    expect([...values.values()].join()).toContain(VALUE);
    expect(await dropCopies(linked.state, item, store, ['prefect_api_key'])).toBe(true);
    expect([...values.values()].join()).not.toContain(VALUE);
    expect(await undo()).toEqual([expect.stringContaining('not kept any more')]);
  });

  it('goes by a former value as well, and its going waits for a store that cannot answer', async () => {
    const item = { service: 'hotpass-bootstrap/w', user: 'local/key', env: 'OTHER_NAME' };
    writeFileSync(path, text);
    await run(files => files.replaceWhole(path, 'ours\n'));
    const locked = new UserError({ id: 'HB302', message: 'It is locked.', next: 'unlock it', exit: 69 });
    const broken = { ...store, get: () => Promise.reject(locked) };
    expect(await dropCopies(linked.state, item, broken, [VALUE])).toBe(false);
    expect(await dropCopies(linked.state, item, store, [VALUE])).toBe(true);
    expect([...values.keys()]).toEqual([]);
  });

  it('is not shown when undo is refused because the file was changed since', async () => {
    writeFileSync(path, text);
    await run(files => region(files, LINE, `${LINE}\nA = "1"`));
    writeFileSync(path, `C = "3"\nMY_TOKEN=${VALUE}\n`);
    const plan = await planUndo(linked.state, [RUN], {
      steps: [],
      ctx: { store, linked } as unknown as Write,
      force: false,
    });
    expect(plan.refused[0]?.diff).toContain('+ C = "3"');
    expect(JSON.stringify(plan)).not.toContain(VALUE);
  });

  it('comes back byte for byte wherever it stands, and never meets the journal', async () => {
    const noise = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(part => !/[A-Z_]{3,}/.test(part));
    const secret = fc.constantFrom(
      LINE,
      `url = "https://me:${VALUE}@pkg.test/simple"`,
      `export MY_TOKEN='${VALUE}'`,
      `note pnu_${VALUE.replaceAll('-', '')}`,
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(noise, secret, noise, noise, async (head, middle, tail, ours) => {
        const id = `20260101-000000-${(++count).toString(16).padStart(4, '0')}`;
        const former = `${head}\n${middle}\n${tail}`;
        writeFileSync(path, former);
        expect(await run(files => region(files, middle, ours), id)).toBeUndefined();
        expect(journalText(id)).not.toMatch(/canary|Lt40sWm18/);
        const ctx = { store, linked } as unknown as Write;
        const plan = await planUndo(linked.state, [id], { steps: [], ctx, force: false });
        for (const step of plan.steps) await step.act();
        expect(readFileSync(path, 'utf8')).toBe(former);
      }),
      { numRuns: 40 },
    );
  });
});

describe('looking at what can be taken back', () => {
  /** Two files with a secret each, and two secrets that replaced others. */
  async function twoOfEach(): Promise<void> {
    const other = join(folder, 'other');
    for (const file of [path, other]) writeFileSync(file, LINE);
    await run(files => {
      files.replaceWhole(path, 'ours');
      files.replaceWhole(other, 'ours');
    });
    const journal = Journal.reopen(linked.state, RUN);
    for (const user of ['local/a', 'local/b']) {
      const item = { service: 'hotpass-bootstrap/w', user };
      const copy = { ...item, user: `.journal/${RUN}/${user.at(-1)}` };
      for (const { user: name } of [item, copy]) values.set(`hotpass-bootstrap/w ${name}`, 'former');
      const stored: Change = { ...change, step: 'secrets', key: user };
      journal.append({ kind: 'intent', step: 'secrets', change: stored });
      journal.append({ kind: 'saved', step: 'secrets', change: stored, after: { item, copy } });
      journal.append({ kind: 'done', step: 'secrets', change: stored });
    }
  }

  async function look(get: SecretStore['get']) {
    const ctx = { store: { ...store, get }, linked, paths: { state: folder } } as unknown as Write;
    return planUndo(linked.state, [RUN], { steps: [], ctx, force: false });
  }

  it('asks the store once, however much it keeps for the run', async () => {
    await twoOfEach();
    let asked = 0;
    const plan = await look(items => {
      asked += 1;
      return store.get(items);
    });
    expect(plan.refused).toEqual([]);
    expect(plan.steps).toHaveLength(4);
    expect(asked).toBe(1);
  });

  it('asks for one at a time when not all can be read, and says what of them is gone', async () => {
    await twoOfEach();
    values.delete(`hotpass-bootstrap/w .journal/${RUN}/b`);
    const large = new UserError({ id: 'HB303', message: 'That was too much.', exit: 69 });
    const plan = await look(async items => (items.length > 2 ? Promise.reject(large) : store.get(items)));
    expect(plan.steps).toHaveLength(3);
    expect(plan.refused.map(({ reason }) => reason)).toEqual([expect.stringContaining('local/b is not kept any more')]);
  });
});

describe('what the store keeps for undo', () => {
  const age = (days: number): void => {
    const file = join(linked.state, 'runs', RUN, 'journal.jsonl');
    const at = new Date(Date.now() - days * 86_400_000);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"at":"[^"]+"/g, `"at":"${at.toISOString()}"`));
    utimesSync(join(linked.state, 'runs', RUN), at, at);
  };

  it('is deleted after 14 days, once', async () => {
    writeFileSync(path, LINE);
    await run(files => files.replaceWhole(path, 'ours'));
    age(13);
    await expireCopies(linked, store);
    expect(values.size).toBe(1);
    age(15);
    await expireCopies(linked, store);
    expect(values.size).toBe(0);
    let calls = 0;
    await expireCopies(linked, { ...store, remove: async () => ++calls > 0 });
    expect(calls).toBe(0);
  });

  it('is deleted for a run that was killed before it could name it', async () => {
    Journal.create(linked.state, RUN, {}).append({ kind: 'intent', step: 'telemetry', change });
    values.set(`hotpass-bootstrap/w .journal/${RUN}/1`, VALUE);
    recover(linked.state, folder, () => {});
    age(15);
    await expireCopies(linked, store);
    expect(values.size).toBe(0);
  });

  const LOCKED = new UserError({ id: 'HB302', message: 'It is locked.', next: 'unlock it', exit: 69 });

  it('is deleted later when an undo could not delete it, and its journal stays until then', async () => {
    writeFileSync(path, LINE);
    await run(files => files.replaceWhole(path, 'ours'));
    store = { ...store, remove: () => Promise.reject(LOCKED) };
    expect(await undo()).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(LINE);
    expect(values.size).toBe(1);
    const user = `.journal/${RUN}/1`;
    expect(dueCopies(linked).map(copy => copy.user)).toEqual([user]);
    expect(keptCopies(linked.state)).toEqual([user]);
    for (let n = 0; n < 12; n++)
      Journal.create(linked.state, `20270101-0000${n + 10}-abcd`, {}).append({ kind: 'close' });
    age(40);
    recover(linked.state, folder, () => {});
    expect(readJournal(linked.state, RUN)).not.toEqual([]);
    store = { ...store, remove: async ({ service, user: name }) => values.delete(`${service} ${name}`) };
    await expireCopies(linked, store);
    expect(values.size).toBe(0);
    expect(dueCopies(linked)).toEqual([]);
    expect(keptCopies(linked.state)).toEqual([]);
    age(40);
    recover(linked.state, folder, () => {});
    expect(readJournal(linked.state, RUN)).toEqual([]);
  });

  it('is deleted for a piece that an undo has left as it is', async () => {
    writeFileSync(path, `${LINE}\n`);
    await run(files => region(files, LINE, 'A = "1"'));
    writeFileSync(path, 'B = "2"\n');
    const ctx = { store, linked } as unknown as Write;
    const plan = await planUndo(linked.state, [RUN], { steps: [], ctx, force: false });
    expect(plan.refused).toHaveLength(1);
    await carryOutUndo(linked.state, plan, [RUN], () => {}, new AbortController().signal);
    expect(values.size).toBe(1);
    expect(dueCopies(linked)).toHaveLength(1);
    await expireCopies(linked, store);
    expect(values.size).toBe(0);
  });

  it('keeps its journal while the store cannot delete it', async () => {
    writeFileSync(path, LINE);
    await run(files => files.replaceWhole(path, 'ours'));
    for (let n = 0; n < 12; n++)
      Journal.create(linked.state, `20270101-0000${n + 10}-abcd`, {}).append({ kind: 'close' });
    age(40);
    const gone = new UserError({ id: 'HB303', message: 'gone', exit: 69 });
    await expireCopies(linked, { ...store, remove: () => Promise.reject(gone) });
    recover(linked.state, folder, () => {});
    expect(readJournal(linked.state, RUN)).not.toEqual([]);
    await expireCopies(linked, store);
    age(40);
    recover(linked.state, folder, () => {});
    expect(readJournal(linked.state, RUN)).toEqual([]);
    expect(values.size).toBe(0);
  });
});
