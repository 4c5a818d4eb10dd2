import type { RunEvent } from '../../core/events.ts';
import { now } from '../../system/clock.ts';
import { breakWorkflowCommands, clean } from '../clean.ts';
import { sayRaw } from '../output.ts';
import { Plain, type PlainOptions } from '../plain.ts';
import type { View } from '../view.ts';
import type { Folding } from './folds.ts';

/** Lines kept of one step; the last ones say most. */
const KEPT_LINES = 2000;

interface Said {
  title: string;
  from: number;
  lines: string[];
  left: number;
}

/**
 * Shows a run in the log of a CI job: plain lines, and what the programs of a step said folded away above its end.
 * Steps run at the same time, so a fold is written when its step is over.
 */
export class JobView implements View {
  readonly live = undefined;
  readonly #plain: Plain;
  readonly #folding: Folding;
  readonly #redact: (text: string) => string;
  readonly #write: (text: string) => void;
  readonly #said = new Map<string, Said>();

  /** @param write takes whole lines, with commands to the service in them. */
  constructor(options: PlainOptions, folding: Folding, write: (text: string) => void = sayRaw) {
    this.#plain = new Plain(options);
    this.#folding = folding;
    this.#redact = options.redact;
    this.#write = write;
  }

  readonly listen = (event: RunEvent): void => {
    if (event.type === 'step-started') {
      this.#said.set(event.step, { title: event.title, from: now().wall, lines: [], left: 0 });
    }
    if (event.type === 'child-line') this.#keep(event.step, event.line);
    if (event.type === 'step-finished') this.#fold(event.step);
    this.#plain.listen(event);
  };

  readonly stop = (): void => {
    for (const step of [...this.#said.keys()]) this.#fold(step);
    this.#plain.stop();
  };

  #keep(step: string, line: string): void {
    const said = this.#said.get(step);
    if (!said || line.trim() === '') return;
    said.lines.push(line);
    if (said.lines.length <= KEPT_LINES) return;
    said.lines.shift();
    said.left += 1;
  }

  #fold(step: string): void {
    const said = this.#said.get(step);
    this.#said.delete(step);
    if (!said || said.lines.length === 0) return;
    const title = this.#text(`${said.title}: what was said`);
    const { head, foot } = this.#folding({ name: step, title, from: said.from, to: now().wall });
    const left = said.left === 0 ? [] : [`(${said.left} lines before are left out)`];
    const lines = said.lines.map(line => this.#text(line));
    this.#write(`${[head, ...left, ...lines, foot].join('\n')}\n`);
  }

  /** Nothing in a line that we did not write may command the service. */
  #text(text: string): string {
    return breakWorkflowCommands(clean(this.#redact(text))).trimEnd();
  }
}
