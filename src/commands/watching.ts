import { Interrupted } from '../core/errors.ts';
import type { EventStream, RunEvent } from '../core/events.ts';
import type { Ask } from '../core/ports.ts';
import { ciService } from '../terminal/ci/service.ts';
import type { HeldKeys } from '../terminal/held-keys.ts';
import type { Browser } from '../terminal/prompt-words.ts';
import type { View } from '../terminal/view.ts';
import type { Session } from './session.ts';

/** Who watches a run: the view of its events, and the prompts that share the screen with it. */
export interface Watching {
  ask: Ask;
  /** Ends the showing on every way out. */
  stop: () => Promise<void>;
}

/**
 * Connects the events of a run to the view and the questions to the prompts. Both are loaded with the first event or
 * question: a run with nothing to do shows nothing.
 */
export function watch(session: Session, events: EventStream): Watching {
  const { style, command, redactor, options, abort, env } = session;
  const early: RunEvent[] = [];
  let view: View | undefined;
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const { chooseView } = await import('../terminal/view.ts');
    const { json = false, quiet = false } = options;
    const look = { style, command, redact: redactor.clean, json, quiet, service: ciService(env) };
    const chosen = await chooseView(look);
    for (const event of early.splice(0)) chosen.listen(event);
    view = chosen;
  };
  events.listen(event => {
    if (view) return view.listen(event);
    early.push(event);
    loading ??= load();
  });

  let keys: HeldKeys | undefined;
  let asking: Promise<Ask> | undefined;
  const prompts = async (): Promise<Ask> => {
    const { noInputAsk, terminalAsk } = await import('../terminal/prompts.ts');
    if (!session.interactive) return noInputAsk(() => `${command} setup`);
    keys = new (await import('../terminal/held-keys.ts')).HeldKeys();
    const browser = await browserOf(session);
    return terminalAsk({ style, command, emit: events.emit, live: () => view?.live, browser, keys });
  };
  return {
    ask: async (question, signal) => {
      asking ??= prompts();
      try {
        return await (await asking)(question, signal ?? abort.signal);
      } catch (error) {
        // Ctrl-C at a prompt reaches us as a key, not as a signal: it ends the whole run all the same.
        if (error instanceof Interrupted) abort.abort(error);
        throw error;
      }
    },
    stop: async () => {
      await loading;
      view?.stop();
      keys?.release();
    },
  };
}

/** The person's browser, as the prompts use it. */
async function browserOf({ env, path }: Session): Promise<Browser> {
  const { openerFor, openPage, pageIn } = await import('../system/browser.ts');
  return {
    pageOf: text => {
      const page = pageIn(text);
      return page !== undefined && openerFor(page, env, path) ? page : undefined;
    },
    open: page => openPage(page, env, path),
  };
}
