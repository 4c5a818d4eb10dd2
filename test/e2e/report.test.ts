import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../src/commands/documents.ts';
import type { LedgerRecord } from '../../src/onboarding/events.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';
import { lock } from '../support/wheels.ts';
import { ledgerOf, WORKED_MONTH, writeLedger } from '../support/worked-month.ts';

const machine = new Machine();
/** What counts here is a person, not a test. */
machine.env = { ...machine.env, HOTPASS_BOOTSTRAP_TEST: '0', TERM: 'xterm-256color' };
let number = 0;

/** A small project that installs nothing, set up. */
function project(manifest = '', setUp = true): string {
  number += 1;
  const root = join(machine.home, `figures-${number}`);
  mkdirSync(root, { recursive: true });
  const head = `[project]\nname = "figures-${number}"\nversion = "1"\nrequires-python = ">=3.9"\n[tool.uv]\npackage = false\n`;
  writeFileSync(join(root, 'pyproject.toml'), head);
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), `schema = 1\n[environments.local]\n${manifest}`);
  lock(root);
  if (setUp) {
    const done = machine.run(root, ['setup', '--yes', '--cohort', 'new']);
    if (done.code !== 0) throw new Error(done.stderr);
  }
  return root;
}

const workspaces = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');

function stateOf(root: string): string {
  const name = readdirSync(workspaces).find(entry => entry.startsWith(`${root.split('/').at(-1)}-`));
  if (name === undefined) throw new Error(`${root} has no state`);
  return join(workspaces, name);
}
const records = (root: string): LedgerRecord[] =>
  readFileSync(join(stateOf(root), 'ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as LedgerRecord);
const gates = (root: string) => records(root).filter(({ event }) => event === 'gate');

const REPORT = '[report]\nbaselines = { qa = "28m", lint = "1m" }\ntargets = { onboarding = "90m" }\n';
let root: string;
beforeAll(() => {
  root = project(REPORT);
});

describe('measure', () => {
  it.each([
    ['a status', ['sh', '-c', 'exit 42'], 42],
    ['success', ['true'], 0],
    ['a signal', ['sh', '-c', 'kill -TERM $$'], 143],
  ])('returns %s of the command as it is, and records it', (_, command, code) => {
    const before = gates(root).length;
    expect(machine.run(root, ['measure', 'lint', '--', ...command]).code).toBe(code);
    expect(gates(root).slice(before)).toMatchObject([{ name: 'lint', exit: code, caller: 'person' }]);
  });

  it('hands through streams, arguments and environment, byte for byte', () => {
    const script = 'cat; printf "%s|" "$@" "$TRACEPARENT" "${HOTPASS_BOOTSTRAP_TOKEN-none}"; echo err >&2';
    const env = {
      TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      HOTPASS_BOOTSTRAP_TOKEN: 'x',
    };
    const done = machine.run(root, ['measure', 'lint', 'sh', '-c', script, 'sh', '--json', '-q', '--', 'a b'], {
      input: 'in\0\n',
      env,
    });
    expect(done.stdout).toBe(`in\0\n--json|-q|--|a b|${env.TRACEPARENT}|none|`);
    expect(done.stderr).toBe('err\n');
  });

  it('leaves the command its terminal, and Ctrl-C to it', async () => {
    const script = 'test -t 0 && test -t 1 && test -t 2 && echo on a terminal; trap "exit 9" INT; sleep 30 & wait';
    const terminal = new Terminal(root, ['measure', 'lint', '--', 'sh', '-c', script], machine.env);
    await terminal.sees(/on a terminal/);
    terminal.type('\x03');
    expect((await terminal.exit).exitCode).toBe(9);
    expect(gates(root).at(-1)).toMatchObject({ exit: 9 });
  });

  it('passes a signal on, and records what came of it', async () => {
    const { child, done } = machine.start(root, [
      'measure',
      'lint',
      '--',
      'sh',
      '-c',
      'trap "exit 5" TERM; echo up; while :; do sleep 0.1; done',
    ]);
    await new Promise(ready => child.stdout.once('data', ready));
    child.kill('SIGTERM');
    expect((await done).code).toBe(5);
    expect(gates(root).at(-1)).toMatchObject({ exit: 5 });
  });

  it.each([
    ['no such program', ['lint', '--', 'there-is-no-such'], 127],
    ['one that is no program', ['lint', '--', './pyproject.toml'], 126],
    ['no command', ['lint'], 64],
    ['no name', ['Lint!', '--', 'true'], 64],
    ['a name of the report', ['onboarding', '--', 'true'], 64],
    ['a place without a project', ['-C', '/', 'lint', '--', 'true'], 125],
  ])('ends with its own status for %s, and records nothing', (_, args, code) => {
    const before = gates(root).length;
    const place = args[0] === '-C' ? args.slice(0, 2) : [];
    const done = machine.run(root, [...place, 'measure', ...args.slice(place.length)]);
    expect(done.code, done.stderr).toBe(code);
    expect(done.stdout).toBe('');
    expect(gates(root)).toHaveLength(before);
  });

  it('says of a program that is only in .venv how it is found', () => {
    const program = join(root, '.venv', 'bin', 'only-there');
    writeFileSync(program, '#!/bin/sh\nexit 6\n', { mode: 0o755 });
    const done = machine.run(root, ['measure', 'lint', '--', 'only-there', 'a b']);
    expect(done.code).toBe(127);
    expect(done.stderr).toContain('measure leaves PATH as it is');
    expect(done.stderr).toContain("hotpass-bootstrap run -- only-there 'a b'\n");
    expect(machine.run(root, ['run', '--', 'only-there', 'a b']).code).toBe(6);
  });

  it('runs the command where nothing was set up, and says that it records nothing', () => {
    const done = machine.run(project('', false), ['measure', 'qa', '--', 'sh', '-c', 'echo out; exit 3']);
    expect([done.code, done.stdout]).toEqual([3, 'out\n']);
    expect(done.stderr).toMatch(/^The duration was not recorded, since this folder was never set up: .*setup\n$/);
  });

  it('runs the command when nobody can tell whose it is, and says why it records nothing', () => {
    const registry = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces.json');
    const kept = readFileSync(registry);
    for (const text of ['garbage', '{"schema":99}']) {
      writeFileSync(registry, text);
      const done = machine.run(root, ['measure', 'lint', '--', 'sh', '-c', 'echo out; exit 3']);
      expect([done.code, done.stdout]).toEqual([3, 'out\n']);
      expect(done.stderr).toMatch(/^The duration was not recorded\. .*workspaces\.json .*\.$/m);
    }
    writeFileSync(registry, kept);
  });

  it.each(['measure lint', 'run'])(
    '%s leaves make its jobs: an inner make works on as many as the outer one',
    command => {
      const call = `$(NODE) ${installedBin()} ${command} --`;
      writeFileSync(join(root, 'outer.mk'), `all:\n\t+@${call} $(MAKE) -f inner.mk\nalone:\n\t@${call} true\n`);
      // Each waits for the other.
      const wait = 'for i in 1 2 3 4 5 6 7 8 9 10; do test -e $@.$(OTHER) && exit 0; sleep 0.2; done; exit 1';
      const other = (one: string, two: string) => `${one}: OTHER = x\n${one}:\n\t@touch ${two}.x; ${wait}\n`;
      writeFileSync(join(root, 'inner.mk'), `all: a b\n${other('a', 'b')}${other('b', 'a')}`);
      const env = { ...machine.env, NODE: process.execPath };
      const make = (target: string) =>
        spawnSync('make', ['-j2', '-f', 'outer.mk', target], { cwd: root, env, encoding: 'utf8' });
      const done = make('all');
      expect(done.stderr).not.toContain('jobserver unavailable');
      expect(done.status, done.stderr).toBe(0);
      // Without the plus make keeps its pipe to itself.
      expect(make('alone').status).toBe(0);
      for (const name of ['a.x', 'b.x']) rmSync(join(root, name));
    },
  );

  it('runs the command when the ledger cannot be written', () => {
    const other = project();
    writeFileSync(join(stateOf(other), 'ledger.lock.99'), '{"torn');
    const done = machine.run(other, ['measure', 'qa', '--', 'sh', '-c', 'exit 3']);
    expect([done.code, done.stderr]).toEqual([3, 'The duration was not recorded: the ledger cannot be written.\n']);
  });

  it('counts attempts, and the first QA that passes is a milestone; CI and agents are told apart', () => {
    const other = project();
    for (const code of ['1', '0']) machine.run(other, ['measure', 'qa', '--', 'sh', '-c', `exit ${code}`]);
    machine.run(other, ['measure', 'qa', '--', 'true'], { env: { CI: 'true' } });
    machine.run(other, ['measure', 'qa', '--', 'true'], { env: { CLAUDECODE: '1' } });
    expect(gates(other)).toMatchObject([
      { attempt: 1, exit: 1 },
      { attempt: 2, exit: 0 },
      { attempt: 1, caller: 'ci' },
      { attempt: 1, caller: 'agent' },
    ]);
    expect(records(other).filter(({ event }) => event === 'milestone')).toMatchObject([{ name: 'first_green_qa' }]);
    const { metrics } = JSON.parse(machine.run(other, ['report', '--json']).stdout);
    const now = (name: string) => metrics.find((metric: { name: string }) => metric.name === name).months.at(-1);
    expect([now('qa').n, now('first-green-qa').n, now('onboarding').n, now('onboarding-new').n]).toEqual([2, 1, 1, 1]);
  });
});

describe('report', () => {
  it('is a document of the shipped schema, starts nothing and changes nothing', () => {
    const before = snapshot(machine.home);
    const empty = { PATH: join(machine.home, 'nowhere') };
    const done = machine.run(root, ['report', '--json'], { env: empty });
    expect(done.code, done.stderr).toBe(0);
    const document = output.parse(JSON.parse(done.stdout));
    expect(document).toMatchObject({ kind: 'report', own: true, installs: 1 });
    for (const format of ['markdown', 'csv', 'html']) {
      const told = machine.run(root, ['report', '--format', format], { env: empty });
      expect([told.code, told.stderr]).toEqual([0, '']);
      expect(told.stdout.length).toBeGreaterThan(200);
    }
    expect([...snapshot(machine.home)]).toEqual([...before]);
  });

  it('keeps a section in a document, and says when it is stale', () => {
    const other = project(REPORT);
    mkdirSync(join(other, 'docs'));
    const page = join(other, 'docs', 'roadmap.md');
    writeFileSync(page, '# Roadmap\n\nText.\n');
    const stale = machine.run(other, ['report', '--check']);
    expect(stale.code).toBe(2);
    expect(stale.stderr).toContain('report --output');
    expect(machine.run(other, ['report', '--output', page]).code).toBe(0);
    const written = readFileSync(page, 'utf8');
    expect(written).toMatch(
      /^# Roadmap\n\nText\.\n\n<!-- devex:begin -->\n[\s\S]*\| Onboarding[\s\S]*<!-- devex:end -->\n$/,
    );
    expect(machine.run(other, ['report', '--check']).code).toBe(0);
    expect(machine.run(other, ['report', '--output', page]).stderr).toContain('says so already');
    expect(readFileSync(page, 'utf8')).toBe(written);
    machine.run(other, ['measure', 'qa', '--', 'true']);
    expect(machine.run(other, ['report', '--check']).code).toBe(2);
    writeFileSync(page, written.replace('<!-- devex:end -->', ''));
    const broken = machine.run(other, ['report', '--output', page]);
    expect([broken.code, broken.stderr.includes('not one pair')]).toEqual([78, true]);
  });

  it('merges the exports of many machines, without a project of its own', () => {
    const folder = join(machine.home, 'exports');
    const other = project(REPORT);
    // The clock of the worked month is not ours: its durations are the same in any month.
    const month = new Date().toISOString().slice(0, 7);
    const shift = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1) - Date.UTC(2026, 10, 1);
    const completed = WORKED_MONTH.slice(0, 6).map(worked => ({ ...worked, day: 1 }));
    for (const [i, worked] of completed.entries()) {
      const lines = ledgerOf(worked, `e${i}`).map(line => {
        const record = JSON.parse(line) as { wall: number };
        return JSON.stringify({ ...record, wall: Math.min(record.wall + shift, Date.now()) });
      });
      writeLedger(join(stateOf(other), 'ledger.jsonl'), lines);
      // Each is another install.
      writeFileSync(join(stateOf(other), 'export-ids.json'), '{}');
      expect(machine.run(other, ['report', '--export', folder]).code).toBe(0);
    }
    writeFileSync(join(folder, 'note.jsonl'), 'hello\n');
    const done = machine.run(machine.home, ['report', '--from', folder]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr.replace(/\s+/g, ' ')).toMatch(/1 of 7 files.* is no whole export.*\(HB550\)/);
    expect(done.stdout).toContain('6 installs merged');
    expect(done.stdout).toMatch(/\| Onboarding \| – \| – \| 51 min 30 s \(n = 6; 95 %: 20 min to 1 h 15 min\)/);
  });

  it.each([
    [['--month', '2026-13'], 64],
    [['--month', '2999-01'], 64],
    [['--format', 'pdf'], 64],
    [['--check', '--format', 'html'], 64],
    [['--from', 'nowhere'], 64],
    [['--abandon', 'boredom'], 64],
  ])('refuses %j', (args, code) => {
    const done = machine.run(root, ['report', ...args]);
    expect([done.code, done.stdout]).toEqual([code, '']);
    expect(done.stderr).toMatch(/Next: /);
  });

  it('prints one document of the shipped schema with --json, whatever it does', () => {
    const other = project(REPORT);
    const page = join(machine.home, 'page.md');
    const said = (...args: string[]) => {
      const done = machine.run(other, ['report', '--json', ...args]);
      return [done.code, output.parse(JSON.parse(done.stdout))];
    };
    const report = { schema: 1, kind: 'report' };
    const check = { ...report, action: 'check', file: page };
    expect(said('--check', '--output', page)).toEqual([2, { ...check, inOrder: false }]);
    expect(machine.run(other, ['report', '--output', page]).code).toBe(0);
    expect(said('--check', '--output', page)).toEqual([0, { ...check, inOrder: true }]);
    const file = join(machine.home, 'report.json');
    expect(said('--output', file)).toEqual([0, { ...report, action: 'output', file }]);
    expect(output.parse(JSON.parse(readFileSync(file, 'utf8')))).toMatchObject({ kind: 'report', installs: 1 });
    const folder = join(machine.home, 'told');
    expect(said('--export', folder)).toEqual([0, { ...report, action: 'export', folder, files: 1 }]);
    const abandon = { ...report, action: 'abandon', reason: 'access', recorded: false };
    expect(said('--abandon', 'access')).toEqual([0, abandon]);
    const unlinked = project('', false);
    expect(JSON.parse(machine.run(unlinked, ['report', '--json', '--export', folder]).stdout)).toMatchObject({
      files: 0,
    });
  });

  it('records that an onboarding was given up', () => {
    const other = project('[[readiness]]\nname = "never"\nrun = ["false"]\n', false);
    expect(machine.run(other, ['setup', '--yes', '--blocked-on', 'access']).code).toBe(1);
    expect(machine.run(other, ['report', '--abandon', 'access']).stderr).toContain('was given up');
    expect(records(other).at(-1)).toMatchObject({ event: 'onboarding_abandoned', reason: 'access' });
    expect(machine.run(other, ['report', '--abandon', 'access']).stderr).toContain('no open onboarding');
  });
});

describe('an onboarding', () => {
  const never = '[[readiness]]\nname = "never"\nrun = ["test", "-e", "ok"]\n';
  const completed = (root: string) => records(root).filter(({ event }) => event === 'onboarding_completed');

  it('ends with a run that has nothing to do, when a coding agent did what was left', () => {
    const other = project(never, false);
    expect(machine.run(other, ['setup', '--yes', '--blocked-on', 'human']).code).toBe(1);
    writeFileSync(join(other, 'ok'), '');
    expect(machine.run(other, ['setup', '--yes'], { env: { CLAUDECODE: '1' } }).code).toBe(0);
    expect(completed(other)).toEqual([]);
    expect(machine.run(other, ['setup', '--yes']).stderr).toContain('everything in order');
    expect(completed(other)).toMatchObject([{ runs: 3 }]);
    const after = records(other).length;
    for (let i = 0; i < 2; i++) machine.run(other, ['setup', '--yes']);
    expect(records(other)).toHaveLength(after);
  });

  it('begins with a run that was killed', async () => {
    const other = project('[[readiness]]\nname = "slow"\nrun = ["sleep", "5"]\n', false);
    const { child, done } = machine.start(other, ['setup', '--yes']);
    const begun = () =>
      readdirSync(workspaces).some(
        name => existsSync(join(workspaces, name, 'ledger.jsonl')) && name.startsWith(`${other.split('/').at(-1)}-`),
      );
    while (!begun()) await new Promise(resolve => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await done;
    expect(records(other).map(({ event }) => event)).toEqual(['onboarding_started', 'run_started']);
  });
});

describe('setup asks', () => {
  it('what a run that stopped waits for, and once how the person comes to the project', async () => {
    const other = project('[[readiness]]\nname = "never"\nrun = ["false"]\n', false);
    const first = new Terminal(other, ['setup', '--yes'], machine.env);
    await first.sees(/What does it wait for\?[\s\S]*nothing: I go on by myself[\s\S]*access that somebody/);
    first.type('2\r');
    await first.sees(/How do you come to this project\?[\s\S]*I come back/);
    first.type('3\r');
    await first.sees(/To go on: .*setup/);
    expect((await first.exit).exitCode).toBe(1);
    expect(records(other).find(({ event }) => event === 'run_finished')).toMatchObject({ blocked_on: 'access' });
    expect(records(other).find(({ event }) => event === 'cohort_declared')).toMatchObject({ cohort: 'returning' });
    const again = new Terminal(other, ['setup', '--yes', '--blocked-on', 'human'], machine.env);
    await again.sees(/To go on: .*setup/);
    expect(again.text).not.toMatch(/wait for|come to this project/);
    expect(JSON.parse(machine.run(other, ['report', '--json']).stdout).open).toEqual({
      onboardings: 1,
      givenUp: 0,
      blockedOn: { human: 1 },
    });
    const before = records(other).length;
    const look = new Terminal(other, ['setup', '--dry-run'], machine.env);
    expect((await look.exit).exitCode).toBe(2);
    expect(look.text).not.toContain('wait for');
    expect(records(other)).toHaveLength(before);
  });

  it('nothing of a test, in CI, or with a word that it does not know', () => {
    const other = project('', false);
    expect(machine.run(other, ['setup', '--yes', '--cohort', 'old']).code).toBe(64);
    expect(machine.run(other, ['setup', '--yes', '--blocked-on', 'lunch']).code).toBe(64);
    expect(existsSync(join(other, '.venv'))).toBe(false);
    expect(machine.run(other, ['setup', '--yes'], { env: { HOTPASS_BOOTSTRAP_TEST: '1' } }).code).toBe(0);
    expect(records(other).some(({ event }) => event === 'onboarding_started')).toBe(false);
  });
});

it('the help names the program that is run after two dashes', () => {
  const help = spawnSync(process.execPath, [installedBin(), 'measure', '--help'], {
    env: machine.env,
    encoding: 'utf8',
  });
  expect(help.stdout).toContain('measure <name> -- [command...]');
});

describe('telemetry', () => {
  it('prints one document of the shipped schema with --json, whatever it does', () => {
    const on = ['on', '--yes', '--endpoint', 'http://127.0.0.1:9'];
    for (const args of [['status'], ['show'], on, ['status'], ['show'], ['flush'], ['off'], ['flush']]) {
      const done = machine.run(root, ['telemetry', ...args, '--json']);
      const document = output.parse(JSON.parse(done.stdout));
      expect(document, args[0]).toMatchObject({ kind: 'telemetry', action: args[0] });
    }
  });

  it('stays off when nobody has agreed, whatever is implied elsewhere', () => {
    const on = ['telemetry', 'on', '--endpoint', 'http://127.0.0.1:9'];
    for (const args of [[], ['--no-input'], ['--json']]) {
      const done = machine.run(root, [...on, ...args]);
      expect([done.code, done.stderr], args[0]).toMatchObject([3, expect.stringContaining('Telemetry stays off')]);
      expect(done.stderr, 'what to type next is for the same endpoint').toContain(`${on.join(' ')} --yes`);
    }
    expect(machine.run(root, [...on, '--yes'], { env: { CI: '1' } }).code).toBe(64);
    expect(JSON.parse(machine.run(root, ['telemetry', 'status', '--json']).stdout).sends).toBe(false);
  });
});
