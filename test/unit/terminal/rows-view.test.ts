import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Row, rowLines } from '../../../src/terminal/rows-view.ts';
import { styleFor } from '../../../src/terminal/style.ts';
import { homely, widthOf } from '../../../src/terminal/text.ts';

const rows: Row[] = [
  { label: 'uv', text: '0.13.9, ~/.local/bin/uv', state: 'good' },
  { label: 'Python', text: 'no .venv yet; the project asks for >=3.11', state: 'to come' },
  { label: 'keychain', text: 'There is no keychain here.', state: 'bad' },
];
const style = (env: Record<string, string> = {}) => styleFor({ LANG: 'C.UTF-8', ...env }, { isTTY: false });

describe('rowLines', () => {
  it('puts the texts in one column', () => {
    expect(rowLines('What was found', rows, { style: style(), width: 80 })).toEqual([
      'What was found',
      '  ✔ uv        0.13.9, ~/.local/bin/uv',
      '  · Python    no .venv yet; the project asks for >=3.11',
      '  ▲ keychain  There is no keychain here.',
    ]);
  });

  it('says it in ASCII where the locale has no more', () => {
    expect(rowLines(undefined, rows, { style: style({ LC_ALL: 'C' }), width: 80 })).toEqual([
      '  + uv        0.13.9, ~/.local/bin/uv',
      '  . Python    no .venv yet; the project asks for >=3.11',
      '  ! keychain  There is no keychain here.',
    ]);
  });

  it('is a plain sentence a row when it is read aloud', () => {
    expect(rowLines(undefined, rows.slice(0, 1), { style: style({ ACCESSIBLE: '1' }), width: 20 })).toEqual([
      '  uv: 0.13.9, ~/.local/bin/uv',
    ]);
  });

  it('loses no word, obeys nothing, and is never wider than the screen', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constant('\x1b[2Jred\x07'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.integer({ min: 30, max: 120 }), (texts, width) => {
        const made = texts.map((said, at) => ({ label: `l${at}`, text: `${said} end`, state: 'good' as const }));
        const lines = rowLines(undefined, made, { style: style(), width });
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
        }
        expect(lines.join('\n').split('end').length).toBeGreaterThan(texts.length);
      }),
    );
  });
});

describe('homely', () => {
  it.each([
    ['/home/you', '~'],
    ['/home/you/harbour', '~/harbour'],
    ['profile x in /home/you/.prefect/profiles.toml', 'profile x in ~/.prefect/profiles.toml'],
    ['/home/younger/x', '/home/younger/x'],
    ['/mnt/home/you/x', '/mnt/home/you/x'],
    ['/home/you.old/x', '/home/you.old/x'],
  ])('%s is %s', (text, said) => {
    expect(homely(text, '/home/you')).toBe(said);
  });

  it('leaves everything as it is without a home, or where the home is the root', () => {
    expect(homely('/a/b', undefined)).toBe('/a/b');
    expect(homely('/a/b', '/')).toBe('/a/b');
  });
});
