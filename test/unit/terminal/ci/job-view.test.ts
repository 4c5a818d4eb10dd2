import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/core/events.ts';
import { Redactor } from '../../../../src/core/redact.ts';
import { githubGroup, gitlabSection } from '../../../../src/terminal/ci/folds.ts';
import { JobView } from '../../../../src/terminal/ci/job-view.ts';
import { styleFor } from '../../../../src/terminal/style.ts';
import { runnerCommands } from '../../../support/github-runner.ts';

const style = styleFor({ LANG: 'C.UTF-8' }, { isTTY: false });

/** The log of a run of two steps at the same time, one of which says these lines. */
function logOf(
  folding: typeof githubGroup,
  lines: readonly string[],
  title = 'Python environment',
  redact = (t: string) => t,
) {
  let log = '';
  const write = (line: string): void => {
    log += `${line}\n`;
  };
  const view = new JobView({ style, command: 'hotpass-bootstrap', redact, write }, folding, text => {
    log += text;
  });
  const events: RunEvent[] = [
    {
      type: 'run-started',
      run: 'r',
      steps: [
        { id: 'python', title },
        { id: 'env-file', title: 'Environment file' },
      ],
    },
    { type: 'step-started', step: 'python', title },
    { type: 'step-started', step: 'env-file', title: 'Environment file' },
    ...lines.map(line => ({ type: 'child-line' as const, step: 'python' as const, line })),
    { type: 'step-finished', step: 'env-file', status: 'done', ms: 3 },
    { type: 'step-finished', step: 'python', status: 'done', ms: 1234, detail: lines[0] ?? '' },
    { type: 'run-finished', exit: 0 },
  ];
  for (const event of events) view.listen(event);
  view.stop();
  return log;
}

/** Sections as GitLab's parser of logs finds them (gitlab, `Gitlab::Regex.build_trace_section_regex`). */
function sections(log: string): string[][] {
  return [
    ...log.matchAll(/section_((?:start)|(?:end)):(\d+):([a-zA-Z0-9_.-]+)((?:\[[a-zA-Z0-9_]+=[^\]]*\])?)\r\x1b\[0K/g),
  ].map(([, kind = '', at = '', name = '', options = '']) => [kind, at, name, options]);
}

/** Lines of children that mean harm, and any others. */
const hostile = fc.array(
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '::set-env name=A::b',
          '::add-mask::a',
          '::endgroup::',
          '::stop-commands::x',
          '##[error]x',
          '##[set-env name=A]b',
          '##vso[task.setvariable variable=A]b',
          'section_end:1:hotpass_bootstrap_python\r\x1b[0K',
          '\x1b[0Ksection_start:1:x[collapsed=true]\r\x1b[0K',
          ' ',
          '\t',
          '\r',
          '\n',
          '\v',
          '\f',
          '\x85',
          '\u2028',
          '\ufeff',
          '\u200b',
          ':',
          '::',
        ),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 6 },
    )
    .map(parts => parts.join('')),
  { maxLength: 6 },
);

describe('the log of a job', () => {
  it('folds what a program said above the end of its step', () => {
    const log = logOf(githubGroup, ['Resolved 3 packages', 'Installed 3 packages']);
    expect(log.split('\n')).toEqual([
      'Python environment: started',
      'Environment file: started',
      'Environment file: done',
      '::group::Python environment: what was said',
      'Resolved 3 packages',
      'Installed 3 packages',
      '::endgroup::',
      'Python environment: done in 1.2 s (Resolved 3 packages)',
      '',
    ]);
  });

  it('gives GitHub no command but our own, whatever programs and manifests say', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('Tasks', '::error::x', 'a\n::set-output name=x::y'), (lines, title) => {
        const names = runnerCommands(logOf(githubGroup, lines, title)).map(({ name }) => name);
        expect(names).toEqual(names.length === 0 ? [] : ['group', 'endgroup']);
      }),
    );
  });

  it('gives GitLab one section with its times, folded, and no other', () => {
    const [start, end, ...more] = sections(logOf(gitlabSection, ['said']));
    expect(start).toEqual(['start', expect.stringMatching(/^\d{10}$/), 'hotpass_bootstrap_python', '[collapsed=true]']);
    expect(end?.slice(0, 1)).toEqual(['end']);
    expect(Number(end?.[1])).toBeGreaterThanOrEqual(Number(start?.[1]));
    expect(more).toEqual([]);
    fc.assert(
      fc.property(hostile, lines => {
        const found = sections(logOf(gitlabSection, lines)).map(([kind]) => kind);
        expect(found).toEqual(found.length === 0 ? [] : ['start', 'end']);
      }),
    );
  });

  it('holds no secret that is known, and no more lines than somebody reads', () => {
    const redactor = new Redactor();
    redactor.add('canary-in-a-child');
    expect(logOf(githubGroup, ['it is canary-in-a-child'], 'x', redactor.clean)).not.toContain('canary-in');
    const log = logOf(
      githubGroup,
      Array.from({ length: 3000 }, (_, index) => `line ${index}`),
    );
    expect(log).toContain('(1000 lines before are left out)');
    expect(log).toContain('line 2999');
  });

  it('shows what was said so far when the run is stopped', () => {
    let log = '';
    const add = (text: string): void => {
      log += text;
    };
    const view = new JobView({ style, command: 'x', redact: text => text, write: add }, githubGroup, add);
    view.listen({ type: 'step-started', step: 'python', title: 'Python environment' });
    view.listen({ type: 'child-line', step: 'python', line: 'half way' });
    view.stop();
    expect(log).toContain('half way\n::endgroup::');
  });
});
