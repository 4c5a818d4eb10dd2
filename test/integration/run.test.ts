import { spawn as spawnPiped, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { otherNode } from '../support/other-node.ts';
import { repository, temporary } from '../support/tools.ts';

const folder = temporary('hb-run-');
const driver = join(folder, 'driver.mjs');
const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8', TERM: 'xterm' };

/** As `run` ends: what the program ended with. The first argument names what is masked, or `-`. */
const DRIVER = `
import { maskTable } from './src/core/mask.ts';
import { becomeProgram, runForeground } from './src/system/foreground.ts';
const [masked, ...argv] = process.argv.slice(2);
const environment = { ...process.env };
const code = masked === '-'
  ? await becomeProgram(argv, environment)
  : await runForeground(argv, environment, { table: maskTable([masked]), stdout: true, stderr: true });
process.exitCode = code;
`;

beforeAll(() => {
  buildSync({
    stdin: { contents: DRIVER, resolveDir: repository, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: driver,
  });
});

const NODES = [
  { name: 'a child', node: () => process.execPath, replaces: 'execve' in process },
  { name: 'this process itself (Node 24)', node: () => otherNode('24.21.0'), replaces: true },
] as const;

function screenOf(node: string, argv: readonly string[], size = { cols: 80, rows: 24 }) {
  const pty = spawn(node, [driver, '-', ...argv], { cwd: folder, env, ...size });
  let screen = '';
  pty.onData(data => {
    screen += data;
  });
  const ended = new Promise<{ exitCode: number; signal?: number | undefined }>(resolve => pty.onExit(resolve));
  const sees = async (what: RegExp): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while (!what.test(screen)) {
      if (Date.now() > deadline) throw new Error(`never saw ${what}; the screen said:\n${screen}`);
      await new Promise(done => setTimeout(done, 20));
    }
  };
  return { pty, ended, sees, text: () => screen };
}

const TELLING = `
import os, signal, sys, time
for name in sys.argv[1].split(','):
    signal.signal(getattr(signal, 'SIG' + name), lambda number, _: os.write(1, f'got {signal.Signals(number).name}\\n'.encode()))
os.write(1, b'ready\\n')
while True:
    line = sys.stdin.readline()
    if line.strip() == 'end' or line == '':
        sys.exit(9)
`;

describe.each(NODES)('run: the program as $name', ({ node, replaces }) => {
  const run = (argv: readonly string[], extra: Record<string, string> = {}) =>
    spawnSync(node(), [driver, '-', ...argv], { cwd: folder, env: { ...env, ...extra }, encoding: 'utf8' });

  it('ends as the program ends', () => {
    expect(run(['true']).status).toBe(0);
    expect(run(['sh', '-c', 'exit 7']).status).toBe(7);
    const killed = run(['sh', '-c', 'kill -TERM $$']);
    expect([killed.status, killed.signal]).toEqual(replaces ? [null, 'SIGTERM'] : [143, null]);
    expect(
      spawnSync('sh', ['-c', '"$@"; exit $?', 'sh', node(), driver, '-', 'sh', '-c', 'kill -KILL $$'], { env }).status,
    ).toBe(137);
  });

  it('gives it its name, its arguments, its environment, and signals as they were', () => {
    const tell = ['sh', '-c', 'echo "$0|$1|$GIVEN"; grep -E "Sig(Blk|Ign):" /proc/self/status', 'x y', "it's"];
    const extra = { GIVEN: 'ä\n1' };
    // What starts us may ignore signals itself: nohup ignores SIGHUP.
    const direct = spawnSync('sh', tell.slice(1), { cwd: folder, env: { ...env, ...extra }, encoding: 'utf8' });
    expect(run(tell, extra).stdout).toBe(direct.stdout);
    expect(direct.stdout).toContain("x y|it's|ä\n1\nSigBlk:\t0");
    // A program that ignores SIGPIPE would complain here.
    expect(run(['bash', '-c', 'yes | head -n 1; echo "${PIPESTATUS[0]}"']).stdout).toBe('y\n141\n');
    expect(run(['sh', '-c', 'echo out; echo err >&2']).stderr).toBe('err\n');
  });

  it('is one process where Node can, and a child elsewhere', () => {
    const told = run(['sh', '-c', 'echo $$ $PPID']).stdout.trim().split(' ').map(Number);
    expect(told[1] === process.pid).toBe(replaces);
  });

  it('starts what only a child can be', () => {
    const bare = join(folder, 'bare');
    writeFileSync(bare, 'echo bare $1\n', { mode: 0o755 });
    expect(run([bare, 'x']).stdout).toBe('bare x\n');
    const lost = join(folder, 'lost');
    writeFileSync(lost, '#!/no/such/interpreter\n', { mode: 0o755 });
    const status = run([lost]);
    expect(status.signal).toBeNull();
    expect(status.status).not.toBe(0);
    const foreign = join(folder, 'foreign');
    copyFileSync('/bin/true', foreign);
    const bytes = spawnSync('cat', [foreign]).stdout;
    bytes.writeUInt16LE(0xf00d, 18);
    writeFileSync(foreign, bytes);
    chmodSync(foreign, 0o755);
    expect(run([foreign]).signal).toBeNull();
    expect(run(['sh', '-c', 'echo ${#LARGE}'], { LARGE: 'x'.repeat(120_000) }).stdout).toBe('120000\n');
    expect(run(['no-such-program-here']).stderr).toContain('There is no program no-such-program-here');
    expect(run([folder]).stderr).toMatch(/cannot be executed \(EISDIR\)/);
  });

  it('passes on what somebody sends who knows only this process', async () => {
    const signals = ['TERM', 'HUP', 'USR1', 'USR2', 'INT', 'QUIT', 'WINCH', 'CONT'];
    const child = spawnPiped(node(), [driver, '-', 'python3', '-c', TELLING, signals.join(',')], { cwd: folder, env });
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const until = async (text: string): Promise<void> => {
      for (let tries = 0; !said.includes(text); tries++) {
        if (tries > 3000) throw new Error(`never said ${text}: ${said}`);
        await new Promise(done => setTimeout(done, 20));
      }
    };
    const ended = new Promise<number | null>(resolve => child.on('close', resolve));
    await until('ready');
    for (const name of signals) {
      child.kill(`SIG${name}` as NodeJS.Signals);
      await until(`got SIG${name}`);
    }
    child.stdin.end('end\n');
    expect(await ended).toBe(9);
    for (const name of signals) expect(said.split(`got SIG${name}`)).toHaveLength(2);
  });

  it('lets a terminal talk to the program: size, Ctrl-C once, Ctrl-\\, and the end of the session', async () => {
    const screen = screenOf(node(), ['python3', '-c', TELLING, 'INT,QUIT,WINCH']);
    await screen.sees(/ready/);
    screen.pty.resize(100, 40);
    await screen.sees(/got SIGWINCH/);
    screen.pty.write('\x03');
    await screen.sees(/got SIGINT/);
    screen.pty.write('\x1c');
    await screen.sees(/got SIGQUIT/);
    screen.pty.write('end\r');
    const { exitCode } = await screen.ended;
    expect(exitCode).toBe(9);
    expect(screen.text().split('got SIGINT')).toHaveLength(2);
    const size = screenOf(node(), ['sh', '-c', 'stty size; test -t 0 && test -t 1 && test -t 2 && echo all'], {
      cols: 91,
      rows: 33,
    });
    await size.ended;
    expect(size.text()).toMatch(/33 91\s+all/);
  });

  it('is stopped and goes on in a shell with job control', async () => {
    const shell = spawn('bash', ['--norc', '--noprofile', '-i'], { cwd: folder, env: { ...env, PS1: 'shell> ' } });
    let screen = '';
    shell.onData(data => {
      screen += data;
    });
    const sees = async (what: RegExp): Promise<void> => {
      for (let tries = 0; !what.test(screen); tries++) {
        if (tries > 3000) throw new Error(`never saw ${what}:\n${screen}`);
        await new Promise(done => setTimeout(done, 20));
      }
      screen = screen.slice(screen.search(what) + (what.exec(screen)?.[0].length ?? 0));
    };
    await sees(/shell> /);
    shell.write(
      `'${node()}' '${driver}' - python3 -c 'import sys; print("be"+"gun",flush=True); print(sys.stdin.readline()[::-1])'\r`,
    );
    await sees(/begun/);
    shell.write('\x1a');
    await sees(/Stopped/);
    await sees(/shell> /);
    shell.write('fg\r');
    await sees(/driver/);
    shell.write('olleh\r');
    await sees(/hello/);
    shell.write('exit 0\r');
    await new Promise(resolve => shell.onExit(resolve));
  });
});

describe('run with masked output', () => {
  const secret = 'canary-Xq7Vw2kT9';
  const run = (script: string) =>
    spawnSync(process.execPath, [driver, secret, 'bash', '-c', script], { cwd: folder, env, encoding: 'utf8' });

  it('masks both streams, however the program writes', () => {
    const told = run(
      `printf 'a %s b' ${secret}; printf ca; sleep 0.1; echo nary-Xq7Vw2kT9 c; echo ${secret} >&2; exit 5`,
    );
    expect(told.stdout).toBe('a ‹redacted› b‹redacted› c\n');
    expect(told.stderr).toBe('‹redacted›\n');
    expect(told.status).toBe(5);
    expect(run('kill -TERM $$').status).toBe(143);
  });

  it('writes at the end what might have become a secret', () => {
    expect(run('printf canary-Xq7').stdout).toBe('canary-Xq7');
  });

  it('passes large output whole, to a slow reader too, and ends with the reader', () => {
    const lines = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' '${driver}' ${secret} seq 400000 | (sleep 0.5; sha256sum)`],
      { env, cwd: folder, encoding: 'utf8' },
    ).stdout;
    expect(lines).toBe(spawnSync('bash', ['-c', 'seq 400000 | sha256sum'], { encoding: 'utf8' }).stdout);
    const head = spawnSync('bash', ['-c', `'${process.execPath}' '${driver}' ${secret} yes | head -n 1`], {
      env,
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([head.stdout, head.signal]).toEqual(['y\n', null]);
    // The program ends as it would without us: of SIGPIPE.
    const script = `'${process.execPath}' '${driver}' ${secret} yes | head -n 1; echo "\${PIPESTATUS[0]}"`;
    expect(spawnSync('bash', ['-c', script], { env, cwd: folder, encoding: 'utf8' }).stdout).toBe('y\n141\n');
  });

  it.each(['sleep 2.5; cat', 'while head -c 60000 && sleep 1.2; [ "$((n += 1))" -lt 3 ]; do :; done; cat'])(
    'keeps what a program said that has ended long before a slow reader reads: %s',
    async reader => {
      const whole = await Promise.all(
        [90_000, 150_000, 300_000, 1_000_000].map(async size => {
          const said = `'${process.execPath}' '${driver}' ${secret} head -c ${size} /dev/zero`;
          const child = spawnPiped('bash', ['-c', `${said} | (${reader}) | wc -c`], { cwd: folder, env });
          let counted = '';
          child.stdout.on('data', (data: Buffer) => {
            counted += data.toString();
          });
          await new Promise(done => child.on('close', done));
          return [size, Number(counted)];
        }),
      );
      expect(whole.filter(([size, counted]) => size !== counted)).toEqual([]);
    },
  );

  it('keeps what waits in the pipe while it is stopped', async () => {
    const child = spawnPiped(
      process.execPath,
      [driver, secret, 'bash', '-c', 'echo $PPID; sleep 1; (sleep 0.5; head -c 100000 /dev/zero) & exit 0'],
      { cwd: folder, env },
    );
    let counted = 0;
    let stopped = false;
    child.stdout.on('data', (data: Buffer) => {
      counted += data.length;
      if (stopped) return;
      stopped = true;
      setTimeout(() => {
        child.kill('SIGSTOP');
        setTimeout(() => child.kill('SIGCONT'), 2000);
      }, 1200);
    });
    await new Promise(done => child.on('close', done));
    expect(counted).toBe(100_000 + `${child.pid}\n`.length);
  });

  it('does not wait for what the program left running', () => {
    const started = Date.now();
    const told = run('sleep 30 & echo left; exit 0');
    expect(told.stdout).toBe('left\n');
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});
