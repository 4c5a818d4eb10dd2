import { type Env, isSet } from '../system/environment.ts';

type Paint = (text: string) => string;

export interface Glyphs {
  done: string;
  failed: string;
  warn: string;
  info: string;
  skipped: string;
  waiting: string;
  question: string;
  arrow: string;
  mask: string;
  /** Stands where something was cut. */
  cut: string;
  spinner: readonly string[];
}

/** How text looks on one stream. */
export interface Style {
  readonly colour: boolean;
  /** `ACCESSIBLE=1`: words instead of glyphs, numbered questions, no repainting. */
  readonly accessible: boolean;
  /** May the screen be repainted? Only on a terminal that can, and never when accessible. */
  readonly live: boolean;
  readonly glyph: Glyphs;
  readonly dim: Paint;
  readonly bold: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  /** A command to type. */
  readonly command: Paint;
}

const UNICODE: Glyphs = {
  done: '✔',
  failed: '✖',
  warn: '▲',
  info: '•',
  skipped: '○',
  waiting: '·',
  question: '?',
  arrow: '→',
  mask: '•',
  cut: '…',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Glyphs = {
  done: '+',
  failed: 'x',
  warn: '!',
  info: '*',
  skipped: 'o',
  waiting: '.',
  question: '?',
  arrow: '->',
  mask: '*',
  cut: '...',
  spinner: ['|', '/', '-', '\\'],
};

const WORDS: Glyphs = {
  ...ASCII,
  done: 'done:',
  failed: 'failed:',
  warn: 'warning:',
  info: 'note:',
  skipped: 'skipped:',
  waiting: 'waiting:',
  question: 'question:',
  arrow: 'to',
  spinner: ['running:'],
};

/**
 * Decides colour and glyphs for a stream (design §2). `--no-color` beats FORCE_COLOR, FORCE_COLOR beats NO_COLOR,
 * CI and what the stream is.
 * @param platform of the running system; where no locale is set, only Linux and its like mean ASCII by that.
 */
export function styleFor(
  env: Env,
  stream: { isTTY?: boolean },
  options: { noColor?: boolean; platform?: NodeJS.Platform } = {},
): Style {
  const accessible = isSet(env['ACCESSIBLE']);
  const dumb = env['TERM'] === 'dumb';
  const colour = wantsColour(env, stream, dumb, options.noColor === true);
  const paint =
    (open: number, close: number): Paint =>
    text =>
      colour && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  const cyan = paint(36, 39);
  return {
    colour,
    accessible,
    live: stream.isTTY === true && !dumb && !accessible,
    glyph: accessible ? WORDS : isUnicode(env, options.platform ?? process.platform) ? UNICODE : ASCII,
    dim: paint(2, 22),
    bold: paint(1, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan,
    command: cyan,
  };
}

function wantsColour(env: Env, stream: { isTTY?: boolean }, dumb: boolean, noColor: boolean): boolean {
  if (noColor) return false;
  const force = env['FORCE_COLOR'];
  // An empty FORCE_COLOR means yes to Node and to supports-color.
  if (force !== undefined) return force === '' || isSet(force);
  if (env['NO_COLOR']) return false;
  return stream.isTTY === true && !dumb && !isSet(env['CI']);
}

/** Can the terminal show more than ASCII? The locale says so; the Linux console's font lacks our glyphs. */
function isUnicode(env: Env, platform: NodeJS.Platform): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  if (env['TERM'] === 'linux') return false;
  if (locale === '') return platform === 'win32' || platform === 'darwin';
  return /utf-?8/i.test(locale);
}
