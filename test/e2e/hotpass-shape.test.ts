import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { uvPath } from '../support/tools.ts';
import { lock, makeWheel } from '../support/wheels.ts';

/** The extras of Hotpass (facts hotpass); each gets a tiny package of its own. */
const EXTRAS = [
  'dev',
  'docs',
  'orchestration',
  'entity_resolution',
  'ml_scoring',
  'enrichment',
  'geospatial',
  'compliance',
  'dashboards',
  'caching',
  'versioning',
  'platform',
];

const machine = new Machine();

/** A checkout shaped like Hotpass: setuptools, code under apps/data-platform, many extras, supply-chain scripts. */
function checkout(name: string, dependencies: readonly string[], orchestration: readonly string[]): string {
  const root = join(machine.home, name);
  const wheels = join(root, 'wheels');
  const names = ['hotcore', ...EXTRAS.map(extra => `x_${extra}`)];
  const sources = names.map(wheel => `${wheel} = { path = "wheels/${makeWheel(wheels, wheel)}" }`);
  const extras = EXTRAS.map(extra => {
    const packages = [`x_${extra}`, ...(extra === 'orchestration' ? orchestration : [])];
    return `${extra} = ${JSON.stringify(packages)}`;
  });
  write(root, 'apps/data-platform/hotpass/__init__.py', '');
  write(root, 'ops/supply_chain/generate_sbom.py', script('dist/sbom/hotpass-sbom.json'));
  write(root, 'ops/supply_chain/generate_provenance.py', script('dist/provenance/provenance.json'));
  write(
    root,
    'pyproject.toml',
    `[project]
name = "hotpass"
version = "0.1"
requires-python = ">=3.11"
dependencies = ${JSON.stringify(['hotcore', ...dependencies])}
[project.optional-dependencies]
${extras.join('\n')}
[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"
[tool.setuptools.packages.find]
where = ["apps/data-platform"]
[tool.uv.sources]
${sources.join('\n')}
`,
  );
  execFileSync('git', ['init', '-q'], { cwd: root, env: machine.env });
  lock(root);
  return root;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function script(path: string): string {
  return `import pathlib\npath = pathlib.Path("${path}")\npath.parent.mkdir(parents=True, exist_ok=True)\npath.write_text("{}")\n`;
}

function uv(root: string, ...args: string[]): void {
  const result = spawnSync(uvPath(), args, { cwd: root, env: machine.env, encoding: 'utf8' });
  expect(result.stderr).not.toMatch(/^error/m);
  expect(result.status).toBe(0);
}

function python(root: string, code: string): string {
  const env = { ...machine.env, PREFECT_PROFILE: '' };
  return execFileSync(join(root, '.venv', 'bin', 'python'), ['-P', '-c', code], { cwd: root, env, encoding: 'utf8' });
}

function distributions(root: string): string[] {
  const names = 'import importlib.metadata as m; print("\\n".join(sorted(d.name for d in m.distributions())))';
  // setuptools leaves a second description of an editable project beside its code.
  return [...new Set(python(root, names).trim().split('\n'))];
}

interface Change {
  step: string;
  action: string;
  detail?: string;
}

function changes(root: string, ...args: string[]): Change[] {
  return JSON.parse(machine.run(root, ['plan', '--json', ...args]).stdout).changes;
}

describe('a checkout like Hotpass, without a manifest, with an environment made by hand', () => {
  let root: string;
  let before: string[];
  beforeAll(() => {
    root = checkout('by-hand', [], []);
    uv(root, 'sync', '--locked', '--all-extras');
    uv(root, 'pip', 'install', join(root, 'wheels', makeWheel(join(root, 'wheels'), 'handmade')));
    uv(root, 'pip', 'uninstall', 'hotcore');
    before = distributions(root);
    expect(before).toHaveLength(EXTRAS.length + 2);
  });

  it('gets what is missing, and nothing is removed from it', () => {
    const planned = changes(root);
    expect(planned.filter(change => change.action === 'remove')).toEqual([]);
    const setup = machine.run(root, ['setup', '--yes']);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.code).toBe(0);
    const after = distributions(root);
    expect(after).toEqual([...before, 'hotcore'].sort());
    expect(machine.run(root, ['plan']).code).toBe(0);
  });

  it('with the template says first what an exact environment would lose, as changes of their own', () => {
    const init = machine.run(root, ['init', '--yes', '--template', 'hotpass']);
    expect(init.code).toBe(0);
    expect(readFileSync(join(root, 'hotpass-bootstrap.toml'), 'utf8')).toContain('workspace = "hotpass"');
    const removalsNow = () => changes(root).filter(change => change.action === 'remove');
    // uv is not asked for a manifest that nobody has approved yet; that something may go is said all the same.
    expect(removalsNow()).toMatchObject([{ step: 'python', certain: false }]);
    expect(machine.run(root, ['setup', '--yes', '--only', 'env-file']).code).toBe(0);
    const removals = removalsNow();
    expect(removals).toHaveLength(1);
    const named = (removals[0]?.detail ?? '').split(', ').map(pin => pin.split('==')[0]);
    const lost = EXTRAS.filter(extra => extra !== 'dev' && extra !== 'docs').map(
      extra => `x-${extra.replace('_', '-')}`,
    );
    expect(named.sort()).toEqual(['handmade', ...lost].sort());
    expect(machine.run(root, ['plan']).stdout).toMatch(/Remove \(1\)/);
    expect(distributions(root)).toContain('handmade');
  });
});

describe('a checkout like Hotpass, with its template', () => {
  let root: string;
  beforeAll(() => {
    root = checkout('fresh', ['prefect==3.9.1'], ['opentelemetry-exporter-otlp-proto-grpc']);
  });
  const template = ['--template', 'hotpass'];
  const ci = { CI: 'true' };

  it('local: ready, with its profile, its tasks and what every third party is not told', () => {
    const setup = machine.run(root, ['setup', '--yes', ...template]);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.code).toBe(0);
    expect(distributions(root)).toEqual(expect.arrayContaining(['hotcore', 'hotpass', 'prefect', 'x_dev', 'x_docs']));
    expect(distributions(root)).not.toContain('x_platform');
    const file = readFileSync(join(root, '.env.hotpass'), 'utf8');
    for (const line of ['PREFECT_PROFILE=hotpass-local', 'HOTPASS_ENVIRONMENT=local', 'DVC_NO_ANALYTICS=1']) {
      expect(file.split('\n')).toContain(line);
    }
    for (const made of ['dist/sbom/hotpass-sbom.json', 'dist/provenance/provenance.json']) {
      expect(existsSync(join(root, made))).toBe(true);
    }
    const profile = execFileSync(
      join(root, '.venv', 'bin', 'python'),
      ['-P', '-c', 'from prefect.context import get_settings_context as g; print(g().profile.name)'],
      { cwd: root, env: { ...machine.env, PREFECT_PROFILE: 'hotpass-local' }, encoding: 'utf8' },
    );
    expect(profile).toBe('hotpass-local\n');
    expect(machine.run(root, ['plan', ...template]).code).toBe(0);
  });

  it('ci: every secret that is missing is named at once, with its variable', () => {
    const before = readdirSync(root);
    const setup = machine.run(root, ['setup', '--env', 'ci', ...template], { env: ci });
    expect(`${setup.code} ${setup.stderr}`).toMatch(/^3 /);
    for (const name of ['prefect-api-key', 'PREFECT_API_KEY', 'otlp-headers', 'OTEL_EXPORTER_OTLP_HEADERS']) {
      expect(setup.stderr).toContain(name);
    }
    expect(readdirSync(root)).toEqual(before);
  });

  it('ci: ready with the full set and the secrets of the environment, which are written nowhere', () => {
    const given = { PREFECT_API_KEY: 'canary-key-Hz81Lm40Qp', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary-Kx82' };
    const setup = machine.run(root, ['setup', '--env', 'ci', ...template], { env: { ...ci, ...given } });
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.stderr).not.toContain('canary');
    expect(setup.code).toBe(0);
    expect(distributions(root)).toEqual(expect.arrayContaining(EXTRAS.map(extra => `x_${extra}`)));
    const written = ['.env.hotpass', 'config/telemetry.ci.toml', '../.prefect/profiles.toml'];
    for (const path of written) expect(readFileSync(join(root, path), 'utf8')).not.toContain('canary');
    expect(readFileSync(join(root, 'config', 'telemetry.ci.toml'), 'utf8')).toContain('otel.staging.example.com');
    // CI remembers no environment: the person's own stays what it was.
    expect(JSON.parse(machine.run(root, ['plan', '--json', ...template]).stdout).environment).toBe('local');
  });

  it('the template written down is the same workspace, and needs no word of the template any more', () => {
    expect(machine.run(root, ['init', '--yes', ...template]).code).toBe(0);
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
    expect(machine.run(root, ['plan']).code).toBe(0);
    const run = machine.run(root, [
      'run',
      '--',
      'python',
      '-c',
      'import hotpass, os; print(os.environ["HOTPASS_ENVIRONMENT"])',
    ]);
    expect(run.stdout).toBe('local\n');
    const key = 'canary-key-Hz81Lm40Qp';
    const env = { ...ci, PREFECT_API_KEY: key, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary-Kx82' };
    // What it prints is masked in CI, so the program itself has to say what it got.
    const compare = ['sh', '-c', `[ "$PREFECT_API_KEY" = '${key}' ] && echo the same; printenv PREFECT_API_KEY`];
    const given = machine.run(root, ['run', '--env', 'ci', '--', ...compare], { env });
    expect(given.stdout).toMatch(/^the same\n/);
    expect(given.stdout).not.toContain(key);
  });
});
