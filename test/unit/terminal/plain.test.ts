import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import type { Finding } from '../../../src/core/findings.ts';
import { Plain } from '../../../src/terminal/plain.ts';
import { styleFor } from '../../../src/terminal/style.ts';

function plain(style = styleFor({ LANG: 'C.UTF-8' }, { isTTY: false })) {
  const lines: string[] = [];
  const clock = { now: 0 };
  const view = new Plain({
    style,
    command: 'hotpass-bootstrap',
    redact: text => text.replaceAll('hunter2', '‹redacted›'),
    write: line => lines.push(line),
    now: () => clock.now,
  });
  view.listen({ type: 'run-started', run: 'r', steps: [{ id: 'python', title: 'python' }] });
  return { view, lines, clock };
}

describe('Plain', () => {
  it('writes one line a change of state, and nothing for mere progress', () => {
    const { view, lines, clock } = plain();
    view.listen({ type: 'step-started', step: 'python', title: 'python' });
    view.listen({ type: 'step-progress', step: 'python', text: 'Resolving' });
    view.listen({ type: 'child-line', step: 'python', line: 'x' });
    clock.now = 41_000;
    view.listen({ type: 'step-finished', step: 'python', status: 'done', ms: 41_000, detail: '57 packages' });
    view.listen({ type: 'run-finished', exit: 0 });
    expect(lines).toEqual(['python: started', 'python: done in 41 s (57 packages)']);
  });

  it('is never silent for more than ten seconds while something runs', () => {
    const { view, lines, clock } = plain();
    view.listen({ type: 'step-started', step: 'python', title: 'python' });
    view.listen({ type: 'step-progress', step: 'python', text: 'Syncing hunter2' });
    const at: number[] = [0];
    for (; clock.now <= 35_000; clock.now += 1000) {
      const before = lines.length;
      view.tick();
      if (lines.length > before) at.push(clock.now);
    }
    view.stop();
    expect(lines.slice(1)).toEqual([
      'python: still syncing ‹redacted›, 10 s',
      'python: still syncing ‹redacted›, 20 s',
      'python: still syncing ‹redacted›, 30 s',
    ]);
    expect(at).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('shows a finding in colour with the same words as without', () => {
    const finding: Finding = {
      id: 'HB303',
      level: 'warn',
      message: 'A value will hardly be hidden.',
      cause: 'It is short.',
      fix: { command: 'hotpass-bootstrap doctor', safe: false },
      docs: 'docs/findings/HB303.md',
    };
    const told = (env: Record<string, string>): string[] => {
      const { view, lines } = plain(styleFor({ LANG: 'C.UTF-8', ...env }, { isTTY: false }));
      view.listen({ type: 'finding', finding });
      return lines;
    };
    const bare = told({});
    expect(bare).toEqual([
      expect.stringMatching(/^\S.* A value will hardly be hidden\. \(HB303\)$/),
      '    It is short.',
      '    hotpass-bootstrap doctor',
    ]);
    const coloured = told({ FORCE_COLOR: '1' });
    expect(coloured).not.toEqual(bare);
    expect(coloured.map(line => stripVTControlCharacters(line))).toEqual(bare);
  });

  it('shows a failure in full at once, and lets no child command a CI service', () => {
    const { view, lines } = plain();
    view.listen({ type: 'step-started', step: 'python', title: 'python' });
    view.listen({ type: 'note', text: '::error::\x1b[31mnot a command hunter2' });
    const error = new UserError({
      message: 'm.',
      cause: 'c.',
      next: 'hotpass-bootstrap doctor',
      exit: 1,
      lines: ['##[error]x'],
    });
    view.listen({ type: 'step-finished', step: 'python', status: 'failed', ms: 100, error });
    view.stop();
    expect(lines).toEqual([
      'python: started',
      ': :error::not a command ‹redacted›',
      'python: failed',
      '✖ m.',
      '  c.',
      '  It said last:',
      '  | # #[error]x',
      'Next: hotpass-bootstrap doctor',
    ]);
  });

  it('waits with its lines while a question is open', () => {
    const { view, lines, clock } = plain();
    view.listen({ type: 'step-started', step: 'python', title: 'python' });
    view.listen({ type: 'question-opened', id: 'q' });
    clock.now = 60_000;
    view.tick();
    view.listen({ type: 'step-finished', step: 'python', status: 'done', ms: 60_000 });
    expect(lines).toEqual(['python: started']);
    view.listen({ type: 'question-closed', id: 'q' });
    view.stop();
    expect(lines).toEqual(['python: started', 'python: done in 1 min']);
  });
});
