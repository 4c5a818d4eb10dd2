const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Control, bidirectional and zero-width characters: what a person would not see. */
const UNSEEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

/**
 * One word as a shell reads it back. What a person would not see is written as an escape (`$'…'`, bash and zsh), so
 * that the word has one line and shows what is in it.
 */
export function quoteWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (!UNSEEN.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word.replace(/['\\]/g, '\\$&').replace(new RegExp(UNSEEN, 'g'), character => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
  return `$'${escaped}'`;
}

/** A command line that a shell splits into exactly these words. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

/**
 * The words of a command line that has nothing for a shell to do: plain words and words in single quotes, as
 * `quoteCommand` writes them.
 * @returns undefined when a shell would do more with it than split it (variables, `~`, `|`, `>`, `$'…'`).
 */
export function splitCommand(command: string): string[] | undefined {
  const words: string[] = [];
  const WORD = /[ \t]*((?:[A-Za-z0-9_@%+=:,./-]|'[^']*'|\\')+)(?=\s|$)/y;
  const end = command.replace(/[ \t]+$/, '').length;
  let at = 0;
  while (at < end) {
    WORD.lastIndex = at;
    const match = WORD.exec(command);
    if (match?.[1] === undefined) return undefined;
    words.push(match[1].replace(/'([^']*)'|\\(')/g, (_, inside?: string, quote?: string) => inside ?? quote ?? ''));
    at = WORD.lastIndex;
  }
  // NAME=value before a program is a variable, not a program.
  return words.length === 0 || /^[A-Za-z_]\w*=/.test(words[0] ?? '') ? undefined : words;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
