import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { diskError } from './disk-error.ts';
import { download, type Progress } from './download.ts';
import { ensureFolder, namesIn, removeFile, rename, replaceFile, statOf, syncFolder, TEMP_PREFIX } from './files.ts';
import type { Network } from './http.ts';
import type { PackageIndex } from './package-index.ts';
import { retrying } from './project-page.ts';
import { copyIn, programName, RECORD, type UvCopy, type UvRecord } from './uv-copies.ts';
import type { Release, TrustedWheel } from './uv-release.ts';
import { uvVersion } from './uv-version.ts';
import { BadWheel, extractScripts } from './wheel.ts';

export interface InstallOptions {
  index: PackageIndex;
  network: Network;
  /** Environment of the first start. */
  env: Record<string, string>;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Milliseconds before a second try. */
  delay?: number;
}

const HOUR = 3_600_000;

/**
 * Fetches a release into a folder of its own: download, check, unpack beside, start once, and only then rename into
 * place; the record comes last. Nothing half-written can be taken for a uv. Where the best wheel does not start (its
 * C library is not what it seemed), the next one is tried.
 * @throws Unreachable (69), UserError 78 (content), UserError 1 (disk, does not start).
 */
export async function installRelease(release: Release, folder: string, options: InstallOptions): Promise<UvCopy> {
  try {
    ensureFolder(folder);
    sweep(folder);
    for (const wheel of release.wheels) {
      const copy = await installWheel(release.version, wheel, folder, options);
      if (copy) return copy;
    }
  } catch (error) {
    throw diskError(error, folder);
  }
  throw new UserError({
    message: `uv ${release.version} was fetched but does not start on this machine.`,
    cause: `The programs in ${folder} may be on a file system that forbids starting them (noexec).`,
    next: `findmnt --target '${folder}'`,
    exit: EXIT.failed,
  });
}

/** @returns undefined when the program does not start. */
async function installWheel(
  version: string,
  wheel: TrustedWheel,
  folder: string,
  options: InstallOptions,
): Promise<UvCopy | undefined> {
  const id = randomBytes(6).toString('hex');
  const temporary = (name: string): string => join(folder, `${TEMP_PREFIX}${id}-${name}`);
  const { index, network, signal, delay } = options;
  const archive = temporary('wheel');
  const made: string[] = [];
  try {
    await retrying({ network, ...(signal ? { signal } : {}), ...(delay === undefined ? {} : { delay }) }, () =>
      download(
        {
          url: wheel.url,
          network,
          ...(signal ? { signal } : {}),
          ...(index.authorization !== undefined && wheel.url.origin === index.url.origin
            ? { credential: { Authorization: index.authorization } }
            : {}),
        },
        archive,
        wheel.sha256,
        options.onProgress,
      ),
    );
    const names = await extractScripts(archive, name => {
      made.push(name);
      return temporary(name);
    });
    const program = programName('uv');
    const start = (): Promise<string | undefined> => uvVersion(temporary(program), options.env, folder, signal);
    // A child that another step starts at this very moment may still hold the file open (ETXTBSY): once more.
    const answer = (await start()) ?? (await sleep(100).then(start));
    signal?.throwIfAborted();
    if (answer === undefined) return undefined;
    // uv last: whoever looks for it finds the others already there.
    for (const name of names.sort((a, b) => Number(a === program) - Number(b === program))) {
      rename(temporary(name), join(folder, name));
    }
    syncFolder(folder);
    const files = Object.fromEntries(names.map(name => [name, statOf(join(folder, name))?.size ?? -1]));
    const record: UvRecord = { schema: 1, version, wheel: wheel.filename, sha256: wheel.sha256, files };
    replaceFile(join(folder, RECORD), `${JSON.stringify(record, null, 1)}\n`, 0o644);
    return copyIn(folder);
  } catch (error) {
    if (!(error instanceof BadWheel)) throw error;
    throw new UserError({
      message: `${wheel.filename} cannot be unpacked.`,
      cause: `It is not a wheel of uv: ${error.message}.`,
      next: 'hotpass-bootstrap setup',
      exit: EXIT.failed,
    });
  } finally {
    for (const name of ['wheel', ...made]) removeFile(temporary(name));
  }
}

/** What a killed run left. Another run may be at work now, so only what is old. */
function sweep(folder: string): void {
  for (const name of namesIn(folder)) {
    if (!name.startsWith(TEMP_PREFIX)) continue;
    const path = join(folder, name);
    const age = Date.now() - (statOf(path)?.mtimeMs ?? 0);
    if (age > HOUR) removeFile(path);
  }
}
