import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../src/commands/documents.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { installedBin, tarball } from '../support/pack.ts';
import { temporary } from '../support/tools.ts';

const machine = new Machine();
const workspace = machine.clone();
const python = join(workspace, '.venv', 'bin', 'python');

function ask(code: string, env: Record<string, string> = {}): string {
  return execFileSync(python, ['-P', '-c', code], {
    cwd: workspace,
    env: { ...machine.env, ...env },
    encoding: 'utf8',
  }).trim();
}

describe('a fresh clone becomes a working environment', () => {
  let first: ReturnType<Machine['run']>;
  beforeAll(() => {
    first = machine.run(workspace, ['setup', '--yes']);
  });

  it('ends 0 and says how long it took', () => {
    expect(first.stderr).toMatch(/ready in .* machine/);
    expect(first.code).toBe(0);
    expect(first.stdout).toBe('');
  });

  it('leaves a whole .venv: every file of every RECORD is there', () => {
    const missing = ask(
      'import importlib.metadata as m; print([str(f) for d in m.distributions() for f in (d.files or []) if not f.locate().exists()])',
    );
    expect(missing).toBe('[]');
    expect(Number(ask('import importlib.metadata as m; print(len(list(m.distributions())))'))).toBeGreaterThan(50);
  });

  it('leaves a profile that Prefect itself confirms, selected by the environment file', () => {
    const dotenv = readFileSync(join(workspace, '.env.harbour'), 'utf8');
    expect(dotenv).toContain('PREFECT_PROFILE=harbour-local');
    const seen = ask(
      'from prefect.context import get_settings_context as g; c = g(); print(c.profile.name, c.settings.api.url, c.settings.server.analytics_enabled)',
    );
    expect(seen).toBe('harbour-local http://127.0.0.1:4200/api False');
  });

  it('leaves the command in the bin directory, working on its own', () => {
    const link = join(machine.home, '.local', 'bin', 'hotpass-bootstrap');
    const version = execFileSync(link, ['--version'], { env: machine.env, encoding: 'utf8' }).trim();
    expect(version).toBe(JSON.parse(readFileSync(join(installedBin(), '..', '..', 'package.json'), 'utf8')).version);
    expect(spawnSync(link, ['plan'], { cwd: workspace, env: machine.env }).status).toBe(0);
  });

  it('records the duration', () => {
    const state = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');
    const [name = ''] = readdirSync(state);
    const events = readFileSync(join(state, name, 'ledger.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(events.map(event => event.event)).toContain('run_finished');
    const run = events.find(event => event.event === 'run_finished');
    expect(run.elapsed).toBeGreaterThan(0);
    expect(run.machine + run.prompt).toBeCloseTo(run.elapsed, 2);
  });

  it('leaves nothing in the tree but .venv and the environment file', () => {
    const status = execFileSync('git', ['status', '--porcelain', '--ignored', '--untracked-files=all'], {
      cwd: workspace,
      env: machine.env,
      encoding: 'utf8',
    });
    const ignored = status.split('\n').filter(line => line.startsWith('!!') && !/\.venv\/|__pycache__/.test(line));
    expect(ignored).toEqual(['!! .env.harbour']);
  });

  it('does nothing the second time: one line, no Python, no keychain, nothing changed', () => {
    machine.run(workspace, ['setup', '--yes']);
    const before = snapshot(machine.home, /__pycache__/);
    const trace = join(temporary(), 'trace');
    const again = spawnSync(
      'strace',
      ['-f', '-e', 'trace=execve', '-o', trace, process.execPath, installedBin(), 'setup'],
      {
        cwd: workspace,
        env: machine.env,
        encoding: 'utf8',
        input: '',
      },
    );
    expect(again.status).toBe(0);
    expect(again.stderr.trim().split('\n')).toHaveLength(1);
    expect(again.stderr).toContain('everything in order (local)');
    expect(snapshot(machine.home, /__pycache__/)).toEqual(before);
    const started = readFileSync(trace, 'utf8')
      .split('\n')
      .filter(line => / = 0$/.test(line))
      .map(line => /execve\("([^"]+)"/.exec(line)?.[1] ?? '');
    expect(started.filter(Boolean).map(path => path.split('/').at(-1))).toEqual(['node', 'uv']);
  });

  it('notices everything that changed since the last time', () => {
    const profiles = join(machine.home, '.prefect', 'profiles.toml');
    const right = readFileSync(profiles, 'utf8');
    writeFileSync(profiles, right.replace('4200', '4299'));
    expect(machine.run(workspace, ['setup', '--yes']).stderr).toContain('ready in');
    expect(readFileSync(profiles, 'utf8')).toBe(right);
    rmSync(join(ask('import pluggy; print(pluggy.__path__[0])')), { recursive: true, force: true });
    expect(machine.run(workspace, ['setup', '--yes']).stderr).toContain('ready in');
    expect(ask('import pluggy; print("whole")')).toBe('whole');
    const other = machine.run(workspace, ['setup'], { env: { PREFECT_PROFILE: 'another' } });
    expect(other.stderr).toContain('worth knowing');
    expect(machine.run(workspace, ['setup']).stderr).toMatch(/^.*everything in order \(local\).*\n$/);
  });

  it('has nothing left to plan, and names what a changed manifest adds', () => {
    expect(machine.run(workspace, ['plan']).code).toBe(0);
    const manifest = join(workspace, 'hotpass-bootstrap.toml');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(
      manifest,
      text.replace(
        'telemetry = { enabled = false }',
        'telemetry = { enabled = false }\nvariables = { HARBOUR_MODE = "small" }',
      ),
    );
    try {
      const plan = machine.run(workspace, ['plan', '--json']);
      expect(plan.code).toBe(2);
      const document = JSON.parse(plan.stdout);
      expect(document).toMatchObject({
        schema: 1,
        kind: 'plan',
        workspace: 'harbour',
        environment: 'local',
        inOrder: false,
      });
      expect(JSON.stringify(document)).toContain('HARBOUR_MODE');
      const set = machine.run(workspace, ['setup', '--json']);
      expect(set.code).toBe(0);
      expect(JSON.parse(set.stdout)).toMatchObject({ kind: 'setup', exit: 0 });
      for (const text of [plan.stdout, set.stdout]) expect(() => output.parse(JSON.parse(text))).not.toThrow();
      expect(machine.run(workspace, ['run', '--', 'printenv', 'HARBOUR_MODE']).stdout).toBe('small\n');
    } finally {
      writeFileSync(manifest, text);
      machine.run(workspace, ['setup', '--yes']);
    }
    expect(readFileSync(join(workspace, '.env.harbour'), 'utf8')).not.toContain('HARBOUR_MODE');
  });

  it('runs the project’s own tests', () => {
    const tests = machine.run(workspace, ['run', '--', 'pytest', '-q']);
    expect(tests.stdout).toMatch(/passed/);
    expect(tests.code).toBe(0);
  });
});

describe('what --json prints', () => {
  it.each([
    ['plan', '--json'],
    ['setup', '--dry-run', '--json'],
    ['setup', '--yes', '--json'],
    ['env', '--json'],
    ['undo', '--list', '--json'],
    ['secrets', 'list', '--json'],
    ['secrets', 'where', '--json'],
    ['init', '--json'],
    ['plan', '--env', 'nowhere', '--json'],
    ['plna', '--json'],
  ])('is one document of the shipped schema: %s %s %s', (...args) => {
    const { stdout } = machine.run(workspace, args.filter(Boolean));
    expect(output.parse(JSON.parse(stdout))).toMatchObject({ schema: 1 });
  });
});

describe('run and env', () => {
  it('return exactly what the program returned', () => {
    expect(machine.run(workspace, ['run', '--', 'sh', '-c', 'exit 7']).code).toBe(7);
    expect(machine.run(workspace, ['run', '--', 'sh', '-c', 'kill -TERM $$']).code).toBe(143);
    expect(machine.run(workspace, ['run', '--', 'no-such-program']).code).toBe(127);
    const plain = join(temporary(), 'plain');
    writeFileSync(plain, 'x');
    expect(machine.run(workspace, ['run', '--', plain]).code).toBe(126);
    expect(machine.run(temporary(), ['run', '--', 'true']).code).toBe(125);
    expect(machine.run(workspace, ['run', '--env', 'nowhere', '--', 'true']).code).toBe(64);
  });

  it('start the workspace’s own Python', () => {
    const out = machine.run(workspace, ['run', '--', 'python', '-c', 'import sys; print(sys.prefix)']).stdout.trim();
    expect(out).toBe(join(workspace, '.venv'));
  });

  it('print the same settings to a shell, a file and a program', () => {
    const shell = machine.run(workspace, ['env', '--otel']).stdout;
    const printed = execFileSync('bash', ['-c', `${shell}\nprintenv PREFECT_PROFILE OTEL_SDK_DISABLED`], {
      encoding: 'utf8',
    });
    expect(printed).toBe('harbour-local\ntrue\n');
    expect(machine.run(workspace, ['env']).stdout).not.toContain('OTEL_');
    expect(JSON.parse(machine.run(workspace, ['env', '--format', 'json']).stdout).variables).toEqual({
      PREFECT_PROFILE: 'harbour-local',
    });
    const file = join(machine.home, 'out.env');
    machine.run(workspace, ['env', '--format', 'dotenv', '--output', file]);
    expect(readFileSync(file, 'utf8')).toBe('PREFECT_PROFILE=harbour-local\n');
  });
});

describe('taking it back', () => {
  it('lists the runs, and takes back what the last one changed', () => {
    const fresh = new Machine();
    const clone = fresh.clone();
    expect(fresh.run(clone, ['setup', '--yes']).code).toBe(0);
    expect(fresh.run(clone, ['undo', '--list']).stdout).toContain('closed');
    const undo = fresh.run(clone, ['undo', '--yes']);
    expect(undo.stderr).toContain('env-file');
    expect(undo.code).toBe(0);
    expect(existsSync(join(clone, '.venv'))).toBe(false);
    expect(existsSync(join(clone, '.env.harbour'))).toBe(false);
    expect(existsSync(join(fresh.home, '.prefect', 'profiles.toml'))).toBe(false);
    expect(existsSync(join(fresh.home, '.local', 'bin', 'hotpass-bootstrap'))).toBe(false);
    expect(fresh.run(clone, ['setup', '--yes']).code).toBe(0);
  });
});

describe('the package', () => {
  it('comes through npx from its tarball into an empty HOME', () => {
    const fresh = new Machine();
    const clone = fresh.clone();
    const npx = spawnSync('npx', ['--yes', '--package', tarball(), 'hotpass-bootstrap', 'plan', '-C', clone], {
      cwd: fresh.home,
      env: { ...fresh.env, npm_config_cache: join(fresh.home, '.npm') },
      encoding: 'utf8',
    });
    expect(npx.stdout).toContain('harbour (local)');
    expect(npx.status).toBe(2);
  });
});
