// `node -e 0` and `run -- true` in turns, inside a session that bench.mjs has prepared; prints median wall times (ms).
import { spawnSync } from 'node:child_process';

const [rounds, bin] = process.argv.slice(2);
const commands = { node: ['-e', '0'], run: [bin, 'run', '--', 'true'] };
const samples = { node: [], run: [] };
for (let i = 0; i < Number(rounds); i++) {
  for (const [name, args] of Object.entries(commands)) {
    const started = performance.now();
    const result = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
    samples[name].push(performance.now() - started);
  }
}
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(JSON.stringify({ node: median(samples.node), run: median(samples.run) }));
