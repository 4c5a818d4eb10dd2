import { formatDuration } from '../core/durations.ts';
import { type Finding, finding } from '../core/findings.ts';
import { now } from '../system/clock.ts';
import { open } from '../system/http.ts';
import { Unreachable } from '../system/http-errors.ts';
import { npmNetwork } from '../system/npmrc.ts';
import { choosePackageIndex } from '../system/package-index.ts';
import type { MachineCheck, MachineLook } from './check.ts';

/** A `Date` header has whole seconds, and the answer takes its time. */
const TOLERANCE_MS = 60_000;
const ANSWER_MS = 1500;
/** No clock of a running version shows an earlier day. */
const EARLIEST = Date.parse('2026-01-01');

/** Certificates, tokens and durations all depend on the clock. It is compared with that of the package index. */
export const clock: MachineCheck = {
  title: 'Clock',
  about: 'machine',
  async run(look) {
    const { wall } = now();
    if (wall < EARLIEST) return [wrong(wall - EARLIEST, 'the day this version was made')];
    const measured = look.offline ? undefined : await skew(look);
    if (measured === 'certificate out of date') return [outOfDate(wall)];
    return measured && Math.abs(measured.ms) > TOLERANCE_MS ? [wrong(measured.ms, measured.host)] : [];
  },
};

/** How far this clock is ahead of the index's (milliseconds), or undefined when the index gives no time. */
async function skew({
  env,
  signal,
}: MachineLook): Promise<{ ms: number; host: string } | 'certificate out of date' | undefined> {
  try {
    const { url } = await choosePackageIndex(env, '');
    const late = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const before = now().wall;
    // Nothing of the person's goes with it: the time is told to everybody.
    const response = await open({
      url,
      method: 'HEAD',
      network: { env, npm: npmNetwork(env) },
      redirects: 0,
      signal: late,
    });
    const here = (before + now().wall) / 2;
    response.body.resume();
    const there = Date.parse(response.headers.date ?? '');
    return Number.isNaN(there) ? undefined : { ms: here - there, host: url.host };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unreachable && error.tls === 'date') return 'certificate out of date';
    return undefined; // An index that cannot be reached is not the clock's fault.
  }
}

/** A certificate that is expired or not valid yet, more often than not, is a clock that is far off. */
function outOfDate(wall: number): Finding {
  return finding(
    'HB151',
    'warn',
    `The certificate of the package index counts as out of date: here it is ${new Date(wall).toUTCString()}.`,
    'If that is not the time, the clock is wrong; if it is, whoever runs the index has to renew its certificate.',
    { command: 'date -u', safe: false },
  );
}

function wrong(ms: number, against: string): Finding {
  const way = ms > 0 ? 'ahead of' : 'behind';
  const command = process.platform === 'darwin' ? 'sudo sntp -sS time.apple.com' : 'timedatectl status';
  return finding(
    'HB151',
    'warn',
    `The clock is ${formatDuration(Math.abs(ms))} ${way} ${against}.`,
    'Certificates and tokens count as expired or not yet valid, and measured times are wrong.',
    { command: process.platform === 'win32' ? 'w32tm /resync' : command, safe: false },
  );
}
