import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { ownFile } from '../system/own-file.ts';

/**
 * The permission bits of the environment file, or undefined when there is none.
 * @throws UserError 78 when the path is not one we may write (security §4, §8).
 */
export function assertWritable(full: string, path: string): number | undefined {
  if (!/^\.env(\.[A-Za-z0-9_-]+)*$/.test(path)) {
    throw refused(
      path,
      'An environment file is called .env or .env.NAME and lies in the workspace root.',
      'hotpass-bootstrap plan',
    );
  }
  const look = `ls -ld ${quoteWord(full)}`;
  const found = ownFile(full);
  switch (found.kind) {
    case 'absent':
      return undefined;
    case 'file':
      return found.mode;
    case 'link':
      throw refused(path, `It is a symbolic link to ${found.target}, and files elsewhere are not written.`, look);
    case 'shared':
      throw refused(path, 'It has a second name (a hard link), so a change would show in another place too.', look);
    case 'foreign':
      throw refused(path, 'It belongs to another user.', `sudo chown "$(id -un)" ${quoteWord(full)}`);
    case 'special':
      throw refused(path, 'It is not a regular file.', look);
  }
}

/**
 * The file's text.
 * @throws UserError 78 for what some readers cannot read: UTF-16, a byte order mark, bytes that are not UTF-8 (facts
 * secrets §6, real-world 10).
 */
export function decode(bytes: Uint8Array, full: string, path: string): string {
  const start = Buffer.from(bytes.subarray(0, 3)).toString('hex');
  const file = quoteWord(full);
  const old = quoteWord(`${full}.old`);
  const keep = `cp -p ${file} ${old}`;
  if (start.startsWith('fffe') || start.startsWith('feff')) {
    throw refused(
      path,
      'It is UTF-16, which no program here reads.',
      `${keep} && iconv -f UTF-16 -t UTF-8 ${old} > ${file}`,
    );
  }
  if (start === 'efbbbf') {
    const cause = 'It begins with a byte order mark, and some programs lose its first line because of that.';
    throw refused(path, cause, `${keep} && tail -c +4 ${old} > ${file}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const cause = 'It is not UTF-8, and some programs stop when they read it.';
    throw refused(path, cause, `${keep} && iconv -f ISO-8859-1 -t UTF-8 ${old} > ${file}`);
  }
  if (text.includes('\0')) throw refused(path, 'It holds NUL characters, so it is not a text file.', `ls -ld ${file}`);
  return text;
}

/** The markers of our block do not fit together. @param line counts from 1. */
export function brokenBlock(full: string, path: string, line: number, reason: string): UserError {
  return new UserError({
    id: 'HB432',
    message: `The block of hotpass-bootstrap in ${path} is damaged: line ${line}, ${reason}.`,
    cause: 'It cannot be told which lines are yours. Remove what is left of the block, markers included.',
    next: edit(full, line),
    exit: EXIT.invalid,
  });
}

/** A quote of the person's that would swallow our block. */
export function openQuote(full: string, path: string, line: number): UserError {
  return new UserError({
    id: 'HB433',
    message: `Line ${line} of ${path} opens a quote that is never closed.`,
    cause: 'Programs would lose what comes after it, the settings of this tool included.',
    next: edit(full, line),
    exit: EXIT.invalid,
  });
}

/** Values that no two readers read alike. @param problems reasons by variable; never the values. */
export function unwritableValues(path: string, problems: readonly { name: string; reason: string }[]): UserError {
  const names = problems.map(({ name }) => name).join(', ');
  return new UserError({
    id: 'HB434',
    message: `${names} cannot be written to ${path} so that every program reads the same.`,
    cause: problems.length === 1 ? `Of ${problems[0]?.name}, ${problems[0]?.reason}.` : 'See the reasons above.',
    details: problems.map(({ name, reason }) => `${name}: ${reason}`),
    next: 'hotpass-bootstrap plan',
    exit: EXIT.invalid,
  });
}

/** A command that opens the file at a line. */
export function edit(full: string, line: number): string {
  return `\${EDITOR:-vi} +${line} ${quoteWord(full)}`;
}

function refused(path: string, cause: string, next: string): UserError {
  return new UserError({ id: 'HB435', message: `${path} is not written.`, cause, next, exit: EXIT.invalid });
}
