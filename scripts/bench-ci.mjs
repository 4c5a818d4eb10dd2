// A CI job, from a checkout to a checked environment: through this tool, and as a team writes it by hand (issue 8).
// `make bench` runs it; `--write` puts the table into docs/performance.md. BENCH_CI_ROUNDS (3), BENCH_CI_ONLY (core, full).
// Cold: nothing was ever downloaded. Warm: the caches of uv, pip and npm are there, as a CI service restores them; the
// rest of HOME and .venv are not. Both do the same work: uv, the sync, a Prefect profile, the samples, the readiness check.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { measured, median } from './measured.mjs';
import { testTools } from './test-tools.mjs';

const root = join(import.meta.dirname, '..');
const tools = await testTools();
const rounds = Number(process.env.BENCH_CI_ROUNDS ?? 3);
const only = (process.env.BENCH_CI_ONLY ?? 'core,full').split(',');
const base = mkdtempSync(join(tmpdir(), 'hb-bench-ci-'));
const source = join(base, 'source');
const clone = join(base, 'clone');
const caches = join(base, 'caches');
const API = 'http://127.0.0.1:4200/api';
const version = spawnSync(tools.HOTPASS_TEST_UV, ['--version'], { encoding: 'utf8' }).stdout.split(' ')[1];

cpSync(join(root, 'examples', 'workspace'), source, {
  recursive: true,
  filter: path => !/\.venv|__pycache__|\.env\.|\/data\//.test(path),
});
for (const profile of ['core', 'full']) {
  const prefect = `prefect = { profile = "harbour-${profile}", api-url = "${API}" }`;
  appendFileSync(
    join(source, 'hotpass-bootstrap.toml'),
    `\n[environments.ci-${profile}]\npython = "${profile}"\n${prefect}\n`,
  );
}
const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', base], {
  cwd: root,
  encoding: 'utf8',
});
const tarball = join(base, Object.values(JSON.parse(packed.stdout))[0].filename);

const python = spawnSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).stdout.trim();
const PASSED = /^(SSL_|PIP_(?!TARGET)|UV_(DEFAULT_INDEX|INDEX)|NODE_EXTRA|npm_config_registry|LANG|.*_PROXY$)/i;

/** The environment of a job: no uv, an empty HOME, CI. */
function jobEnvironment() {
  const home = mkdtempSync(join(base, 'home-'));
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name))),
    PATH: [dirname(process.execPath), `${python}/bin`, '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    CI: 'true',
    UV_CACHE_DIR: join(caches, 'uv'),
    PIP_CACHE_DIR: join(caches, 'pip'),
    npm_config_cache: join(caches, 'npm'),
  };
}

const extras = { core: ['dev'], full: ['dev', 'orchestration'] };

function byHand(profile) {
  const flags = extras[profile].map(extra => `--extra ${extra}`).join(' ');
  return [
    'sh',
    '-ec',
    `python3 -m venv "$HOME/tools"
"$HOME/tools/bin/pip" install --quiet --disable-pip-version-check "uv==${version}"
PATH="$HOME/tools/bin:$PATH"
uv sync --locked ${flags}
uv run --no-sync prefect profile create harbour-${profile}
uv run --no-sync prefect -p harbour-${profile} config set PREFECT_API_URL=${API}
uv run --no-sync prefect profile use harbour-${profile} || true # No server answers: it says so, having switched.
uv run --no-sync python -m harbour.samples write
uv run --no-sync python -m harbour.ready`,
  ];
}

const ours = profile => ['npx', '--yes', '--package', tarball, 'hotpass-bootstrap', 'setup', '--env', `ci-${profile}`];

/** One job in a fresh checkout. */
function job(argv, isWarm) {
  if (!isWarm) rmSync(caches, { recursive: true, force: true });
  mkdirSync(caches, { recursive: true });
  rmSync(clone, { recursive: true, force: true });
  cpSync(source, clone, { recursive: true });
  return measured(argv, { env: jobEnvironment(), cwd: clone });
}

function inTurns(profile, isWarm) {
  const samples = { hand: [], ours: [] };
  for (let round = 0; round < rounds; round++) {
    samples.hand.push(job(byHand(profile), isWarm));
    samples.ours.push(job(ours(profile), isWarm));
  }
  const of = list => ({ wall: median(list.map(one => one.wall)), cpu: median(list.map(one => one.cpu)) });
  return { hand: of(samples.hand), ours: of(samples.ours) };
}

const rows = [];
for (const profile of only) {
  for (const isWarm of [false, true]) {
    const { hand, ours } = inTurns(profile, isWarm);
    const ratio = ours.wall / hand.wall;
    const seconds = ({ wall, cpu }) => `${(wall / 1000).toFixed(1)} s (CPU ${(cpu / 1000).toFixed(1)})`;
    const bound = isWarm ? '< 1 ×' : '≤ 1.05 ×';
    const isKept = isWarm ? ratio < 1 : ratio <= 1.05;
    const what = `${profile === 'full' ? 'all extras' : 'core'}, ${isWarm ? 'caches restored' : 'without a cache'}`;
    const ratios = `${ratio.toFixed(2)} × (CPU ${(ours.cpu / hand.cpu).toFixed(2)} ×)`;
    rows.push({
      isKept,
      line: `| ${what} | ${seconds(hand)} | ${seconds(ours)} | ${ratios} | ${bound} | ${isKept ? 'kept' : '**missed**'} |`,
    });
    console.error(rows.at(-1).line);
  }
}
rmSync(base, { recursive: true, force: true });

const table = [
  '| CI job | by hand | `npx hotpass-bootstrap` | ratio | bound | |',
  '|---|---|---|---|---|---|',
  ...rows.map(({ line }) => line),
].join('\n');
console.log(table);
if (process.argv.includes('--write')) {
  const path = join(root, 'docs', 'performance.md');
  const stamp = `Node ${process.versions.node}, uv ${version}, medians of ${rounds} rounds.`;
  const block = `<!-- bench-ci:begin -->\n${stamp}\n\n${table}\n<!-- bench-ci:end -->`;
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/<!-- bench-ci:begin -->[\s\S]*<!-- bench-ci:end -->/, () => block),
  );
}
process.exitCode = rows.every(({ isKept }) => isKept) ? 0 : 1;
