/** Shorter texts are not masked: they would garble everything (security §9). Characters. */
export const SHORTEST_SECRET = 6;
/** Lines of a value that are masked on their own; shorter ones are brackets and the like. Characters. */
const SHORTEST_LINE = 8;
/** The first and last line of a key block are the same in every key. */
const ARMOUR = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;

/**
 * What of a value is secret on its own: the whole, its lines, and what programs take out of headers; each as it is and
 * without the space around it.
 * @param shortestLine characters; shorter lines of a longer value are left out.
 */
export function secretParts(value: string, shortestLine = SHORTEST_LINE): string[] {
  const lines = value
    .split(/\r\n|\n|\r/)
    .filter(line => line.trim().length >= shortestLine && !ARMOUR.test(line.trim()));
  const headers = headersIn(value).flatMap(({ encoded, content, token }) => [encoded, content, token ?? '']);
  const parts = [value, ...lines].flatMap(text => [text, text.trim()]);
  return [...new Set([...parts, ...headers])].filter(text => text.trim().length >= SHORTEST_SECRET);
}

/** One of the headers of OpenTelemetry, `Authorization=Bearer%20…`. */
export interface HeaderParts {
  name: string;
  encoded: string;
  /** Decoded from the encoding of URLs. */
  content: string;
  /** What stands behind `Bearer` or `Basic`. */
  token: string | undefined;
}

/** The headers in a value of the form `name=value,name=value`; contents shorter than eight characters are left out. */
export function headersIn(value: string): HeaderParts[] {
  return value.split(',').flatMap(header => {
    const [, name, encoded] = /^([A-Za-z][\w-]*)=(.{8,})$/.exec(header.trim()) ?? [];
    if (name === undefined || encoded === undefined) return [];
    const content = decoded(encoded).trim();
    return [{ name, encoded, content, token: /^(?:Bearer|Basic)\s+(\S{8,})$/i.exec(content)?.[1] }];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
