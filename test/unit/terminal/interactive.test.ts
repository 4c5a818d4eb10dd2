import { spawnSync } from 'node:child_process';
import vendors from 'ci-info/vendors.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { isAgent, isCI, isInteractive } from '../../../src/terminal/interactive.ts';
import { repository } from '../../support/tools.ts';

describe('isCI', () => {
  it.each([
    [{}, false],
    [{ CI: '' }, false],
    [{ CI: '0' }, false],
    [{ CI: 'false' }, false],
    [{ CI: 'False', GITHUB_ACTIONS: 'true' }, false],
    [{ CI: 'true' }, true],
    [{ CI: '1' }, true],
    [{ CI: 'woodpecker' }, true],
    [{ GITHUB_ACTIONS: 'true' }, true],
    [{ JENKINS_URL: 'x', BUILD_ID: '7' }, true],
    [{ TERM: 'xterm', HOME: '/root', LANG: 'C.UTF-8' }, false],
    [{ NODE: '/app/.heroku/node/bin/node' }, true],
    [{ NODE: '/usr/bin/node' }, false],
  ])('%o is %s', (env, expected) => {
    expect(isCI(env)).toBe(expected);
  });

  it('agrees with ci-info itself about every vendor it knows', () => {
    const environments = vendors.map(vendor => {
      const marks = [vendor.env].flat() as (string | Record<string, string | string[]>)[];
      return Object.assign(
        {},
        ...marks.map(mark => {
          if (typeof mark === 'string') return { [mark]: '1' };
          if ('includes' in mark) return { [String(mark['env'])]: `x${String(mark['includes'])}x` };
          if ('any' in mark) return { [String(mark['any']?.[0])]: '1' };
          return mark;
        }),
      ) as Record<string, string>;
    });
    const script = `
      const path = require.resolve('ci-info');
      const answers = JSON.parse(process.argv[1]).map(env => {
        for (const name of Object.keys(process.env)) delete process.env[name];
        Object.assign(process.env, env);
        delete require.cache[path];
        return require(path).isCI;
      });
      console.log(JSON.stringify(answers));`;
    const result = spawnSync(process.execPath, ['-e', script, JSON.stringify([...environments, {}])], {
      cwd: repository,
      encoding: 'utf8',
    });
    expect([...environments, {}].map(env => isCI(env))).toEqual(JSON.parse(result.stdout));
    expect(environments.length).toBeGreaterThan(40);
  });
});

describe('isAgent', () => {
  it.each(['CLAUDECODE', 'CURSOR_AGENT', 'CODEX_SANDBOX', 'GEMINI_CLI', 'AGENT', 'AI_AGENT'])('%s marks one', name => {
    expect(isAgent({ [name]: '1' })).toBe(true);
    expect(isAgent({ [name]: '' })).toBe(false);
  });

  it('does not take a person who configured an agent, or types in an editor, for one', () => {
    expect(isAgent({ ANTHROPIC_API_KEY: 'x', AIDER_MODEL: 'x', CURSOR_TRACE_ID: 'x', TERM_PROGRAM: 'vscode' })).toBe(
      false,
    );
  });
});

describe('isInteractive', () => {
  const person = { env: { TERM: 'xterm' }, stdinTTY: true, stderrTTY: true, noInput: false };
  it('needs both streams, nobody automatic, and no --no-input', () => {
    expect(isInteractive(person)).toBe(true);
    expect(isInteractive({ ...person, stdinTTY: false })).toBe(false);
    expect(isInteractive({ ...person, stderrTTY: undefined })).toBe(false);
    expect(isInteractive({ ...person, noInput: true })).toBe(false);
    expect(isInteractive({ ...person, env: { CI: 'true' } })).toBe(false);
    expect(isInteractive({ ...person, env: { CLAUDECODE: '1' } })).toBe(false);
    expect(isInteractive({ ...person, env: { CI: 'false' } })).toBe(true);
  });
});
