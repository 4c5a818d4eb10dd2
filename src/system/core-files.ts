import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isExecutable } from './environment.ts';

/** util-linux, where distributions put it; not sought on PATH, which is not sanitised yet for every caller. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];

let done = false;

/**
 * Before a secret is handled: what crashes from here on, we and every child that we start, leaves no memory in a core
 * file (security §6). On Linux alone; elsewhere none is written unless somebody asked for it. The filter costs one
 * write and says that a core file holds no memory (core(5): children inherit it); a limit that is not 0 already is
 * lowered as well, so that no file is made. The hard limit stays: a program may raise its own limit again.
 * Node's debugger stays closed, too: SIGUSR1 would open it on a port that every user of the machine can reach.
 */
export function forbidCoreFiles(): void {
  if (done) return;
  done = true;
  process.on('SIGUSR1', () => {});
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // A kernel without core files has no such file.
  }
  const prlimit = softLimit() === '0' ? undefined : PRLIMIT.find(isExecutable);
  if (prlimit !== undefined)
    spawnSync(prlimit, ['--core=0:', '--pid', String(process.pid)], { env: {}, stdio: 'ignore' });
}

/** The soft limit of core files in bytes, or `unlimited`; undefined where `/proc` does not tell. */
function softLimit(): string | undefined {
  try {
    return /^Max core file size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
