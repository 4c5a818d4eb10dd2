import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Values } from '../../src/commands/spec.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import type { Finding } from '../../src/core/findings.ts';
import { runnerCommands, runnerReads, shownLog } from '../support/github-runner.ts';
import { Machine, type Outcome } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';
import { temporary } from '../support/tools.ts';

const SECRETS = {
  PREFECT_API_AUTH_STRING: 'user:canary-auth-1',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary-otlp-2',
};

/** A job of GitHub Actions on a machine that has nothing: its variables and files as the vendor documents them. */
class GitHubJob {
  readonly machine = new Machine();
  readonly checkout = this.machine.clone('work');
  readonly temp = temporary('hb-runner-');

  constructor() {
    const files = ['env', 'path', 'output', 'summary'];
    for (const file of files) writeFileSync(join(this.temp, file), '');
    this.machine.env = {
      ...this.machine.env,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_WORKSPACE: this.checkout,
      GITHUB_ENV: join(this.temp, 'env'),
      GITHUB_PATH: join(this.temp, 'path'),
      GITHUB_OUTPUT: join(this.temp, 'output'),
      GITHUB_STEP_SUMMARY: join(this.temp, 'summary'),
      RUNNER_TEMP: this.temp,
    };
  }

  setup(args: readonly string[] = [], env: Record<string, string> = {}): Outcome {
    return this.machine.run(this.checkout, args, { env });
  }

  file(name: 'env' | 'path' | 'output' | 'summary'): string {
    return readFileSync(join(this.temp, name), 'utf8');
  }

  /** The summary as a real reader of Markdown shows it; needs the workspace's `.venv`. */
  summaryAsHtml(): string {
    const show = 'print(m.MarkdownIt("commonmark").enable("table").render(sys.stdin.read()))';
    return execFileSync(
      join(this.checkout, '.venv', 'bin', 'python'),
      ['-c', `import sys, markdown_it as m; ${show}`],
      {
        input: this.file('summary'),
        encoding: 'utf8',
      },
    );
  }

  /** What the next step of the job starts with. */
  nextStep(): Record<string, string> {
    const path = this.file('path').split('\n').filter(Boolean).reverse();
    return {
      ...Object.fromEntries(runnerReads(this.file('env'))),
      PATH: [...path, this.machine.env['PATH'] ?? ''].join(delimiter),
    };
  }
}

describe('a job of GitHub Actions, from an empty HOME', () => {
  const job = new GitHubJob();
  let ended: Outcome;
  beforeAll(() => {
    ended = job.setup(['setup', '--env', 'local'], SECRETS);
  });

  it('is green, without a question', () => {
    expect(ended.stderr).toMatch(/ready in/);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe('');
  });

  it('has groups that are closed, and no command that is not ours', () => {
    const names = runnerCommands(ended.stderr).map(({ name }) => name);
    expect(names.filter(name => name === 'group').length).toBeGreaterThan(1);
    const open = names.filter(name => name === 'group' || name === 'endgroup');
    expect(open).toEqual(open.map((_, index) => (index % 2 === 0 ? 'group' : 'endgroup')));
    expect(new Set(names)).toEqual(new Set(['group', 'endgroup', 'warning']));
    expect(ended.stderr).toMatch(/::group::Python environment.*\n(?!.*endgroup)[\s\S]*Installed \d+ packages/);
  });

  it('hands its outputs to later steps', () => {
    const outputs = Object.fromEntries(runnerReads(job.file('output')));
    expect(Object.keys(outputs)).toEqual(['duration-seconds', 'machine-seconds', 'cache-hit', 'environment']);
    expect(Number(outputs['duration-seconds'])).toBeGreaterThan(0);
    expect(Number(outputs['machine-seconds'])).toBeGreaterThan(0);
    expect(outputs['cache-hit']).toMatch(/^(true|false)$/);
    expect(outputs['environment']).toBe('local');
  });

  it('lets later steps work in the environment', () => {
    const env = job.nextStep();
    expect(env).toMatchObject({ PREFECT_PROFILE: 'harbour-local', VIRTUAL_ENV: join(job.checkout, '.venv') });
    expect(JSON.stringify(env)).not.toMatch(/canary|OTEL_/);
    const found = execFileSync('python', ['-c', 'import sys, harbour; print(sys.prefix)'], {
      cwd: job.checkout,
      env: { ...job.machine.env, ...env },
      encoding: 'utf8',
    });
    expect(found.trim()).toBe(join(job.checkout, '.venv'));
  });

  it('has a summary with its steps, their time and the cache', () => {
    const summary = job.file('summary');
    expect(summary).toMatch(/^### ✅ harbour \\\(local\\\) is ready\n\nTook \*\*.+\*\*\. .*packages/);
    expect(summary).toMatch(/\| Python environment \| ✅ done \| \d.* \|/);
    // A real reader of Markdown sees a table of nine steps, and no markup in what is not ours.
    const html = execFileSync(
      join(job.checkout, '.venv', 'bin', 'python'),
      [
        '-c',
        'import sys, markdown_it as m; print(m.MarkdownIt("commonmark").enable("table").render(sys.stdin.read()))',
      ],
      { input: summary, encoding: 'utf8' },
    );
    expect(html.match(/<tr>/g)).toHaveLength(10);
    expect(html).toContain('<code>add .venv</code>');
    expect(html).not.toContain('\\');
  });

  it('leaves the duration in the ledger, and counts no onboarding', () => {
    const state = join(job.machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces');
    const [name = ''] = readdirSync(state);
    const events = readFileSync(join(state, name, 'ledger.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const run = events.find(event => event.event === 'run_finished');
    const told = Object.fromEntries(runnerReads(job.file('output')));
    expect(Math.abs(run.elapsed - Number(told['duration-seconds']))).toBeLessThan(2);
    expect(events.map(event => event.event)).not.toContain('onboarding_started');
  });

  it('tells a later setup of the same job, for another environment, from a choice of the person', () => {
    const again = job.setup(['setup', '--env', 'staging', '--only', 'env-file,secrets'], {
      ...SECRETS,
      ...job.nextStep(),
    });
    expect(again.code).toBe(0);
    expect(job.nextStep()).toMatchObject({ PREFECT_PROFILE: 'harbour-staging', HARBOUR_ENVIRONMENT: 'staging' });
    // Its secrets are masked before anything else is said of them, and nowhere else.
    const masks = runnerCommands(again.stderr)
      .filter(({ name }) => name === 'add-mask')
      .map(({ data }) => data);
    // Also the token in a header, which programs print without its name.
    expect(masks.sort()).toEqual([...Object.values(SECRETS), 'canary-otlp-2'].sort());
    expect(shownLog(again.stderr)).not.toContain('canary');
    for (const file of ['env', 'path', 'output', 'summary'] as const) expect(job.file(file)).not.toContain('canary');
    const run = job.setup(['run', '--env', 'staging', '--', 'printenv', 'PREFECT_PROFILE'], {
      ...SECRETS,
      ...job.nextStep(),
      PREFECT_PROFILE: 'harbour-local',
    });
    expect(run.stdout).toBe('harbour-local\n');
    const own = job.setup(['run', '--env', 'local', '--', 'printenv', 'PREFECT_PROFILE'], job.nextStep());
    expect(own.stdout).toBe('harbour-local\n');
    expect(own.stderr).toBe('');
  });

  it('says in two lines that there was nothing to do', () => {
    job.setup(['setup', '--env', 'local']);
    writeFileSync(join(job.temp, 'summary'), '');
    writeFileSync(join(job.temp, 'output'), '');
    const idle = job.setup(['setup', '--env', 'local']);
    expect(idle.code).toBe(0);
    expect(job.file('summary')).toMatch(
      /^### ✅ harbour \\\(local\\\): everything was in order\n\nTook \*\*.+\*\*\.\n\n$/,
    );
    expect(Object.fromEntries(runnerReads(job.file('output')))).toMatchObject({ 'cache-hit': 'true' });
  });
});

describe('a job that fails', () => {
  const job = new GitHubJob();
  const manifest = join(job.checkout, 'hotpass-bootstrap.toml');
  const text = readFileSync(manifest, 'utf8');
  const annotations = (ended: Outcome) => runnerCommands(ended.stderr).filter(({ name }) => name === 'error');

  it('names all that is missing at once, on the line of the manifest and with every spelling', () => {
    const ended = job.setup(['setup', '--env', 'staging']);
    expect(ended.code).toBe(3);
    const [error, ...more] = annotations(ended);
    expect(more).toEqual([]);
    const line = text.split('\n').indexOf('[secrets.prefect-auth]') + 1;
    expect(error?.properties).toMatchObject({ file: 'hotpass-bootstrap.toml', line: String(line) });
    for (const said of [error?.data, ended.stderr, job.file('summary')]) {
      expect(said).toContain('PREFECT_API_AUTH_STRING');
      expect(said).toContain('OTEL_EXPORTER_OTLP_HEADERS');
      expect(said).toContain('hotpass/prefect#auth_staging in Vault');
    }
    expect(existsSync(join(job.checkout, '.venv'))).toBe(false);
    expect(job.file('env')).toBe('');
    expect(Object.fromEntries(runnerReads(job.file('output')))).toMatchObject({ 'cache-hit': 'false' });
  });

  it('shows each mistake of the manifest on its line', () => {
    writeFileSync(
      manifest,
      text.replace('profile = "harbour-local"', 'profil = "harbour-local"').replace('shared =', 'shred ='),
    );
    try {
      const places = annotations(job.setup()).map(({ properties, data }) => [
        properties['file'],
        properties['line'],
        data,
      ]);
      expect(places).toEqual([
        ['hotpass-bootstrap.toml', '14', expect.stringContaining('did you mean "profile"?')],
        ['hotpass-bootstrap.toml', expect.any(String), expect.stringContaining('did you mean "shared"?')],
      ]);
    } finally {
      writeFileSync(manifest, text);
    }
  });

  it('shows a failed task on its line, with what it said last, and obeys nothing of that', () => {
    const evil = 'import sys; print("::add-mask::a\\n::stop-commands::x\\n##[error]x\\n<b>|`*x*"); sys.exit(3)';
    writeFileSync(
      manifest,
      `${text}\n[[tasks]]\nname = "a ::warning::task"\ncheck = ["false"]\nrun = ["python3", "-c", ${JSON.stringify(evil)}]\n`,
    );
    try {
      const ended = job.setup(['setup', '--only', 'tasks']);
      expect(ended.code).toBe(1);
      const [error] = annotations(ended);
      const line = text.split('\n').length + 1;
      expect(error?.properties).toMatchObject({ file: 'hotpass-bootstrap.toml', line: String(line) });
      const names = new Set(runnerCommands(ended.stderr).map(({ name }) => name));
      for (const name of ['add-mask', 'stop-commands']) expect(names).not.toContain(name);
      const html = job.summaryAsHtml();
      expect(html).toContain('❌ failed');
      expect(html).toContain('&lt;b&gt;|`*x*');
      expect(html).not.toMatch(/<b>|<em>/);
    } finally {
      writeFileSync(manifest, text);
    }
  });

  it('shows what doctor finds beside the files of the change as well', () => {
    const { findings } = JSON.parse(job.setup(['doctor', '--json']).stdout) as { findings: Finding[] };
    const wanted = findings
      .filter(({ level }) => level !== 'info')
      .map(({ id, level }) => `${level === 'fail' ? 'error' : 'warning'}: hotpass-bootstrap ${id}`);
    expect(wanted.length).toBeGreaterThan(0);
    const ended = job.setup(['doctor']);
    expect(ended.code).toBe(2);
    const shown = runnerCommands(ended.stderr).flatMap(({ name, properties }) =>
      /^(error|warning)$/.test(name) ? [`${name}: ${properties['title']}`] : [],
    );
    expect(shown.sort()).toEqual(wanted.sort());
  });

  it('does not fail for a file of the service that is not there', () => {
    const gone = { GITHUB_OUTPUT: '/nowhere/output', GITHUB_STEP_SUMMARY: '/nowhere/summary' };
    const ended = job.setup(['setup', '--only', 'env-file'], gone);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('GITHUB_OUTPUT could not be written (HB482)');
  });

  it('approves nothing and exports nothing where outsiders may have written it', () => {
    const other = new GitHubJob();
    const ended = other.setup(['setup'], { GITHUB_EVENT_NAME: 'pull_request_target' });
    expect(ended.code).toBe(3);
    expect(other.file('env') + other.file('path')).toBe('');
    expect(existsSync(join(other.checkout, '.venv'))).toBe(false);
  });
});

describe('a job of GitLab CI', () => {
  const machine = new Machine();
  const checkout = machine.clone();
  machine.env = { ...machine.env, CI: 'true', GITLAB_CI: 'true', CI_PROJECT_DIR: checkout };

  it('has folded sections with their times, and a dotenv report that GitLab takes', () => {
    const file = join(checkout, 'bootstrap.env');
    writeFileSync(file, 'IMAGE=harbour\n');
    const ended = machine.run(checkout, ['setup', '--only', 'python'], { env: { HOTPASS_BOOTSTRAP_DOTENV: file } });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /\x1b\[0Ksection_start:(\d{10}):hotpass_bootstrap_python\[collapsed=true\]\r\x1b\[0KPython[^\n]*\n[\s\S]*Installed[\s\S]*\n\x1b\[0Ksection_end:\d{10}:hotpass_bootstrap_python\r\x1b\[0K\n/,
    );
    expect(ended.stderr).not.toMatch(/^::/m);
    const [first, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(first).toBe('IMAGE=harbour');
    expect(lines.map(line => line.replace(/=.*/, ''))).toEqual([
      'BOOTSTRAP_DURATION_SECONDS',
      'BOOTSTRAP_MACHINE_SECONDS',
      'BOOTSTRAP_CACHE_HIT',
      'BOOTSTRAP_ENVIRONMENT',
    ]);
  });

  it('is told when the report would not be taken', () => {
    const file = join(checkout, 'large.env');
    writeFileSync(file, `X=${'x'.repeat(6000)}\n`);
    const ended = machine.run(checkout, ['setup', '--only', 'env-file'], { env: { HOTPASS_BOOTSTRAP_DOTENV: file } });
    expect(ended.stderr).toContain('large.env is left as it is (HB483)');
    expect(readFileSync(file, 'utf8')).toHaveLength(6003);
  });
});

describe('a clone that brings a link where the report goes', () => {
  it('gets nothing of what the link leads to', () => {
    const machine = new Machine({ CI: 'true', GITLAB_CI: 'true' });
    const checkout = machine.clone();
    const key = join(machine.home, 'key');
    writeFileSync(key, 'CANARY=private\n');
    symlinkSync(key, join(checkout, 'bootstrap.env'));
    const env = { HOTPASS_BOOTSTRAP_DOTENV: 'bootstrap.env' };
    const ended = machine.run(checkout, ['setup', '--only', 'env-file'], { env });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('bootstrap.env is left as it is (HB483): it is a link');
    expect(lstatSync(join(checkout, 'bootstrap.env')).isSymbolicLink()).toBe(true);
    expect(readFileSync(key, 'utf8')).toBe('CANARY=private\n');
  });
});

describe('any other service', () => {
  it.each([
    ['Buildkite', { BUILDKITE: 'true', CI: 'true' }],
    ['Jenkins', { JENKINS_URL: 'https://ci.example.com/', BUILD_ID: '7' }],
    ['Azure Pipelines', { TF_BUILD: 'True', AGENT_NAME: 'a' }],
  ])('gets plain lines: %s', (_, env) => {
    const machine = new Machine(env);
    const checkout = machine.clone();
    mkdirSync(join(machine.home, 'runner'));
    const ended = machine.run(checkout, ['setup', '--only', 'env-file']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toMatch(/\x1b|^::|##|section_|^(---|\+\+\+|~~~) /m);
    expect(ended.stderr).toMatch(/^Environment file: done/m);
  });
});

describe('nobody is asked', () => {
  /** Every command and action with what it needs to be told. */
  const calls = COMMANDS.filter(({ name }) => name !== 'completion').flatMap(
    ({ name, actions = [], passThrough, values, args }) => {
      if (passThrough) return [name === 'measure' ? [name, 'qa', '--', 'true'] : [name, '--', 'true']];
      if (actions.length === 0) return [[name, ...argumentFor(args, values)]];
      return actions.map(action => [name, action.name, ...argumentFor(action.args, action.values)]);
    },
  );

  function argumentFor(args: string | undefined, values: Values | undefined): string[] {
    const known = { secret: 'prefect-auth', environment: 'staging', profile: 'harbour-staging', file: 'uv.lock' };
    return args === undefined || !args.startsWith('<') ? [] : [known[values as keyof typeof known] ?? 'x'];
  }

  it('in CI, also where the service gives the job a terminal', async () => {
    const machine = new Machine({ CI: 'true', TERM: 'xterm-256color', HOTPASS_BOOTSTRAP_ENV: 'staging' });
    const checkout = machine.clone();
    expect(calls.length).toBeGreaterThan(25);
    const waits = async (): Promise<void> => {
      for (let call = calls.pop(); call; call = calls.pop()) {
        const args = call[0] === 'setup' ? [...call, '--only', 'secrets'] : call;
        const terminal = new Terminal(checkout, args, machine.env);
        const ended = await Promise.race([terminal.exit, setTimeout(60_000, undefined, { ref: false })]);
        expect(ended, `${args.join(' ')} still waits:\n${terminal.text}`).toBeDefined();
        expect(terminal.text).not.toMatch(/\(Y\/n\)|\(y\/N\)|Paste it here|Type \? and|Arrows or a number/);
      }
    };
    await Promise.all([waits(), waits(), waits()]);
  });
});

describe('answers', () => {
  it('of a person at a terminal are kept without secrets, and answer for a job', async () => {
    const machine = new Machine({ TERM: 'xterm-256color' });
    const checkout = machine.clone();
    const kept = join(machine.home, 'answers.toml');
    const terminal = new Terminal(checkout, ['setup', '--only', 'env-file', '--save-answers', kept], machine.env);
    await terminal.sees(/Which environment/);
    terminal.type('2\r');
    await terminal.sees(/Go ahead\?/);
    terminal.type('\r');
    await terminal.sees(/has the answers of this run, without secrets/);
    expect((await terminal.exit).exitCode).toBe(0);
    const text = readFileSync(kept, 'utf8');
    expect(text).toContain('environment = "staging"\nonly = "env-file"\n');
    expect(text).toContain('#   PREFECT_API_AUTH_STRING (prefect-auth)\n');
    const job = new Machine({ CI: 'true' });
    const clone = job.clone();
    const ended = job.run(clone, ['setup', '--answers', kept]);
    expect(ended.code).toBe(0);
    expect(readFileSync(join(clone, '.env.harbour'), 'utf8')).toContain('PREFECT_PROFILE=harbour-staging');
    expect(existsSync(join(clone, '.venv'))).toBe(false);
    writeFileSync(join(clone, 'theirs.toml'), 'approve-origin = ["https://evil.example"]\n');
    expect(job.run(clone, ['setup', '--answers', 'theirs.toml'])).toMatchObject({ code: 78 });
  });
});

describe('what stands in a workspace', () => {
  it('commands no service, whatever prints it', () => {
    const machine = new Machine({ CI: 'true' });
    const checkout = machine.clone();
    const manifest = join(checkout, 'hotpass-bootstrap.toml');
    const text = readFileSync(manifest, 'utf8').replace('Authorization header', '##[error]::error::Authorization');
    const evil = '##[error]x ::error::y ##vso[task.complete]';
    writeFileSync(manifest, `${text}\n[[tasks]]\nname = "${evil}"\ncheck = ["false"]\nrun = ["echo", "${evil}"]\n`);
    expect(machine.run(checkout, ['setup', '--env', 'local', '--only', 'env-file']).code).toBe(0);
    const calls = [
      ['plan'],
      ['doctor'],
      ['secrets', 'list', '--env', 'staging'],
      ['secrets', 'check', '--env', 'staging'],
      ['secrets', 'where'],
      ['profile', 'list'],
      ['telemetry', 'status'],
      ['undo', '--list'],
      ['undo', '-n'],
    ];
    for (const call of calls) {
      const { stdout, stderr } = machine.run(checkout, call);
      expect(stdout + stderr, call.join(' ')).not.toBe('');
      expect(runnerCommands(`${stdout}\n${stderr}`), call.join(' ')).toEqual([]);
      expect(stdout + stderr, call.join(' ')).not.toContain('##vso[');
    }
  });
});
