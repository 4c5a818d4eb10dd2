import { delimiter } from 'node:path';
import type { Wanted } from '../manifest/wanted.ts';
import { commandEnvironment } from '../steps/command-environment.ts';
import { type Env, processEnvironment } from '../system/environment.ts';
import { EXPORTED, exportedBefore } from '../system/exported.ts';
import { appendDurably, lstatOf, readText, replaceFile } from '../system/files.ts';
import { githubAssignment } from '../system/github-env.ts';
import { gitlabReport } from '../system/gitlab-report.ts';
import { clean } from '../terminal/clean.ts';
import { say } from '../terminal/output.ts';
import type { Session } from './session.ts';

/** What later steps of a job may ask of a setup, by name; the names are those of the action's outputs. */
export type JobOutputs = Readonly<Record<string, string>>;

/** Where GitLab and others are told the outputs: the job names the file, and hands it in as a dotenv report. */
const REPORT = 'HOTPASS_BOOTSTRAP_DOTENV';

/** Hands the outputs to later steps: `GITHUB_OUTPUT`, and a dotenv report where the job names one. */
export function writeOutputs(outputs: JobOutputs, { env }: Session): void {
  append(
    'GITHUB_OUTPUT',
    env,
    Object.entries(outputs).map(([name, value]) => githubAssignment(name, value)),
  );
  const path = env[REPORT];
  if (!path) return;
  attempt(REPORT, path, () => {
    const named = Object.entries(outputs).map(
      ([name, value]) => [`BOOTSTRAP_${name.replaceAll('-', '_').toUpperCase()}`, value] as const,
    );
    const written = isPlain(path)
      ? gitlabReport(readText(path) ?? '', Object.fromEntries(named))
      : { reason: 'it is a link, or no plain file' };
    if ('text' in written) replaceFile(path, written.text, 0o644);
    else say(clean(`${path} is left as it is (HB483): ${written.reason}.`));
  });
}

/** A link in a clone could bring any file of the machine into a report that others can download. */
function isPlain(path: string): boolean {
  const stats = lstatOf(path);
  return stats === undefined || (stats.isFile() && stats.nlink === 1);
}

/** Adds to the page of the job. */
export function writeSummary(text: string, { env }: Session): void {
  append('GITHUB_STEP_SUMMARY', env, [text]);
}

/**
 * Makes the job's later steps work in the workspace's environment: its `.venv` and uv on PATH, its settings, never a
 * secret. OTEL_ variables would re-route other programs too (real-world 17), so those come with `run` alone.
 */
export function exportEnvironment(wanted: Wanted, { env, paths, ci }: Session): void {
  if (!env['GITHUB_ENV'] || !env['GITHUB_PATH']) return;
  const child = commandEnvironment(wanted, { env, paths, ci });
  const names = ['VIRTUAL_ENV', ...Object.keys(wanted.envFile.variables)];
  const added = names.flatMap(name => {
    const value = child[name];
    const isNews = value !== undefined && env[name] === undefined && !name.startsWith('OTEL_');
    return isNews ? [[name, value] as const] : [];
  });
  const here = (env['PATH'] ?? '').split(delimiter);
  const folders = (child['PATH'] ?? '')
    .split(delimiter)
    .filter(folder => !here.includes(folder) && !/[\r\n]/.test(folder));
  // So that a later setup of this job, for another environment, knows these values as ours.
  const all = { ...exportedBefore(processEnvironment()), ...Object.fromEntries(added) };
  const own = [EXPORTED, JSON.stringify(all)] as const;
  append(
    'GITHUB_ENV',
    env,
    [...added, own].map(([name, value]) => githubAssignment(name, value)),
  );
  // The runner puts each folder before those above it.
  append('GITHUB_PATH', env, folders.reverse());
}

function append(variable: string, env: Env, entries: readonly string[]): void {
  const path = env[variable];
  if (!path || entries.length === 0) return;
  attempt(variable, path, () => appendDurably(path, `${entries.join('\n')}\n`, 0o644));
}

/** A file of the service that will not do is told, and no reason for a setup to fail. */
function attempt(variable: string, path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(clean(`${variable} could not be written (HB482), ${path}: ${why}`));
  }
}
