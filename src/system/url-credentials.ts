import { USER_INFO } from '../core/user-info.ts';

/** A URL without its user info, and the user info decoded. */
export interface SplitUrl {
  url: URL;
  username: string;
  password: string;
}

/** Takes user name and password out of a URL, so that it can be shown and sent. */
export function splitUrl(full: URL): SplitUrl {
  const url = new URL(full.href);
  const split = { url, username: decode(full.username), password: decode(full.password) };
  url.username = '';
  url.password = '';
  return split;
}

/** Value of an `Authorization` header (RFC 7617). */
export function basicAuth(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Does a URL in the text carry a user name or password? */
export function holdsUserInfo(text: string): boolean {
  return text.search(USER_INFO) !== -1;
}

/** The text with its URLs without user info: `name=https://u:p@host/simple` becomes `name=https://host/simple`. */
export function withoutUserInfo(text: string): string {
  return text.replace(USER_INFO, '$1');
}

/** User names and passwords of the URLs in a text, as they stand there and decoded: what must not be shown. */
export function userInfoIn(text: string): string[] {
  return [...text.matchAll(USER_INFO)].flatMap(([, , info = '']) => {
    const at = info.indexOf(':');
    const parts = at === -1 ? [info] : [info.slice(0, at), info.slice(at + 1)];
    return parts.flatMap(part => [part, decode(part)]);
  });
}
