import { domainToASCII } from 'node:url';

const LIMIT_BYTES = 4096;
const CUT = '…';

/** Control strings (DCS, SOS, OSC, PM, APC) with their text, CSI sequences, and all other escape sequences. */
const STRINGS = /(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)/g;
const SEQUENCES = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
/** Format characters (bidi, zero-width, tags), and letters that look like nothing. */
const INVISIBLE = /\p{Cf}|\u034f|\u17b4|\u17b5|[\u115f\u1160\u3164\uffa0]/gu;
const LONE_SURROGATES = /\p{Cs}/gu;
const URL_WITH_HOST = /\b([a-z][a-z0-9+.-]{0,30}:[\\/]{2})([^\s\\/?#"'<>]+)/gi;

/**
 * Makes a string that we did not write harmless on a terminal (security §7): no escape sequences, no C0 but newline
 * and tab, no C1, no bidi or zero-width characters, hosts of URLs in punycode, at most 4 KiB of UTF-8.
 * @param options multiline keeps newlines; without it they become spaces.
 */
export function clean(text: string, options: { multiline?: boolean } = {}): string {
  if (text.length <= LIMIT_BYTES && /^[\x20-\x7e]*$/.test(text)) return text;
  // Far more than what is kept, so that huge input costs nothing.
  let out = text.slice(0, 8 * LIMIT_BYTES);
  out = out.replace(STRINGS, '').replace(SEQUENCES, '');
  out = out.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n');
  out = out.replace(CONTROLS, '').replace(INVISIBLE, '').replace(LONE_SURROGATES, '\ufffd');
  if (!options.multiline) out = out.replace(/\n+/g, ' ');
  out = out.replace(URL_WITH_HOST, (_, scheme: string, authority: string) => scheme + plainAuthority(authority));
  return shorten(out, text.length > 8 * LIMIT_BYTES);
}

/** `user@hóst:port` with the host in punycode; what is no host name is percent-encoded. */
function plainAuthority(authority: string): string {
  if (/^[\x21-\x7e]*$/.test(authority)) return authority;
  const at = authority.lastIndexOf('@') + 1;
  const [, host = '', port = ''] = /^(.*?)(:\d*)?$/s.exec(authority.slice(at)) ?? [];
  const ascii = /^[\x21-\x7e]*$/.test(host) ? host : domainToASCII(host);
  return encode(authority.slice(0, at)) + (ascii === '' ? encode(host) : ascii) + port;
}

function encode(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, part => encodeURIComponent(part));
}

function shorten(text: string, wasLonger: boolean): string {
  const bytes = new Uint8Array(LIMIT_BYTES);
  const whole = new TextEncoder().encodeInto(text, bytes).read === text.length;
  if (whole && !wasLonger) return text;
  const { read } = new TextEncoder().encodeInto(text, bytes.subarray(0, LIMIT_BYTES - 3));
  return text.slice(0, read) + CUT;
}

/** What a CI service takes for a command: GitHub `::` and `##[`, Azure `##vso[`, TeamCity, GitLab and Travis folds. */
const AT_LINE_START =
  /(^|[\n\r\u0085\u2028\u2029])([\x00-\x09\v\f\x0e-\x20\x7f-\x84\x86-\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\p{Cf}]*):(?=:)/gu;
const ANYWHERE = /#(?=#[a-z]*\[)/gi;
const SECTIONS = /(section_(?:start|end)|travis_(?:fold|time)):/gi;

/**
 * Breaks whatever a CI service would obey in the output of a child (security §7), so that it is read as text.
 * GitHub looks for `::` after the white space of a line's start, and for `##[` anywhere in it.
 */
export function breakWorkflowCommands(text: string): string {
  return text.replace(AT_LINE_START, '$1$2: ').replace(ANYWHERE, '# ').replace(SECTIONS, '$1 :');
}
