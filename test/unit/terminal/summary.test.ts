import { describe, expect, it } from 'vitest';
import { partOf } from '../../../src/terminal/looked-at.ts';
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

  const next = [
    { command: 'hotpass-bootstrap run -- python', what: 'runs a program with these settings' },
    { command: 'hotpass-bootstrap undo', what: 'takes back what this run changed' },
  ];
  const rows = [
    { label: 'Python', text: '3.11.2 in .venv, profile core', state: 'good' as const },
    { label: 'secrets', text: 'prefect-auth in your keychain', state: 'good' as const },
  ];
  const lines = (env: Record<string, string>, width: number): string[] =>
    summaryLines(
      { elapsed: 41_000, machine: 12_000, prompt: 29_000 },
      next,
      { style: styleFor({ LANG: 'C.UTF-8', ...env }, { isTTY: false }), width },
      rows,
    );

  it('says what is ready and names what to type next', () => {
    expect(lines({}, 80)).toEqual([
      '✔ ready in 41 s: 12 s machine, 29 s waiting for you',
      '  ✔ Python   3.11.2 in .venv, profile core',
      '  ✔ secrets  prefect-auth in your keychain',
      '',
      'What to type next:',
      '  hotpass-bootstrap run -- python  runs a program with these settings',
      '  hotpass-bootstrap undo           takes back what this run changed',
    ]);
  });

  it('puts purposes below the commands where they do not fit or are read aloud, and never breaks a command', () => {
    for (const [env, width] of [
      [{}, 40],
      [{ ACCESSIBLE: '1' }, 200],
    ] as const) {
      const said = lines(env, width);
      expect(said).toContain('  hotpass-bootstrap run -- python');
      expect(said).toContain('  hotpass-bootstrap undo');
      expect(said.every(line => line.length <= width)).toBe(true);
    }
  });

  it('says done, not ready, when not everything was looked at', () => {
    const style = styleFor({ LANG: 'C' }, { isTTY: false });
    expect(summaryLines({ elapsed: 1000, machine: 1000, prompt: 0 }, undefined, { style, width: 80 })).toEqual([
      '+ done in 1.0 s: 1.0 s machine',
    ]);
  });

  it('takes one line when idle', () => {
    expect(idleLine({ command: 'hotpass-bootstrap', environment: 'local', verifiedAgo: 3 * HOUR + 5 })).toBe(
      'hotpass-bootstrap: everything in order (local), verified 3 h ago',
    );
    expect(idleLine({ command: 'npx hotpass-bootstrap', environment: 'ci' })).toBe(
      'npx hotpass-bootstrap: everything in order (ci)',
    );
    const part = partOf(['uv', 'python']);
    expect(idleLine({ command: 'hotpass-bootstrap', environment: 'local', part })).toBe(
      'hotpass-bootstrap: in order (local; only uv and python were looked at)',
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
