import type { Listener } from '../core/events.ts';
import type { CiService } from './ci/service.ts';
import type { ErrorView } from './errors-view.ts';
import type { Live } from './live.ts';

/** Something that shows a run. */
export interface View {
  readonly listen: Listener;
  /** Ends the showing on every way out; safe to call twice. */
  readonly stop: () => void;
  /** Live text that a prompt may take over; undefined when nothing is repainted. */
  readonly live: Live | undefined;
}

/** Chooses how a run is shown. Each way is loaded only when it is chosen. */
export async function chooseView(
  options: ErrorView & { json: boolean; quiet: boolean; service?: CiService | undefined },
): Promise<View> {
  if (options.json || options.quiet) {
    const { ignoreEvents } = await import('./json-view.ts');
    return { listen: ignoreEvents, stop: () => {}, live: undefined };
  }
  if (options.service === 'github' || options.service === 'gitlab') {
    const [{ JobView }, { githubGroup, gitlabSection }] = await Promise.all([
      import('./ci/job-view.ts'),
      import('./ci/folds.ts'),
    ]);
    return new JobView(options, options.service === 'github' ? githubGroup : gitlabSection);
  }
  // Some services give jobs a terminal, but their logs cannot be repainted.
  if (options.style.live && options.service === undefined) return new (await import('./painter.ts')).Painter(options);
  return new (await import('./plain.ts')).Plain(options);
}
