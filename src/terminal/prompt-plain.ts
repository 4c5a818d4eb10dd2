import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Interrupted } from '../core/errors.ts';
import type { Answer, Question } from '../core/ports.ts';
import { clean } from './clean.ts';
import type { HeldKeys } from './held-keys.ts';
import { MESSAGES } from './messages.ts';
import { say, sayRaw } from './output.ts';
import { type AskOptions, OPEN_PAGE, skippedText } from './prompt-words.ts';
import { tidySecret } from './secret-input.ts';

/** How one line of input ended. */
export type Line = { kind: 'line'; text: string } | { kind: 'closed' } | { kind: 'interrupted' };

/**
 * Asks with numbered lines and plain input (ACCESSIBLE=1): nothing is repainted, no key has a meaning of its own.
 * @param number of this question in the run.
 * @returns undefined when the input has ended.
 */
export async function askPlainly(
  question: Question,
  number: number,
  signal: AbortSignal,
  options: Pick<AskOptions, 'browser' | 'command' | 'keys'> = {},
): Promise<Answer | undefined> {
  const { browser, command, keys } = options;
  const page = question.kind === 'secret' ? browser?.pageOf(question.obtain ?? '') : undefined;
  for (const line of describe(question, number, page)) say(line);
  for (;;) {
    sayRaw('> ');
    const line = await readLine(question.kind === 'secret', signal, keys);
    if (line.kind === 'closed') return undefined;
    if (line.kind === 'interrupted') throw new Interrupted();
    if (page !== undefined && line.text.trim() === OPEN_PAGE) {
      say((await browser?.open(page)) ? MESSAGES.opened : MESSAGES.notOpened);
      continue;
    }
    const answer = await understand(question, line.text);
    if ('answer' in answer) {
      if (answer.answer.kind === 'skipped') for (const text of skippedText(question, command)) say(text);
      return answer.answer;
    }
    say(answer.problem);
  }
}

function describe(question: Question, number: number, page: string | undefined): string[] {
  const head = `Question ${number}: ${clean(question.message)}`;
  switch (question.kind) {
    case 'confirm':
      return [head, `Type y or n, then Enter. Enter alone means ${question.default ? MESSAGES.yes : MESSAGES.no}.`];
    case 'select':
      return [
        head,
        ...question.choices.map(
          ({ label, hint }, index) => `  ${index + 1}. ${clean(hint === undefined ? label : `${label} (${hint})`)}`,
        ),
        MESSAGES.typeNumber(question.choices.length),
      ];
    case 'secret':
      return [
        head,
        clean(question.description),
        ...(question.obtain === undefined ? [] : [`${MESSAGES.obtain} ${clean(question.obtain)}`]),
        ...(page === undefined ? [] : [MESSAGES.openWith]),
        question.optional ? MESSAGES.secretInputOptional : MESSAGES.secretInput,
      ];
  }
}

async function understand(question: Question, text: string): Promise<{ answer: Answer } | { problem: string }> {
  const word = text.trim().toLowerCase();
  switch (question.kind) {
    case 'confirm':
      if (word === '') return { answer: { kind: question.default ? 'yes' : 'no' } };
      if (word === 'y' || word === MESSAGES.yes) return { answer: { kind: 'yes' } };
      if (word === 'n' || word === MESSAGES.no) return { answer: { kind: 'no' } };
      return { problem: MESSAGES.typeYesOrNo };
    case 'select': {
      const chosen = /^\d+$/.test(word) ? question.choices[Number(word) - 1] : undefined;
      if (chosen) return { answer: { kind: 'value', value: chosen.value } };
      return { problem: MESSAGES.typeNumber(question.choices.length) };
    }
    case 'secret': {
      const { value, remarks } = tidySecret(text);
      if (value === '') return question.optional ? { answer: { kind: 'skipped' } } : { problem: MESSAGES.secretNeeded };
      const why = await question.validate(value);
      if (why !== undefined) return { problem: clean(why) };
      for (const remark of remarks) say(remark);
      return { answer: { kind: 'value', value } };
    }
  }
}

/** One line from standard input. Hidden: in raw mode with no echo; else the terminal itself edits and echoes it. */
export function readLine(hidden: boolean, signal: AbortSignal, keys?: HeldKeys): Promise<Line> {
  return new Promise((resolve, reject) => {
    const input = keys?.open(!hidden) ?? process.stdin;
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const rl = createInterface({ input, output: nowhere, terminal: hidden, historySize: 0 });
    const settle = (line: Line): void => {
      signal.removeEventListener('abort', aborted);
      input.removeListener('error', failed);
      rl.removeAllListeners();
      rl.close();
      keys?.close();
      if (hidden) sayRaw('\n');
      resolve(line);
    };
    const failed = (): void => settle({ kind: 'closed' });
    const aborted = (): void => {
      settle({ kind: 'closed' });
      reject(signal.reason);
    };
    rl.on('line', text => settle({ kind: 'line', text }));
    rl.on('SIGINT', () => settle({ kind: 'interrupted' }));
    rl.on('close', failed);
    input.on('error', failed);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}
