// A real OpenTelemetry Collector and a real Prometheus for the tests, built from their Go modules once and kept in
// .cache/tools/go, by version. `node scripts/test-services.mjs` builds them and says where they are.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const source = join(root, 'test', 'services', 'collector');
const PROMETHEUS = 'v0.316.0';
/** The Go that both of them want. */
const NEEDED = [1, 26];

/**
 * Environment variables that name the programs, for the test run. A cold build takes about seven minutes of one core,
 * so it yields to whatever runs beside it.
 * @returns undefined where there is no Go that could build them.
 * @throws when a build fails, with the end of what it said.
 */
export async function testServices() {
  const collector = /collector\/otelcol (v\S+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))[1];
  const home = join(root, '.cache', 'tools', 'go');
  const folder = join(home, `collector-${collector}-prometheus-${PROMETHEUS}`);
  const programs = { HOTPASS_TEST_SERVICES: folder };
  if (existsSync(folder)) return programs;
  if (!hasGo()) return undefined;
  // Under its name only when it is whole.
  const staging = join(home, `building-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const env = { ...process.env, GOBIN: staging, GOFLAGS: `${process.env.GOFLAGS ?? ''} -buildvcs=false`.trim() };
    const log = join(home, 'build.log');
    const flags = ['-trimpath', '-ldflags=-s -w'];
    // Without the discovery of machines in clouds, which would be most of the program.
    const commands = ['prometheus', 'promtool'].map(
      name => `github.com/prometheus/prometheus/cmd/${name}@${PROMETHEUS}`,
    );
    await go(['install', '-tags', 'remove_all_sd', ...flags, ...commands], { cwd: root, env }, log);
    await go(['build', ...flags, '-mod=readonly', '-o', join(staging, 'collector'), '.'], { cwd: source, env }, log);
    if (!existsSync(folder)) renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return programs;
}

function hasGo() {
  const { stdout, status } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  const [, major, minor] = (/^go(\d+)\.(\d+)/.exec(stdout ?? '') ?? []).map(Number);
  return status === 0 && (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]));
}

/** Tried three times: what was fetched and built before an interrupted download is kept by Go. */
async function go(args, options, log) {
  for (let tries = 1; ; tries++) {
    try {
      return await goOnce(args, options, log);
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

function goOnce(args, options, log) {
  const output = openSync(log, 'a');
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { ...options, stdio: ['ignore', output, output] });
    child.on('error', reject);
    child.on('spawn', () => setPriority(child.pid, 19));
    child.on('close', code => {
      if (code === 0) return resolve();
      const said = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
      reject(new Error(`go ${args[0]} failed (${log}):\n${said}`));
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  const programs = await testServices();
  console.error(
    programs ? `HOTPASS_TEST_SERVICES=${programs.HOTPASS_TEST_SERVICES}` : 'There is no Go 1.26 or newer here.',
  );
  process.exitCode = programs ? 0 : 1;
}
