/** One file of a project on a package index. */
export interface IndexFile {
  filename: string;
  url: URL;
  /** Hexadecimal, lower case; undefined when the index gives none. */
  sha256: string | undefined;
  yanked: boolean;
}

/** What is asked for: the JSON form, else the HTML form (PEP 691). */
export const ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

/**
 * The files of a project page (PEP 691 JSON or PEP 503 HTML), whichever the server sent.
 * @param base the address the page came from; file addresses may be relative to it.
 * @returns undefined when the text is neither, or a JSON page of a major version that we do not know.
 */
export function parseSimpleIndex(text: string, contentType: string, base: URL): IndexFile[] | undefined {
  return contentType.includes('json') || /^\s*\{/.test(text) ? parseJson(text, base) : parseHtml(text, base);
}

interface JsonPage {
  meta?: { 'api-version'?: string };
  files?: { filename?: unknown; url?: unknown; hashes?: { sha256?: unknown }; yanked?: unknown }[];
}

function parseJson(text: string, base: URL): IndexFile[] | undefined {
  let page: JsonPage | null;
  try {
    page = JSON.parse(text) as JsonPage | null;
  } catch {
    return undefined;
  }
  if (!Array.isArray(page?.files) || !/^1(\.|$)/.test(page.meta?.['api-version'] ?? '1')) return undefined;
  return page.files.flatMap(file => {
    if (typeof file?.filename !== 'string' || typeof file.url !== 'string') return [];
    const url = address(file.url, base);
    return url
      ? [{ filename: file.filename, url, sha256: hash(file.hashes?.sha256), yanked: Boolean(file.yanked) }]
      : [];
  });
}

function parseHtml(text: string, base: URL): IndexFile[] | undefined {
  if (!/<(!doctype|html|head|body|a)\b/i.test(text)) return undefined;
  const plain = text.replace(/<!--[\s\S]*?-->/g, '');
  const baseTag = attribute(/<base\b([^>]*)>/i.exec(plain)?.[1] ?? '', 'href');
  const from = (baseTag === undefined ? undefined : address(baseTag, base)) ?? base;
  const files: IndexFile[] = [];
  for (const [, attributes = '', label = ''] of plain.matchAll(
    /<a\b((?:"[^"]*"|'[^']*'|[^>"'])*)>([\s\S]*?)<\/a\s*>/gi,
  )) {
    const href = attribute(attributes, 'href');
    const url = href === undefined ? undefined : address(href, from);
    if (!url) continue;
    const sha256 = hash(/^#(?:.*&)?sha256=([^&]*)/i.exec(url.hash)?.[1]);
    url.hash = '';
    const filename = decodeEntities(label.replace(/<[^>]*>/g, '')).trim();
    files.push({ filename, url, sha256, yanked: attribute(attributes, 'data-yanked') !== undefined });
  }
  return files;
}

/** Value of an attribute, empty when it has none, undefined when it is not there. */
function attribute(attributes: string, name: string): string | undefined {
  for (const match of attributes.matchAll(/([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)) {
    if (match[1]?.toLowerCase() === name) return decodeEntities(match[2] ?? match[3] ?? match[4] ?? '');
  }
  return undefined;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name as string] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** An HTTP address without user info; anything else is no address of a file. */
function address(text: string, base: URL): URL | undefined {
  const trimmed = text.trim();
  if (!URL.canParse(trimmed, base.href)) return undefined;
  const url = new URL(trimmed, base);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  url.username = '';
  url.password = '';
  return url;
}

function hash(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined;
}
