import { hostname } from 'node:os';
import { linkTarget, readText, statOf } from './files.ts';

/** Who holds a lock (contracts §6). */
export interface Owner {
  machine: string;
  boot: string;
  pidNamespace: string;
  host: string;
  pid: number;
  /** Start time of the process in clock ticks since boot (proc(5), field 22); empty where unknown. */
  start: string;
}

/** Id of this machine; never leaves it. */
export function machineId(): string {
  return (readText('/etc/machine-id') ?? readText('/var/lib/dbus/machine-id') ?? hostname()).trim();
}

export function pidNamespace(): string {
  return linkTarget('/proc/self/ns/pid') ?? '';
}

/** Start time of a process, or undefined when there is no such process. Empty where it cannot be told. */
export function startTime(pid: number): string | undefined {
  if (process.platform !== 'linux') return isAlive(pid) ? '' : undefined;
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Are we in a container? (Docker's and Podman's marker files, or a container cgroup.) */
export function inContainer(): boolean {
  if (statOf('/.dockerenv') || statOf('/run/.containerenv')) return true;
  return /docker|containerd|kubepods|lxc/.test(readText('/proc/1/cgroup') ?? '');
}

type Libc = { kind: 'glibc'; version: string } | { kind: 'musl' };
let known: Libc | undefined;

/**
 * C library of this Linux: its glibc version, or `musl`.
 * The report costs 8 ms (facts uv §1), so it is made once, and only where a wheel must be chosen or judged.
 */
export function libc(): Libc {
  known ??= libcOfReport();
  return known;
}

/** The same, made anew. */
export function libcOfReport(): Libc {
  const report = process.report as unknown as { excludeNetwork: boolean; getReport(): unknown } | undefined;
  if (report) report.excludeNetwork = true;
  const header = (report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header;
  return header?.glibcVersionRuntime ? { kind: 'glibc', version: header.glibcVersionRuntime } : { kind: 'musl' };
}
