/**
 * A command line a POSIX shell reads back as these words. Control characters are written as escapes, so the line has
 * one line and shows what is in it.
 */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (!UNSEEN.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word.replace(/['\\]/g, '\\$&').replace(new RegExp(UNSEEN, 'g'), character => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
  return `$'${escaped}'`;
}

/** Control, bidirectional and zero-width characters: what a person would not see. */
const UNSEEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** A text on one line, in quotes where it is not a plain word. */
export function oneLine(text: string): string {
  return shellWord(text);
}
