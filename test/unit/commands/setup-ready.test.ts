import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onboardingLine, readyRows } from '../../../src/commands/setup-ready.ts';
import type { Workspace } from '../../../src/engine/workspace.ts';
import type { EpisodeParts } from '../../../src/onboarding/events.ts';
import { temporary } from '../../support/tools.ts';

const HOUR = 3600;

function workspace(report: { baselines?: Record<string, number>; targets?: Record<string, number> }): Workspace {
  const root = temporary();
  mkdirSync(join(root, '.venv'));
  writeFileSync(join(root, '.venv', 'pyvenv.cfg'), 'home = /usr/bin\nversion_info = 3.11.2\n');
  const wanted = {
    root,
    environment: 'staging',
    python: { profile: 'full' },
    prefect: { profile: 'demo', apiUrl: 'https://prefect.example.com/api' },
    telemetry: { enabled: false, endpoint: undefined },
    envFile: { path: '.env.demo' },
    secrets: [
      { name: 'token', env: 'TOKEN', required: true },
      { name: 'login', env: 'LOGIN', required: true },
      { name: 'extra', env: 'EXTRA', required: false },
    ],
    baselines: {},
    targets: {},
    ...report,
  };
  return { wanted } as unknown as Workspace;
}

const episode = (more: Partial<EpisodeParts> = {}): EpisodeParts => ({
  elapsed: 41,
  machine: 12,
  prompt: 29,
  asked: 29,
  rework: 0,
  clock_suspect: false,
  blocked: 0,
  away: 0,
  blocked_by: {},
  runs: 1,
  ...more,
});

describe('the last screen', () => {
  it('has a row for each thing that is ready, and none for what there is not', () => {
    const rows = readyRows(workspace({}), 'keychain', episode(), {});
    expect(rows.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      'environment: staging',
      'Python: 3.11.2 in .venv, profile full',
      'Prefect: profile demo, https://prefect.example.com/api',
      'settings: .env.demo',
      'secrets: token, login in your keychain',
    ]);
  });

  it.each([
    ['keychain', { LOGIN: 'x' }, 'token in your keychain; login from environment variables'],
    ['sealed-file', { EXTRA: 'x' }, 'token, login in your sealed file'],
    ['vault', { TOKEN: '' }, 'token, login in Vault'],
    ['keychain', { LOGIN: 'x', TOKEN: 'x' }, 'token, login from environment variables'],
    ['environment', {}, 'token, login from environment variables'],
  ])('says where the secrets come from: %s, given %j', (store, env, text) => {
    const rows = readyRows(workspace({}), store, undefined, env);
    expect(rows.find(({ label }) => label === 'secrets')?.text).toBe(text);
  });

  it.each([
    [{}, undefined],
    [{ baselines: { 'onboarding-experienced': 2.5 * HOUR } }, 'the baseline is 2 h 30 min'],
    [{ baselines: { 'onboarding-new': 24 * HOUR } }, 'the baseline is 1 d'],
    [
      {
        baselines: { 'onboarding-experienced': 2.5 * HOUR, 'onboarding-new': 24 * HOUR },
        targets: { onboarding: 5400 },
      },
      'the baseline is 2 h 30 min (1 d for people who are new), the target is 1 h 30 min',
    ],
    [{ targets: { onboarding: 5400 } }, 'the target is 1 h 30 min'],
    [{ baselines: { qa: 60 }, targets: { qa: 60 } }, undefined],
  ])('compares with %j', (report, compared) => {
    expect(onboardingLine(episode(), workspace(report))).toBe(
      compared === undefined ? undefined : `onboarding took 41 s in 1 run; ${compared}`,
    );
    // Where nothing is counted (tests, agents) there is still something to compare with.
    expect(readyRows(workspace(report), 'keychain', undefined, {}).find(row => row.label === 'time')?.text).toBe(
      compared,
    );
  });

  it('says of several runs how long they were blocked', () => {
    expect(onboardingLine(episode({ runs: 3, elapsed: 2 * HOUR, blocked: HOUR }), workspace({}))).toBe(
      'onboarding took 2 h in 3 runs, 1 h of it blocked',
    );
  });
});
