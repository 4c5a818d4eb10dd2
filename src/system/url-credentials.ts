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
