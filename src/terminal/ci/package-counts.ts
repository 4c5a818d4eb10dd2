import type { RunEvent } from '../../core/events.ts';

/** Counts what uv says of packages: how many were installed, and how many of those had to be fetched or built first. */
export class PackageCounts {
  #prepared = 0;
  #installed = 0;
  #own = 0;

  readonly listen = (event: RunEvent): void => {
    if (event.type !== 'child-line' || event.step !== 'python') return;
    const { line } = event;
    this.#prepared += countIn(/^Prepared (\d+) packages?\b/, line);
    this.#installed += countIn(/^Installed (\d+) packages?\b/, line);
    // The workspace's own packages come from no index, so no cache could have had them.
    if (/^\s*Built \S+ @ file:\/\//.test(line)) this.#own += 1;
  };

  get installed(): number {
    return this.#installed;
  }

  /** Packages that the cache of uv did not have. */
  get fetched(): number {
    return Math.max(0, this.#prepared - this.#own);
  }
}

function countIn(pattern: RegExp, line: string): number {
  return Number(pattern.exec(line)?.[1] ?? 0);
}
