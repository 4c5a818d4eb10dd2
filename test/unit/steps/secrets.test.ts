import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { Answer, Question } from '../../../src/core/ports.ts';
import { Outputs } from '../../../src/engine/outputs.ts';
import { Stamps } from '../../../src/engine/stamps.ts';
import type { Read, Write } from '../../../src/engine/step.ts';
import type { Wanted, WantedSecret } from '../../../src/manifest/wanted.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { readIndex, updateIndex } from '../../../src/secrets/index-file.ts';
import { keychainError } from '../../../src/secrets/keychain-problems.ts';
import { itemOf } from '../../../src/secrets/names.ts';
import type { SecretStore, StoreReport } from '../../../src/secrets/store.ts';
import { secretsStep } from '../../../src/steps/secrets.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { temporary } from '../../support/tools.ts';
import { wantedSecret } from '../../support/wanted-secret.ts';

const ORIGIN = 'https://prefect.example.com:443';

const secret = (name: string, more: Partial<WantedSecret> = {}): WantedSecret =>
  wantedSecret(name, { description: `what ${name} is`, ...more });

/** A store in memory that counts how often it is opened. */
class MemoryStore implements SecretStore {
  readonly name = 'keychain';
  readonly writable = true;
  readonly values = new Map<string, string>();
  calls: string[][] = [];
  report: StoreReport = { state: 'ok', message: '' };
  trouble: Error | undefined;

  probe = async (): Promise<StoreReport> => this.report;
  get: SecretStore['get'] = async items => {
    this.calls.push(items.map(item => item.user));
    if (this.trouble) throw this.trouble;
    return items.map(item => this.values.get(item.user));
  };
  set: SecretStore['set'] = async (item, value) => {
    this.values.set(item.user, value);
  };
  remove: SecretStore['remove'] = async item => this.values.delete(item.user);
}

let home: string;
let store: MemoryStore;
beforeEach(() => {
  home = temporary();
  store = new MemoryStore();
});

/** This workspace has stored something before: what the keychain holds is its own. */
async function used(): Promise<void> {
  await updateIndex(userPaths({ HOME: home }, 'linux').state, 'demo', { 'local/former': undefined });
}

function context(secrets: readonly WantedSecret[], more: Partial<Read> = {}): Read {
  const wanted = { workspace: 'demo', environment: 'local', secrets } as unknown as Wanted;
  return {
    root: home,
    wanted,
    env: {},
    path: '',
    paths: userPaths({ HOME: home }, 'linux'),
    linked: { id: 'x', name: 'demo', namespace: 'demo', state: join(home, 'state') },
    approved: true,
    ci: false,
    offline: false,
    recheck: false,
    outputs: new Outputs(),
    stamps: new Stamps(undefined),
    store,
    signal: new AbortController().signal,
    ...more,
  };
}

/** A writing context whose keychain port stores like the engine's, and whose person gives these answers. */
function writing(read: Read, answers: Record<string, Answer>) {
  const asked: Question[] = [];
  const events: RunEvent[] = [];
  const ctx: Write = {
    ...read,
    ask: async question => {
      asked.push(question);
      const answer = answers[question.id];
      if (!answer) throw new Error(`no answer to ${question.id}`);
      return answer;
    },
    emit: event => events.push(event),
    keychain: {
      set: async (name, value) => {
        const found = read.wanted.secrets.find(one => one.name === name);
        if (found) await read.store.set(itemOf('demo', 'local', found), value);
      },
    },
    run: 'run',
    files: undefined as unknown as Write['files'],
    spawn: undefined as unknown as Write['spawn'],
  };
  return { ctx, asked, events };
}

describe('looking', () => {
  test('no secrets: nothing is opened and uv gets nothing', async () => {
    const ctx = context([]);
    const { state, findings } = await secretsStep.inspect(ctx);
    expect(secretsStep.plan(state, ctx.wanted)).toEqual([]);
    expect(findings).toEqual([]);
    expect(await ctx.outputs.get('indexCredentials')).toEqual({});
    expect(store.calls).toEqual([]);
  });

  test.each([
    ['tok_abc', undefined],
    ['password', 'the pattern is "tok_[a-z]+"'],
    ['tok_abc ', 'ends with'],
    ['tok_abc\n', 'has 2 lines'],
    ['\u200Btok_abc', 'invisible'],
  ])('a variable that no prompt would take is told of, without its value: %j', async (value, problem) => {
    const fits = secret('a', { pattern: 'tok_[a-z]+' });
    const { findings } = await secretsStep.inspect(context([fits], { env: { A: value } }));
    expect(findings.map(({ id, level }) => [id, level])).toEqual(problem === undefined ? [] : [['HB320', 'warn']]);
    if (problem === undefined) return;
    expect(findings[0]?.message).toContain(problem);
    expect(JSON.stringify(findings)).not.toContain(value.trim());
  });

  test('variables satisfy; the rest is asked of the store in one call; what it lacks is a change', async () => {
    await used();
    store.values.set('*/b', 'stored');
    const secrets = [secret('a'), secret('b', { shared: true }), secret('c'), secret('d', { required: false })];
    const ctx = context(secrets, { env: { A: 'x', C: '' } });
    const { state, findings } = await secretsStep.inspect(ctx);
    expect(store.calls).toEqual([['*/b', 'local/c', 'local/d']]);
    expect(secretsStep.plan(state, ctx.wanted)).toEqual([
      {
        step: 'secrets',
        key: 'c',
        action: 'add',
        target: 'keychain item hotpass-bootstrap/demo local/c',
        certain: true,
        detail: 'what c is',
      },
    ]);
    expect(secretsStep.missing?.(state, ctx.wanted)).toEqual([
      {
        secret: 'c',
        required: true,
        ways: [
          'hotpass-bootstrap secrets set c --env local',
          'hotpass-bootstrap secrets set c --env local < FILE',
          'the variable C',
        ],
      },
      expect.objectContaining({ secret: 'd', required: false }),
    ]);
    expect(findings.map(({ id, level }) => [id, level])).toEqual([
      ['HB301', 'warn'],
      ['HB300', 'info'],
    ]);
    expect(JSON.stringify(state)).not.toContain('stored"');
  });

  test('what was there before this workspace stored anything is used only after a question', async () => {
    store.values.set('local/a', 'somebody else’s');
    const ctx = context([secret('a', { audience: ORIGIN })]);
    const { state } = await secretsStep.inspect(ctx);
    const [change] = secretsStep.plan(state, ctx.wanted);
    expect(change).toMatchObject({ action: 'change', key: 'a', detail: 'it was there before this folder was linked' });
    expect(secretsStep.missing?.(state, ctx.wanted)).toMatchObject([{ secret: 'a', required: true }]);
    await secretsStep.remember?.(state, ctx);
    expect(readIndex(ctx.paths.state, 'demo')).toEqual({});
  });

  test('what the store showed is remembered, and then the store is left alone', async () => {
    await used();
    store.values.set('local/a', 'stored');
    const ctx = context([secret('a')]);
    await secretsStep.remember?.((await secretsStep.inspect(ctx)).state, ctx);
    const again = await secretsStep.inspect(ctx);
    expect(secretsStep.plan(again.state, ctx.wanted)).toEqual([]);
    expect(store.calls).toHaveLength(1);
    await secretsStep.inspect({ ...ctx, recheck: true });
    expect(store.calls).toHaveLength(2);
    store.values.clear();
    await secretsStep.remember?.((await secretsStep.inspect({ ...ctx, recheck: true })).state, ctx);
    expect(readIndex(ctx.paths.state, 'demo')).toEqual({});
  });

  test.each([undefined, { id: 'x', name: 'demo', namespace: 'demo', state: '/nowhere', journalOnly: true } as const])(
    'a root that setup has approved nothing for opens nothing and says what is not certain',
    async linked => {
      const ctx = context([secret('a')], { linked });
      const { state, findings } = await secretsStep.inspect(ctx);
      expect(store.calls).toEqual([]);
      expect(secretsStep.plan(state, ctx.wanted)).toMatchObject([{ key: 'a', certain: false }]);
      expect(secretsStep.missing?.(state, ctx.wanted)).toEqual([]);
      expect(findings.map(one => one.id)).toEqual(['HB314']);
    },
  );

  test('the environment store: missing ones are named, none is promised to be stored', async () => {
    const env = { A: '' };
    const ctx = context([secret('a')], { env, store: environmentStore(env), linked: undefined, ci: true });
    const { state } = await secretsStep.inspect(ctx);
    expect(secretsStep.plan(state, ctx.wanted)).toEqual([]);
    expect(secretsStep.missing?.(state, ctx.wanted)).toEqual([
      { secret: 'a', required: true, ways: ['the variable A'] },
    ]);
  });

  test('a store that cannot answer is an error that says what needs it; optional secrets need none', async () => {
    store.trouble = keychainError('unlock prompt was dismissed', 'linux');
    await expect(secretsStep.inspect(context([secret('a'), secret('b', { required: false })]))).rejects.toMatchObject({
      exit: 69,
      why: expect.stringContaining('a (A)'),
    });
    const optional = context([secret('b', { required: false }), secret('c', { required: false, index: 'acme' })]);
    expect(secretsStep.plan((await secretsStep.inspect(optional)).state, optional.wanted)).toEqual([]);
  });

  test('an old secret is a warning', async () => {
    const ctx = context([secret('a', { maxAge: 0.001 })]);
    const { state } = await secretsStep.inspect(ctx);
    const change = secretsStep.plan(state, ctx.wanted)[0];
    if (!change) throw new Error('no change');
    await secretsStep.apply(change, writing(ctx, { 'secret:a': { kind: 'value', value: 'long enough' } }).ctx);
    await new Promise(resolve => setTimeout(resolve, 5));
    expect((await secretsStep.inspect(ctx)).findings.map(one => one.id)).toEqual(['HB304']);
  });
});

describe('asking', () => {
  test('the value is asked for, checked, stored and remembered; then nothing is left to do', async () => {
    const ctx = context([secret('a', { audience: ORIGIN, pattern: '[^:]+:.+', obtain: 'https://vault.example.com' })]);
    const [change] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!change) throw new Error('no change');
    const person = writing(ctx, { 'secret:a': { kind: 'value', value: 'user:canary-value\n' } });
    await secretsStep.apply(change, person.ctx);
    expect(store.values.get('local/a')).toBe('user:canary-value');
    const [question] = person.asked;
    if (question?.kind !== 'secret') throw new Error('no secret question');
    expect(question).toMatchObject({ message: `a (for ${ORIGIN})`, description: 'what a is', optional: false });
    expect(await question.validate('nonsense')).toContain('pattern');
    expect(await question.validate('user:pw')).toBeUndefined();
    expect(readIndex(ctx.paths.state, 'demo')['local/a']).toMatchObject({ store: 'keychain', audience: ORIGIN });
    expect(JSON.stringify([person.events, readIndex(ctx.paths.state, 'demo')])).not.toContain('canary');
    const calls = store.calls.length;
    expect(secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted)).toEqual([]);
    expect(store.calls).toHaveLength(calls);
    expect(await secretsStep.verify(person.ctx)).toEqual([]);
  });

  test('nobody is asked for what could not be kept', async () => {
    store.report = { state: 'locked', message: 'Your keychain is locked.', next: 'unlock it' };
    const ctx = context([secret('a')]);
    const [change] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!change) throw new Error('no change');
    const person = writing(ctx, {});
    await expect(secretsStep.apply(change, person.ctx)).rejects.toMatchObject({ exit: 69, next: 'unlock it' });
    expect(person.asked).toEqual([]);
  });

  test('a short value is stored and warned about; a skipped required one is an error', async () => {
    const ctx = context([secret('a'), secret('b')]);
    const [first, second] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!first || !second) throw new Error('two changes expected');
    const person = writing(ctx, { 'secret:a': { kind: 'value', value: 'DEBUG' }, 'secret:b': { kind: 'skipped' } });
    await secretsStep.apply(first, person.ctx);
    expect(person.events).toMatchObject([{ type: 'finding', finding: { id: 'HB303' } }]);
    expect(JSON.stringify(person.events)).not.toContain('DEBUG');
    await expect(secretsStep.apply(second, person.ctx)).rejects.toMatchObject({ exit: 3 });
  });
});

describe('an optional secret', () => {
  const extra = secret('extra', { required: false });
  const offering = (more: Partial<Read> = {}): Read => context([extra], { offerOptional: true, ...more });
  const changes = async (ctx: Read) => secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);

  test('is offered only where a person may be asked, and opens the store for nobody else', async () => {
    expect(await changes(context([extra]))).toEqual([]);
    expect(store.calls).toEqual([]);
    expect(await changes(offering())).toMatchObject([{ key: 'extra', action: 'add', certain: true }]);
    expect((await secretsStep.inspect(offering())).findings).toEqual([]);
  });

  test('is not asked for when it is there, given as a variable, or when the keychain does not answer', async () => {
    expect(await changes(offering({ env: { EXTRA: 'x' } }))).toEqual([]);
    store.trouble = keychainError('locked');
    expect(await changes(offering())).toEqual([]);
    store.trouble = undefined;
    await used();
    store.values.set('local/extra', 'there');
    expect(await changes(offering())).toEqual([]);
  });

  test('that is skipped is not offered again; one that is given is stored', async () => {
    const stamps = new Stamps(undefined);
    const ctx = offering({ stamps });
    const [change] = await changes(ctx);
    if (!change) throw new Error('no change');
    const skipping = writing(ctx, { 'secret:extra': { kind: 'skipped' } });
    await secretsStep.apply(change, skipping.ctx);
    expect(skipping.asked).toMatchObject([
      { optional: true, later: 'hotpass-bootstrap secrets set extra --env local' },
    ]);
    expect(await changes(offering({ stamps }))).toEqual([]);
    expect(await changes(offering())).toHaveLength(1);
    await secretsStep.apply(change, writing(ctx, { 'secret:extra': { kind: 'value', value: 'given-value' } }).ctx);
    expect(store.values.get('local/extra')).toBe('given-value');
  });
});

describe('index passwords', () => {
  const index = secret('acme', { index: 'acme-private', indexUser: 'dev' });

  test('are asked for first and handed to uv', async () => {
    const ctx = context([secret('z'), index]);
    const [first] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!first) throw new Error('no change');
    expect(first.key).toBe('acme');
    const credentials = ctx.outputs.get('indexCredentials');
    // uv waits for it.
    expect(await Promise.race([credentials, Promise.resolve('open')])).toBe('open');
    await secretsStep.apply(first, writing(ctx, { 'secret:acme': { kind: 'value', value: 'pass-word' } }).ctx);
    expect(await credentials).toEqual({
      UV_INDEX_ACME_PRIVATE_USERNAME: 'dev',
      UV_INDEX_ACME_PRIVATE_PASSWORD: 'pass-word',
    });
    // uv needs the value every time, so the store is read although the index knows that it is there.
    const next = context([index]);
    await secretsStep.inspect(next);
    expect(await next.outputs.get('indexCredentials')).toHaveProperty('UV_INDEX_ACME_PRIVATE_PASSWORD', 'pass-word');
  });

  test('are waited for until the last one is there', async () => {
    const ctx = context([index, secret('other', { index: 'b' }), secret('rare', { index: 'c', required: false })]);
    const changes = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    expect(changes.map(change => change.key)).toEqual(['acme', 'other']);
    let given: unknown;
    const waiting = ctx.outputs.get('indexCredentials').then(value => {
      given = value;
    });
    for (const change of changes) {
      expect(given).toBeUndefined();
      const answer = { kind: 'value', value: `of-${change.key}` } as const;
      await secretsStep.apply(change, writing(ctx, { [`secret:${change.key}`]: answer }).ctx);
    }
    await waiting;
    expect(given).toMatchObject({ UV_INDEX_ACME_PRIVATE_PASSWORD: 'of-acme', UV_INDEX_B_PASSWORD: 'of-other' });
  });

  test('stored for another origin reach uv only when the person says so', async () => {
    const at = (audience: string) => context([{ ...index, audience }]);
    const before = at('https://old.example.com:443');
    const [add] = secretsStep.plan((await secretsStep.inspect(before)).state, before.wanted);
    if (!add) throw new Error('no change');
    await secretsStep.apply(add, writing(before, { 'secret:acme': { kind: 'value', value: 'pass-word' } }).ctx);
    const ctx = at('https://new.example.com:443');
    const [change] = secretsStep.plan((await secretsStep.inspect(ctx)).state, ctx.wanted);
    if (!change) throw new Error('no change');
    const credentials = ctx.outputs.get('indexCredentials');
    expect(await Promise.race([credentials, Promise.resolve('open')])).toBe('open');
    await secretsStep.apply(change, writing(ctx, { 'origin:acme': { kind: 'value', value: 'same' } }).ctx);
    expect(await credentials).toHaveProperty('UV_INDEX_ACME_PRIVATE_PASSWORD', 'pass-word');
  });

  test("uv's own variables serve as well", async () => {
    const env = { UV_INDEX_ACME_PRIVATE_PASSWORD: 'p', UV_INDEX_ACME_PRIVATE_USERNAME: 'me' };
    const ctx = context([{ ...index, indexUser: undefined }], { env });
    const { state } = await secretsStep.inspect(ctx);
    expect(secretsStep.plan(state, ctx.wanted)).toEqual([]);
    expect(await ctx.outputs.get('indexCredentials')).toEqual(env);
    expect(store.calls).toEqual([]);
  });
});

describe('a new origin for a stored secret', () => {
  async function moved() {
    const before = context([secret('a', { audience: ORIGIN })]);
    const [add] = secretsStep.plan((await secretsStep.inspect(before)).state, before.wanted);
    if (!add) throw new Error('no change');
    await secretsStep.apply(add, writing(before, { 'secret:a': { kind: 'value', value: 'first-value' } }).ctx);
    const ctx = context([secret('a', { audience: 'https://new.example.com:443' })]);
    const { state } = await secretsStep.inspect(ctx);
    const [change] = secretsStep.plan(state, ctx.wanted);
    if (!change) throw new Error('no change');
    return { ctx, state, change };
  }

  test('is a change of its own and names the flag', async () => {
    const { ctx, state, change } = await moved();
    expect(change).toMatchObject({ action: 'change', from: ORIGIN, to: 'https://new.example.com:443' });
    expect(secretsStep.missing?.(state, ctx.wanted)[0]?.ways[0]).toBe(
      'hotpass-bootstrap setup --approve-origin https://new.example.com:443',
    );
  });

  test('the person keeps the value, or gives another one', async () => {
    const { ctx, change } = await moved();
    const choose = (value: string): Answer => ({ kind: 'value', value });
    const renew = writing(ctx, { 'origin:a': choose('new'), 'secret:a': choose('second-value') });
    await secretsStep.apply(change, renew.ctx);
    expect(renew.asked.map(question => question.kind)).toEqual(['select', 'secret']);
    expect(store.values.get('local/a')).toBe('second-value');
    home = temporary();
    store = new MemoryStore();
    const again = await moved();
    await secretsStep.apply(again.change, writing(again.ctx, { 'origin:a': choose('same') }).ctx);
    expect(readIndex(ctx.paths.state, 'demo')['local/a']?.audience).toBe('https://new.example.com:443');
    expect(secretsStep.plan((await secretsStep.inspect(again.ctx)).state, again.ctx.wanted)).toEqual([]);
  });
});
