import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';

const machine = new Machine();
let keyring: Keyring;

beforeAll(async () => {
  keyring = await withKeyring(machine.home);
  machine.env = { ...machine.env, ...keyring.env, TERM: 'xterm-256color' };
});
afterAll(() => keyring.stop());

describe('a person at a terminal', () => {
  it('confirms once, types the secrets while uv works, and is ready', async () => {
    const workspace = machine.clone('typed');
    const terminal = new Terminal(workspace, ['setup', '--env', 'staging'], machine.env);
    await terminal.sees(/Going ahead also approves/);
    await terminal.sees(/Go ahead\?/);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
    terminal.type('y\r');
    await terminal.sees(/https:\/\/vault\.example\.com[\s\S]*Paste it here/);
    terminal.type('canary-no-colon\r');
    await terminal.sees(/does not|must|pattern/i);
    terminal.type('\x15');
    terminal.type('user:canary-typed-1\r');
    await terminal.sees(/received/);
    terminal.type('canary-pasted-between');
    terminal.type('\x15');
    await terminal.sees(/collector[\s\S]*Paste it here/);
    terminal.type('Authorization=canary-typed-2\r');
    // Pasted into the wrong moment: no question is open any more, and uv is at work or the checks are.
    await terminal.sees(/✔ otlp-headers[\s\S]*?received/);
    terminal.type('canary-pasted-too-late\r');
    await terminal.sees(/ready in .*waiting for you/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.raw).not.toContain('canary');
    const stored = execFileSync(
      'secret-tool',
      ['lookup', 'service', 'hotpass-bootstrap/harbour', 'username', 'staging/prefect-auth'],
      { env: machine.env, encoding: 'utf8' },
    );
    expect(stored).toBe('user:canary-typed-1');
  });

  it.each([[['plan']], [['setup', '--dry-run']], [['init', '--dry-run']], [['doctor']]])(
    'has the result of %j in colours, and a file that it is led into without',
    async args => {
      const workspace = machine.clone(`led-${args[0]}`);
      const size = { cols: 80, rows: 24 };
      const seen = new Terminal(workspace, args, machine.env, size);
      expect((await seen.exit).exitCode).toBe(2);
      expect(seen.raw).toMatch(/\x1b\[\d+m/);
      const file = join(machine.home, 'led.txt');
      const led = new Terminal(workspace, args, machine.env, size, file);
      expect((await led.exit).exitCode).toBe(2);
      const text = readFileSync(file, 'utf8');
      expect(text.length).toBeGreaterThan(80);
      expect(text).not.toContain('\x1b');
    },
  );

  it('says no, and nothing is changed', async () => {
    const workspace = machine.clone('declined');
    const terminal = new Terminal(workspace, ['setup', '--env', 'local'], machine.env);
    await terminal.sees(/Go ahead\?/);
    terminal.type('n\r');
    expect((await terminal.exit).exitCode).toBe(3);
    expect(terminal.text).toContain('Nothing was changed');
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
  });

  it('stops with Ctrl-C at the confirmation: 130, nothing changed', async () => {
    const workspace = machine.clone('stopped');
    const terminal = new Terminal(workspace, ['setup', '--env', 'local'], machine.env);
    await terminal.sees(/Go ahead\?/);
    terminal.type('\x03');
    expect((await terminal.exit).exitCode).toBe(130);
    expect(existsSync(join(workspace, '.venv'))).toBe(false);
  });

  it('takes the end of the input (Ctrl-D) for no answer: 3, with a command to go on with', async () => {
    const terminal = new Terminal(machine.clone('ended'), ['setup', '--env', 'local'], machine.env);
    await terminal.sees(/Go ahead\?/);
    terminal.type('\x04');
    expect((await terminal.exit).exitCode).toBe(3);
    expect(terminal.raw).toMatch(/The input ended before there was an answer\.[\s\S]*Next:.* setup/);
  });

  it('stops with Ctrl-C at a secret: 130, the journal is closed, and the next run goes on', async () => {
    const other = new Machine();
    const ring = await withKeyring(other.home);
    try {
      other.env = { ...other.env, ...ring.env, TERM: 'xterm-256color' };
      const workspace = other.clone();
      const terminal = new Terminal(workspace, ['setup', '--env', 'staging'], other.env);
      await terminal.sees(/Go ahead\?/);
      terminal.type('y\r');
      await terminal.sees(/Paste it here/);
      terminal.type('\x03');
      expect((await terminal.exit).exitCode).toBe(130);
      const state = join(other.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');
      const [name = ''] = readdirSync(state);
      const [run = ''] = readdirSync(join(state, name, 'runs'));
      const journal = readFileSync(join(state, name, 'runs', run, 'journal.jsonl'), 'utf8')
        .trim()
        .split('\n');
      expect(JSON.parse(journal.at(-1) ?? '{}').kind).toBe('close');
      const again = other.run(workspace, ['setup', '--env', 'local', '--yes']);
      expect(again.code).toBe(0);
    } finally {
      await ring.stop();
    }
  });

  it('stops with Ctrl-C while uv works, and the next run makes it whole', async () => {
    const other = new Machine({ UV_CACHE_DIR: join(machine.home, 'cold-cache') });
    const workspace = other.clone();
    const terminal = new Terminal(workspace, ['setup', '--env', 'local'], { ...other.env, TERM: 'xterm-256color' });
    await terminal.sees(/Go ahead\?/);
    terminal.type('y\r');
    await terminal.sees(/Python environment.*(download|resolv|prepar|install|sync)/i);
    terminal.type('\x03');
    expect((await terminal.exit).exitCode).toBe(130);
    expect(terminal.text).not.toMatch(/ at .*\.js:\d+/);
    expect(other.run(workspace, ['setup', '--yes']).code).toBe(0);
  });

  it('reads numbered questions line by line with ACCESSIBLE=1', async () => {
    const workspace = machine.clone('accessible');
    const terminal = new Terminal(workspace, ['setup', '--env', 'local'], { ...machine.env, ACCESSIBLE: '1' });
    await terminal.sees(/Go ahead\?/);
    terminal.type('y\r');
    await terminal.sees(/ready in/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(terminal.raw).not.toMatch(/\x1b\[\d*[AJK]/);
  });
});
