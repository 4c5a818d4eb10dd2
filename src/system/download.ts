import { createHash } from 'node:crypto';
import { EXIT, errorCode, UserError } from '../core/errors.ts';
import { monotonic } from './clock.ts';
import { diskError } from './disk-error.ts';
import { removeFile } from './files.ts';
import { type HttpRequest, notWhatWasAsked, open } from './http.ts';
import { writeStream } from './stream-file.ts';

export interface Progress {
  /** Bytes. */
  received: number;
  /** Bytes; undefined when the server does not say. */
  total: number | undefined;
  /** Bytes a second, since the start. */
  rate: number;
}

/** A longer file is not read to its end: no wheel of uv is near it. */
const LIMIT = 256 * 1024 * 1024;

/**
 * Downloads into a new file and checks its SHA-256; on any failure the file is removed.
 * @param sha256 hexadecimal, lower case.
 * @throws Unreachable (69) for network, status, a web page instead of the file; UserError 78 when the bytes are others.
 */
export async function download(
  request: HttpRequest,
  path: string,
  sha256: string,
  onProgress: (progress: Progress) => void = () => {},
): Promise<void> {
  const response = await open({ ...request, headers: { 'Accept-Encoding': 'identity', ...request.headers } });
  if (response.status !== 200) {
    response.body.destroy();
    throw response.unusable();
  }
  const announced = Number(response.headers['content-length']);
  const total = Number.isSafeInteger(announced) && announced > 0 ? announced : undefined;
  const started = monotonic();
  const hash = createHash('sha256');
  let received = 0;
  let head = '';
  try {
    await writeStream(path, response.body as AsyncIterable<Buffer>, 0o600, chunk => {
      if (received === 0) head = chunk.subarray(0, 64).toString('latin1');
      hash.update(chunk);
      received += chunk.length;
      if (received > LIMIT) throw Object.assign(new Error('too long'), { code: 'TOO_LONG' });
      onProgress({ received, total, rate: received / Math.max(0.001, (monotonic() - started) / 1000) });
    });
    if (hash.digest('hex') === sha256) return;
    const where = { url: request.url, again: request.again ?? 'hotpass-bootstrap setup' };
    throw /^\s*</.test(head) ? notWhatWasAsked(where) : changed(request.url);
  } catch (error) {
    removeFile(path);
    const disk = diskError(error, path);
    throw disk === error && !(error instanceof UserError) && !isOurBug(error) ? response.failure(error) : disk;
  }
}

/** An error with no code is none of the network or the disk. */
function isOurBug(error: unknown): boolean {
  return errorCode(error) === undefined && error instanceof TypeError;
}

function changed(url: URL): UserError {
  return new UserError({
    message: `${url.pathname.split('/').at(-1)} from ${url.host} is not the file that was published.`,
    cause: 'Its SHA-256 is another one. It was thrown away and nothing of it was started.',
    next: 'hotpass-bootstrap setup',
    exit: EXIT.invalid,
  });
}
