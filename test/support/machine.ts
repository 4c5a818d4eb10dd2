import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedBin } from './pack.ts';
import { emptyHome, repository, temporary } from './tools.ts';

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A person's machine: an empty HOME, and the command as the packed tarball installs it. */
export class Machine {
  readonly home = temporary('hb-home-');
  env: Record<string, string>;

  constructor(extra: Record<string, string> = {}) {
    this.env = emptyHome(this.home, extra);
  }

  /** A clone of the example workspace, as git has it. */
  clone(name = 'workspace'): string {
    const target = join(this.home, name);
    mkdirSync(target, { recursive: true });
    const source = join(repository, 'examples', 'workspace');
    const files = execFileSync('git', ['ls-files', '-z'], { cwd: source, encoding: 'utf8' })
      .split('\0')
      .filter(Boolean);
    for (const file of files) {
      mkdirSync(dirname(join(target, file)), { recursive: true });
      writeFileSync(join(target, file), readFileSync(join(source, file)));
    }
    execFileSync('git', ['init', '-q'], { cwd: target, env: this.env });
    return target;
  }

  /** Runs the command to its end. Standard input is closed unless `input` is given. */
  run(
    cwd: string,
    args: readonly string[],
    options: { input?: string | Buffer; env?: Record<string, string> } = {},
  ): Outcome {
    const result = spawnSync(process.execPath, [installedBin(), ...args], {
      cwd,
      env: { ...this.env, ...options.env },
      encoding: 'utf8',
      input: options.input ?? '',
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
  }

  /** Starts the command; `kill` and `done` are for tests that interrupt it. */
  start(cwd: string, args: readonly string[], env: Record<string, string> = {}, input = '') {
    const child = spawn(process.execPath, [installedBin(), ...args], {
      cwd,
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let stderr = '';
    let stdout = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const done = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, done, stderr: () => stderr };
  }
}

/** Every file below a folder with its mode and content digest-free text: to say that nothing changed, byte for byte. */
export function snapshot(folder: string, leaveOut: RegExp = /^$/): Map<string, string> {
  const out = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const relative = path.slice(folder.length + 1);
    if (leaveOut.test(relative)) continue;
    const mode = entry.isSymbolicLink() ? 'link' : (statSync(path).mode & 0o7777).toString(8);
    out.set(relative, entry.isFile() ? `${mode} ${contentOf(path)}` : mode);
  }
  return out;
}

/** What a file holds; one that its owner closed to reading has its mode and time instead. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return `unreadable, of ${statSync(path).mtimeMs}`;
  }
}

/** A folder with links to some programs, to be a PATH on which nothing else is. */
export function onlyPrograms(folder: string, programs: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
    if (found === '') throw new Error(`the tests need ${program}`);
    symlinkSync(found, join(folder, program));
  }
  chmodSync(folder, 0o755);
  return folder;
}
