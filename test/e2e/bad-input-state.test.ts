import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  expectRefusal,
  expectRunnable,
  expectSetupRefuses,
  leftovers,
  MANIFEST,
  ordinaryMachine,
  smallWorkspace,
} from '../support/bad-input.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';

const STATE = '.local/state/hotpass-bootstrap';

describe('a home that is no good', () => {
  it('not writable: 1, a sentence, nothing half-made', () => {
    const machine = ordinaryMachine();
    const root = smallWorkspace(machine);
    const home = join(machine.home, 'home');
    mkdirSync(home);
    chmodSync(home, 0o555);
    machine.env = { ...machine.env, HOME: home };
    expectSetupRefuses(machine, root, { code: 1, says: [home] });
    expect(readdirSync(home)).toEqual([]);
    expectRefusal(machine, root, machine.run(root, ['plan']), { code: 1, says: [home] });
    chmodSync(home, 0o755);
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
  });

  it('not there, or a file: a sentence that names it', () => {
    const machine = ordinaryMachine();
    const root = smallWorkspace(machine);
    writeFileSync(join(machine.home, 'file'), '');
    machine.env = { ...machine.env, HOME: '/proc/nowhere' };
    expectSetupRefuses(machine, root, { code: 1, says: ['/proc/nowhere', 'Next: ls -ld /proc'] });
    machine.env = { ...machine.env, HOME: join(machine.home, 'file') };
    expectSetupRefuses(machine, root, { code: 78, says: [join(machine.home, 'file')] });
  });
});

describe('a home that is not a whole path, or lies in the workspace', () => {
  const machine = new Machine();
  const root = smallWorkspace(machine);

  it.each(['setup --yes', 'plan', 'run -- true', 'env', 'secrets list', 'undo --list'])(
    '%s: 78, and what helps',
    words => {
      for (const home of ['home', join(root, 'home')]) {
        const refused = machine.run(root, words.split(' '), { env: { HOME: home } });
        expect([refused.code, refused.stdout]).toEqual([words.startsWith('run') ? 125 : 78, '']);
        const next = /^Next: (export HOME=.+)$/m.exec(refused.stderr)?.[1] ?? '';
        expect(refused.stderr).toContain(home);
        const told = spawnSync('sh', ['-c', `${next}; printf %s "$HOME"`], { env: machine.env, encoding: 'utf8' });
        expect(told.stdout).toMatch(/^\//);
        expect(existsSync(join(root, 'home'))).toBe(false);
      }
    },
  );

  it('a state folder of its own in the workspace: the variable is what is in the way', () => {
    const refused = machine.run(root, ['plan'], { env: { XDG_STATE_HOME: join(root, 'state') } });
    expectRefusal(machine, root, refused, { code: 78, says: ['unset XDG_STATE_HOME'] });
  });

  it('a home that is the workspace itself: the state belongs elsewhere', () => {
    const refused = machine.run(root, ['plan'], { env: { HOME: root } });
    expect([refused.code, refused.stderr]).toEqual([78, expect.stringMatching(/Next: export (HOME|XDG_STATE_HOME)=/)]);
  });
});

describe('an environment that there is not', () => {
  const machine = new Machine();
  const root = smallWorkspace(machine);

  it.each([
    ['plan', 'plan --env local'],
    ['setup --yes', 'setup --env local'],
    ['doctor', 'doctor --env local'],
    ['env', 'env --env local'],
    ['secrets list', 'secrets list --env local'],
    ['run -- true', 'plan --env local'],
  ])('%s: 64, and itself as what to type next', (words, next) => {
    const [command = '', ...rest] = words.split(' ');
    const refused = machine.run(root, [command, '--env', 'locla', ...rest]);
    expectRefusal(machine, root, refused, {
      code: 64,
      says: [new RegExp(`Next: .*${next}$`, 'm')],
    });
  });
});

describe('a folder that is gone', () => {
  const machine = new Machine();

  it.each(['setup --yes', 'plan', 'run -- true', 'env', 'secrets list'])(
    'under the feet of %s: said as such',
    words => {
      const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
      const argv = ['-c', script, 'sh', process.execPath, installedBin(), ...words.split(' ')];
      const result = spawnSync('sh', argv, { cwd: machine.home, env: machine.env, encoding: 'utf8' });
      expect(result.stderr).toContain('The folder you are in is not there any more.');
      expect(result.stderr).not.toMatch(/uv_cwd|mistake|\n\s+at /);
      expect([result.status, result.stdout]).toEqual([words.startsWith('run') ? 125 : 1, '']);
    },
  );
});

describe('our own records', () => {
  let machine: Machine;
  let root: string;
  beforeEach(() => {
    machine = new Machine();
    root = smallWorkspace(machine);
    mkdirSync(join(machine.home, '.local', 'state'), { recursive: true });
  });

  it('the state folder is a file: 78', () => {
    writeFileSync(join(machine.home, STATE), '');
    expectSetupRefuses(machine, root, { code: 78, says: [STATE, 'is not a folder'] });
  });

  it('the state folder belongs to another user: 78', () => {
    const theirs = ordinaryMachine();
    const own = smallWorkspace(theirs);
    mkdirSync(join(theirs.home, '.local', 'state'), { recursive: true });
    symlinkSync('/usr', join(theirs.home, STATE));
    expectSetupRefuses(theirs, own, { code: 78, says: [STATE, 'belongs to another user'] });
  });

  it.each([
    ['workspaces.json', 'rubbish', 78],
    ['workspaces.json', '', 78],
    ['workspaces.json', '{"schema":1}', 78],
    ['workspaces.json', '[]', 78],
    ['workspaces.json', 'null', 78],
    ['workspaces.json', '{"schema":1,"workspaces":[]}', 78],
    ['workspaces.json', '{"schema":1,"workspaces":{"/x":{}}}', 78],
  ])('%s holds %j: %d, and it is not guessed anew', (name, content, code) => {
    mkdirSync(join(machine.home, STATE));
    writeFileSync(join(machine.home, STATE, name), content);
    expectSetupRefuses(machine, root, { code, says: [name] });
    expect(readFileSync(join(machine.home, STATE, name), 'utf8')).toBe(content);
  });

  it('caches of a workspace that are rubbish are made anew', () => {
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
    const state = join(machine.home, STATE, 'workspaces');
    const folder = join(state, readdirSync(state)[0] ?? '');
    for (const content of ['rubbish', '', 'null', '[]', '{"schema":1}', '\0']) {
      for (const name of readdirSync(folder).filter(file => file.endsWith('.json')))
        writeFileSync(join(folder, name), content);
      const again = machine.run(root, ['setup', '--yes']);
      expect(again.stderr).not.toMatch(/Error|inside the tool/);
      expect(again.code).toBe(0);
      expect(machine.run(root, ['plan']).code).toBe(0);
    }
  });
});

describe('a second clone with the same name', () => {
  it('is told that the secrets of that name belong to the other', () => {
    const machine = new Machine();
    const first = machine.clone('first');
    machine.run(first, ['setup', '--env', 'staging', '--no-input']);
    const second = machine.clone('second');
    const refused = machine.run(second, ['setup', '--env', 'staging', '--no-input']);
    expectRefusal(machine, second, refused, { code: 3, says: ['prefect-auth', 'otlp-headers', first] });
    const link = /^\s+(.* setup --link [0-9a-f]+)$/m.exec(refused.stderr)?.[1] ?? '';
    expectRunnable(machine, second, link);
  });
});

describe('another run', () => {
  let machine: Machine;
  let root: string;
  let slow: ReturnType<Machine['start']> | undefined;
  beforeEach(async () => {
    machine = new Machine();
    root = smallWorkspace(machine);
    // It ends when it is let go, however long that takes here.
    const run = 'echo $$ > pid; while [ ! -e go ]; do sleep 0.1; done; touch done';
    const task = `[[tasks]]\nname = "slow"\ncheck = ["test", "-e", "done"]\nrun = ["sh", "-c", "${run}"]\n`;
    writeFileSync(join(root, 'hotpass-bootstrap.toml'), `${MANIFEST}${task}`);
    slow = machine.start(root, ['setup', '--yes']);
    await until(() => runningTask() !== 0);
  });
  afterEach(() => {
    letGo();
    slow?.child.kill('SIGKILL');
  });

  /** Process id of the task that runs, 0 before there is one. */
  const runningTask = (): number =>
    existsSync(join(root, 'pid')) ? Number(readFileSync(join(root, 'pid'), 'utf8')) : 0;
  const letGo = (): void => writeFileSync(join(root, 'go'), '');

  it('holds the lock: 75 and its name; --wait waits for it', async () => {
    const second = await machine.start(root, ['setup', '--yes']).done;
    expectRefusal(machine, root, second, { code: 75, says: [`process ${slow?.child.pid}`, 'setup of small', 'Next:'] });
    const json = await machine.start(root, ['setup', '--json']).done;
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'error', exit: 75 });
    expect((await machine.start(root, ['plan']).done).code).toBe(2);
    const waiting = machine.start(root, ['setup', '--yes', '--wait', '600']);
    letGo();
    const waited = await waiting.done;
    expect(waited.stderr).not.toMatch(/Another run/);
    expect(waited.code).toBe(0);
    expect((await slow?.done)?.code).toBe(0);
  });

  it('is passed over with --break-lock', async () => {
    const first = runningTask();
    const second = machine.start(root, ['setup', '--yes', '--break-lock']);
    await until(() => runningTask() !== 0 && runningTask() !== first);
    letGo();
    expect((await second.done).code).toBe(0);
    expect((await slow?.done)?.code).toBe(0);
  });

  it('stopped by SIGTERM: 143, children gone, journal closed', async () => {
    const task = runningTask();
    slow?.child.kill('SIGTERM');
    const ended = await slow?.done;
    expect(ended?.signal).toBeNull();
    expectRefusal(machine, root, ended as NonNullable<typeof ended>, { code: 143, says: ['SIGTERM'] });
    expect(isAlive(task)).toBe(false);
    const last = journal(machine).at(-1);
    expect(last).toMatchObject({ kind: 'close', after: { exit: 143 } });
    letGo();
    const again = await machine.start(root, ['setup', '--yes']).done;
    expect(again.code).toBe(0);
  });

  it('killed: its lock is taken over, the next run says where it stopped, and converges', async () => {
    slow?.child.kill('SIGKILL');
    await slow?.done;
    letGo();
    const again = await machine.start(root, ['setup', '--yes']).done;
    expect(again.stderr).toMatch(/stopped in step tasks/);
    expect(again.code).toBe(0);
    expect((await machine.start(root, ['plan']).done).code).toBe(0);
    expect(leftovers(machine)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: () => boolean, within = 120_000): Promise<void> {
  for (const end = Date.now() + within; !what(); await sleep(20))
    if (Date.now() > end) throw new Error('it never came');
}

/** The records of the newest run of the one workspace of a machine. */
function journal(machine: Machine): { kind: string; after?: unknown }[] {
  const workspaces = join(machine.home, STATE, 'workspaces');
  const runs = join(workspaces, readdirSync(workspaces)[0] ?? '', 'runs');
  const text = readFileSync(join(runs, readdirSync(runs).sort().at(-1) ?? '', 'journal.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { kind: string });
}
