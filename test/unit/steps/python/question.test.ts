import { describe, expect, it } from 'vitest';
import { planPython } from '../../../../src/steps/python/changes.ts';
import { readAnswer } from '../../../../src/steps/python/question.ts';
import { Progress } from '../../../../src/steps/python/watch.ts';
import { wantedOf } from '../../../support/context.ts';

const json = (action: string, changes: unknown): string => JSON.stringify({ sync: { action, changes } });
const change = (name: string, version: string, action: string): unknown => ({ name, version, action });

describe("uv's answer", () => {
  it('tells an upgrade from an installation and a removal', () => {
    const changes = [
      change('a', '1', 'uninstalled'),
      change('a', '2', 'installed'),
      change('b', '1', 'installed'),
      change('c', '1', 'uninstalled'),
    ];
    expect(readAnswer(json('update', changes), '')).toMatchObject({
      creates: false,
      installs: ['b==1'],
      replaces: ['a'],
      removes: ['c==1'],
    });
  });

  it('knows how many distributions there will be', () => {
    expect(readAnswer(json('check', []), 'Checked 110 packages in 1ms\n').expected).toBe(110);
  });

  it('is read from the text of an old uv that gives no changes', () => {
    const text = 'Would install 2 packages\n + a==1\n ~ b==2\n - c==3\n';
    expect(readAnswer('{"sync":{"action":"update"}}', text)).toMatchObject({
      installs: ['a==1'],
      replaces: ['b'],
      removes: ['c==3'],
    });
  });

  it('survives entries it does not know', () => {
    expect(readAnswer(json('check', [null, 3, { name: 'a' }, change('b', '1', 'pondered')]), '').installs).toEqual([]);
  });
});

describe('the plan', () => {
  const state = {
    venv: 'whole' as const,
    unsure: undefined,
    answer: undefined,
    broken: [],
    unusable: undefined,
    inStep: false,
    present: 3,
    former: undefined,
  };

  it('names every package that would be removed', () => {
    const removes = Array.from({ length: 70 }, (_, i) => `p${i}==1`);
    const answer = { kind: 'answer' as const, creates: false, installs: [], replaces: [], removes, expected: 0 };
    const [planned] = planPython({ ...state, answer }, wantedOf('/w'));
    expect(planned).toMatchObject({ action: 'remove', target: '.venv: 70 packages', detail: removes.join(', ') });
  });

  it('announces a possible removal while nothing is certain', () => {
    const planned = planPython({ ...state, unsure: 'not approved' }, wantedOf('/w'));
    expect(planned.map(({ action, certain }) => [action, certain])).toEqual([
      ['change', false],
      ['remove', false],
    ]);
    const settled = planPython({ ...state, unsure: 'not approved', inStep: true }, wantedOf('/w'));
    expect(settled.map(({ action, certain }) => [action, certain])).toEqual([['change', false]]);
    const kept = { ...wantedOf('/w'), python: { ...wantedOf('/w').python, exact: false } };
    expect(planPython({ ...state, unsure: 'not approved' }, kept).map(({ action }) => action)).toEqual(['change']);
  });

  it('makes the environment anew when the project wants another Python', () => {
    const answer = {
      kind: 'answer' as const,
      creates: true,
      installs: ['a==1'],
      replaces: [],
      removes: [],
      expected: 0,
    };
    expect(planPython({ ...state, answer }, wantedOf('/w'))).toMatchObject([{ key: 'recreate', total: 1 }]);
  });
});

describe('progress', () => {
  it('follows the lines of a cold sync', () => {
    const progress = new Progress(3);
    const say = (line: string): string => {
      progress.take(line);
      return `${progress.phase}: ${progress.text}`;
    };
    expect(say('Resolved 119 packages in 1ms')).toBe('resolving: reading uv.lock, 3 packages');
    expect(say('Downloading prefect (6.7MiB)')).toBe('preparing: downloading, 0 of 1 large files, 3 packages');
    expect(say(' Downloaded prefect')).toBe('preparing: downloading, 1 of 1 large files, 3 packages');
    expect(say('   Building demo @ file:///home/ana/project')).toBe('preparing: building demo, 3 packages');
    expect(say('Prepared 3 packages in 1.90s')).toBe('installing: installing, 3 packages');
    expect(say('Installed 3 packages in 151ms')).toBe('done: installed, 3 packages');
    expect(progress.take(' + prefect==3.9.1')).toBe(false);
  });
});
