import { EXIT, exitOf, Interrupted, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { SetupOutcome } from '../engine/setup.ts';
import { untrustedEvent } from '../engine/untrusted-event.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { RunClock } from '../onboarding/run-clock.ts';
import { indexVariable } from '../secrets/index-credentials.ts';
import { setupSummary } from '../terminal/ci/job-summary.ts';
import { PackageCounts } from '../terminal/ci/package-counts.ts';
import { type CiService, ciService } from '../terminal/ci/service.ts';
import { clean } from '../terminal/clean.ts';
import { monotonic } from '../terminal/monotonic.ts';
import { say } from '../terminal/output.ts';
import { EMPTY_RUN, reduceRun } from '../terminal/run-state.ts';
import { homely } from '../terminal/text.ts';
import { annotateError, annotateFindings } from './ci-annotate.ts';
import { exportEnvironment, writeOutputs, writeSummary } from './ci-files.ts';
import { hideInJob } from './ci-masks.ts';
import { partOfStep, placeInManifest } from './ci-places.ts';
import type { Session } from './session.ts';

/** How a setup ended: what its steps did, or what stopped it before they were through. */
export type JobEnd = { outcome: SetupOutcome } | { error: unknown };

/** A setup in a CI job: what the service is told of it besides the log. */
export class Job {
  readonly #session: Session;
  readonly #service: CiService | undefined;
  readonly #packages = new PackageCounts();
  readonly #changes = new Map<string, string[]>();
  #state = EMPTY_RUN;

  /** From here on nothing that is said shows a secret of the workspace that the job gave as a variable. */
  constructor(session: Session, { wanted }: Workspace) {
    this.#session = session;
    this.#service = ciService(session.env);
    const given = wanted.secrets.flatMap(({ env, index }) => {
      const names = index === undefined ? [env] : [env, indexVariable(index, 'PASSWORD')];
      return names.flatMap(name => session.env[name] || []);
    });
    hideInJob(session, given);
  }

  readonly listen = (event: RunEvent): void => {
    this.#packages.listen(event);
    this.#state = reduceRun(this.#state, event, monotonic());
    if (event.type !== 'change-done') return;
    const { action, target } = event.change;
    this.#changes.set(event.step, [...(this.#changes.get(event.step) ?? []), `${action} ${target}`]);
  };

  /** Writes outputs, annotations, the environment of later steps and the summary. Never fails. */
  async end(workspace: Workspace, clock: RunClock, end: JobEnd): Promise<void> {
    try {
      await this.#tell(workspace, clock, end);
    } catch (error) {
      say(clean(`The CI service was not told all of this run: ${error instanceof Error ? error.message : error}`));
    }
  }

  async #tell(workspace: Workspace, clock: RunClock, end: JobEnd): Promise<void> {
    const exit = 'outcome' in end ? end.outcome.exit : exitOf(end.error);
    const { elapsed, machine } = clock.parts();
    writeOutputs(
      {
        'duration-seconds': elapsed.toFixed(1),
        'machine-seconds': machine.toFixed(1),
        'cache-hit': this.#cacheHit(end),
        environment: workspace.wanted.environment,
      },
      this.#session,
    );
    if (this.#service !== 'github') return;
    await this.#annotate(workspace, end);
    if (exit === EXIT.ok) this.#exportTo(workspace);
    const { redactor, command, paths } = this.#session;
    writeSummary(
      setupSummary({
        workspace: workspace.wanted.workspace,
        environment: workspace.wanted.environment,
        exit,
        elapsed: elapsed * 1000,
        machine: machine * 1000,
        steps: this.#state.steps,
        changes: this.#changes,
        packages: this.#packages,
        findings: 'outcome' in end ? end.outcome.findings : [],
        command,
        redact: text => homely(redactor.clean(text), paths.home),
        ...('error' in end ? { error: end.error } : {}),
      }),
      this.#session,
    );
  }

  /** `true` when no package had to be fetched; empty where the packages were not looked at. */
  #cacheHit(end: JobEnd): string {
    if ('error' in end) return 'false';
    const { plan, results } = end.outcome;
    if (!plan.steps.some(({ step }) => step.id === 'python')) return '';
    const status = results.find(({ id }) => id === 'python')?.status ?? 'in order';
    return String((status === 'done' || status === 'in order') && this.#packages.fetched === 0);
  }

  async #annotate(workspace: Workspace, end: JobEnd): Promise<void> {
    const { env, redactor, options } = this.#session;
    if ('error' in end) {
      const at = end.error instanceof UserError ? end.error.at : undefined;
      return annotateError(end.error, env, redactor.clean, await placeInManifest(workspace, at ?? [], env));
    }
    for (const { id, error } of end.outcome.results) {
      if (error === undefined || error instanceof Interrupted) continue;
      const part = partOfStep(id, error, workspace);
      annotateError(error, env, redactor.clean, await placeInManifest(workspace, part, env));
    }
    if (options.quiet) return;
    // A failure has its annotation by now.
    annotateFindings(
      end.outcome.findings.filter(({ level }) => level === 'warn'),
      env,
      redactor.clean,
    );
  }

  /** What a stranger may have written gets no say in later steps that may do more than they (security §2). */
  #exportTo(workspace: Workspace): void {
    const reason = untrustedEvent(this.#session.env);
    if (reason === undefined) exportEnvironment(workspace.wanted, this.#session);
    else say(`PATH and variables of later steps stay as they are, since ${reason}.`);
  }
}
