import { UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import { Redactor } from '../core/redact.ts';
import { systemError } from '../system/disk-error.ts';

/** One thing that was looked at, and what was found; nothing found is good. */
export interface Part {
  title: string;
  about: 'machine' | 'workspace';
  findings: readonly Finding[];
  /** Not in order, though there is no finding: something is to be done first, or nobody could be asked. */
  open?: boolean;
}

/** How it may end: with a result, or with findings that say why there is none. */
export type Guarded<T> = { ok: true; value: T } | { ok: false; findings: Finding[] };

/**
 * Runs one look at something so that it can neither end nor hold up the others: a refusal, a crash and a look that takes
 * too long become findings.
 * @param ms milliseconds it may take; its signal is aborted then.
 * @throws the reason of `signal`, which stops everything.
 */
export async function guarded<T>(
  title: string,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Guarded<T>> {
  const own = new AbortController();
  const stop = AbortSignal.any([signal, own.signal]);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(() => resolve('late'), ms);
  });
  const stopped = new Promise<'stopped'>(resolve => {
    if (stop.aborted) resolve('stopped');
    // On the joined signal, which lives no longer than this look.
    stop.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  try {
    const value = await Promise.race([work(stop).then(done => ({ done })), late, stopped]);
    signal.throwIfAborted();
    if (typeof value !== 'string') return { ok: true, value: value.done };
    return { ok: false, findings: [tooLong(title, ms)] };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, findings: [failureFinding(title, error)] };
  } finally {
    clearTimeout(timer);
    // What is still going on (a child, a connection) is stopped with it.
    own.abort(new Error('this look has ended'));
  }
}

/** A particular that is a command of ours is one of several ways out; a finding has room for one. */
const OURS = 'hotpass-bootstrap ';

/** A failure as a finding: what makes other commands stop is what `doctor` is there to tell. */
export function failureFinding(title: string, thrown: unknown): Finding {
  const error = systemError(thrown);
  if (!(error instanceof UserError)) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return finding(
      'HB511',
      'fail',
      `"${title}" could not be looked at: a bug of this tool.`,
      `It said: ${new Redactor().clean(said)}. Everything else was looked at.`,
      { command: 'hotpass-bootstrap --version', safe: false },
    );
  }
  const particulars = error.details.map(detail => detail.trim()).filter(detail => !detail.startsWith(OURS));
  const cause = [error.why, ...particulars.slice(0, 5)].filter(text => text !== '').join(' ');
  const fix = error.next === undefined ? undefined : { command: error.next, safe: false };
  return finding(error.id ?? 'HB510', 'fail', error.message, cause, fix);
}

function tooLong(title: string, ms: number): Finding {
  return finding(
    'HB512',
    'warn',
    `"${title}" took longer than ${Math.round(ms / 1000)} seconds and was given up.`,
    'Something it asked does not answer: a program, a disk or the network. Everything else was looked at.',
    { command: 'hotpass-bootstrap doctor --offline', safe: false },
  );
}
