import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Canary, type Detector, withoutForm } from './canary.ts';
import type { Machine, Outcome } from './machine.ts';
import { installedBin } from './pack.ts';
import { Terminal } from './pty.ts';
import { temporary } from './tools.ts';

export interface Call {
  input?: string;
  env?: Record<string, string>;
  /** Canaries that standard output may show, since they were asked for. */
  meant?: Canary[];
}

/** Runs the command on a machine and remembers all that it ever said. */
export class Watch {
  readonly #said: { what: string; text: string; meant: string[] }[] = [];
  readonly machine: Machine;
  readonly workspace: string;

  constructor(machine: Machine, workspace: string) {
    this.machine = machine;
    this.workspace = workspace;
  }

  /** Servers of this process go on answering meanwhile. */
  async run(args: readonly string[], { input = '', env = {}, meant = [] }: Call = {}): Promise<Outcome> {
    const outcome = await this.machine.start(this.workspace, args, env, input).done;
    this.#keep(`${args.join(' ')}: standard output`, outcome.stdout, meant);
    this.#keep(`${args.join(' ')}: standard error`, outcome.stderr, []);
    return outcome;
  }

  /** At a terminal: waits for each text and types what is beside it. */
  async type(args: readonly string[], turns: readonly [RegExp, string][], call: Call = {}): Promise<Outcome> {
    const env = { ...this.machine.env, TERM: 'xterm-256color', ...call.env };
    const terminal = new Terminal(this.workspace, args, env, { cols: 160, rows: 40 });
    for (const [text, keys] of turns) {
      await terminal.sees(text);
      terminal.type(keys);
    }
    // Who waits for an answer that this test has not got is interrupted, and ends with 130.
    const patience = setTimeout(() => terminal.type('\x03'), 30_000);
    const { exitCode } = await terminal.exit;
    clearTimeout(patience);
    this.#keep(`${args.join(' ')} at a terminal`, terminal.raw, call.meant ?? []);
    return { code: exitCode, signal: null, stdout: terminal.text, stderr: '' };
  }

  /** Under strace. @returns also its lines: programs started, with arguments and environment, and bytes written. */
  async trace(args: readonly string[], { input = '', env = {}, meant = [] }: Call = {}) {
    const file = join(temporary('hb-trace-'), 'trace');
    const calls = 'trace=execve,clone,clone3,write,pwrite64,writev,pwritev,sendto,sendmsg';
    const strace = ['-f', '-v', '-yy', '-s', '65536', '-e', calls, '-o', file];
    const child = spawn('strace', [...strace, process.execPath, installedBin(), ...args], {
      cwd: this.workspace,
      env: { ...this.machine.env, ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdin.end(input);
    const code = await new Promise<number | null>(resolve => child.on('close', resolve));
    this.#keep(`${args.join(' ')} traced`, stdout, meant);
    this.#keep(`${args.join(' ')} traced`, stderr, []);
    return { code, stdout, stderr, lines: readFileSync(file, 'utf8').split('\n') };
  }

  /** `command: route as form` for each canary that was shown unasked. */
  shown(detector: Detector): string[] {
    return this.#said.flatMap(({ what, text, meant }) =>
      detector
        .in(text)
        .filter(hit => !meant.includes(withoutForm(hit)))
        .map(hit => `${what}: ${hit}`),
    );
  }

  #keep(what: string, text: string, meant: readonly Canary[]): void {
    this.#said.push({ what, text, meant: meant.map(({ route }) => route) });
  }
}

/** Where a canary may pass: between us and the worker, and from the worker to the keychain. */
const WORKER =
  /^\d+ +(write|writev|sendto|sendmsg)\(\d+<(UNIX|socket|pipe).*?>, (\[\{iov_base=)?"(\{\\"op\\":|\{\\"results\\":)/;
const TO_KEYCHAIN = /(sendmsg|sendto|write|writev)\(\d+<(UNIX|socket)/;

/**
 * Lines of a trace that write a canary somewhere.
 * @param ports on this machine, of the services that the secrets are for.
 * @returns also those among them that go astray.
 */
export function written(lines: readonly string[], detector: Detector, ports: readonly number[] = []) {
  const workers = workersIn(lines);
  const toService = (line: string): boolean => ports.some(port => line.includes(`->127.0.0.1:${port}]>`));
  const all = lines.filter(line => !line.includes('execve(') && detector.in(line).length > 0);
  const astray = all.filter(
    line =>
      !WORKER.test(line) && !toService(line) && !(workers.has(line.split(' ')[0] ?? '') && TO_KEYCHAIN.test(line)),
  );
  return { all, astray: astray.map(line => line.slice(0, 300)) };
}

/** A program that was started below the command, and the routes of the canaries that it was given. */
export interface Started {
  /** `worker` for the keychain worker, else its base name. */
  program: string;
  argv: string;
  inArguments: string[];
  inEnvironment: string[];
}

/** Every program that a traced command has started, itself left out. */
export function startedIn(lines: readonly string[], detector: Detector): Started[] {
  const routes = (text: string): string[] => [...new Set(detector.in(text).map(withoutForm))];
  return (
    lines
      // Where two processes begin at once, strace breaks a line in two; its first part says all that is asked here.
      .filter(line => line.includes('execve(') && / = 0$|<unfinished \.\.\.>$/.test(line))
      .slice(1)
      .map(line => {
        const [, path = line, argv = '', environment = ''] = /execve\("([^"]+)", (\[.*?\]), (\[.*)/.exec(line) ?? [];
        const program = argv.includes('keychain-worker') ? 'worker' : (path.split('/').at(-1) ?? path);
        return { program, argv, inArguments: routes(argv), inEnvironment: routes(environment) };
      })
  );
}

/** The ids of the workers of a trace, and of the threads that they started. */
function workersIn(lines: readonly string[]): Set<string> {
  const starts = /execve\("[^"]*", \["[^"]*", "[^"]*keychain-worker/;
  const ids = new Set(lines.filter(line => starts.test(line)).map(line => line.split(' ')[0] ?? ''));
  for (const line of lines) {
    const [, parent = '', child = ''] = /^(\d+) .*\bclone3?\b.* = (\d+)$/.exec(line) ?? [];
    if (ids.has(parent)) ids.add(child);
  }
  return ids;
}
