import { describe, expect, it } from 'vitest';
import { finding } from '../../../src/core/findings.ts';
import { type DiagnosisToShow, doctorLines } from '../../../src/terminal/doctor-view.ts';
import { styleFor } from '../../../src/terminal/style.ts';
import { widthOf } from '../../../src/terminal/text.ts';

const server = finding('HB216', 'warn', 'Nothing answers at http://127.0.0.1:4200/api.', 'Flows need it.', {
  command: 'hotpass-bootstrap run -- prefect server start',
  safe: false,
});
const broken = finding('HB251', 'fail', 'The Python of .venv does not start.', 'It ended.', {
  command: 'hotpass-bootstrap setup --recheck',
  safe: true,
});
const note = finding('HB150', 'info', 'Node 20.19.0 is past its end of life.', 'No repairs come for it.');
const parts = [
  { title: 'Clock', about: 'machine', findings: [] },
  { title: 'HOME', about: 'machine', findings: [] },
  { title: 'Node', about: 'machine', findings: [note] },
  { title: 'uv', about: 'workspace', findings: [] },
  { title: 'Ready', about: 'workspace', findings: [], open: true },
] as const;
const shown = (more: Partial<DiagnosisToShow>): DiagnosisToShow => ({
  what: 'harbour (local)',
  parts,
  findings: [],
  fixable: 0,
  quiet: false,
  verbose: false,
  ...more,
});
const look = (width: number, env: Record<string, string> = { LANG: 'C.UTF-8' }) => ({
  style: styleFor(env, { isTTY: false }, { platform: 'linux' }),
  width,
  command: 'npx hotpass-bootstrap',
});

describe('what doctor shows', () => {
  it.each([40, 80, 200])('at %d columns', width => {
    const lines = doctorLines(shown({ findings: [note, server, broken], fixable: 1 }), look(width));
    expect(lines.join('\n')).toMatchSnapshot();
    // Commands are never broken.
    for (const line of lines) if (!line.includes('npx ')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  it('ends with what to type', () => {
    const last = (more: Partial<DiagnosisToShow>): string => doctorLines(shown(more), look(80)).at(-1) ?? '';
    expect(last({ findings: [broken], fixable: 1 })).toBe('  npx hotpass-bootstrap doctor --fix');
    expect(last({ findings: [note] })).toBe('Nothing needs attention; 1 thing worth knowing.');
    expect(last({})).toBe('Nothing needs attention.');
  });

  it('counts what needs attention, not what is worth knowing', () => {
    expect(doctorLines(shown({ findings: [note, server, broken] }), look(80)).join('\n')).toContain(
      '2 things need attention',
    );
    expect(doctorLines(shown({ findings: [note] }), look(80)).join('\n')).toContain('attention; 1 thing worth knowing');
  });

  it('calls nothing in order that could not be asked, and leaves that out when quiet', () => {
    expect(doctorLines(shown({}), look(80))[1]).toBe(
      '  ✔ 2 of the machine, 1 of the workspace in order (-v names them)',
    );
    const text = doctorLines(shown({ verbose: true }), look(80)).join('\n');
    expect(text).toContain('Clock, HOME, uv');
    expect(text).not.toContain('Ready');
    const quiet = doctorLines(shown({ quiet: true, findings: [note, server] }), look(80)).join('\n');
    expect(quiet).not.toMatch(/Clock|HB150/);
    expect(quiet).toContain('HB216');
  });

  it('is ASCII in an ASCII locale and has words when accessible', () => {
    const ascii = doctorLines(shown({ findings: [broken, note] }), look(80, { LANG: 'C' })).join('\n');
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    const words = doctorLines(shown({ findings: [broken] }), look(80, { LANG: 'C', ACCESSIBLE: '1' })).join('\n');
    expect(words).toContain('done: 2 of');
    expect(words).toContain('failed: The Python');
  });

  it('cleans what it did not write', () => {
    const evil = finding('HB1', 'fail', '\x1b[2J\u202e::error::x', '\x1b]0;x\x07', {
      command: 'a\x1b[2J',
      safe: false,
    });
    for (const line of doctorLines(shown({ what: '\x1b[2Jw', findings: [evil] }), look(80))) {
      expect(line).not.toMatch(/[\x1b\u202e]|^\s*::/);
    }
  });
});
