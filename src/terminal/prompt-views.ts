import { createPrompt, isDownKey, isEnterKey, isUpKey, useEffect, useKeypress, useRef, useState } from '@inquirer/core';
import type { Question } from '../core/ports.ts';
import { clean } from './clean.ts';
import { MESSAGES } from './messages.ts';
import { type Browser, OPEN_PAGE } from './prompt-words.ts';
import { maskOf, SecretBuffer, tidySecret } from './secret-input.ts';
import type { Style } from './style.ts';
import { hang } from './text.ts';

/** Between a prompt and what surrounds it: live lines in, the end of the input out. */
export interface Bridge {
  style: Style;
  columns: () => number;
  lines: readonly string[];
  /** Called with the live lines whenever they change. */
  onLines: ((lines: readonly string[]) => void) | undefined;
  /** What stands on the screen now: the lines up to the input line, and how many are below it. */
  drawn: { content: readonly string[]; below: number };
  browser: Browser | undefined;
  /** The input is gone: nobody can answer any more. */
  inputClosed: () => void;
  /** The prompt cannot go on: what `validate` threw. */
  failed: (error: unknown) => void;
}

type Of<K extends Question['kind']> = Extract<Question, { kind: K }>;

interface Config<Q> {
  question: Q;
  bridge: Bridge;
}

/** Live lines of the run, as state of a prompt; also notices the end of the input (Ctrl-D, a terminal hung up). */
function useSurroundings(bridge: Bridge): readonly string[] {
  const [lines, setLines] = useState<readonly string[]>(bridge.lines);
  useEffect(rl => {
    const closed = (): void => bridge.inputClosed();
    bridge.onLines = setLines;
    rl.on('close', closed);
    return () => {
      bridge.onLines = undefined;
      rl.removeListener('close', closed);
    };
  }, []);
  return lines;
}

/** What stands below the input line: what is wrong with the answer, then the live lines. */
function below(bridge: Bridge, problem: string, lines: readonly string[], remark = ''): string {
  const { style } = bridge;
  const width = bridge.columns() - 1;
  const said = remark === '' ? [] : hang(`  ${style.glyph.info} `, clean(remark), width);
  const wrong =
    problem === '' ? [] : hang(`  ${style.glyph.failed} `, clean(problem), width).map(line => style.red(line));
  return [...wrong, ...said, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}

/** A prompt's picture, remembered for the case that the terminal changes its width. */
function picture(bridge: Bridge, content: string, bottom: string): [string, string] {
  bridge.drawn = { content: content.split('\n'), below: bottom === '' ? 0 : bottom.split('\n').length };
  return [content, bottom];
}

function heading(bridge: Bridge, text: string): string[] {
  const { style } = bridge;
  const mark = style.glyph.question;
  return hang(`${mark} `, clean(text), bridge.columns() - 1).map((line, index) =>
    index === 0 ? style.cyan(mark) + style.bold(line.slice(mark.length)) : style.bold(line),
  );
}

/** A yes-or-no question; Enter alone takes the default. */
export const confirmPrompt = createPrompt<boolean, Config<Of<'confirm'>>>(({ question, bridge }, done) => {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState('');
  const lines = useSurroundings(bridge);
  useKeypress((key, rl) => {
    if (!isEnterKey(key)) {
      setTyped(clean(rl.line));
      return;
    }
    const word = typed.trim().toLowerCase();
    if (word === '') done(question.default);
    else if (word === 'y' || word === MESSAGES.yes) done(true);
    else if (word === 'n' || word === MESSAGES.no) done(false);
    else {
      setTyped('');
      setProblem(MESSAGES.typeYesOrNo);
    }
  });
  const hint = question.default ? '(Y/n)' : '(y/N)';
  const content = `${heading(bridge, question.message).join('\n')} ${hint} ${typed}`;
  return picture(bridge, content, below(bridge, problem, lines));
});

/** One of several: arrows or a number, then Enter. */
export const selectPrompt = createPrompt<string, Config<Of<'select'>>>(({ question, bridge }, done) => {
  const { style } = bridge;
  const [active, setActive] = useState(0);
  const lines = useSurroundings(bridge);
  const count = question.choices.length;
  useKeypress((key, rl) => {
    const digit = Number(rl.line.slice(-1));
    rl.clearLine(0);
    if (isEnterKey(key)) {
      const chosen = question.choices[active];
      if (chosen) done(chosen.value);
    } else if (isUpKey(key)) setActive((active + count - 1) % count);
    else if (isDownKey(key)) setActive((active + 1) % count);
    else if (Number.isInteger(digit) && digit >= 1 && digit <= count) setActive(digit - 1);
  });
  const choices = question.choices.flatMap((choice, index) => {
    const text = clean(choice.hint === undefined ? choice.label : `${choice.label} (${choice.hint})`);
    const chosen = index === active;
    return hang(`${chosen ? '>' : ' '} ${index + 1} `, text, bridge.columns() - 1).map(line =>
      chosen ? style.cyan(line) : line,
    );
  });
  const content = [...heading(bridge, question.message), ...choices, `  ${MESSAGES.selectHint} ${active + 1}`];
  return picture(bridge, content.join('\n'), below(bridge, '', lines));
});

/** What a secret prompt ends with; `remarks` are said to the person. */
export type SecretResult = { kind: 'skipped' } | { kind: 'value'; value: string; remarks: string[] };

/** A masked input. The value lives in this prompt's own buffer, never in readline's line or history. */
export const secretPrompt = createPrompt<SecretResult, Config<Of<'secret'>>>(({ question, bridge }, done) => {
  const { style } = bridge;
  const buffer = useRef(new SecretBuffer());
  const pending = useRef(false);
  const busy = useRef(false);
  const [mask, setMask] = useState('');
  const [problem, setProblem] = useState('');
  const [remark, setRemark] = useState('');
  const [checking, setChecking] = useState(false);
  const page = question.obtain === undefined ? undefined : bridge.browser?.pageOf(question.obtain);
  const lines = useSurroundings(bridge);

  const submit = async (): Promise<void> => {
    const { value, remarks } = tidySecret(buffer.current.text);
    buffer.current.clear();
    setProblem('');
    setRemark('');
    if (value === OPEN_PAGE && page !== undefined) {
      setMask('');
      const opened = await bridge.browser?.open(page);
      setRemark(opened ? MESSAGES.opened : MESSAGES.notOpened);
      return;
    }
    if (value === '') {
      if (question.optional) done({ kind: 'skipped' });
      else setProblem(MESSAGES.secretNeeded);
      return;
    }
    busy.current = true;
    setChecking(true);
    const why = await question.validate(value);
    if (why === undefined) {
      done({ kind: 'value', value, remarks });
      return;
    }
    busy.current = false;
    setProblem(why);
    setMask('');
    setChecking(false);
  };

  useKeypress((key, rl) => {
    const inserted = rl.line;
    rl.clearLine(0);
    // Readline remembers lines; a secret must not be among them.
    if (busy.current) return;
    buffer.current.take({ name: key.name, ctrl: key.ctrl, inserted });
    if (pending.current) return;
    // Keys of one paste come in one moment: they are drawn once, and an Enter in their midst ends nothing.
    pending.current = true;
    setImmediate(() => {
      pending.current = false;
      setMask(maskOf(buffer.current.text, style.glyph.mask));
      if (buffer.current.ended) submit().catch(bridge.failed);
    });
  });

  const columns = bridge.columns() - 1;
  const facts = [
    clean(question.description),
    question.obtain === undefined ? '' : `${MESSAGES.obtain} ${clean(question.obtain)}`,
    page === undefined ? '' : MESSAGES.openWith,
  ].filter(text => text !== '');
  const label = question.optional ? MESSAGES.secretInputOptional : MESSAGES.secretInput;
  const content = [
    ...heading(bridge, question.message),
    ...facts.flatMap(text => hang('  ', text, columns).map(style.dim)),
    `  ${label} ${checking ? MESSAGES.checking : mask}`,
  ];
  return picture(bridge, content.join('\n'), below(bridge, problem, lines, remark));
});
