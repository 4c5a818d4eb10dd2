import type { SetupOutcome } from '../engine/setup.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { Choice } from '../secrets/choose.ts';
import type { SecretStore } from '../secrets/store.ts';
import { replaceFile } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { say } from '../terminal/output.ts';
import type { Answers } from './answers.ts';
import type { Session } from './session.ts';

/** What was decided in a run, as far as it is not on the command line or in an answers file. */
interface Decided {
  workspace: Workspace;
  outcome: SetupOutcome;
  choice: Choice;
  /** The store that the person took in this run because the other would not do. */
  elsewhere: SecretStore['name'] | undefined;
}

/**
 * `setup --save-answers FILE`: writes what flags, answers and questions said, for `--answers FILE`. Secrets are left
 * out; the file names their variables.
 */
export function saveAnswers(path: string, session: Session, decided: Decided): void {
  const { options, answers } = session;
  const { workspace, outcome } = decided;
  const { wanted, template } = workspace;
  // Before the run the folder was linked to nothing, and now to what another root had.
  const isJoined = workspace.linked === undefined && outcome.linked?.id === workspace.holder?.id;
  const only = options.only ?? answers.only;
  const skip = options.skip ?? answers.skip;
  const text = answersText(
    path,
    {
      environment: wanted.environment,
      template,
      only,
      skip,
      store: chosenStore(decided),
      link: options.link ?? answers.link ?? (isJoined ? outcome.linked?.id : undefined),
      'approve-origin': options.approveOrigin ?? answers.approveOrigin,
      cohort: options.cohort ?? answers.cohort,
    },
    wanted.secrets.map(secret => `${secret.env} (${secret.name}${secret.required ? '' : ', optional'})`),
  );
  replaceFile(path, text, 0o644);
  if (!options.quiet) say(clean(`${path} has the answers of this run, without secrets.`));
}

/** The store, where somebody chose it; what this machine offers by itself is no answer. */
function chosenStore({ choice, elsewhere }: Decided): Answers['store'] {
  if (elsewhere !== undefined && elsewhere !== 'vault') return elsewhere;
  return choice.why === 'configured' || choice.why === 'answered' ? choice.store : undefined;
}

/**
 * The text of an answers file, JSON or TOML by its ending.
 * @param variables of the secrets, named in a comment where the format has them.
 */
export function answersText(
  path: string,
  answers: Readonly<Record<string, string | readonly string[] | undefined>>,
  variables: readonly string[],
): string {
  const given = Object.entries(answers).filter(([, value]) => value !== undefined);
  if (/\.json$/i.test(path)) return `${JSON.stringify(Object.fromEntries(given), null, 2)}\n`;
  const lines = given.map(([key, value]) => `${key} = ${tomlValue(value ?? '')}`);
  const secrets =
    variables.length === 0
      ? []
      : ['# Secrets are never kept here. Where nobody can be asked they come from these variables:'].concat(
          variables.map(name => `#   ${name}`),
        );
  return `${['# For `hotpass-bootstrap setup --answers FILE`.', ...secrets, ...lines].join('\n')}\n`;
}

/** JSON texts are TOML basic strings, but for one control character. */
function tomlValue(value: string | readonly string[]): string {
  return typeof value === 'string'
    ? JSON.stringify(value).replaceAll('\x7f', '\\u007F')
    : `[${value.map(tomlValue).join(', ')}]`;
}
