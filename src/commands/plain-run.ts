import type { Invocation } from './parse.ts';
import type { CommandSpec, Ends } from './spec.ts';

/** How a command ends that starts another one, as `env` and `timeout` do. */
export const CHILD_ENDS: Ends = [
  ['125', 'the command was not started; the message says why'],
  ['126', 'the command cannot be executed'],
  ['127', 'the command was not found'],
  ['else', 'what the command itself ended with'],
];

export const RUN: CommandSpec = {
  name: 'run',
  summary: "Run a command with the environment's settings and secrets.",
  about: 'Everything after the command belongs to it, options included.',
  args: '[command...]',
  options: [{ flags: '--redact', help: 'mask secrets in output that goes to a pipe or a file; always so in CI' }],
  examples: [
    'hotpass-bootstrap run -- python flows/refine.py',
    'hotpass-bootstrap --env staging run -- prefect version',
    'hotpass-bootstrap run --redact -- python flows/refine.py | tee refine.log',
  ],
  ends: CHILD_ENDS,
  passThrough: true,
};

/** `run -- CMD…`, the form that is typed most, has nothing to parse: the parser would cost more than the rest. */
export function plainRun(argv: readonly string[]): Invocation | undefined {
  if (argv[0] !== 'run' || argv[1] !== '--' || argv.length < 3) return undefined;
  return { command: RUN, argv, options: { input: true, color: true }, args: argv.slice(2) };
}
