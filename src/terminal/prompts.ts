import { InputNeeded, Interrupted, type UserError } from '../core/errors.ts';
import type { Answer, Ask, Question } from '../core/ports.ts';
import { clean } from './clean.ts';
import { MESSAGES } from './messages.ts';
import { sayRaw, windowSize } from './output.ts';
import type { Bridge } from './prompt-views.ts';
import { type AskOptions, skippedText } from './prompt-words.ts';
import { hang, widthOf } from './text.ts';

/** Pasted text arrives between marks while this is on, so that a newline in it does not end the answer. */
const PASTE_MARKS_ON = '\x1b[?2004h';
const PASTE_MARKS_OFF = '\x1b[?2004l';
const SHOW_CURSOR = '\x1b[?25h';

/**
 * The `Ask` port on a terminal: a queue with one open question. Once a person has stopped it (Ctrl-C), or the input
 * has ended, every later question is rejected alike.
 */
export function terminalAsk(options: AskOptions): Ask {
  let tail: Promise<unknown> = Promise.resolve();
  let over: UserError | undefined;
  let number = 0;
  const open = async (question: Question, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted();
    if (over) throw over;
    options.emit({ type: 'question-opened', id: question.id });
    number += 1;
    try {
      if (options.style.accessible) {
        const { askPlainly } = await import('./prompt-plain.ts');
        const answer = await askPlainly(question, number, signal, options);
        if (answer) return answer;
        throw unanswered(question, MESSAGES.inputClosed, options.next?.(question));
      }
      return await askLive(question, signal, options);
    } catch (error) {
      if (error instanceof Interrupted || error instanceof InputNeeded) over = error;
      throw error;
    } finally {
      options.emit({ type: 'question-closed', id: question.id });
    }
  };
  return (question, signal = new AbortController().signal) => {
    const answer = tail.then(() => open(question, signal));
    tail = answer.catch(() => {});
    return answer;
  };
}

/** The `Ask` port where nobody can be asked (`--no-input`, CI, no terminal): rejects, naming the question. */
export function noInputAsk(next?: (question: Question) => string | undefined): Ask {
  return question => Promise.reject(unanswered(question, MESSAGES.cannotAsk, next?.(question)));
}

function unanswered(question: Question, cause: string, next: string | undefined): InputNeeded {
  const what = clean(question.message);
  return new InputNeeded({
    message: question.kind === 'secret' ? MESSAGES.secretMissing(what) : MESSAGES.unanswered(what),
    cause,
    ...(next === undefined ? {} : { next }),
  });
}

/** One question as a prompt of @inquirer/core, with the live text below it. Restores the terminal on every path. */
async function askLive(question: Question, signal: AbortSignal, options: AskOptions): Promise<Answer> {
  const views = await import('./prompt-views.ts');
  const closing = new AbortController();
  const bridge: Bridge = {
    style: options.style,
    columns: () => windowSize().columns,
    lines: [],
    onLines: undefined,
    drawn: { content: [], below: 0 },
    browser: options.browser,
    inputClosed: () => closing.abort(unanswered(question, MESSAGES.inputClosed, options.next?.(question))),
    failed: error => closing.abort(error),
  };
  const release = options.live?.()?.handOver(lines => {
    bridge.lines = lines;
    bridge.onLines?.(lines);
  });
  const restore = (): void => {
    sayRaw(PASTE_MARKS_OFF + SHOW_CURSOR);
  };
  const resized = (): void => {
    sayRaw(wipe(bridge.drawn, windowSize().columns));
    // The painter hears of the new width after us and hands over new lines; the old ones are too wide.
    bridge.onLines?.([]);
  };
  process.stdin.on('error', bridge.inputClosed);
  process.stderr.prependListener('resize', resized);
  process.on('exit', restore);
  sayRaw(PASTE_MARKS_ON);
  const input = options.keys?.open() ?? process.stdin;
  const both = AbortSignal.any([signal, closing.signal]);
  const context = { input, output: process.stderr, clearPromptOnDone: true, signal: both };
  const says = (text: string, good = true): void => {
    const { style } = options;
    const mark = good ? style.glyph.done : style.glyph.skipped;
    const paint = good ? style.green : style.yellow;
    const asked = clean(question.message);
    const [first = '', ...rest] = hang(`${mark} `, `${asked} ${text}`, windowSize().columns);
    // Grey begins where the question ends, on whichever line that is.
    const lines = first.startsWith(`${mark} ${asked}`)
      ? [`${paint(mark)} ${asked}${style.dim(first.slice(mark.length + 1 + asked.length))}`, ...rest.map(style.dim)]
      : [`${paint(mark)}${first.slice(mark.length)}`, ...rest];
    sayRaw(`${lines.join('\n')}\n`);
  };
  try {
    if (question.kind === 'confirm') {
      const yes = await views.confirmPrompt({ question, bridge }, context);
      says(yes ? MESSAGES.yes : MESSAGES.no, yes);
      return { kind: yes ? 'yes' : 'no' };
    }
    if (question.kind === 'select') {
      const value = await views.selectPrompt({ question, bridge }, context);
      says(clean(question.choices.find(choice => choice.value === value)?.label ?? value));
      return { kind: 'value', value };
    }
    const result = await views.secretPrompt({ question, bridge }, context);
    if (result.kind === 'skipped') {
      const [said = '', later] = skippedText(question, options.command);
      says(said, false);
      // On a line of its own, since a command is never broken.
      if (later !== undefined) sayRaw(`${options.style.command(later)}\n`);
      return result;
    }
    says([MESSAGES.received, ...result.remarks].join('; '));
    return { kind: 'value', value: result.value };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (closing.signal.aborted) throw closing.signal.reason;
    // ExitPromptError: Ctrl-C reached the prompt as a key (facts ecosystem §C.4).
    if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted();
    throw error;
  } finally {
    options.keys?.close();
    restore();
    process.removeListener('exit', restore);
    process.stderr.removeListener('resize', resized);
    process.stdin.removeListener('error', bridge.inputClosed);
    release?.();
  }
}

/**
 * After the terminal has broken our lines anew: takes the prompt off the screen, and puts the cursor where it would be
 * if no line had been broken, since that is where @inquirer/core begins to draw over its last picture.
 */
function wipe(drawn: Bridge['drawn'], columns: number): string {
  const rows = drawn.content.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  const up = (count: number): string => (count > 0 ? `\x1b[${count}A` : '');
  const room = '\n'.repeat(Math.max(0, drawn.content.length - 1) + drawn.below);
  return `\r${up(rows - 1)}\x1b[0J${room}${up(drawn.below)}`;
}
