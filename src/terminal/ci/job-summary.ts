import { formatDuration } from '../../core/durations.ts';
import { Interrupted, UserError } from '../../core/errors.ts';
import type { Finding } from '../../core/findings.ts';
import { withCommand } from '../errors-view.ts';
import type { RunState, StepState } from '../run-state.ts';
import { markdownBlock, markdownCode, markdownText } from './markdown.ts';

/** GitHub refuses a summary of more than 1 MiB, all of it; nobody reads as much as this. */
const LONGEST = 64 * 1024;
const MOST_FINDINGS = 20;

/** What a job summary tells of a setup. */
export interface SetupStory {
  workspace: string;
  environment: string;
  exit: number;
  /** Milliseconds. */
  elapsed: number;
  machine: number;
  steps: RunState['steps'];
  /** By step: what changed, a few words each. */
  changes: ReadonlyMap<string, readonly string[]>;
  /** Packages that were installed, and of those the ones the cache did not have. */
  packages: { installed: number; fetched: number };
  /** What stopped it, beside the failures of steps. */
  error?: unknown;
  findings: readonly Finding[];
  /** How the tool is called. */
  command: string;
  /** Takes known secrets out of text, and may shorten paths. */
  redact: (text: string) => string;
}

/** A setup as Markdown for the page of a job: how it ended, its steps, what went wrong and what to type. Pure. */
export function setupSummary(story: SetupStory): string {
  const failures = failuresOf(story);
  const text = [
    headline(story),
    '',
    times(story),
    '',
    ...stepTable(story),
    ...failures.flatMap(failure => failureBlock(failure, story)),
    ...findingList(story),
  ]
    .join('\n')
    .trimEnd();
  if (Buffer.byteLength(text) <= LONGEST) return `${text}\n`;
  return `${headline(story)}\n\n${times(story)}\n\nThe rest is too long for this page; the log has it.\n`;
}

function headline({ exit, workspace, environment, steps }: SetupStory): string {
  const what = `${markdownText(workspace)} \\(${markdownText(environment)}\\)`;
  if (exit !== 0) return `### ❌ ${what}: setup stopped, exit ${exit}`;
  return steps.length === 0 ? `### ✅ ${what}: everything was in order` : `### ✅ ${what} is ready`;
}

function times({ elapsed, machine, packages, steps }: SetupStory): string {
  const waited = elapsed - machine >= 1000 ? `, ${formatDuration(machine)} of it work of the machine` : '';
  const took = `Took **${formatDuration(elapsed)}**${waited}.`;
  if (!steps.some(step => step.id === 'python' && step.status === 'done')) return took;
  return `${took} ${cacheWords(packages)}`;
}

/** What the cache of uv was good for. */
function cacheWords({ installed, fetched }: SetupStory['packages']): string {
  const packages = `${installed} package${installed === 1 ? '' : 's'}`;
  if (installed === 0) return 'No package had to be installed.';
  if (fetched === 0) return `uv’s cache had all of the ${packages}.`;
  return `${packages} installed, ${Math.min(fetched, installed)} of them fetched: uv’s cache did not have them.`;
}

function stepTable({ steps, changes, redact }: SetupStory): string[] {
  if (steps.length === 0) return [];
  return [
    '| step | result | time | |',
    '|---|---|--:|---|',
    ...steps.map(step => {
      const note = [...(changes.get(step.id) ?? []).slice(0, 3), step.status === 'skipped' ? step.text : '']
        .filter(text => text !== '')
        .map(text => markdownCode(redact(text)));
      const more = (changes.get(step.id)?.length ?? 0) - 3;
      const notes = [...note, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
      const time = step.ms >= 50 ? formatDuration(step.ms) : '';
      return `| ${markdownText(step.title)} | ${resultOf(step)} | ${time} | ${notes} |`;
    }),
    '',
  ];
}

function resultOf(step: StepState): string {
  if (step.error instanceof Interrupted) return '⏹️ stopped';
  return {
    waiting: 'not reached',
    running: '⏹️ stopped',
    'in order': 'in order',
    done: '✅ done',
    failed: '❌ failed',
    skipped: 'skipped',
  }[step.status];
}

interface Failure {
  title: string | undefined;
  error: unknown;
  lines: readonly string[];
}

function failuresOf({ steps, error }: SetupStory): Failure[] {
  const failed = steps.filter(step => step.status === 'failed');
  const own = failed.map(step => ({ title: step.title, error: step.error, lines: step.lines }));
  return error === undefined ? own : [...own, { title: undefined, error, lines: [] }];
}

function failureBlock({ title, error, lines }: Failure, { redact, command }: SetupStory): string[] {
  const message = error instanceof Error ? error.message : String(error);
  const head = `**${title === undefined ? '' : `${markdownText(title)}: `}${markdownText(redact(message))}**`;
  if (!(error instanceof UserError)) return [head, ''];
  const said = error.lines.length > 0 ? error.lines : lines;
  const details = error.details.map(detail => redact(withCommand(detail, command)));
  return [
    error.why === '' ? head : `${head} ${markdownText(redact(error.why))}`,
    '',
    ...(details.length === 0 ? [] : [...markdownBlock(details), '']),
    ...(said.length === 0 ? [] : [...markdownBlock(said.slice(-12).map(redact)), '']),
    ...(error.next === undefined ? [] : [`To go on: ${markdownCode(redact(withCommand(error.next, command)))}`, '']),
  ];
}

function findingList({ findings, redact, command }: SetupStory): string[] {
  const shown = findings.filter(({ level }) => level === 'warn').slice(0, MOST_FINDINGS);
  if (shown.length === 0) return [];
  return [
    '**Worth knowing**',
    '',
    ...shown.map(({ id, message, cause, fix }) => {
      const next = fix === undefined ? '' : ` ${markdownCode(redact(withCommand(fix.command, command)))}`;
      return `- ${markdownText(redact(`${message} (${id}) ${cause}`))}${next}`;
    }),
    '',
  ];
}
