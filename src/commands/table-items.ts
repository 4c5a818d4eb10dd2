import type { ActionSpec, CommandSpec, OptionSpec } from './spec.ts';

/** What `env` can print. */
export const ENV_FORMATS = ['shell', 'fish', 'powershell', 'direnv', 'dotenv', 'json', 'github'] as const;
export type EnvFormat = (typeof ENV_FORMATS)[number];

const USE: OptionSpec = {
  flags: '--use <store>',
  help: 'keychain, sealed-file, sealed-file:passphrase, sealed-file:/path/of/a/key or environment',
  values: ['keychain', 'sealed-file', 'sealed-file:passphrase', 'environment'],
};
const REVEAL: OptionSpec = { flags: '--reveal', help: 'show a secret even on a terminal' };

const FROM_KEYTAR: OptionSpec = {
  flags: '--from-keytar <service/account>',
  help: 'take the value that a program with keytar stored in your keychain',
};

/** How a person signs in at Vault. */
export const VAULT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--no-browser', help: 'print the address of the login instead of opening it', use: 'Signing in at Vault' },
  {
    flags: '--callback-port <port>',
    help: 'port the browser comes back to; 8250 when left out',
    use: 'Signing in at Vault',
  },
];

const SECRETS: readonly ActionSpec[] = [
  {
    name: 'list',
    summary: 'List the secrets of the environment and where each one is; never a value.',
    options: [],
    examples: ['hotpass-bootstrap secrets list', 'hotpass-bootstrap secrets list --env staging --json'],
  },
  {
    name: 'set',
    summary: 'Store a secret.',
    about:
      'The value is typed at a prompt, or read from standard input; never given as an argument, which every program on this machine could read.',
    args: '<name>',
    values: 'secret',
    options: [FROM_KEYTAR],
    examples: [
      'hotpass-bootstrap secrets set prefect-auth',
      'hotpass-bootstrap secrets set prefect-auth < value.txt',
      'hotpass-bootstrap secrets set prefect-auth --from-keytar my-tool/prefect',
    ],
    ends: [
      ['3', 'no value was given, or setup has not been run here'],
      ['69', 'the keychain is locked or does not answer'],
      ['78', 'the value does not look like one of this secret'],
    ],
  },
  {
    name: 'get',
    summary: 'Print a stored secret, into a pipe or a file.',
    args: '<name>',
    values: 'secret',
    options: [REVEAL],
    examples: [
      'hotpass-bootstrap secrets get prefect-auth > value.txt',
      'hotpass-bootstrap secrets get prefect-auth --reveal',
    ],
    ends: [
      ['3', 'it is not stored'],
      ['69', 'the keychain is locked or does not answer'],
      ['78', 'standard output is a terminal, and --reveal was not given'],
    ],
  },
  {
    name: 'remove',
    summary: 'Delete a stored secret; no copy is kept.',
    args: '<name>',
    values: 'secret',
    options: [],
    examples: [
      'hotpass-bootstrap secrets remove prefect-auth',
      'hotpass-bootstrap secrets remove prefect-auth --env staging',
    ],
  },
  {
    name: 'rotate',
    summary: 'Renew a secret: the new value is shown to its service before the former one goes.',
    about:
      'Prefect, the collector, Vault, or the check of the manifest is asked. When it does not accept the new value, the former one stays. Of what was replaced no copy is kept.',
    args: '<name>',
    values: 'secret',
    options: [],
    examples: [
      'hotpass-bootstrap secrets rotate prefect-auth',
      'hotpass-bootstrap secrets rotate prefect-auth < value.txt',
    ],
    ends: [
      ['3', 'no value was given, or setup has not been run here'],
      ['69', 'the service or the keychain does not answer; nothing was changed'],
      ['78', 'the value is not accepted; nothing was changed'],
    ],
  },
  {
    name: 'check',
    summary: 'Show what is stored to its service and say whether it is accepted; never a value.',
    args: '[name]',
    values: 'secret',
    options: [],
    examples: ['hotpass-bootstrap secrets check', 'hotpass-bootstrap secrets check prefect-auth --json'],
    ends: [
      ['0', 'all that can be checked are accepted'],
      ['2', 'one is not accepted, may not be sent, or is missing'],
      ['69', 'a service did not answer'],
    ],
  },
  {
    name: 'where',
    summary: 'Say where secrets are kept on this machine, and why there; or choose another place.',
    about:
      'A store is tried before it is chosen: an item is written, read back and deleted. What was stored elsewhere can be moved there.',
    options: [USE],
    examples: [
      'hotpass-bootstrap secrets where',
      'hotpass-bootstrap secrets where --json',
      'hotpass-bootstrap secrets where --use sealed-file:passphrase',
      'hotpass-bootstrap secrets where --use sealed-file:~/.config/hotpass-bootstrap/key',
    ],
    ends: [
      ['3', 'the store is not there, or nobody can be asked'],
      ['69', 'the store is locked or does not answer'],
      ['78', 'the sealed file is damaged, or its key is another one'],
    ],
  },
  {
    name: 'repair',
    summary: 'Mend a store: what it will do is shown and confirmed first.',
    about:
      'Items that another program doubled, former values that nothing needs, an index that disagrees, a sealed file that cannot be opened.',
    options: [],
    examples: ['hotpass-bootstrap secrets repair', 'hotpass-bootstrap secrets repair --yes'],
    ends: [['69', 'the keychain is locked or does not answer']],
  },
  {
    name: 'pull',
    summary: 'Fill the store from Vault or OpenBao, and say what changed; never a value.',
    about: 'Sign-in: VAULT_TOKEN, the identity of a CI job, an AppRole, the token of vault login, or a browser.',
    args: '[name]',
    values: 'secret',
    options: VAULT_OPTIONS,
    examples: ['hotpass-bootstrap secrets pull', 'hotpass-bootstrap secrets pull prefect-auth --no-browser'],
    ends: [
      ['3', 'there is nothing to sign in with, or a required secret is not in Vault'],
      ['69', 'Vault is down, sealed, or refuses'],
      ['78', 'a security rule forbids it'],
    ],
  },
  {
    name: 'push',
    summary: 'Write stored secrets to Vault or OpenBao, after showing their names.',
    about: 'A write goes through only if nobody else has written there since it was read.',
    args: '[name]',
    values: 'secret',
    options: VAULT_OPTIONS,
    examples: ['hotpass-bootstrap secrets push prefect-auth', 'hotpass-bootstrap secrets push --yes'],
    ends: [
      ['1', 'somebody else wrote there in the same moment'],
      ['3', 'nothing is stored here, or nobody confirmed it'],
      ['69', 'Vault is down, sealed, or refuses'],
    ],
  },
];

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

/** How each shell is told, in the words of its `--help`. */
const COMPLETION: readonly ActionSpec[] = [
  {
    name: 'bash',
    about: 'Put the first line below into ~/.bashrc, or type the second one once.',
    examples: [
      'eval "$(hotpass-bootstrap completion bash)"',
      'hotpass-bootstrap completion bash > ~/.local/share/bash-completion/completions/hotpass-bootstrap',
    ],
  },
  {
    name: 'zsh',
    about: 'Put the first line below into ~/.zshrc, after compinit, or type the second one once.',
    examples: [
      'eval "$(hotpass-bootstrap completion zsh)"',
      'hotpass-bootstrap completion zsh > "${fpath[1]}/_hotpass-bootstrap"',
    ],
  },
  {
    name: 'fish',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      'hotpass-bootstrap completion fish > ~/.config/fish/completions/hotpass-bootstrap.fish',
      'hotpass-bootstrap completion fish | source',
    ],
  },
  {
    name: 'powershell',
    about: 'Type the first line below once, or the second one for this session only.',
    examples: [
      'hotpass-bootstrap completion powershell >> $PROFILE',
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
    summary: 'Print the same settings for a shell or a file.',
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
    summary: 'List, store, read, remove or mend secrets, or say where they are.',
    args: '[action] [name]',
    actions: SECRETS,
    options: optionsIn(SECRETS),
    examples: ['hotpass-bootstrap secrets list', 'hotpass-bootstrap secrets set prefect-auth'],
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
