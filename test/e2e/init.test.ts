import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../src/commands/documents.ts';
import { Machine, snapshot } from '../support/machine.ts';
import { Terminal } from '../support/pty.ts';

const MAKEFILE = 'include .env.local\n\nhelp: ## this help\n\t@grep "## " Makefile';
const machine = new Machine();
machine.env['PATH'] = [join(machine.home, '.local', 'bin'), machine.env['PATH']].join(delimiter);
let root: string;

/** The example workspace as somebody has it who never heard of this tool. */
beforeAll(() => {
  root = machine.clone('harbour');
  rmSync(join(root, 'hotpass-bootstrap.toml'));
  writeFileSync(join(root, 'Makefile'), MAKEFILE);
  chmodSync(join(root, 'Makefile'), 0o640);
  writeFileSync(join(root, '.gitignore'), '.venv\n.env.local');
  writeFileSync(join(root, '.env.local'), 'A=1\n');
  writeFileSync(
    join(root, '.env.example'),
    '# Key of the tide service\nTIDE_API_KEY=canary-example-Kx82\nTIDE_PORT=80\n',
  );
});

const files = () => snapshot(root, /^\.git(\/|$)|^\.venv|__pycache__|egg-info/);

describe('init', () => {
  it('shows all that it would write, and writes nothing unless somebody says yes', () => {
    const before = files();
    const dry = machine.run(root, ['init', '--dry-run']);
    expect(dry.code).toBe(2);
    expect(dry.stdout).toMatch(/^hotpass-bootstrap.toml \(new, \d+ lines\)$/m);
    expect(dry.stdout).toContain('  + [secrets.tide-api-key]');
    expect(dry.stdout).toContain('    \t@grep "## " Makefile');
    expect(dry.stdout).toMatch(/Makefile:1 includes .env.local[^(]*\(HB522\)/);
    expect(dry.stdout).not.toContain('canary');
    const asked = machine.run(root, ['init']);
    expect([asked.code, asked.stdout]).toEqual([3, '']);
    expect(asked.stderr).toContain('init --yes');
    expect(asked.stderr).toContain('  + schema = 1');
    expect(files()).toEqual(before);
  });

  it('asks once on a terminal; undo right after gives every byte and mode back', async () => {
    const before = files();
    const terminal = new Terminal(root, ['init'], { ...machine.env, TERM: 'xterm-256color' });
    await terminal.sees(/Write this\?/);
    terminal.type('\r');
    await terminal.sees(/hotpass-bootstrap.toml, Makefile and .gitignore are written/);
    expect((await terminal.exit).exitCode).toBe(0);
    expect(files()).not.toEqual(before);
    // Nothing of the manifest was approved by that.
    expect(machine.run(root, ['secrets', 'get', 'tide-api-key']).code).toBe(3);
    const undo = machine.run(root, ['undo', '--yes']);
    expect(undo.stderr).toContain('remove ');
    expect(undo.code).toBe(0);
    expect(files()).toEqual(before);
  });

  it('writes a job and a dev container on request, which undo takes back with their folders', () => {
    const before = files();
    expect(machine.run(root, ['init', '--ci', 'jenkins']).code).toBe(64);
    for (const service of ['github', 'gitlab']) {
      const init = machine.run(root, ['init', '--ci', service, '--devcontainer', '--yes', '--no-makefile']);
      expect(init.stderr).toMatch(/\.devcontainer\/devcontainer\.json \(new, \d+ lines\)/);
      expect(init.code).toBe(0);
      const places = ['.github/workflows/hotpass-bootstrap.yml', '.gitlab-ci.yml', '.devcontainer/devcontainer.json'];
      const there = places.filter(place => existsSync(join(root, place)));
      expect(there).toEqual(places.filter(place => place.includes(service) || place.includes('devcontainer')));
      expect(machine.run(root, ['undo', '--yes']).code).toBe(0);
      expect(files()).toEqual(before);
    }
  });

  it('no leaves everything as it is', async () => {
    const before = files();
    const terminal = new Terminal(root, ['init'], { ...machine.env, TERM: 'xterm-256color' });
    await terminal.sees(/Write this\?/);
    terminal.type('n\r');
    expect((await terminal.exit).exitCode).toBe(3);
    expect(files()).toEqual(before);
  });

  it('writes from anywhere in the project to its root, and setup works with it right after', () => {
    const { changes } = JSON.parse(machine.run(root, ['plan', '--json']).stdout);
    const init = machine.run(join(root, 'src', 'harbour'), ['init', '--json']);
    const document = JSON.parse(init.stdout);
    expect(output.parse(document)).toMatchObject({ kind: 'init', path: join(root, 'hotpass-bootstrap.toml') });
    expect(document.files.map(({ file }: { file: string }) => file)).toEqual([
      'hotpass-bootstrap.toml',
      'Makefile',
      '.gitignore',
    ]);
    const plan = JSON.parse(machine.run(root, ['plan', '--json']).stdout);
    const added = ['readiness', 'secrets'];
    expect(plan.changes.filter(({ step }: { step: string }) => !added.includes(step))).toEqual(
      changes.filter(({ step }: { step: string }) => !added.includes(step)),
    );
    const setup = machine.run(root, ['setup', '--yes']);
    expect(setup.stderr).toMatch(/ready in/);
    expect(setup.code).toBe(0);
    expect(machine.run(root, ['plan']).code).toBe(0);
    const status = execFileSync('git', ['status', '--short', '--ignored'], {
      cwd: root,
      env: machine.env,
      encoding: 'utf8',
    });
    expect(status).toContain('!! .env.harbour');
  });

  it('make setup is the installed command', () => {
    const make = spawnSync('make', ['setup'], { cwd: root, env: machine.env, encoding: 'utf8' });
    expect(make.stderr).toMatch(/everything in order/);
    expect(make.status).toBe(0);
    const help = spawnSync('make', ['help'], { cwd: root, env: machine.env, encoding: 'utf8' });
    expect(help.stdout).toContain('setup: ## ');
  });

  it('a second time changes nothing; a template beside a manifest is refused', () => {
    const before = files();
    const again = machine.run(root, ['init']);
    expect(again.stderr).toContain('There is nothing to add.');
    expect(again.stdout).toContain('HB520');
    expect(again.code).toBe(0);
    expect(machine.run(root, ['init', '--template', 'hotpass']).code).toBe(64);
    expect(files()).toEqual(before);
  });

  it('undo after the manifest was edited is refused, and says the difference', () => {
    const run = JSON.parse(machine.run(root, ['undo', '--list', '--json']).stdout).runs.find(
      ({ changes, status }: { changes: string[]; status: string }) =>
        status === 'closed' && changes.includes('add hotpass-bootstrap.toml'),
    );
    const path = join(root, 'hotpass-bootstrap.toml');
    writeFileSync(path, `${readFileSync(path, 'utf8')}# mine\n`);
    const undo = machine.run(root, ['undo', run.run, '--yes']);
    expect(undo.code).toBe(1);
    expect(undo.stderr).toContain('# mine');
    expect(readFileSync(path, 'utf8')).toContain('# mine');
  });
});

describe('init where there is nothing to write', () => {
  it.each([
    [
      'several projects',
      { 'a/pyproject.toml': '[project]\nname = "a"\n', 'b/pyproject.toml': '[project]\nname = "b"\n' },
      3,
      /-C .*\/a/,
    ],
    ['a Poetry project', { 'pyproject.toml': '[tool.poetry]\nname = "a"\n' }, 78, /Poetry/],
    ['no project', { 'README.md': '' }, 78, /no pyproject.toml/],
    ['a broken pyproject.toml', { 'pyproject.toml': '[project\n' }, 78, /pyproject.toml:1/],
  ])('%s', (name, content, code, said) => {
    const folder = join(machine.home, name);
    for (const [file, text] of Object.entries(content)) {
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const before = snapshot(folder);
    const init = machine.run(folder, ['init', '--yes']);
    expect(init.code).toBe(code);
    expect(init.stderr).toMatch(said);
    expect(snapshot(folder)).toEqual(before);
  });
});
