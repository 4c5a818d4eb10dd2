import { join } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import type { Workspace } from '../engine/workspace.ts';
import { episodeOf } from '../onboarding/episode.ts';
import { openLedger, recordOf } from '../onboarding/ledger.ts';
import { firstCommit, toldGates } from '../onboarding/milestones.ts';
import { type Report, reportOf } from '../onboarding/report.ts';
import { monthOf, type Sample, samplesOf } from '../onboarding/samples.ts';
import { now } from '../system/clock.ts';
import { readText, realPath, replaceFile, statOf } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say, windowSize } from '../terminal/output.ts';
import type { Invocation, Options } from './parse.ts';
import { blockedReason } from './record.ts';
import { rendered, reportFormat } from './report-format.ts';
import { openSession, type Session, workspaceOf } from './session.ts';

/** Where the section stands when no file is named (facts telemetry §6). */
const DOCUMENT = join('docs', 'roadmap.md');

/** `report`: how long onboarding and measured commands take; from the ledger alone, nothing is started. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options } = invocation;
  const format = reportFormat(options);
  const at = now();
  const month = monthFor(options.month, at.wall);
  const session = await openSession(invocation, abort);
  const workspace = await workspaceFor(session);
  if (options.abandon !== undefined) return abandon(session, workspace, options.abandon);
  if (options.export !== undefined) return exportTo(session, workspace, options.export);
  const { samples, findings } = await samplesFor(session, workspace);
  const report = reportOf(samples, {
    month,
    asOf: new Date(at.wall).toISOString().slice(0, 10),
    workspace: workspace?.wanted.workspace ?? null,
    own: options.from === undefined,
    baselines: workspace?.wanted.baselines ?? {},
    targets: workspace?.wanted.targets ?? {},
  });
  await sayFindings(session, findings);
  if (options.check) return check(session, workspace, report);
  const text = await rendered(report, format, findings);
  if (options.output === undefined) {
    print(text);
    return EXIT.ok;
  }
  if (format === 'markdown') await writeSection(session, options.output, text);
  else write(session, options.output, text);
  if (options.json) printDone('output', { file: options.output });
  return EXIT.ok;
}

/** With `--json` what was done is the one document: the report itself went elsewhere, or was not asked for. */
function printDone(action: 'abandon' | 'check' | 'export' | 'output', done: object): void {
  printJson({ schema: 1, kind: 'report', action, ...done });
}

/** `--month`, else this month. @throws UserError 64 */
function monthFor(given: string | undefined, wall: number): string {
  const present = monthOf(wall);
  if (given === undefined) return present;
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(given) && given <= present) return given;
  throw new UserError({
    message: `--month does not take ${clean(given)}.`,
    cause: `It takes a month that has begun, as in ${present}.`,
    next: `hotpass-bootstrap report --month ${present}`,
    exit: EXIT.usage,
  });
}

/** The workspace here. With `--from` there need be none: its figures to compare with are missing then. */
async function workspaceFor(session: Session): Promise<Workspace | undefined> {
  try {
    return await workspaceOf(session);
  } catch (error) {
    const isNone = error instanceof UserError && (error.id === 'HB138' || error.id === 'HB139');
    if (session.options.from === undefined || !isNone) throw error;
    return undefined;
  }
}

async function samplesFor(
  { options }: Session,
  workspace: Workspace | undefined,
): Promise<{ samples: Sample[]; findings: Finding[] }> {
  if (options.from === undefined) return { samples: workspace ? ownSamples(workspace) : [], findings: [] };
  const { readExports } = await import('../onboarding/export.ts');
  const { samples, files, unreadable } = readExports(options.from);
  if (files === 0) {
    throw new UserError({
      message: `There is no export in ${clean(options.from)}.`,
      cause: '--from takes a folder with the files that report --export wrote, of all machines.',
      next: `hotpass-bootstrap report --export ${quoteWord(options.from)}`,
      exit: EXIT.usage,
    });
  }
  const many = `${unreadable} of ${files} files in ${clean(options.from)}`;
  const left = finding(
    'HB550',
    'warn',
    `${many} ${unreadable === 1 ? 'is' : 'are'} no whole export and ${unreadable === 1 ? 'was' : 'were'} left out.`,
    'Each line of an export has a known form; a file with another line is not counted at all.',
  );
  return { samples, findings: unreadable === 0 ? [] : [left] };
}

/** What the ledger of this workspace says now, and the first commit if nothing has recorded it yet. */
function ownSamples({ linked, wanted }: Workspace): Sample[] {
  if (!linked) return [];
  const at = now();
  const records = openLedger(linked.state).read();
  const episode = episodeOf(records);
  const due = episode ? firstCommit(records, episode, wanted.root, at) : [];
  return samplesOf([...records, ...due.map(event => recordOf(event, 0))], at, 'own');
}

async function exportTo(session: Session, workspace: Workspace | undefined, folder: string): Promise<number> {
  const linked = workspace?.linked;
  const samples = workspace ? ownSamples(workspace) : [];
  if (!linked || samples.length === 0) {
    if (session.options.json) printDone('export', { folder, files: 0 });
    else say('There is nothing to export yet: no onboarding and no measured command is recorded here.');
    return EXIT.ok;
  }
  const { writeExport } = await import('../onboarding/export.ts');
  const files = writeExport(linked.state, folder, samples, toldGates(workspace.wanted));
  if (session.options.json) printDone('export', { folder, files: files.length });
  else if (!session.options.quiet) {
    say(`${files.length} file${files.length === 1 ? '' : 's'} in ${clean(folder)}: durations and months, no names.`);
  }
  return EXIT.ok;
}

async function abandon(session: Session, workspace: Workspace | undefined, reason: string): Promise<number> {
  const said = blockedReason(reason, '--abandon', 'hotpass-bootstrap report --help');
  const { recordAbandoned } = await import('../onboarding/record.ts');
  const done = workspace?.linked ? await recordAbandoned(openLedger(workspace.linked.state), said) : false;
  if (session.options.json) printDone('abandon', { reason: said, recorded: done });
  else if (!session.options.quiet) {
    say(
      done
        ? 'Recorded: this onboarding was given up. A later run in which everything is in order takes that back.'
        : 'There is no open onboarding here.',
    );
  }
  return EXIT.ok;
}

/** @returns 2 when the section in the document is not what it would be now; its date alone does not count. */
async function check(session: Session, workspace: Workspace | undefined, report: Report): Promise<number> {
  const { options, command } = session;
  const path = options.output ?? join(workspace?.wanted.root ?? '.', DOCUMENT);
  const { withSection } = await import('../onboarding/report-document.ts');
  const document = readText(path);
  const section = await rendered(report, 'markdown', []);
  const same = document !== undefined && withSection(document, section, path) === document;
  if (options.json) {
    printDone('check', { file: path, inOrder: same });
    return same ? EXIT.ok : EXIT.pending;
  }
  if (same) {
    if (!options.quiet) say(`${clean(path)} says what the report says.`);
    return EXIT.ok;
  }
  const again = [...repeated(options), '--output', quoteWord(path)].join(' ');
  say(`${clean(path)} ${document === undefined ? 'is not there' : 'does not say what the report says'}. To write it:`);
  say(`  ${command} report ${again}`);
  return EXIT.pending;
}

const repeated = ({ month, from }: Options): string[] => [
  ...(month === undefined ? [] : ['--month', month]),
  ...(from === undefined ? [] : ['--from', quoteWord(from)]),
];

async function writeSection(session: Session, path: string, section: string): Promise<void> {
  const { withSection } = await import('../onboarding/report-document.ts');
  const document = readText(path) ?? '';
  const text = withSection(document, section, path);
  if (text !== document) return write(session, path, text, '');
  if (!session.options.quiet) say(`${clean(path)} says so already.`);
}

/** A link is followed, and the mode of the file stays. */
function write({ options }: Session, path: string, text: string, newline = '\n'): void {
  const target = realPath(path) ?? path;
  const mode = statOf(target)?.mode ?? 0o644;
  replaceFile(target, `${text}${newline}`, mode & 0o777);
  if (!options.quiet) say(`The report is in ${clean(path)}.`);
}

async function sayFindings(session: Session, findings: readonly Finding[]): Promise<void> {
  if (findings.length === 0 || session.options.quiet || session.options.json) return;
  const { findingBlock } = await import('../terminal/plan-view.ts');
  const look = { style: session.style, width: windowSize().columns, command: session.command };
  for (const found of findings) for (const line of findingBlock(found, look)) say(line);
}
