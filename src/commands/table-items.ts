import type { ActionSpec, CommandSpec, OptionSpec } from './spec.ts';
import { SECRET_ACTIONS } from './table-secrets.ts';

/** What `env` can print. */
export const ENV_FORMATS = ['shell', 'fish', 'powershell', 'direnv', 'dotenv', 'json', 'github'] as const;
export type EnvFormat = (typeof ENV_FORMATS)[number];

const PROFILE: readonly ActionSpec[] = [
  {
    name: 'list',
    summary: 'List the environments, their Prefect profiles, and what is selected.',
    options: [],
    examples: ['hotpass-bootstrap profile list', 'hotpass-bootstrap profile list --json'],
  },
  {
    name: 'use',
    summary: 'Choose an environment: it is remembered, and its profile becomes the active one.',
    args: '<environment>',
    values: 'environment',
    options: [],
    examples: ['hotpass-bootstrap profile use staging', 'hotpass-bootstrap profile use local --yes'],
  },
  {
    name: 'adopt',
    summary: 'Let setup keep a Prefect profile that you made yourself.',
    args: '<profile>',
    values: 'profile',
    options: [
      {
        flags: '--approve-origin <url>',
        help: 'let a key in the profile be sent to this address',
        repeat: true,
      },
    ],
    examples: ['hotpass-bootstrap profile adopt hotpass-local', 'hotpass-bootstrap profile adopt hotpass-local --yes'],
  },
];

/**
 * How each shell is told, in the words of its `--help`. The file may not end with a newline, and the folder may be
 * missing.
 */
const COMPLETION: readonly ActionSpec[] = [
  {
    name: 'bash',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      `printf '\\n%s\\n' 'eval "$(hotpass-bootstrap completion bash)"' >> ~/.bashrc`,
      'eval "$(hotpass-bootstrap completion bash)"',
    ],
  },
  {
    name: 'zsh',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      `printf '\\n%s\\n' 'eval "$(hotpass-bootstrap completion zsh)"' >> ~/.zshrc`,
      'eval "$(hotpass-bootstrap completion zsh)"',
    ],
  },
  {
    name: 'fish',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      'mkdir -p ~/.config/fish/completions && hotpass-bootstrap completion fish > ~/.config/fish/completions/hotpass-bootstrap.fish',
      'hotpass-bootstrap completion fish | source',
    ],
  },
  {
    name: 'powershell',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      "New-Item -Force -Type Directory (Split-Path $PROFILE) > $null; Add-Content $PROFILE '', 'hotpass-bootstrap completion powershell | Out-String | Invoke-Expression'",
      'hotpass-bootstrap completion powershell | Out-String | Invoke-Expression',
    ],
  },
].map(({ name, ...rest }) => ({
  name,
  summary: `Print what makes ${name} complete commands, options and names.`,
  ...rest,
  options: [],
}));

/** All that one of the actions takes: the parser reads the options of a command before it knows the action. */
function optionsIn(actions: readonly ActionSpec[]): readonly OptionSpec[] {
  return [...new Set(actions.flatMap(({ options }) => options))];
}

/** Commands that act on one thing by its name, and what prints or writes files. */
export const ITEM_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'env',
    summary: "Print the environment's settings for a shell or a file.",
    about: 'Without --secrets it starts nothing and opens no keychain.',
    options: [
      { flags: '--format <format>', help: `${ENV_FORMATS.join(', ')}; shell when left out`, values: ENV_FORMATS },
      { flags: '--output <file>', help: 'write to this file, readable by you alone', values: 'file' },
      { flags: '--secrets', help: 'with the secrets, into a pipe or a file' },
      { flags: '--reveal', help: 'show secrets even on a terminal' },
      { flags: '--otel', help: 'with the OTEL_ variables, which re-route other programs too' },
    ],
    examples: [
      'eval "$(hotpass-bootstrap env)"',
      'hotpass-bootstrap env --format fish | source',
      'hotpass-bootstrap env --format powershell | Out-String | Invoke-Expression',
      'hotpass-bootstrap env --format dotenv --output .env.local',
      'hotpass-bootstrap env --format github --secrets >> "$GITHUB_ENV"',
    ],
  },
  {
    name: 'secrets',
    summary: 'Store, read, move or remove secrets, and find stray ones.',
    args: '[action] [name]',
    actions: SECRET_ACTIONS,
    options: optionsIn(SECRET_ACTIONS),
    examples: ['hotpass-bootstrap secrets list', 'hotpass-bootstrap secrets set prefect-auth'],
    takesMore: true,
    changes: true,
  },
  {
    name: 'profile',
    summary: 'List environments and their Prefect profiles, choose or adopt one.',
    args: '[action] [name]',
    actions: PROFILE,
    options: optionsIn(PROFILE),
    examples: ['hotpass-bootstrap profile list', 'hotpass-bootstrap profile use staging'],
    changes: true,
  },
  {
    name: 'undo',
    summary: 'Take back what a run changed.',
    about: 'Without a name it is the last run that changed something. All is checked before anything is written.',
    args: '[run]',
    values: 'run',
    options: [
      { flags: '--list', help: 'list the runs' },
      { flags: '-n, --dry-run', help: 'show what would be taken back' },
      { flags: '--to <run>', help: 'take back all runs after this one', values: 'run' },
      { flags: '--force', help: 'also where a file was changed since, keeping a copy of it' },
    ],
    examples: ['hotpass-bootstrap undo', 'hotpass-bootstrap undo --list'],
    ends: [
      ['0', 'done, or there is nothing to take back'],
      ['1', 'something cannot be taken back; nothing was changed'],
      ['2', '-n: there is something to take back'],
    ],
    changes: true,
  },
  {
    name: 'init',
    summary: 'Write a manifest from what is found, and a make target setup.',
    about: 'What is there already stays as it is.',
    options: [
      { flags: '-n, --dry-run', help: 'show what would be written, write nothing' },
      {
        flags: '--template <name>',
        help: 'start from a manifest that comes with the tool, e.g. hotpass',
        values: 'template',
      },
      { flags: '--no-makefile', help: 'add no target to the Makefile' },
      { flags: '--envrc', help: 'also write .envrc, which loads the settings with direnv' },
      { flags: '--ci <service>', help: 'also write a job for github or gitlab', values: ['github', 'gitlab'] },
      { flags: '--devcontainer', help: 'also write .devcontainer/devcontainer.json' },
    ],
    examples: ['hotpass-bootstrap init', 'hotpass-bootstrap init --template hotpass --dry-run'],
    changes: true,
  },
  {
    name: 'completion',
    summary: 'Print what makes your shell complete commands and names.',
    about: 'Ask for the help of a shell to see where it goes. It works for the installed command, not for npx.',
    args: '[shell]',
    actions: COMPLETION,
    options: [],
    examples: ['hotpass-bootstrap completion zsh --help', 'eval "$(hotpass-bootstrap completion bash)"'],
  },
];
