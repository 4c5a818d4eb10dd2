import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../core/errors.ts';
import { fetchText, type Network, notWhatWasAsked } from './http.ts';
import { Unreachable } from './http-errors.ts';
import type { PackageIndex } from './package-index.ts';
import { ACCEPT, type IndexFile, parseSimpleIndex } from './simple-index.ts';

export interface FetchOptions {
  network: Network;
  signal?: AbortSignal;
  /** Milliseconds before the second try; each later one waits twice as long. Default 1000. */
  delay?: number;
}

/**
 * The files of a project on an index, from its simple page.
 * @throws Unreachable (69): network, 401, 403, 404, 5xx, or a page that is no index page.
 */
export async function fetchProjectPage(
  index: PackageIndex,
  project: string,
  options: FetchOptions,
): Promise<IndexFile[]> {
  const url = new URL(`${project}/`, index.url);
  return retrying(options, async () => {
    const response = await fetchText({
      url,
      network: options.network,
      headers: { Accept: ACCEPT },
      ...(index.authorization === undefined ? {} : { credential: { Authorization: index.authorization } }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (response.status === 404) throw noProject(index, project);
    if (response.status !== 200) throw response.unusable();
    const files = parseSimpleIndex(response.text, response.headers['content-type'] ?? '', response.url);
    if (!files) throw notWhatWasAsked({ url, again: 'hotpass-bootstrap setup' });
    return files;
  });
}

/** Tries three times when a failure may pass: network, 5xx; not certificates, passwords, unknown names. */
export async function retrying<T>(options: FetchOptions, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unreachable) || !error.retryable || attempt === 3) throw error;
      await sleep((options.delay ?? 1000) * 2 ** (attempt - 1), undefined, {
        ...(options.signal ? { signal: options.signal } : {}),
      }).catch(() => {
        throw options.signal?.reason ?? error;
      });
    }
  }
}

function noProject(index: PackageIndex, project: string): UserError {
  return new UserError({
    message: `The package index ${index.url.host} has no ${project}.`,
    cause: `It is the index of ${index.source}; ${index.url.href} must be the address of its simple pages.`,
    next: 'hotpass-bootstrap setup',
    exit: EXIT.unreachable,
  });
}
