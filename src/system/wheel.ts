import type { Readable } from 'node:stream';
import type { Entry, ZipFile } from 'yauzl';
import { writeStream } from './stream-file.ts';

const SCRIPT = /^uv-[^/]+\.data\/scripts\/(uv|uvx|uvw)(\.exe)?$/;
/** A larger program is not unpacked: uv has 44 MB. */
const LIMIT = 512 * 1024 * 1024;

/** The wheel is not a zip file, or not one of uv. */
export class BadWheel extends Error {}

/**
 * Unpacks the programs of uv's wheel (`uv`, `uvx`, `uvw`), mode 0755, each made durable.
 * @param target where a program goes; the path must not exist.
 * @returns the names that were in the wheel, e.g. `uv`, `uvx`.
 * @throws BadWheel; errors of the disk as they are.
 */
export async function extractScripts(wheel: string, target: (name: string) => string): Promise<string[]> {
  const { default: yauzl } = await import('yauzl');
  let zip: ZipFile;
  try {
    zip = await yauzl.openPromise(wheel, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw new BadWheel((error as Error).message);
  }
  const names: string[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const name = SCRIPT.exec(entry.fileName)?.slice(1).join('');
      if (name === undefined || names.includes(name)) continue;
      if (entry.uncompressedSize > LIMIT) throw new BadWheel(`${name} is too large`);
      await writeStream(target(name), (await contentOf(zip, entry)) as AsyncIterable<Buffer>, 0o755);
      names.push(name);
    }
  } catch (error) {
    // yauzl's own complaints have no code; those of the disk and of zlib do.
    const code = (error as { code?: unknown }).code;
    if (code === undefined || String(code).startsWith('Z_')) throw new BadWheel((error as Error).message);
    throw error;
  } finally {
    zip.close();
  }
  if (!names.some(name => name === 'uv' || name === 'uv.exe')) throw new BadWheel('there is no uv in it');
  return names;
}

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return zip.openReadStreamPromise(entry);
}
