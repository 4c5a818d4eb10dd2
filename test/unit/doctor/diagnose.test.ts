import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { UserError } from '../../../src/core/errors.ts';
import { finding } from '../../../src/core/findings.ts';
import type { StepId } from '../../../src/core/ids.ts';
import type { Check, MachineLook, WorkspaceLook } from '../../../src/doctor/check.ts';
import { diagnose, type LookedAt } from '../../../src/doctor/diagnose.ts';
import { storedSecrets } from '../../../src/doctor/secrets-stored.ts';
import { readContext, writeContext } from '../../../src/engine/context.ts';
import type { FilesPort, Step } from '../../../src/engine/step.ts';
import type { Wanted } from '../../../src/manifest/wanted.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { readIndex, updateIndex } from '../../../src/secrets/index-file.ts';
import type { SecretStore } from '../../../src/secrets/store.ts';
import { secretsStep } from '../../../src/steps/secrets.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { wantedOf } from '../../support/context.ts';
import { temporary } from '../../support/tools.ts';
import { wantedSecret } from '../../support/wanted-secret.ts';

const base = temporary();
const env = { HOME: base, PATH: '/usr/bin:/bin' };
mkdirSync(join(base, 'state'));
const abort = new AbortController();
const machine: MachineLook = {
  env,
  path: env.PATH,
  paths: userPaths(env),
  ci: false,
  offline: true,
  deep: false,
  store: environmentStore(env),
  signal: abort.signal,
};

function step(id: StepId, parts: Partial<Step>): Step {
  return {
    id,
    title: `step ${id}`,
    needs: [],
    verifyNeeds: [],
    inspect: async () => ({ state: undefined, findings: [] }),
    plan: () => [],
    apply: () => Promise.reject(new Error('doctor applies nothing')),
    verify: async () => [],
    ...parts,
  };
}

const change = (key: string, action: Change['action'] = 'add', certain = true): Change => ({
  step: 'python',
  key,
  action,
  target: key,
  certain,
});

function workspace(steps: readonly Step[], given: { approved?: boolean; wanted?: Partial<Wanted> } = {}): LookedAt {
  const linked = { id: 'x', name: 'w', namespace: 'w', state: join(base, 'state') };
  const approved = given.approved ?? true;
  const wanted = { ...wantedOf(base), ...given.wanted };
  const { paths, store } = machine;
  const parts = { wanted, env, paths, linked, approved, ci: false, offline: true, store, signal: abort.signal };
  const trusting = readContext({ ...parts, recheck: false });
  const write = writeContext(readContext({ ...parts, recheck: true }), {
    ask: () => Promise.reject(new Error('nothing is asked')),
    emit: () => {},
    run: '',
    files: {} as FilesPort,
    keychain: { set: async () => {} },
  });
  return { steps, write, trusting, grown: [] };
}

const check = (about: Check['about'], run: Check['run'], title = about): Check => ({ about, title, run }) as Check;
const stale = new UserError({ message: 'Stale.', exit: 1, id: 'HB221' });
const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);

describe('a diagnosis', () => {
  it('goes on where one check crashes', async () => {
    const checks = [
      check('machine', () => {
        throw new Error('at once');
      }),
      check('machine', () => Promise.reject(new Error('later'))),
      check('machine', async () => [finding('HB150', 'info', 'Told.', '')]),
    ];
    const { findings } = await diagnose(checks, machine, undefined, []);
    expect(ids(findings)).toEqual(['HB511', 'HB150']);
  });

  it('ends with the reason of a stop, and leaves no look behind that nobody waits for', async () => {
    const stop = new AbortController();
    const waits = check('machine', ({ signal }: MachineLook) => {
      stop.abort(new Error('stopped'));
      return new Promise<never>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('gone'))),
      );
    });
    const checks = [waits, check('machine', async () => [])];
    await expect(diagnose(checks, { ...machine, signal: stop.signal }, undefined, [])).rejects.toThrow('stopped');
  });

  it('asks the real things first, then looks at the rest; a step that waits keeps nobody waiting', async () => {
    const began: string[] = [];
    const begins = (what: string) => async () => {
      began.push(what);
      return [];
    };
    const checks = [check('machine', begins('machine')), check('workspace', begins('workspace'))];
    const steps = [
      step('uv', { verify: begins('uv') }),
      step('python', {
        inspect: async () => new Promise(done => setTimeout(done, 30, { state: undefined, findings: [] })),
      }),
      step('prefect', { verifyNeeds: ['python'], verify: begins('prefect') }),
    ];
    await diagnose(checks, machine, workspace(steps), []);
    expect(began).toEqual(['uv', 'prefect', 'machine', 'workspace']);
    began.length = 0;
    const slow = step('secrets', {
      inspect: async () => {
        while (!began.includes('workspace')) await new Promise(done => setTimeout(done, 10));
        return { state: undefined, findings: [] };
      },
    });
    await diagnose(checks, machine, workspace([slow]), []);
    expect(began).toEqual(['machine', 'workspace']);
  });

  it('leaves out the checks of a workspace where there is none', async () => {
    const checks = [check('machine', async () => []), check('workspace', () => Promise.reject(new Error('asked')))];
    expect((await diagnose(checks, machine, undefined, [])).parts.map(({ title }) => title)).toEqual(['machine']);
  });

  it('reads machine, steps, workspace, and tells the same thing once', async () => {
    const told = finding('HB150', 'warn', 'Told.', '');
    const checks = [check('workspace', async () => [told]), check('machine', async () => [told])];
    const looked = await diagnose(checks, machine, workspace([step('uv', { verify: async () => [told] })]), [told]);
    expect(looked.parts.map(({ title }) => title)).toEqual(['machine', 'step uv', 'workspace']);
    expect(ids(looked.findings)).toEqual(['HB150']);
  });

  it('leaves out a symptom whose cause it found', async () => {
    const stale = [finding('HB221', 'fail', 'Stale.', '')];
    const cause = check('workspace', async () => [finding('HB290', 'warn', 'Another index.', '')]);
    const steps = [step('python', { inspect: async () => ({ state: undefined, findings: stale }) })];
    expect(ids((await diagnose([], machine, workspace(steps), [])).findings)).toEqual(['HB221']);
    expect(ids((await diagnose([cause], machine, workspace(steps), [])).findings)).toEqual(['HB290']);
  });

  it.each([
    ['a port that only looks swapped', [], ['HB404', 'HB440'], ['HB440']],
    ['a profile that is not there', ['a', 'a'], ['HB206', 'HB267'], ['HB267']],
    ['a profile without a server', ['a', 'a'], ['HB268', 'HB206'], ['HB268']],
    ['another profile', ['a', 'a'], ['HB206', 'HB266'], ['HB206']],
    ['two mistakes with a command each', ['a', 'b'], ['HB206', 'HB267'], ['HB206', 'HB267']],
  ] as const)('tells once: %s', async (_, commands, found, told) => {
    const fix = (at: number) => (commands[at] === undefined ? undefined : { command: commands[at], safe: false });
    const checks = [check('machine', async () => found.map((id, at) => finding(id, 'warn', id, '', fix(at))))];
    expect(ids((await diagnose(checks, machine, undefined, [])).findings)).toEqual(told);
  });

  it('says nothing of changes where setup would end before the first one', async () => {
    const broken = step('python', { inspect: () => Promise.reject(stale) });
    const tasks = step('tasks', { plan: () => [{ ...change('task:t', 'run'), step: 'tasks' as const }] });
    expect(ids((await diagnose([], machine, workspace([broken, tasks]), [])).findings)).toEqual(['HB221']);
  });

  it('goes on where the inspection of a step fails, and frees those that wait for it', async () => {
    const steps = [
      step('uv', { inspect: () => Promise.reject(new Error('crash')) }),
      step('python', {
        inspect: async ctx => {
          const findings = [finding('HB112', 'info', `${await ctx.outputs.get('uv')}`, '')];
          return { state: await ctx.outputs.get('indexCredentials'), findings };
        },
      }),
    ];
    const { findings } = await diagnose([], machine, workspace(steps), []);
    expect(ids(findings)).toEqual(['HB511', 'HB112']);
  });

  it('verifies what is in order, and only that', async () => {
    const verified: string[] = [];
    const verify = (id: string) => async () => {
      verified.push(id);
      return [];
    };
    const steps = [
      step('uv', { verify: verify('uv') }),
      step('python', { plan: () => [change('sync')], verify: verify('python') }),
      step('prefect', { verifyNeeds: ['python'], verify: verify('prefect') }),
      step('readiness', { needs: ['python'], examine: verify('readiness') }),
    ];
    const { findings, parts } = await diagnose([], machine, workspace(steps), []);
    expect(verified).toEqual(['uv']);
    expect(ids(findings)).toEqual(['HB513']);
    expect(parts.filter(({ open }) => open).map(({ title }) => title)).toEqual([
      'step python',
      'step prefect',
      'step readiness',
    ]);
    await diagnose([], machine, workspace(steps, { approved: false }), []);
    expect(verified).toEqual(['uv']);
  });

  it('does not announce what it asks itself', async () => {
    const asks = step('prefect', { plan: () => [change('verify', 'run')], asks: ({ key }) => key === 'verify' });
    expect((await diagnose([], machine, workspace([asks]), [])).findings).toEqual([]);
  });

  it('believes the stamp of a task that cannot be asked, and no other', async () => {
    const task = { name: 't', inputs: [], run: ['true'], undo: undefined };
    // What a task says that was done before: due for those who trust no stamp.
    const tasks = step('tasks', {
      inspect: async ctx => ({ state: ctx.recheck, findings: [] }),
      plan: state => (state ? [{ ...change('task:t', 'run'), step: 'tasks' as const }] : []),
    });
    const unasked = workspace([tasks], { wanted: { tasks: [{ ...task, check: undefined }] } });
    expect((await diagnose([], machine, unasked, [])).findings).toEqual([]);
    const asked = workspace([tasks], { wanted: { tasks: [{ ...task, check: ['false'] }] } });
    const { findings } = await diagnose([], machine, asked, []);
    expect(findings).toMatchObject([{ id: 'HB513', fix: { command: 'hotpass-bootstrap setup --recheck' } }]);
  });

  it.each([
    ['adds', [change('a')], true, true],
    ['removes', [change('a'), change('b', 'remove')], true, false],
    ['may turn out to remove', [change('a', 'run', false)], true, false],
    ['was not approved', [change('a')], false, false],
  ])('calls setup safe only if nobody has to see the plan: it %s', async (_, changes, approved, safe) => {
    const looked = await diagnose([], machine, workspace([step('python', { plan: () => changes })], { approved }), []);
    expect(looked.findings).toMatchObject([{ id: 'HB513', fix: { command: 'hotpass-bootstrap setup', safe } }]);
  });

  it('calls no setup safe, whoever proposes it, where it is not known what it would do', async () => {
    const fix = { command: 'hotpass-bootstrap setup --only python', safe: true };
    const other = { command: 'chmod o-w x', safe: true };
    const checks = [
      check('machine', async () => [finding('HB110', 'warn', 'a', '', fix), finding('HB111', 'warn', 'b', '', other)]),
    ];
    const safe = async (steps: readonly Step[], approved = true) =>
      (await diagnose(checks, machine, workspace(steps, { approved }), [])).findings
        .filter(({ id }) => id === 'HB110' || id === 'HB111')
        .map(one => one.fix?.safe);
    expect(await safe([])).toEqual([true, true]);
    expect(await safe([], false)).toEqual([false, true]);
    expect(await safe([step('python', { plan: () => [change('a', 'remove')] })])).toEqual([false, true]);
    expect(await safe([step('python', { inspect: () => Promise.reject(new Error('x')) })])).toEqual([false, true]);
    const missing = () => [{ secret: 'token', required: true, ways: [] }];
    expect(await safe([step('secrets', { missing })])).toEqual([false, true]);
  });

  it('lets the index forget what the store says is gone, where the store may be asked', async () => {
    let remembered = 0;
    const remember = async () => {
      remembered += 1;
    };
    const missing = () => [{ secret: 'token', required: true, ways: [] }];
    await diagnose([], machine, workspace([step('secrets', { remember })]), []);
    await diagnose([], machine, workspace([step('secrets', { remember, missing })], { approved: false }), []);
    expect(remembered).toBe(0);
    await diagnose([], machine, workspace([step('secrets', { remember, missing })]), []);
    expect(remembered).toBe(1);
  });

  it('tells what cannot be kept, and everything else all the same', async () => {
    const remember = () => Promise.reject(new UserError({ message: 'No room.', exit: 1, id: 'HB155' }));
    const missing = () => [{ secret: 'token', required: true, ways: [] }];
    const { findings } = await diagnose([], machine, workspace([step('secrets', { remember, missing })]), []);
    expect(ids(findings)).toEqual(['HB514', 'HB155']);
  });

  it('lets the index forget only after the checks, however long they wait', async () => {
    const state = { user: 'local/token', namespace: 'w' };
    const kept = (): readonly string[] => Object.keys(readIndex(machine.paths.state, state.namespace));
    const entry = { storedAt: 1, checkedAt: 1, boot: 'b', audience: undefined };
    const secrets = [wantedSecret('token')];
    const store: SecretStore = {
      ...environmentStore(env),
      name: 'keychain',
      writable: true,
      get: async items => items.map(() => undefined),
    };
    const see = async (indexed: SecretStore['name']): Promise<string[]> => {
      await updateIndex(machine.paths.state, state.namespace, { [state.user]: { ...entry, store: indexed } });
      const at = workspace([secretsStep], { wanted: { secrets } });
      const late: Check = {
        ...storedSecrets,
        run: async (look: WorkspaceLook) => {
          await new Promise(done => setTimeout(done, 50));
          return storedSecrets.run(look);
        },
      } as Check;
      const looked = { ...at, write: { ...at.write, store }, trusting: { ...at.trusting, store } };
      return ids((await diagnose([late], machine, looked, [])).findings);
    };
    expect(await see('keychain')).toEqual(expect.arrayContaining(['HB330', 'HB514']));
    expect(kept()).toEqual([]);
    // What is in another store than the one that was asked may well be there still.
    for (const round of ['first', 'second']) {
      expect(await see('sealed-file'), round).toEqual(expect.arrayContaining(['HB331', 'HB514']));
      expect(kept(), round).toEqual([state.user]);
    }
  });

  it('names each missing secret with a command, and what was approved too little', async () => {
    const secrets = step('secrets', {
      plan: () => [{ ...change('token'), step: 'secrets' as const }],
      missing: () => [
        { secret: 'token', required: true, ways: ['TOKEN in the environment', 'hotpass-bootstrap secrets set token'] },
        { secret: 'other', required: false, ways: [] },
      ],
    });
    const at = { ...workspace([secrets]), grown: ['runs: make'] };
    expect((await diagnose([], machine, at, [])).findings).toMatchObject([
      { id: 'HB502' },
      { id: 'HB514', fix: { command: 'hotpass-bootstrap secrets set token', safe: false } },
    ]);
  });
});
