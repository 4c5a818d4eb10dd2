/**
 * User info of every URL in a value, with the `://` before it: what stands before the last `@` of the authority, as URL
 * parsers take it. Global: for `search`, `replace` and `matchAll`.
 */
export const USER_INFO = /(:\/\/)([^\s/?#]+)@/g;

/** The same in prose and JSON, where a quote or an angle bracket ends a URL. */
export const USER_INFO_IN_PROSE = /(:\/\/)([^\s/?#"'<>]+)@/g;
