import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';
import { repository } from '../support/tools.ts';
import { lock } from '../support/wheels.ts';

const machine = new Machine();
let keyring: Keyring;
/** The same person without a session bus, so without a keychain. */
let bare: Record<string, string>;
let opened: string;
let number = 0;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  bare = { ...machine.env, TERM: 'xterm-256color' };
  const path = [join(machine.home, '.local', 'bin'), keyring.env['PATH']].join(delimiter);
  machine.env = { ...machine.env, ...keyring.env, PATH: path, TERM: 'xterm-256color' };
  opened = join(machine.home, 'opened');
});
afterAll(() => keyring.stop());

const MANIFEST = `schema = 1
[environments.local]
[environments.staging]
secrets = ["token", "extra"]
[secrets.token]
env = "DEMO_TOKEN"
description = "Token of the demo server"
obtain = "Ask for it at https://vault.example.com/ui?a=1&b=2."
pattern = "t-.+"
[secrets.extra]
env = "DEMO_EXTRA"
description = "For those who want more"
required = false
`;

/** A small project that installs nothing, with two environments; the second has secrets. */
function project(): string {
  number += 1;
  const root = join(machine.home, `demo-${number}`);
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, 'pyproject.toml'),
    `[project]\nname = "demo-${number}"\nversion = "1"\nrequires-python = ">=3.9"\n[tool.uv]\npackage = false\n`,
  );
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), MANIFEST);
  lock(root);
  execFileSync('git', ['init', '-q'], { cwd: root, env: bare });
  return root;
}

/** Sits down at a terminal, goes to staging and says yes to the plan. */
async function toStaging(root: string, env = machine.env): Promise<Terminal> {
  const terminal = new Terminal(root, [], env);
  await terminal.sees(/What was found[\s\S]*Which environment/);
  terminal.type('2\r');
  await terminal.sees(/demo-\d+ \(staging\): \d+ to add[\s\S]*Go ahead\?/);
  terminal.type('\r');
  return terminal;
}

describe('the wizard', () => {
  it('shows what it found, asks for the environment once, and ends with what to type', async () => {
    const root = project();
    const first = new Terminal(root, [], machine.env);
    await first.sees(/machine .*Node[\s\S]*project [\s\S]*uv +\d[\s\S]*Python[\s\S]*Prefect[\s\S]*keychain +works/);
    await first.sees(/1 local[\s\S]*2 staging .*1 secret/);
    first.type('\r');
    await first.sees(/\(local\): [\s\S]*Go ahead\?/);
    expect(first.text).not.toMatch(/Paste it here/);
    first.type('\r');
    await first.sees(/ready in[\s\S]*environment +local[\s\S]*Python +3\.[\s\S]*What to type next/);
    expect((await first.exit).exitCode).toBe(0);
    const again = new Terminal(root, [], machine.env);
    expect((await again.exit).exitCode).toBe(0);
    expect(again.text.trim().split('\n')).toHaveLength(1);
    expect(again.text).toContain('everything in order (local)');

    // What was printed is typed.
    const [run = '', undo = ''] = [...first.text.matchAll(/^ {2}(hotpass-bootstrap .*?) {2}/gm)].map(
      ([, line]) => line,
    );
    const typed = (line: string): string =>
      execFileSync('sh', ['-c', line], { cwd: root, env: machine.env, input: '', encoding: 'utf8' });
    expect(run).toContain('run -- python');
    typed(run);
    expect(typed(`${undo} --list`)).toMatch(/local/);
  });

  it('opens the page of a secret, says why a value will not do, and offers an optional secret once', async () => {
    const root = project();
    const browser = join(machine.home, 'browser');
    mkdirSync(browser);
    writeFileSync(join(browser, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$1" > '${opened}'\n`);
    chmodSync(join(browser, 'xdg-open'), 0o755);
    const path = [browser, machine.env['PATH']].join(delimiter);
    const terminal = await toStaging(root, { ...machine.env, PATH: path, DISPLAY: ':77' });
    await terminal.sees(/Type \? and press Enter[\s\S]*\(hidden\):/);
    terminal.type('?\r');
    await terminal.sees(/open in your browser/);
    expect(readFileSync(opened, 'utf8')).toBe('https://vault.example.com/ui?a=1&b=2');
    terminal.type('canary-of-the-wrong-shape\r');
    await terminal.sees(/the pattern is "t-/);
    terminal.type('t-canary\u200b\r');
    await terminal.sees(/invisible character \(U\+200B\)/);
    terminal.type('\x1b[200~t-canary\nsecond line\x1b[201~\r');
    await terminal.sees(/It has 2 lines/);
    terminal.type('\x1b[200~ t-canary-right\r\n\x1b[201~\r');
    await terminal.sees(/received; spaces around it were removed/);
    await terminal.sees(/For those who want more[\s\S]*press Enter to skip:/);
    terminal.type('\r');
    await terminal.sees(/skipped for now; to give it later:\s+\S.*secrets set extra --env staging/);
    await terminal.sees(/secrets +token in your keychain/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.raw).not.toContain('canary');
    const lookup = ['lookup', 'service', `hotpass-bootstrap/demo-${number}`, 'username', 'staging/token'];
    expect(execFileSync(keyring.secretTool, lookup, { env: machine.env, encoding: 'utf8' })).toBe('t-canary-right');

    const again = new Terminal(root, [], machine.env);
    expect((await again.exit).exitCode).toBe(0);
    expect(again.text).toContain('everything in order (staging)');
  });

  it('keeps its screens to itself for --yes, -q, --no-input, --json and CI', async () => {
    for (const [args, env] of [
      [['setup', '--yes'], {}],
      [['setup', '-q', '--yes'], {}],
      [['setup', '--no-input'], {}],
      [['setup', '--json'], {}],
      [['setup'], { CI: 'true' }],
    ] as const) {
      const terminal = new Terminal(project(), args, { ...machine.env, ...env });
      expect((await terminal.exit).exitCode, args.join(' ')).toBe(0);
      expect(terminal.text, args.join(' ')).not.toMatch(
        /What was found|Which environment|takes back what.*\n.*environment +local/,
      );
    }
  });
});

describe('where there is no keychain', () => {
  async function toStore(root: string, answer: string, more: Record<string, string> = {}): Promise<Terminal> {
    const terminal = new Terminal(root, ['setup', '--env', 'staging'], { ...bare, ...more });
    await terminal.sees(/keychain +There is no keychain here/);
    await terminal.sees(/To have one that works:\s+dbus-run-session/);
    await terminal.sees(/come from\?[\s\S]*3 A sealed file[\s\S]*4 Environment variables \(DEMO_TOKEN/);
    terminal.type(answer);
    return terminal;
  }

  it('a person may stop to mend it: nothing is changed', async () => {
    const root = project();
    const terminal = await toStore(root, '\r');
    expect((await terminal.exit).exitCode).toBe(3);
    expect(existsSync(join(root, '.venv'))).toBe(false);
    expect(terminal.text).toContain('Next: dbus-run-session');
  });

  it('a person may give the secrets later: the rest is done, and the next run asks', async () => {
    const root = project();
    const terminal = await toStore(root, '2\r');
    await terminal.sees(/Go ahead\?/);
    terminal.type('\r');
    await terminal.sees(/done in[\s\S]*Still to be given: token[\s\S]* setup/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(existsSync(join(root, '.venv'))).toBe(true);
    const later = new Terminal(root, [], machine.env);
    await later.sees(/Go ahead\?/);
    later.type('\r');
    await later.sees(/Token of the demo server[\s\S]*\(hidden\):/);
    later.type('t-canary-later\r');
    await later.sees(/press Enter to skip:/);
    later.type('\r');
    await later.sees(/ready in/);
    expect((await later.exit).exitCode).toBe(0);
  });

  it('a person may take environment variables: remembered, and all that are missing are named', async () => {
    const root = project();
    const config = join(machine.home, '.config', 'hotpass-bootstrap', 'config.toml');
    const terminal = await toStore(root, '4\r');
    await terminal.sees(/Go ahead\?/);
    terminal.type('\r');
    await terminal.sees(/A secret is missing: token[\s\S]*the variable DEMO_TOKEN/);
    expect((await terminal.exit).exitCode).toBe(3);
    expect(terminal.text).toContain('Secrets come from environment variables here');
    expect(readFileSync(config, 'utf8')).toBe('store = "environment"\n');
    const given = new Terminal(root, [], { ...bare, DEMO_TOKEN: 't-canary-given' });
    await given.sees(/secrets +from environment variables[\s\S]*Go ahead\?/);
    given.type('\r');
    await given.sees(/ready in[\s\S]*secrets +token from environment variables/);
    expect((await given.exit).exitCode).toBe(0);
    rmSync(config);
  });
});

it('the pictures in the docs show what the tool shows now', () => {
  execFileSync(process.execPath, ['scripts/capture.mjs', '--check', '--bin', installedBin()], {
    cwd: repository,
    env: { ...process.env, UV_CACHE_DIR: machine.env['UV_CACHE_DIR'] },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}, 180_000);
