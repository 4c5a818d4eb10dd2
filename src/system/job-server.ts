import { readlinkSync } from 'node:fs';

/**
 * The open files through which `make -j` shares its jobs, as MAKEFLAGS names them (GNU make, POSIX Jobserver; a named
 * pipe needs none). Node hands on no file by itself, and a make that misses them works one job at a time.
 * What make did not mean for us it has closed, and the number may be one of Node's own files by now: only what is the
 * same pipe in the process that started us counts. Linux only; elsewhere none is found.
 */
export function jobServerFiles(env: Readonly<Record<string, string | undefined>>): number[] {
  const named = [...(env['MAKEFLAGS'] ?? '').matchAll(/--jobserver-(?:auth|fds)=(\d{1,3}),(\d{1,3})/g)].at(-1);
  const files = [Number(named?.[1] ?? 0), Number(named?.[2] ?? 0)];
  return files.every(file => file > 2 && isShared(file)) ? files : [];
}

function isShared(file: number): boolean {
  try {
    const ours = readlinkSync(`/proc/self/fd/${file}`);
    return ours.startsWith('pipe:') && ours === readlinkSync(`/proc/${process.ppid}/fd/${file}`);
  } catch {
    return false;
  }
}
