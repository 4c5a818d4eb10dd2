/**
 * What a key of the terminal does where the terminal itself does not: a signal for every program of our job, so also for
 * the `make` or `npx` that started us.
 */
export function signalJob(signal: 'SIGINT' | 'SIGTSTP'): void {
  if (process.platform !== 'win32') process.kill(0, signal);
  // Windows knows no signals between programs: our own handlers hear of it.
  else process.emit(signal, signal);
}
