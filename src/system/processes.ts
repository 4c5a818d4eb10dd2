import { bootId } from './clock.ts';
import { machineId, pidNamespace, startTime } from './platform.ts';

/** A process, told apart from a later one with the same number. */
export interface ProcessMark {
  pid: number;
  start: string;
  boot: string;
  machine: string;
  pidNamespace: string;
}

export function markProcess(pid: number): ProcessMark {
  return { pid, start: startTime(pid) ?? '', boot: bootId(), machine: machineId(), pidNamespace: pidNamespace() };
}

/** Does the marked process still run? False for one of another machine, boot or pid namespace. */
export function isRunning(mark: ProcessMark): boolean {
  if (mark.machine !== machineId() || mark.pidNamespace !== pidNamespace() || mark.boot !== bootId()) return false;
  const start = startTime(mark.pid);
  return start !== undefined && (mark.start === '' || start === mark.start);
}
