import { EXIT, UserError } from '../core/errors.ts';
import { SHORTEST_SECRET } from '../core/secret-parts.ts';
import type { Env } from '../system/environment.ts';
import { appendDurably, statOf } from '../system/files.ts';
import { githubAssignment, masksAreRead } from '../system/github-env.ts';
import { clean } from '../terminal/clean.ts';
import { print, say } from '../terminal/output.ts';
import { registerMasks } from './ci-masks.ts';
import { counted } from './words.ts';

export interface ForGitHub {
  variables: Readonly<Record<string, string>>;
  /** Variables to be without a value from here on: such a file cannot take one out. */
  unset: readonly string[];
  /** Values to be masked before they are written anywhere. */
  secrets: readonly string[];
  /** Appended to, since other steps write to it as well; standard output when left out. */
  output: string | undefined;
  quiet: boolean;
}

/**
 * `env --format github`: lines for GITHUB_ENV. Masks are registered first, on standard error, which the runner reads too.
 * @throws UserError 78 when there are secrets and nobody would read the masks.
 */
export function writeForGitHub(settings: ForGitHub, env: Env): number {
  if (settings.secrets.length > 0) maskAll(settings, env);
  const entries = [...Object.entries(settings.variables), ...settings.unset.map(name => [name, ''] as const)];
  const text = entries.map(([name, value]) => githubAssignment(name, value)).join('\n');
  if (text === '') return EXIT.ok;
  const { output, quiet } = settings;
  if (output === undefined) {
    print(text);
    return EXIT.ok;
  }
  const missing = statOf(output) === undefined;
  appendDurably(output, `${text}\n`, 0o600);
  if (!quiet) say(`${clean(output)} ${missing ? 'has' : 'has another'} ${counted(entries.length, 'variable')}.`);
  return EXIT.ok;
}

function maskAll({ secrets, quiet }: ForGitHub, env: Env): void {
  if (!masksAreRead(env)) {
    throw new UserError({
      id: 'HB390',
      message: 'Secrets are written for GitHub Actions only where its runner reads what is said here.',
      cause:
        'It masks them in the log when they are told to it beforehand, on standard error. Here GITHUB_ACTIONS or RUNNER_TEMP is not set, or standard error is a terminal or a file, which would show them.',
      next: 'hotpass-bootstrap env --format github',
      exit: EXIT.invalid,
    });
  }
  const short = secrets.filter(value => [...value].length < SHORTEST_SECRET).length;
  if (short > 0 && !quiet)
    say(`${counted(short, 'value')} of fewer than ${SHORTEST_SECRET} characters cannot be masked.`);
  registerMasks(secrets);
}
