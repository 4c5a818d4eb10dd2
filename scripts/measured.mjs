// One measured run of a program, for the benches.
import { spawnSync } from 'node:child_process';

const SCRIPT = `import resource, subprocess, sys, time
t = time.perf_counter()
p = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
w = time.perf_counter() - t
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(w * 1000, (r.ru_utime + r.ru_stime) * 1000, p.returncode, r.ru_maxrss / 1024)
sys.stderr.buffer.write(p.stderr[-2000:])`;

/**
 * Wall and CPU (user and system, children included) in milliseconds, the largest memory of one process in MiB.
 * Another exit code than `expect` is an error.
 */
export function measured(argv, { env, cwd, expect = 0 }) {
  const result = spawnSync('python3', ['-c', SCRIPT, ...argv], { env, cwd, encoding: 'utf8' });
  const [wall, cpu, code, memory] = result.stdout.trim().split(' ').map(Number);
  if (code !== expect) throw new Error(`${argv.join(' ')} ended ${code}: ${result.stderr}`);
  return { wall, cpu, memory };
}

export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
