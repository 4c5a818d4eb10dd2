import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/terminal/style.ts';

const TTY = { isTTY: true };
const PIPE = { isTTY: false };
const UTF8 = { LANG: 'en_GB.UTF-8', TERM: 'xterm-256color' };

describe('styleFor', () => {
  it.each([
    ['a terminal', UTF8, TTY, {}, true],
    ['a pipe', UTF8, PIPE, {}, false],
    ['NO_COLOR', { ...UTF8, NO_COLOR: '1' }, TTY, {}, false],
    ['an empty NO_COLOR', { ...UTF8, NO_COLOR: '' }, TTY, {}, true],
    ['FORCE_COLOR on a pipe', { ...UTF8, FORCE_COLOR: '1' }, PIPE, {}, true],
    ['FORCE_COLOR=0', { ...UTF8, FORCE_COLOR: '0' }, TTY, {}, false],
    ['FORCE_COLOR against NO_COLOR', { ...UTF8, FORCE_COLOR: '1', NO_COLOR: '1' }, PIPE, {}, true],
    ['--no-color against FORCE_COLOR', { ...UTF8, FORCE_COLOR: '1' }, TTY, { noColor: true }, false],
    ['TERM=dumb', { ...UTF8, TERM: 'dumb' }, TTY, {}, false],
    ['CI', { ...UTF8, CI: 'true' }, TTY, {}, false],
  ])('colour with %s', (_name, env, stream, options, colour) => {
    const style = styleFor(env, stream, options);
    expect(style.colour).toBe(colour);
    expect(style.red('x')).toBe(colour ? '\x1b[31mx\x1b[39m' : 'x');
  });

  it.each([
    ['a UTF-8 locale', UTF8, '✔'],
    ['LC_ALL=C over LANG', { ...UTF8, LC_ALL: 'C' }, '+'],
    ['POSIX', { LANG: 'POSIX' }, '+'],
    ['Latin-1', { LANG: 'de_DE.ISO-8859-1' }, '+'],
    ['no locale', {}, '+'],
    ['C.utf8', { LANG: 'C.utf8' }, '✔'],
    ['the Linux console', { ...UTF8, TERM: 'linux' }, '+'],
    ['ACCESSIBLE', { ...UTF8, ACCESSIBLE: '1' }, 'done:'],
  ])('glyphs with %s', (_name, env, done) => {
    expect(styleFor(env, TTY, { platform: 'linux' }).glyph.done).toBe(done);
  });

  it('has only ASCII in an ASCII locale and when accessible', () => {
    for (const env of [{ LANG: 'C' }, { ...UTF8, ACCESSIBLE: '1' }]) {
      const { glyph } = styleFor(env, TTY, { platform: 'linux' });
      expect(JSON.stringify(glyph)).toMatch(/^[\x20-\x7e]*$/);
    }
  });

  it('takes no locale for UTF-8 on macOS and Windows', () => {
    expect(styleFor({}, TTY, { platform: 'darwin' }).glyph.done).toBe('✔');
  });

  it('repaints only where that works', () => {
    expect(styleFor(UTF8, TTY).live).toBe(true);
    expect(styleFor(UTF8, PIPE).live).toBe(false);
    expect(styleFor({ ...UTF8, TERM: 'dumb' }, TTY).live).toBe(false);
    expect(styleFor({ ...UTF8, ACCESSIBLE: '1' }, TTY).live).toBe(false);
    expect(styleFor({ ...UTF8, ACCESSIBLE: '0' }, TTY).live).toBe(true);
  });
});
