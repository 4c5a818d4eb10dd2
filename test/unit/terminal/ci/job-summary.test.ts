import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../src/core/errors.ts';
import { finding } from '../../../../src/core/findings.ts';
import { type SetupStory, setupSummary } from '../../../../src/terminal/ci/job-summary.ts';
import { markdownBlock, markdownCode, markdownText } from '../../../../src/terminal/ci/markdown.ts';
import type { StepState } from '../../../../src/terminal/run-state.ts';

const step = (more: Partial<StepState>): StepState => ({
  id: 'python',
  title: 'Python environment',
  status: 'done',
  startedAt: 0,
  ms: 12_000,
  text: '',
  error: undefined,
  lines: [],
  ...more,
});

const story: SetupStory = {
  workspace: 'harbour',
  environment: 'local',
  exit: 0,
  elapsed: 15_200,
  machine: 15_200,
  steps: [
    step({}),
    step({ id: 'env-file', title: 'Environment file', ms: 3, status: 'in order' }),
    step({ id: 'tasks', title: 'Tasks', ms: 0, status: 'skipped', text: 'needs python' }),
  ],
  changes: new Map([['python', ['add .venv']]]),
  packages: { installed: 111, fetched: 0 },
  findings: [finding('HB216', 'warn', 'Nothing answers.', 'The profile is right.')],
  command: 'npx hotpass-bootstrap',
  redact: text => text,
};

describe('a job summary', () => {
  it('says how it ended, where the time went and what the cache was good for', () => {
    expect(setupSummary(story)).toMatchSnapshot();
  });

  it('says what went wrong, what the program said last and what to type', () => {
    const error = new UserError({
      id: 'HB222',
      message: 'The lock | is stale.',
      cause: 'pyproject.toml was <changed>.',
      next: 'hotpass-bootstrap setup',
      exit: 1,
    });
    const failed = {
      ...story,
      exit: 1,
      findings: [],
      steps: [step({ status: 'failed', error, lines: ['```', 'said'] })],
    };
    expect(setupSummary(failed)).toMatchSnapshot();
  });

  it('tells what stopped it before the first step, and an everyday run in two lines', () => {
    const error = new UserError({ message: 'A secret is missing.', details: ['auth:', '  the variable A'], exit: 3 });
    expect(setupSummary({ ...story, steps: [], exit: 3, findings: [], error })).toMatchSnapshot();
    expect(setupSummary({ ...story, steps: [], findings: [] })).toMatchSnapshot();
  });

  it('stays far below what GitHub refuses, and holds no secret', () => {
    const changes = new Map([['python', [`add ${'x'.repeat(100_000)}`]]]);
    const lines = Array.from({ length: 50 }, () => 'y'.repeat(8000));
    const huge = { ...story, changes, steps: [step({ status: 'failed', error: new Error('z'.repeat(9000)), lines })] };
    expect(Buffer.byteLength(setupSummary(huge))).toBeLessThan(1024 * 1024);
    const many = Array.from({ length: 40 }, () =>
      step({ status: 'failed', error: new UserError({ message: 'x'.repeat(4000), exit: 1 }) }),
    );
    expect(setupSummary({ ...story, exit: 1, steps: many })).toContain('too long for this page');
    const redacted = setupSummary({
      ...story,
      redact: text => text.replaceAll('canary', '…'),
      error: new UserError({
        message: 'canary',
        cause: 'canary',
        details: ['canary'],
        lines: ['canary'],
        next: 'x canary',
        exit: 1,
      }),
      findings: [finding('HB216', 'warn', 'canary', 'canary', { command: 'x canary', safe: false })],
      changes: new Map([['python', ['add canary']]]),
    });
    expect(redacted).not.toContain('canary');
  });
});

describe('text in Markdown', () => {
  const texts = fc.string({
    unit: fc.oneof(
      fc.constantFrom('`', '``', '|', '\\', '<', '&', '\n', '[x](y)', '**', '@'),
      fc.string({ maxLength: 1 }),
    ),
  });

  it('is one line, and ends no fence and no cell of a table', () => {
    fc.assert(
      fc.property(texts, text => {
        for (const line of [markdownText(text), markdownCode(text)]) {
          expect(line).not.toMatch(/[\n\r]/);
          expect(line).not.toContain('|');
          expect(line.replace(/^<code>|<\/code>$/g, '')).not.toMatch(/[<>]|(?<!\\)(\\\\)*[`*[\]@]/);
        }
        const [open = '', ...rest] = markdownBlock(text.split('\n'));
        const fence = /^`+/.exec(open)?.[0] ?? '';
        expect(rest.findIndex(line => line.startsWith(fence))).toBe(rest.length - 1);
      }),
    );
  });
});
