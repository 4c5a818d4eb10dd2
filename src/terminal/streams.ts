/** Which of our streams are terminals. */
export function terminals(): { stdinTTY: boolean; stdoutTTY: boolean; stderrTTY: boolean } {
  return {
    stdinTTY: process.stdin.isTTY === true,
    stdoutTTY: process.stdout.isTTY === true,
    stderrTTY: process.stderr.isTTY === true,
  };
}

/** Everything on standard input, as text. @param limit bytes after which it is refused. */
export async function readStdin(limit = 1024 * 1024): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}
