import { isUtf8 } from 'node:buffer';
import { isatty } from 'node:tty';

/** Which of our streams are terminals; asked of the descriptors, since opening a stream just to look is dear. */
export function terminals(): { stdinTTY: boolean; stdoutTTY: boolean; stderrTTY: boolean } {
  return {
    stdinTTY: isatty(0),
    stdoutTTY: isatty(1),
    stderrTTY: isatty(2),
  };
}

/**
 * Everything on standard input, as text.
 * @param limit bytes after which it is refused.
 * @returns why not, where it is none: decoding bytes that are no UTF-8 would change them without a word.
 */
export async function readStdin(limit = 1024 * 1024): Promise<{ text: string } | { refused: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) return { refused: 'is larger than 1 MiB' };
  }
  const bytes = Buffer.concat(chunks);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { refused: 'is not UTF-8 text' };
}
