import { EXIT, UserError } from '../core/errors.ts';
import { type DotenvLine, dotenvLine, shellLine } from '../system/dotenv.ts';
import { replaceFile } from '../system/files.ts';
import { clean } from '../terminal/clean.ts';
import { jsonText } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { terminals } from '../terminal/streams.ts';
import type { Invocation } from './parse.ts';
import { gatherSecrets } from './secret-values.ts';
import { openSession, requireApproved, workspaceOf } from './session.ts';

const FORMATS = ['shell', 'dotenv', 'json'] as const;
type Format = (typeof FORMATS)[number];

/** `env`: the environment's settings for a shell or a file; starts nothing unless secrets are asked for. */
export async function execute(invocation: Invocation, abort: AbortController): Promise<number> {
  const { options } = invocation;
  const format = formatOf(options.json ? 'json' : (options.format ?? 'shell'));
  const session = await openSession(invocation, abort);
  const workspace = await workspaceOf(session);
  const variables: Record<string, string> = { ...workspace.wanted.envFile.variables };
  if (options.secrets) {
    await requireApproved(session, workspace);
    if (options.output === undefined && terminals().stdoutTTY && !options.reveal) throw onTerminal();
    Object.assign(variables, (await gatherSecrets(session, workspace)).variables);
  }
  // OTEL_ variables in a shell re-route other programs too, docker compose for one (real-world 17).
  if (!options.otel) for (const name of Object.keys(variables)) if (name.startsWith('OTEL_')) delete variables[name];
  const text = render(variables, format);
  if (options.output === undefined) {
    if (text !== '') print(text);
    return EXIT.ok;
  }
  replaceFile(options.output, `${text}\n`, 0o600);
  if (!options.quiet)
    say(`${Object.keys(variables).length} variables are in ${clean(options.output)}, readable by you alone.`);
  return EXIT.ok;
}

function formatOf(text: string): Format {
  const format = FORMATS.find(candidate => candidate === text);
  if (format) return format;
  throw new UserError({
    message: `There is no format ${text}.`,
    cause: `The formats are: ${FORMATS.join(', ')}.`,
    next: 'hotpass-bootstrap env --format shell',
    exit: EXIT.usage,
  });
}

function render(variables: Readonly<Record<string, string>>, format: Format): string {
  const entries = Object.entries(variables);
  switch (format) {
    case 'json':
      return jsonText({ schema: 1, kind: 'env', variables });
    case 'shell':
      return entries.map(([name, value]) => lineOf(name, shellLine(name, value), 'a shell')).join('\n');
    case 'dotenv':
      return entries.map(([name, value]) => lineOf(name, dotenvLine(name, value), 'a dotenv file')).join('\n');
  }
}

function lineOf(name: string, written: DotenvLine, where: string): string {
  if ('line' in written) return written.line;
  throw new UserError({
    message: `${name} cannot be written for ${where}.`,
    cause: `The reason: ${written.reason}.`,
    next: 'hotpass-bootstrap run -- COMMAND',
    exit: EXIT.failed,
  });
}

function onTerminal(): UserError {
  return new UserError({
    message: 'Secrets are not shown on a terminal unasked.',
    cause: 'They would stay in the scrollback; a pipe or a file keeps them off the screen.',
    next: 'hotpass-bootstrap env --secrets --output FILE',
    exit: EXIT.invalid,
  });
}
