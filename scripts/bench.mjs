// What things cost: ratios side by side in one run, CPU seconds beside wall (design §9). `make bench`.
// Each pair is measured round-robin, so that a busy moment of the machine hits both; medians are compared.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { measured, median } from './measured.mjs';
import { testTools } from './test-tools.mjs';

const root = join(import.meta.dirname, '..');
const tools = await testTools();
const uv = tools.HOTPASS_TEST_UV;
const bin = join(root, 'bin', 'hotpass-bootstrap.cjs');
const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const rows = [];

const home = mkdtempSync(join(tmpdir(), 'hb-bench-'));
const workspace = join(home, 'workspace');
cpSync(join(root, 'examples', 'workspace'), workspace, {
  recursive: true,
  filter: path => !/\.venv|__pycache__/.test(path),
});
const python = spawnSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).stdout.trim();
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(SSL_|.*_PROXY$|LANG)/.test(name))),
  PATH: [dirname(uv), dirname(process.execPath), `${python}/bin`, join(home, '.local/bin'), '/usr/bin', '/bin'].join(
    delimiter,
  ),
  HOME: home,
  UV_CACHE_DIR: tools.UV_CACHE_DIR,
};

const once = (argv, options = {}) =>
  measured(argv, { ...options, env: { ...env, ...options.env }, cwd: options.cwd ?? workspace });

/** Measures named commands in turns; returns medians by name. */
function inTurns(commands, times = rounds) {
  const samples = Object.fromEntries(Object.keys(commands).map(name => [name, []]));
  for (let i = 0; i < times; i++) for (const [name, run] of Object.entries(commands)) samples[name].push(run());
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [
      name,
      { wall: median(list.map(s => s.wall)), cpu: median(list.map(s => s.cpu)) },
    ]),
  );
}

function row(work, value, bound, ok) {
  rows.push({ work, value, bound, ok });
}

const node = () => once(['node', '-e', '0']);
const tool =
  (...args) =>
  () =>
    once(['node', bin, ...args]);

// Start-up
const start = inTurns({ node, version: tool('--version'), help: tool('--help') });
const ratio = (a, b) => `${(a.wall / b.wall).toFixed(2)} × wall, ${(a.cpu / b.cpu).toFixed(2)} × CPU`;
row(
  '`--version`',
  ratio(start.version, start.node),
  '≤ 1.1 × `node -e 0`',
  start.version.wall <= 1.1 * start.node.wall,
);
row('`--help`', ratio(start.help, start.node), '≤ 1.25 × `node -e 0`', start.help.wall <= 1.25 * start.node.wall);

// First set-up on a warm uv cache, then nothing to do
once(['uv', 'sync', '--locked', '--extra', 'dev']);
const fresh = () => rmSync(join(workspace, '.venv'), { recursive: true, force: true });
const uvSync = (...flags) => once(['uv', 'sync', '--locked', '--extra', 'dev', ...flags]);
const verify = [
  '.venv/bin/python',
  '-P',
  '-c',
  'from prefect.context import get_settings_context as g;c=g();print(c.profile.name)',
];
const first = inTurns(
  {
    parts: () => {
      fresh();
      const sync = uvSync();
      const prefect = once([join(workspace, verify[0]), ...verify.slice(1)]);
      const task = once([join(workspace, '.venv/bin/python'), '-m', 'harbour.samples', 'write']);
      const ready = once([join(workspace, '.venv/bin/python'), '-m', 'harbour.ready'], {
        env: { PREFECT_LOGGING_LEVEL: 'WARNING' },
      });
      return {
        wall: sync.wall + prefect.wall + task.wall + ready.wall,
        cpu: sync.cpu + prefect.cpu + task.cpu + ready.cpu,
      };
    },
    setup: () => {
      fresh();
      for (const gone of ['.local/state', '.prefect']) rmSync(join(home, gone), { recursive: true, force: true });
      return once(['node', bin, 'setup', '--yes']);
    },
  },
  5,
);
row(
  'first `setup`, warm uv cache',
  `${(first.setup.wall / 1000).toFixed(2)} s against ${(first.parts.wall / 1000).toFixed(2)} s for \`uv sync\`, one Prefect verification, the task and the readiness check; CPU ${(first.setup.cpu / 1000).toFixed(2)} s against ${(first.parts.cpu / 1000).toFixed(2)} s`,
  '≤ the parts + RECORD check + 0.4 s',
  first.setup.wall <= first.parts.wall + 500,
);

once(['node', bin, 'setup', '--yes']);
const idle = inTurns({ node, sync: () => uvSync(), setup: tool('setup', '--yes') });
const both = { wall: idle.node.wall + idle.sync.wall, cpu: idle.node.cpu + idle.sync.cpu };
row(
  '`setup --yes` with nothing to do',
  `${ratio(idle.setup, both)} (${idle.setup.wall.toFixed(0)} ms; node ${idle.node.wall.toFixed(0)}, uv ${idle.sync.wall.toFixed(0)})`,
  '≤ 1.4 × (`node -e 0` + idle `uv sync`), wall',
  idle.setup.wall <= 1.4 * both.wall,
);

// `mise bootstrap` with the same work: the sync asked each time, everything else skipped while its sources are unchanged.
const mise = miseProgram();
if (mise !== undefined) {
  const other = join(home, 'mise');
  cpSync(workspace, other, {
    recursive: true,
    filter: path => !/\.venv|__pycache__|hotpass-bootstrap\.toml/.test(path),
  });
  const skipped = (name, needs, sources, run) =>
    `[tasks.${name}]\ndepends = ${JSON.stringify(needs)}\nsources = ${JSON.stringify(sources)}\noutputs = { auto = true }\nrun = "${run}"\n`;
  writeFileSync(
    join(other, 'mise.toml'),
    [
      '[env]\nOTEL_SDK_DISABLED = "true"\n[tasks.sync]\nrun = "uv sync --locked --extra dev -q"\n',
      skipped('samples', ['sync'], ['src/harbour/samples.py'], '.venv/bin/python -m harbour.samples write'),
      skipped('profile', ['sync'], ['mise.toml'], ".venv/bin/python -P -c 'import prefect'"),
      skipped(
        'bootstrap',
        ['samples', 'profile'],
        ['pyproject.toml', 'uv.lock', 'src/**/*.py'],
        '.venv/bin/python -m harbour.ready',
      ),
    ].join('\n'),
  );
  const there = { cwd: other, env: { MISE_YES: '1', MISE_OFFLINE: '1' } };
  once([mise, 'trust', '-q'], there);
  for (let i = 0; i < 2; i++) once([mise, 'bootstrap', '--yes'], there);
  const beside = inTurns({ mise: () => once([mise, 'bootstrap', '--yes'], there), ours: tool('setup', '--yes') });
  row(
    '`setup --yes` with nothing to do, beside `mise bootstrap` with the same work',
    `${beside.ours.wall.toFixed(0)} ms against ${beside.mise.wall.toFixed(0)} ms`,
    'faster, wall',
    beside.ours.wall < beside.mise.wall,
  );
}

// The same Prefect profile through Prefect's own commands
const prefect = join(workspace, '.venv/bin/prefect');
const ours = ['node', bin, 'setup', '--yes', '--only', 'prefect'];
const through = inTurns(
  {
    prefect: () => {
      const other = mkdtempSync(join(tmpdir(), 'hb-prefect-'));
      const where = { env: { PREFECT_HOME: other } };
      const create = once([prefect, 'profile', 'create', 'harbour-local'], where);
      const set = ['PREFECT_API_URL=http://127.0.0.1:4200/api', 'PREFECT_SERVER_ANALYTICS_ENABLED=false']
        .map(setting => once([prefect, '-p', 'harbour-local', 'config', 'set', setting], where))
        .reduce((a, b) => ({ wall: a.wall + b.wall, cpu: a.cpu + b.cpu }));
      const use = once([prefect, 'profile', 'use', 'harbour-local'], { ...where, expect: 1 }); // No server answers: it says so, having switched.
      rmSync(other, { recursive: true, force: true });
      return { wall: create.wall + set.wall + use.wall, cpu: create.cpu + set.cpu + use.cpu };
    },
    ours: () => {
      rmSync(join(home, '.prefect'), { recursive: true, force: true });
      return once(ours);
    },
  },
  3,
);
row(
  'Prefect profile through `prefect` commands (create, a set for each of two settings, use)',
  `${(through.prefect.wall / through.ours.wall).toFixed(1)} × slower than ours, wall; ${(through.prefect.cpu / through.ours.cpu).toFixed(1)} × CPU`,
  '≥ 4 × on a warm `.venv`',
  through.prefect.cpu >= 4 * through.ours.cpu,
);

// run
const run = inTurns({ node, run: tool('run', '--', 'true') });
row(
  '`run -- true`, no secrets',
  `${run.run.wall.toFixed(0)} ms against ${run.node.wall.toFixed(0)} ms`,
  '≤ `node -e 0` + 40 ms',
  run.run.wall <= run.node.wall + 40,
);

// run with 20 secrets, in a real keychain: a session bus of its own, an unlocked keyring in this HOME
const secrets = keychainRun();
row(
  '`run -- true`, 20 secrets in the keychain',
  `${secrets.run.toFixed(0)} ms against ${secrets.node.toFixed(0)} ms for \`node -e 0\``,
  '≤ 2 × `node -e 0` + 120 ms',
  secrets.run <= 2 * secrets.node + 120,
);

// doctor, on a workspace that is in order, and the longest of the programs that it starts
const { doctor, ready } = inTurns(
  {
    doctor: () => once(['node', bin, 'doctor', '--offline']),
    ready: () => once(['.venv/bin/python', '-m', 'harbour.ready']),
  },
  5,
);
row(
  '`doctor` on the example workspace',
  `${(doctor.wall / 1000).toFixed(2)} s; the readiness check that it asks takes ${(ready.wall / 1000).toFixed(2)} s alone; CPU ${(doctor.cpu / 1000).toFixed(2)} s against ${(ready.cpu / 1000).toFixed(2)} s`,
  '≤ 2 s',
  doctor.wall <= 2000,
);

// report of a ledger with 100,000 events, and of half as many
const [half, whole] = [50_000, 100_000].map(reportOf);
row(
  '`report` of a ledger with 100,000 events',
  `${(whole.wall / 1000).toFixed(2)} s, ${whole.memory.toFixed(0)} MB; with 50,000 ${(half.wall / 1000).toFixed(2)} s, ${half.memory.toFixed(0)} MB`,
  '≤ 2 s, ≤ 200 MB',
  whole.wall <= 2000 && whole.memory <= 200,
);

// Package
const pack = join(home, 'pack');
mkdirSync(pack);
const packed = JSON.parse(
  spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', pack], { cwd: root, encoding: 'utf8' })
    .stdout,
);
const tarball = Object.values(Array.isArray(packed) ? packed : packed)[0];
const kilobytes = statSync(join(pack, tarball.filename)).size / 1024;
row('package', `${kilobytes.toFixed(0)} KB packed, ${tarball.entryCount} files`, '≤ 400 KB packed', kilobytes <= 400);

rmSync(home, { recursive: true, force: true });

/** `mise` from its npm package, a binary; undefined, and said, where it cannot be had. */
function miseProgram() {
  const folder = join(root, '.cache', 'mise');
  const program = join(folder, 'node_modules', '.bin', 'mise');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
    spawnSync('npm', ['install', '--no-audit', '--no-fund', '@jdxcode/mise'], { cwd: folder });
  }
  const works = spawnSync(program, ['--version'], { env: { ...env, MISE_OFFLINE: '1' } }).status === 0;
  if (!works) console.error('mise bootstrap is not measured: its npm package cannot be fetched here.');
  return works ? program : undefined;
}

/** The report when the workspace's ledger holds that many QA runs. */
function reportOf(events) {
  const state = join(home, '.local', 'state');
  const ledger = readdirSync(state, { recursive: true }).find(name => name.endsWith('ledger.jsonl'));
  const gate = { schema: 2, mono: '1', boot: 'b', event: 'gate', name: 'qa', exit: 0, attempt: 1, caller: 'person' };
  const lines = Array.from({ length: events }, (_, i) =>
    JSON.stringify({
      ...gate,
      clock_suspect: false,
      seq: i + 1,
      wall: Date.now() - (events - i) * 200_000,
      seconds: 60 + (i % 997),
    }),
  );
  writeFileSync(join(state, ledger), `${lines.join('\n')}\n`);
  return once(['node', bin, 'report']);
}

function keychainRun() {
  const many = join(home, 'many');
  mkdirSync(many, { recursive: true });
  writeFileSync(join(many, 'pyproject.toml'), '[project]\nname = "many"\nversion = "0"\nrequires-python = ">=3.11"\n');
  const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
  const table = names.map(
    name => `[secrets.${name}]\nenv = "MANY_${name.toUpperCase()}"\ndescription = "one of many"\n`,
  );
  writeFileSync(
    join(many, 'hotpass-bootstrap.toml'),
    `schema = 1\nworkspace = "many"\n[environments.local]\nsecrets = ${JSON.stringify(names)}\n${table.join('')}`,
  );
  const script = `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
    node ${bin} setup --yes --only telemetry >/dev/null 2>&1
    for name in ${names.join(' ')}; do echo "value-of-$name" | node ${bin} secrets set $name -q || exit 1; done
    exec node ${join(root, 'scripts', 'bench-turns.mjs')} ${rounds} ${bin}`;
  const runtime = join(home, 'runtime');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const result = spawnSync('dbus-run-session', ['--', 'sh', '-c', script], {
    cwd: many,
    env: { ...env, PATH: `${env.PATH}${delimiter}/usr/local/bin`, XDG_RUNTIME_DIR: runtime },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`the keychain bench failed: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1));
}

const table = [
  '| work | measured | bound | |',
  '|---|---|---|---|',
  ...rows.map(({ work, value, bound, ok }) => `| ${work} | ${value} | ${bound} | ${ok ? 'kept' : '**missed**'} |`),
].join('\n');
console.log(table);
if (process.argv.includes('--write')) {
  const path = join(root, 'docs', 'performance.md');
  const text = readFileSync(path, 'utf8');
  const stamp = `Node ${process.versions.node}, ${spawnSync(uv, ['--version'], { encoding: 'utf8' }).stdout.trim().split(' (')[0]}, medians of ${rounds} rounds.`;
  writeFileSync(
    path,
    text.replace(
      /<!-- bench:begin -->[\s\S]*<!-- bench:end -->/,
      `<!-- bench:begin -->\n${stamp}\n\n${table}\n<!-- bench:end -->`,
    ),
  );
}
process.exit(rows.every(({ ok }) => ok) ? 0 : 1);
