import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { Interrupted, UserError } from '../../../src/core/errors.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { finding } from '../../../src/core/findings.ts';
import type { StepId } from '../../../src/core/ids.ts';
import { applyPlan, type StepResult } from '../../../src/engine/apply.ts';
import { Journal, readJournal, runStatus } from '../../../src/engine/journal.ts';
import { Outputs } from '../../../src/engine/outputs.ts';
import { makePlan, type Plan } from '../../../src/engine/plan.ts';
import type { Read, Step, Write } from '../../../src/engine/step.ts';
import { temporary } from '../../support/tools.ts';

const pause = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms));

interface Script {
  needs?: StepId[];
  verifyNeeds?: StepId[];
  changes?: Partial<Change>[];
  inspect?: (ctx: Read) => Promise<void>;
  apply?: (change: Change, ctx: Write) => Promise<void>;
  verify?: Step['verify'];
  independent?: boolean;
  asks?: (change: Change) => boolean;
}

function step(id: StepId, script: Script = {}): Step {
  const { needs = [], verifyNeeds = [], changes = [{}] } = script;
  return {
    id,
    title: id,
    needs,
    verifyNeeds,
    ...(script.independent === undefined ? {} : { independent: script.independent }),
    ...(script.asks === undefined ? {} : { asks: script.asks }),
    inspect: async ctx => {
      await script.inspect?.(ctx);
      return { state: undefined, findings: [] };
    },
    plan: () =>
      changes.map((change, i) => ({
        step: id,
        key: `${id}${i}`,
        action: 'run' as const,
        target: id,
        certain: true,
        ...change,
      })),
    apply: script.apply ?? (async () => {}),
    verify: script.verify ?? (async () => []),
  };
}

async function runSteps(steps: Step[], abort = new AbortController()) {
  const state = temporary();
  const journal = Journal.create(state, 'run', {});
  const events: RunEvent[] = [];
  const ctx = { outputs: new Outputs(), signal: abort.signal, wanted: {} } as unknown as Write;
  const plan: Plan = await makePlan(steps, ctx);
  const { results, findings } = await applyPlan(plan, {
    emit: event => events.push(event),
    journal,
    writeFor: () => ctx,
    verifyContext: ctx,
  });
  const status = Object.fromEntries(results.map((result: StepResult) => [result.id, result.status]));
  return { results, findings, status, events, records: readJournal(state, 'run') };
}

describe('carrying out a plan', () => {
  it('runs independent steps at the same time and dependent ones after their needs', async () => {
    const log: string[] = [];
    const slow = (name: string) => async () => {
      log.push(`${name} starts`);
      await pause(30);
      log.push(`${name} ends`);
    };
    await runSteps([
      step('uv', { apply: slow('uv') }),
      step('python', { needs: ['uv'], apply: slow('python') }),
      step('secrets', { apply: slow('secrets') }),
    ]);
    expect(log.indexOf('secrets starts')).toBeLessThan(log.indexOf('uv ends'));
    expect(log.indexOf('python starts')).toBeGreaterThan(log.indexOf('uv ends'));
  });

  it('verifies after the steps that the verification needs, but applies before them', async () => {
    const log: string[] = [];
    await runSteps([
      step('python', {
        apply: async () => {
          await pause(30);
          log.push('synchronised');
        },
      }),
      step('prefect', {
        verifyNeeds: ['python'],
        apply: async () => void log.push('profile written'),
        verify: async () => {
          log.push('asked Prefect');
          return [];
        },
      }),
    ]);
    expect(log).toEqual(['profile written', 'synchronised', 'asked Prefect']);
  });

  it('says of what could not be verified that it was not, and journals no question that was never put', async () => {
    const asked: string[] = [];
    const asks = (change: Change): boolean => change.key === 'ask';
    const apply = async (change: Change): Promise<void> => void asked.push(change.key);
    const { status, events, records } = await runSteps([
      step('python', { apply: async () => Promise.reject(new Error('no')) }),
      step('prefect', { verifyNeeds: ['python'], changes: [{ key: 'ask' }], asks, apply }),
      step('telemetry', { verifyNeeds: ['python'], changes: [{ key: 'write' }, { key: 'ask' }], asks, apply }),
      step('tasks', { needs: ['prefect'] }),
    ]);
    expect(status).toEqual({ python: 'failed', prefect: 'skipped', telemetry: 'done', tasks: 'skipped' });
    expect(asked).toEqual(['write']);
    expect(records.filter(record => record.kind === 'done').map(record => record.change?.key)).toEqual(['write']);
    const details = events.flatMap(event => (event.type === 'step-finished' ? [`${event.step}: ${event.detail}`] : []));
    expect(details).toEqual(
      expect.arrayContaining([
        'prefect: needs python',
        'telemetry: not verified, needs python',
        'tasks: needs prefect',
      ]),
    );
  });

  it('lets a failed step take down only what needs it', async () => {
    const failure = new UserError({ message: 'no', exit: 1 });
    const { status, results } = await runSteps([
      step('python', { apply: async () => Promise.reject(failure) }),
      step('prefect', { verifyNeeds: ['python'] }),
      step('tasks', { needs: ['python'] }),
      step('secrets'),
    ]);
    expect(status).toMatchObject({ python: 'failed', tasks: 'skipped', secrets: 'done' });
    expect(results.find(result => result.id === 'python')?.error).toBe(failure);
  });

  it('tries the other changes of a step whose changes do not build on each other', async () => {
    const tried: string[] = [];
    const apply = async (change: Change): Promise<void> => {
      tried.push(change.key);
      if (change.key === 'tasks0') throw new UserError({ message: 'no', exit: 1 });
    };
    const { status } = await runSteps([step('tasks', { changes: [{}, {}], independent: true, apply })]);
    expect(tried).toEqual(['tasks0', 'tasks1']);
    expect(status).toEqual({ tasks: 'failed' });
  });

  it('journals exactly the changes of the plan, each before and after it happens', async () => {
    const { records } = await runSteps([
      step('uv', { changes: [{ key: 'a' }, { key: 'b' }] }),
      step('python', { needs: ['uv'] }),
    ]);
    expect(records.map(record => `${record.kind} ${record.change?.key ?? ''}`.trim())).toEqual([
      'open',
      'intent a',
      'done a',
      'intent b',
      'done b',
      'intent python0',
      'done python0',
    ]);
    expect(records.map(record => record.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(runStatus(records)).toBe('open');
  });

  it('plans again, when its turn comes, what could not be known before', async () => {
    let known = false;
    const uncertain: Step = {
      ...step('python', { needs: ['uv'] }),
      inspect: async ctx => ({ state: await ctx.outputs.get('uv'), findings: [] }),
      plan: state => [
        {
          step: 'python',
          key: 'sync',
          action: 'run',
          target: state ? '12 packages' : '?',
          certain: state !== undefined,
        },
      ],
    };
    const { records } = await runSteps([
      step('uv', {
        apply: async (_, ctx) => {
          known = true;
          ctx.outputs.set('uv', { path: '/uv', version: '1' });
        },
      }),
      uncertain,
    ]);
    expect(known).toBe(true);
    expect(records.find(record => record.kind === 'intent' && record.step === 'python')?.change?.target).toBe(
      '12 packages',
    );
  });

  it('fails a step whose verification finds it wrong', async () => {
    const wrong = finding('HB999', 'fail', 'Prefect sees another profile.', 'PREFECT_PROFILE is set.', {
      command: 'unset PREFECT_PROFILE',
      safe: false,
    });
    const { results } = await runSteps([step('prefect', { verify: async () => [wrong] })]);
    expect(results[0]).toMatchObject({
      status: 'failed',
      error: { message: wrong.message, next: 'unset PREFECT_PROFILE', exit: 1 },
    });
  });

  it('stops at Ctrl-C: the running step ends as interrupted, the rest is not begun', async () => {
    const abort = new AbortController();
    const { results, status } = await runSteps(
      [
        step('uv', {
          apply: async (_, ctx) => {
            abort.abort(new Interrupted());
            ctx.signal.throwIfAborted();
          },
        }),
        step('python', { needs: ['uv'] }),
      ],
      abort,
    );
    expect(status).toEqual({ uv: 'failed', python: 'skipped' });
    expect(results[0]?.error).toMatchObject({ exit: 130 });
  });

  it('does not wait for ever for an output that nobody publishes', async () => {
    const { status } = await runSteps([
      step('python', {
        inspect: async ctx => {
          expect(await ctx.outputs.get('uv')).toBeUndefined();
        },
      }),
      step('tasks', {
        apply: async (_, ctx) => {
          expect(await ctx.outputs.get('indexCredentials')).toBeUndefined();
        },
      }),
    ]);
    expect(status).toEqual({ python: 'done', tasks: 'done' });
  });
});
