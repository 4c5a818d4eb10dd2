import { MESSAGES } from './messages.ts';

/**
 * What a person meant by what was typed or pasted: without the newline and spaces around it.
 * @returns the value, and remarks for the person about what was changed or looks odd; never parts of the value.
 */
export function tidySecret(raw: string): { value: string; remarks: string[] } {
  const text = raw.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const value = text.trim();
  const remarks: string[] = [];
  if (value !== text) remarks.push(MESSAGES.trimmed);
  const lines = value.split('\n').length;
  if (lines > 1) remarks.push(MESSAGES.severalLines(lines));
  else if (/\s/.test(value)) remarks.push(MESSAGES.innerSpaces);
  return { value, remarks };
}

/** One key of a masked input, as readline tells it. */
export interface Key {
  name?: string | undefined;
  ctrl?: boolean;
  /** The characters that readline inserted for this key. */
  inserted: string;
}

/**
 * Collects a secret key by key. A pasted text may hold newlines: between the marks of a bracketed paste, or followed by
 * more keys in the same moment, Enter belongs to the text.
 */
export class SecretBuffer {
  #text = '';
  #pasting = false;
  #enter = false;

  get text(): string {
    return this.#text;
  }

  /** Takes a key; true when it was an Enter that ends the input unless another key follows at once. */
  take(key: Key): boolean {
    if (key.name === 'paste-start' || key.name === 'paste-end') {
      this.#pasting = key.name === 'paste-start';
      return false;
    }
    if (key.name === 'return' || key.name === 'enter') {
      if (this.#enter && key.name === 'enter') return true; // The second half of CRLF.
      if (this.#enter) this.#text += '\n';
      if (this.#pasting) this.#text += '\n';
      this.#enter = !this.#pasting;
      return this.#enter;
    }
    if (this.#enter) {
      this.#text += '\n';
      this.#enter = false;
    }
    if (key.name === 'backspace') this.#text = [...this.#text].slice(0, -1).join('');
    else if (key.ctrl && (key.name === 'u' || key.name === 'w')) this.#text = '';
    else this.#text += key.inserted;
    return false;
  }

  /** Was the last key an Enter that nothing followed? */
  get ended(): boolean {
    return this.#enter;
  }

  clear(): void {
    this.#text = '';
    this.#enter = false;
    this.#pasting = false;
  }
}

/** Does the mask stand for the value: a few marks, and how long it is. */
export function maskOf(text: string, mark: string): string {
  const length = [...text].length;
  if (length === 0) return '';
  return length <= 12 ? mark.repeat(length) : `${mark.repeat(12)} ${MESSAGES.characters(length)}`;
}
