import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectJsonRefusal,
  expectRefusal,
  expectSetupRefuses,
  MANIFEST,
  smallWorkspace,
  untouched,
} from '../support/bad-input.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';

const machine = new Machine();
const root = smallWorkspace(machine);

/** Runs with another manifest, and brings the right one back. */
function withManifest(text: string, test: () => void): void {
  const file = join(root, 'hotpass-bootstrap.toml');
  writeFileSync(file, text);
  try {
    test();
  } finally {
    writeFileSync(file, MANIFEST);
  }
}

describe('a manifest that is wrong', () => {
  const secret = 'env = "API_TOKEN"\ndescription = "A token"\n';
  const cases: [string, string, string[]][] = [
    ['a wrong type', MANIFEST.replace('schema = 1', 'schema = "1"'), ['hotpass-bootstrap.toml:1:10: schema must be']],
    [
      'a wrong type deep down',
      `${MANIFEST}[python.profiles]\ncore = { extras = "dev" }\n`,
      ['hotpass-bootstrap.toml:6:19: python.profiles.core.extras must be a list'],
    ],
    [
      'an unknown key',
      MANIFEST.replace('profile =', 'profil ='),
      ['hotpass-bootstrap.toml:4:13: environments.local.prefect.profil is an unknown key; did you mean "profile"?'],
    ],
    [
      'an unknown table',
      `${MANIFEST}[enviroments.staging]\n`,
      ['hotpass-bootstrap.toml:5:2: enviroments is an unknown key; did you mean "environments"?'],
    ],
    [
      'a secret named twice in a list',
      `${MANIFEST.replace('prefect =', 'secrets = ["token", "token"]\nprefect =')}[secrets.token]\n${secret}`,
      ['hotpass-bootstrap.toml:4:21:', 'token'],
    ],
    [
      'a secret defined twice',
      `${MANIFEST}[secrets.token]\n${secret}[secrets.token]\n${secret}`,
      ['hotpass-bootstrap.toml:8:', 'secrets.token'],
    ],
    [
      'two secrets for one variable',
      `${MANIFEST.replace('prefect =', 'secrets = ["one", "two"]\nprefect =')}[secrets.one]\n${secret}[secrets.two]\n${secret}`,
      ['hotpass-bootstrap.toml:', 'API_TOKEN'],
    ],
    [
      'a secret that is not defined',
      MANIFEST.replace('prefect =', 'secrets = ["toke"]\nprefect ='),
      ['hotpass-bootstrap.toml:4:12:', '"toke"'],
    ],
    [
      'two environments with one Prefect profile and different settings',
      `${MANIFEST}[environments.staging]\nprefect = { profile = "small-local", api-url = "https://prefect.example.com/api" }\n`,
      ['hotpass-bootstrap.toml:6:23:', 'small-local'],
    ],
    ['no TOML at all', `${MANIFEST}[[[\n`, ['hotpass-bootstrap.toml:5:']],
    [
      'a variable that is not allowed',
      `${MANIFEST}[environments.local.variables]\nLD_PRELOAD = "x.so"\n`,
      ['hotpass-bootstrap.toml:6:1:', 'LD_PRELOAD'],
    ],
    [
      'a newer tool wanted',
      `requires = ">=99.0"\n${MANIFEST}`,
      ['hotpass-bootstrap.toml needs hotpass-bootstrap >=99.0'],
    ],
  ];
  it.each(cases)('%s: 78, with its place and what is allowed', (_, manifest, says) => {
    withManifest(manifest, () => {
      expectSetupRefuses(machine, root, { code: 78, says });
      const plan = machine.run(root, ['plan']);
      expectRefusal(machine, root, plan, { code: 78, says });
    });
  });
});

describe('words that are wrong', () => {
  it.each([
    [['stup'], ['Unknown command: stup', 'Did you mean setup?']],
    [['frobnicate'], ['Unknown command: frobnicate', 'The commands are:']],
    [
      ['setup', '--yess'],
      ["Unknown option '--yess'", '--yes'],
    ],
    [['--frob'], ["Unknown option '--frob'"]],
    [['setup', 'now'], ['Too many arguments']],
    [
      ['setup', '--yes', '--env', 'stagin'],
      ['stagin', 'local'],
    ],
    [
      ['setup', '--yes', '--only', 'pyhton'],
      ['There is no step called pyhton', 'The steps are: '],
    ],
    [['setup', '--yes', '--skip', 'x'], ['There is no step called x']],
    [['plan', '--only', 'x'], ['There is no step called x']],
    [['setup', '--wait', 'long'], ['--wait takes a number of seconds']],
    [['setup', '-C', '/nonexistent'], ['/nonexistent is not a folder']],
    [['setup', '--manifest', 'nowhere.toml'], ['nowhere.toml']],
    [['env', '--format', 'xml', '--secrets'], ['There is no format xml']],
    [['secrets', 'frob'], ['frob']],
    [['run'], ['run needs a command']],
  ] as [string[], string[]][])('%j: 64, and what would be right', (args, says) => {
    const before = untouched(machine);
    expectRefusal(machine, root, machine.run(root, args), { code: 64, says });
    // With --json the format is JSON, and run passes what follows on to its command.
    if (!/^(run|env)$/.test(args[0] ?? ''))
      expectJsonRefusal(machine, root, machine.run(root, [...args, '--json']), { code: 64, says });
    expect(untouched(machine)).toEqual(before);
  });
});

it.each([['plan'], ['run', '--', 'true'], ['doctor']])(
  '%s says who named an environment that there is not',
  (...args) => {
    const code = 64;
    const named = machine.run(root, args, { env: { HOTPASS_BOOTSTRAP_ENV: 'stagin' } });
    expectRefusal(machine, root, named, {
      code,
      says: ['There is no environment stagin', 'by HOTPASS_BOOTSTRAP_ENV;'],
    });
    const option = machine.run(root, ['--env', 'stagin', ...args], { env: { HOTPASS_BOOTSTRAP_ENV: 'local' } });
    expectRefusal(machine, root, option, { code, says: ['There is no environment stagin', 'by --env or --answers;'] });
  },
);

it('run refuses --json, as one document', () => {
  const refused = machine.run(root, ['run', '--json', '--', 'true']);
  expectJsonRefusal(machine, root, refused, { code: 64, says: ['run does not take --json'] });
});

describe('nobody is there', () => {
  const script = (text: string, args: readonly string[]) =>
    spawnSync('bash', ['-c', text, 'bash', process.execPath, installedBin(), ...args], {
      cwd: root,
      env: machine.env,
      encoding: 'utf8',
    });

  it.each([
    ['at the end', '"$@" </dev/null'],
    ['closed', '"$@" <&-'],
    ['a file', '"$@" < pyproject.toml'],
  ])('standard input is %s: the plan is printed, 3, nothing is changed', (_, text) => {
    const before = untouched(machine);
    const { status, stdout, stderr } = script(text, ['setup']);
    const outcome = { code: status, signal: null, stdout, stderr };
    expectRefusal(machine, root, outcome, {
      code: 3,
      says: ['small (local):', 'python', 'Next: npx hotpass-bootstrap setup --yes'],
    });
    expect(untouched(machine)).toEqual(before);
  });

  it.each([
    ['plan | head -1', 'set -o pipefail; "$@" | head -1', ['plan'], 2],
    ['plan | true', 'set -o pipefail; "$@" | true', ['plan'], 2],
    ['plan --json | head -c 10', 'set -o pipefail; "$@" | head -c 10', ['plan', '--json'], 2],
    ['setup 2>&1 | true', 'set -o pipefail; "$@" 2>&1 | true', ['setup'], 3],
    ['plan >&-', '"$@" >&-', ['plan'], 2],
    ['plan 2>&-', '"$@" 2>&-', ['plan'], 2],
    ['--help | head -1', 'set -o pipefail; "$@" | head -1', ['--help'], 0],
  ] as [string, string, string[], number][])('%s ends as it would have ended', (_, text, args, code) => {
    const { status, stderr } = script(text, args);
    expect(stderr).toBe('');
    expect(status).toBe(code);
  });

  it.each([['plan'], ['plan', '--json'], ['env'], ['--help']])(
    'a full disk for the results of %s: 1 and a sentence',
    (...args) => {
      const { status, stdout, stderr } = script('"$@" > /dev/full', args);
      const outcome = { code: status, signal: null, stdout, stderr };
      expectRefusal(machine, root, outcome, { code: 1, says: ['could not be written', 'Next: df -h'] });
    },
  );
});
