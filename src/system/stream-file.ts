import { open } from 'node:fs/promises';

/**
 * Writes a stream to a new file and makes it durable.
 * @param path must not exist (O_EXCL).
 * @param mode permission bits, whatever the umask.
 * @param onChunk called with each piece before it is written.
 * @returns the size in bytes. Errors of the stream and of the disk are thrown as they are; the file then stays.
 */
export async function writeStream(
  path: string,
  source: AsyncIterable<Buffer>,
  mode: number,
  onChunk: (chunk: Buffer) => void = () => {},
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of source) {
      onChunk(chunk);
      for (let offset = 0; offset < chunk.length; ) offset += (await file.write(chunk, offset)).bytesWritten;
      size += chunk.length;
    }
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  return size;
}
