import { readText } from '../system/files.ts';

/**
 * Files as they will be once the pieces of an undo that were looked at so far are done. Nothing is written: with it a
 * whole undo is checked before its first write, also where several changes went into one file.
 */
export class Foreseen {
  readonly #texts = new Map<string, string | undefined>();

  /** @param load how the file is read while nothing was foreseen for it. */
  read(path: string, load: (path: string) => string | undefined = readText): string | undefined {
    return this.#texts.has(path) ? this.#texts.get(path) : load(path);
  }

  /** @param text undefined: the file will not be there. */
  set(path: string, text: string | undefined): void {
    this.#texts.set(path, text);
  }
}
