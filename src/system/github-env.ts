import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { SHORTEST_SECRET, secretParts } from '../core/secret-parts.ts';
import type { Env } from './environment.ts';
import { statOf } from './files.ts';
import { githubCommand } from './github-commands.ts';

/**
 * One variable as files like GITHUB_ENV take it: any value, several lines included, between two lines with a delimiter
 * that nobody can guess, so that no value can end early and set variables of its own.
 * @param random makes the delimiter; for tests.
 */
export function githubAssignment(name: string, value: string, random = randomDelimiter): string {
  let delimiter = random();
  while (value.includes(delimiter) || name.includes(delimiter)) delimiter = random();
  return `${name}<<${delimiter}\n${value}\n${delimiter}`;
}

function randomDelimiter(): string {
  return `HB_${randomBytes(16).toString('hex')}`;
}

/** The commands that make GitHub mask a value in the log, one for each of its parts; short ones would garble the log. */
export function githubMasks(value: string): string[] {
  return secretParts(value, SHORTEST_SECRET).map(part => githubCommand('add-mask', part));
}

/**
 * Does what is written to standard error reach a runner of GitHub Actions, and nobody else (security §7)? A terminal or a
 * file would show the values that are to be masked.
 */
export function masksAreRead(env: Env): boolean {
  if (env['GITHUB_ACTIONS'] !== 'true' || !env['RUNNER_TEMP']) return false;
  if (statOf(env['RUNNER_TEMP'])?.isDirectory() !== true) return false;
  try {
    const stream = fstatSync(2);
    return stream.isFIFO() || stream.isSocket();
  } catch {
    return false;
  }
}
