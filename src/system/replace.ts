import { closeSync, openSync, readSync } from 'node:fs';
import { isExecutable } from './environment.ts';

/** `process.execve`, which Node has from 22.15 and 23.11 on; the types are those of Node 20. */
type Execve = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => never;

/** What Linux takes in any case, less what the kernel itself adds (execve(2)); bytes. */
const LARGEST = 96 * 1024;

/**
 * Makes this process the program, where Node can: process id, terminal, job control, signals and exit status are then
 * the program's own. Returns when that cannot be, and nothing has happened. A call that fails would end Node without a
 * word, so it is made only for what is sure to start: a program for this machine whose loader is there, or a script for
 * such a program.
 * @param program absolute path, or one relative to the working folder.
 * @param argv the program's name for itself, then its arguments.
 */
export function replaceProcess(program: string, argv: readonly string[], env: Readonly<Record<string, string>>): void {
  const execve = (process as { execve?: Execve }).execve;
  if (process.platform !== 'linux' || execve === undefined) return;
  if (sizeOf(argv) + sizeOf(Object.entries(env).flat()) > LARGEST) return;
  if ([...argv, ...Object.values(env)].some(text => text.includes('\0')) || !startsSurely(program)) return;
  // Node ignores these two, and what is ignored stays ignored in a program that is made of this process; what is caught
  // does not.
  process.on('SIGPIPE', () => {});
  process.on('SIGXFSZ', () => {});
  execve.call(process, program, argv, env);
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((size, text) => size + Buffer.byteLength(text) + 16, 0);
}

function startsSurely(program: string): boolean {
  const head = headOf(program);
  if (head === undefined) return false;
  if (!head.subarray(0, 2).equals(Buffer.from('#!'))) return runsHere(head);
  const [line = ''] = head.subarray(2, 256).toString('latin1').split('\n');
  const [interpreter = ''] = line.trim().split(/[ \t]/);
  if (!interpreter.startsWith('/') || !isExecutable(interpreter)) return false;
  const its = headOf(interpreter);
  return its !== undefined && runsHere(its);
}

/** The beginning of a file: all of an ELF file's headers. Undefined when it cannot be read. */
function headOf(path: string): Buffer | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(4096);
      return head.subarray(0, readSync(file, head, 0, head.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Is it a 64-bit ELF program for the machine that Node itself was made for, and is its loader there (elf(5))? */
function runsHere(head: Buffer): boolean {
  const node = headOf(process.execPath);
  if (node === undefined || head.length < 64 || !head.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return false;
  const sameMachine =
    head.subarray(4, 6).equals(node.subarray(4, 6)) && head.readUInt16LE(18) === node.readUInt16LE(18);
  if (!sameMachine || head[4] !== 2 || head[5] !== 1) return false;
  const [start, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let at = start; at < start + size * count; at += size) {
    if (at + 56 > head.length) return false;
    if (head.readUInt32LE(at) !== 3) continue;
    const from = Number(head.readBigUInt64LE(at + 8));
    const loader = head.subarray(from, from + Number(head.readBigUInt64LE(at + 32)) - 1).toString();
    return loader.startsWith('/') && isExecutable(loader);
  }
  return true;
}
