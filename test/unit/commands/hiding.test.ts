import { expect, it } from 'vitest';
import { hiderOf, hidingStore } from '../../../src/commands/hiding.ts';
import { openStore, type Session } from '../../../src/commands/session.ts';
import { Redactor } from '../../../src/core/redact.ts';
import { environmentStore } from '../../../src/secrets/environment.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { temporary } from '../../support/tools.ts';

const item = (env: string) => ({ service: 'hotpass-bootstrap/x', user: `local/${env}`, env });

function session(env: Record<string, string>, ci: boolean): Session {
  const home = temporary('hb-home-');
  const all = { HOME: home, ...env };
  return {
    env: all,
    paths: userPaths(all),
    ci,
    interactive: false,
    answers: { store: 'environment' },
    options: {},
    invocation: { command: { passThrough: false } },
    redactor: new Redactor(),
    abort: new AbortController(),
  } as unknown as Session;
}

it.each([false, true])('hides what any store hands out before a command has it; in CI: %s', async ci => {
  const here = session({ TOKEN: 'canary-of-a-store' }, ci);
  const { store } = await openStore(here, '');
  expect(here.redactor.clean('canary-of-a-store')).toBe('canary-of-a-store');
  expect(await store.get([item('TOKEN'), item('NONE')])).toEqual(['canary-of-a-store', undefined]);
  expect(here.redactor.clean('it said canary-of-a-store')).not.toContain('canary');
});

it('leaves all else of a store as it is', async () => {
  const env = { TOKEN: 'canary-of-a-store' };
  const { get: _, ...rest } = environmentStore(env);
  expect(hidingStore(environmentStore(env), await hiderOf(session(env, false)))).toMatchObject({
    name: rest.name,
    writable: rest.writable,
  });
});
