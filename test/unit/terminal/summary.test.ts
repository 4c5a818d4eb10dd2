import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/terminal/style.ts';
import { ago, idleLine, readyLine, summaryLines } from '../../../src/terminal/summary.ts';

const HOUR = 3_600_000;

describe('summary', () => {
  it('says how long it took and who waited', () => {
    expect(readyLine({ elapsed: 41_000, machine: 12_000, prompt: 29_000 })).toBe(
      'ready in 41 s: 12 s machine, 29 s waiting for you',
    );
    expect(readyLine({ elapsed: 9000, machine: 9000, prompt: 0 })).toBe('ready in 9.0 s: 9.0 s machine');
    expect(readyLine({ elapsed: 26 * HOUR, machine: 60_000, prompt: 60_000, blocked: HOUR, away: 25 * HOUR })).toBe(
      'ready in 1 d 2 h: 1 min machine, 1 min waiting for you, 1 h blocked, 1 d 1 h away',
    );
  });

  it('names what to type next', () => {
    const style = styleFor({ LANG: 'C.UTF-8' }, { isTTY: false });
    expect(summaryLines({ elapsed: 41_000, machine: 12_000, prompt: 0 }, ['make qa'], style)).toEqual([
      '✔ ready in 41 s: 12 s machine',
      '',
      'What to type next:',
      '  make qa',
    ]);
  });

  it('takes one line when idle', () => {
    expect(idleLine({ command: 'hotpass-bootstrap', environment: 'local', verifiedAgo: 3 * HOUR + 5 })).toBe(
      'hotpass-bootstrap: everything in order (local), verified 3 h ago',
    );
    expect(idleLine({ command: 'npx hotpass-bootstrap', environment: 'ci' })).toBe(
      'npx hotpass-bootstrap: everything in order (ci)',
    );
  });

  it.each([
    [-5, 'just now'],
    [59_999, 'just now'],
    [60_000, '1 min ago'],
    [HOUR, '1 h ago'],
    [24 * HOUR, '1 day ago'],
    [71 * HOUR, '2 days ago'],
  ])('%d ms is %s', (ms, text) => {
    expect(ago(ms)).toBe(text);
  });
});
