import type { ActionSpec, OptionSpec } from './spec.ts';

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

const REWRITE: OptionSpec = { flags: '--rewrite', help: 'take them out of the file too; undo puts them back' };
const FORM: OptionSpec = {
  flags: '--format <format>',
  help: 'how the file is written, where its name does not say it: dotenv, docker, json or prefect',
  values: ['dotenv', 'docker', 'json', 'prefect'],
};
const SARIF: OptionSpec = { flags: '--sarif <file>', help: 'also write what was found as SARIF', values: 'file' };

/** How a person signs in at Vault. */
export const VAULT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--no-browser', help: 'print the address of the login instead of opening it', use: 'Signing in at Vault' },
  {
    flags: '--callback-port <port>',
    help: 'port the browser comes back to; 8250 when left out',
    use: 'Signing in at Vault',
  },
];

/** The actions of `secrets`. */
export const SECRET_ACTIONS: readonly ActionSpec[] = [
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
    name: 'import',
    summary: 'Move secrets that stand in a file in the clear into the store.',
    about:
      "A .env file, the profiles.toml of Prefect, JSON of variables, or docker's form. Only names are shown. What programs read in different ways is refused by its line.",
    args: '<file>',
    values: 'file',
    options: [REWRITE, FORM],
    examples: [
      'hotpass-bootstrap secrets import .env',
      'hotpass-bootstrap secrets import .env --rewrite',
      'hotpass-bootstrap secrets import ~/.prefect/profiles.toml --rewrite --yes',
    ],
    ends: [
      ['3', 'a value stays in the file, nobody confirmed it, or setup has not been run here'],
      ['69', 'the keychain is locked or does not answer'],
      ['78', 'the file cannot be read, or not in one way only; nothing was changed'],
    ],
  },
  {
    name: 'scan',
    summary: 'Look for stored secrets and for keys of known shapes where they should not be; never shows one.',
    about:
      'In the files of the workspace, also an ignored .env, in the history of git and of your shells, and in files of Prefect and npm. gitleaks and detect-secrets are asked where the project has them. Nothing is sent anywhere.',
    options: [SARIF],
    examples: ['hotpass-bootstrap secrets scan', 'hotpass-bootstrap secrets scan --sarif secrets.sarif --json'],
    ends: [
      ['0', 'nothing was found'],
      ['2', 'something was found'],
      ['69', 'the keychain is locked or does not answer'],
    ],
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
