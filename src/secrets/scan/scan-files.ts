import { setImmediate as turn } from 'node:timers/promises';
import { readForScan, type Scanned } from '../../system/scan-file.ts';
import type { Hit } from './hit.ts';
import type { KnownTable } from './known.ts';
import { matchesIn } from './matches.ts';
import type { ScannedFile } from './places.ts';

/** Files after which a Ctrl-C is heard. */
const TURN = 50;

/** What stands in files, and which of them were left out. */
export interface FilesScan {
  hits: Hit[];
  /** Files that were searched. */
  files: number;
  left: { file: string; why: 'large' | 'binary' | 'unreadable' }[];
}

/** @param more what else a file of this kind gives away, by line; lines that were found already are left out. */
export async function scanFiles(
  files: readonly ScannedFile[],
  known: KnownTable,
  signal: AbortSignal,
  more: (file: ScannedFile, bytes: Buffer) => Hit[] | Promise<Hit[]>,
): Promise<FilesScan> {
  const scan: FilesScan = { hits: [], files: 0, left: [] };
  for (const [at, one] of files.entries()) {
    if (at % TURN === 0) {
      await turn();
      signal.throwIfAborted();
    }
    const read: Scanned = readForScan(one.path);
    if ('left' in read) {
      if (read.left !== 'absent') scan.left.push({ file: one.file, why: read.left });
      continue;
    }
    scan.files += 1;
    const { place, file } = one;
    const found = matchesIn(read.bytes, known).map(({ text: _, ...match }): Hit => ({ place, file, ...match }));
    const lines = new Set(found.map(({ line }) => line));
    const others = (await more(one, read.bytes)).filter(({ line }) => !lines.has(line));
    scan.hits.push(...found, ...others);
  }
  return scan;
}
