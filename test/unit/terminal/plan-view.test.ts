import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { finding } from '../../../src/core/findings.ts';
import { type PlanToShow, planLines } from '../../../src/terminal/plan-view.ts';
import { styleFor } from '../../../src/terminal/style.ts';
import { widthOf } from '../../../src/terminal/text.ts';

const changes: Change[] = [
  {
    step: 'self',
    key: 'link',
    action: 'add',
    target: '~/.local/bin/hotpass-bootstrap',
    to: '~/.local/share/hotpass-bootstrap/1.0.0',
    certain: true,
  },
  {
    step: 'python',
    key: 'sync',
    action: 'run',
    target: 'uv sync --locked --extra dev --extra docs --extra orchestration',
    detail: '57 packages',
    certain: false,
  },
  {
    step: 'python',
    key: 'removed',
    action: 'remove',
    target: '70 packages that uv.lock does not name',
    detail: 'black, ruff, flake8',
    certain: true,
  },
  {
    step: 'prefect',
    key: 'profile',
    action: 'change',
    target: 'profile hotpass-staging',
    from: 'http://127.0.0.1:4200/api',
    to: 'https://prefect.staging.example.com/api',
    certain: true,
  },
  {
    step: 'tasks',
    key: 'task:git hooks',
    action: 'run',
    target: 'git hooks',
    detail: 'uv run --no-sync pre-commit install',
    certain: true,
  },
];
const plan: PlanToShow = {
  workspace: 'hotpass',
  environment: 'staging',
  changes,
  approvals: [
    'command: uv run --no-sync pre-commit install',
    'secret prefect-auth as PREFECT_API_AUTH_STRING for https://prefect.staging.example.com:443',
  ],
  needs: [
    {
      secret: 'prefect-auth',
      required: true,
      ways: ['hotpass-bootstrap secrets set prefect-auth', 'PREFECT_API_AUTH_STRING in the environment'],
    },
    { secret: 'otlp-headers', required: false, ways: ['hotpass-bootstrap secrets set otlp-headers'] },
  ],
  findings: [
    finding('HB302', 'info', 'An info.', ''),
    finding('HB301', 'fail', 'The server at http://127.0.0.1:4200/api does not answer.', 'Nothing listens there.', {
      command: 'hotpass-bootstrap doctor --fix',
      safe: true,
    }),
  ],
};
const look = (width: number, env: Record<string, string> = { LANG: 'C.UTF-8' }) => ({
  style: styleFor(env, { isTTY: false }, { platform: 'linux' }),
  width,
  command: 'npx hotpass-bootstrap',
});

describe('planLines', () => {
  it.each([40, 80, 200])('at %d columns', width => {
    expect(planLines(plan, look(width)).join('\n')).toMatchSnapshot();
  });

  it('in an ASCII locale and with words when accessible', () => {
    const ascii = planLines(plan, look(100, { LANG: 'C' })).join('\n');
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    expect(ascii).toContain('4200/api -> https');
    const words = planLines(plan, look(80, { LANG: 'C.UTF-8', ACCESSIBLE: '1' })).join('\n');
    expect(words).toContain('4200/api to https');
    expect(words).toContain('failed: The server');
    expect(words).not.toMatch(/^ {2}[+~>-] /m);
  });

  it('paints added, changed, removed and run differently', () => {
    const style = styleFor({ LANG: 'C.UTF-8' }, { isTTY: true });
    const text = planLines(plan, { ...look(80), style }).join('\n');
    for (const group of ['\x1b[32mAdd', '\x1b[33mChange', '\x1b[31mRemove', '\x1b[36mRun'])
      expect(text).toContain(group);
  });

  it('says so when there is nothing to do', () => {
    expect(planLines({ workspace: 'hotpass', environment: 'local', changes: [] }, look(80))).toEqual([
      'hotpass (local): Everything is in order; nothing would change.',
    ]);
    const part = 'only uv was looked at';
    expect(planLines({ workspace: 'hotpass', environment: 'local', changes: [], part }, look(80))).toEqual([
      'hotpass (local): In order; only uv was looked at.',
    ]);
  });

  it('shows every change once, whatever stands in it, and nothing wider than the screen', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'B', ' ', '/', '\x1b[2J', '\n', '日', '\u202e'),
      maxLength: 60,
    });
    const change = fc.record({
      step: fc.constantFrom('uv', 'python', 'env-file' as const),
      key: word,
      action: fc.constantFrom('add', 'change', 'remove', 'run' as const),
      target: word,
      from: word,
      to: word,
      detail: word,
      certain: fc.boolean(),
    }) as fc.Arbitrary<Change>;
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 30, max: 200 }),
        (list, width) => {
          const lines = planLines({ workspace: 'w', environment: 'e', changes: list }, look(width));
          for (const line of lines) {
            expect(widthOf(line)).toBeLessThanOrEqual(width);
            expect(line).not.toMatch(/[\x1b\n\u202e]/);
          }
          expect(lines.filter(line => /^ {2}[+~>-] /.test(line)).length).toBeGreaterThanOrEqual(list.length);
        },
      ),
    );
  });
});
