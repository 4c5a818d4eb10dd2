import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { Machine } from '../support/machine.ts';
import { pages, read, shellBlocks } from '../support/pages.ts';
import { repository } from '../support/tools.ts';

const machine = new Machine();
const clone = machine.clone();
machine.env['PATH'] = [join(machine.home, '.local', 'bin'), machine.env['PATH']].join(delimiter);

/** Runs a line as a person types it, in a clone that has been set up. */
function type(line: string, cwd: string, env: Record<string, string> = {}) {
  const result = spawnSync('bash', ['-c', line], { cwd, env: { ...machine.env, ...env }, encoding: 'utf8', input: '' });
  return { code: result.status, said: `${result.stdout}\n${result.stderr}` };
}

describe('the commands in README and the pages', () => {
  beforeAll(() => {
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
  });

  const lines = pages().flatMap(page => shellBlocks(page).map(line => ({ page, line })));

  it.each(lines.filter(({ line }) => !line.startsWith('make ')))('$page: $line', ({ line }) => {
    const { code, said } = type(line, clone);
    // A dry run of undo has something to take back, which is 2.
    expect(code, said).toBe(line.includes('undo --dry-run') ? 2 : 0);
  });

  // make takes the checkout as built, since other tests use it at the same time; WORKSPACE is a clone outside.
  it.each(lines.filter(({ line }) => line.startsWith('make ')))('$page: $line', ({ line }) => {
    const command = line.replace(/^make /, 'make -o node_modules/.complete -o dist/cli.js ');
    const { code, said } = type(command, repository, { WORKSPACE: clone });
    expect(code, said).toBe(0);
    expect(said).toMatch(/everything in order|ready in/);
  });

  it('are all either run here or marked as text, and make’s targets exist', () => {
    expect(lines.length).toBeGreaterThan(5);
    for (const page of pages()) {
      const marks = [...read(page).matchAll(/^```(\w*)\n[\s\S]*?^```$/gm)].map(([, mark]) => mark);
      expect(marks, page).toEqual(marks.filter(mark => ['sh', 'text', 'toml', 'make'].includes(mark ?? '')));
    }
    for (const [, target = ''] of read('README.md').matchAll(/^make (\w+)$/gm)) {
      expect(spawnSync('make', ['-n', target], { cwd: repository }).status, target).toBe(0);
    }
  });

  it('show the manifest of the guide as one that is valid', () => {
    const [, text = ''] = /```toml\n(schema = 1\n[\s\S]*?)```/.exec(read('docs/guide.md')) ?? [];
    const file = join(machine.home, 'guide.toml');
    writeFileSync(file, text);
    const plan = machine.run(clone, ['plan', '--manifest', file, '--json']);
    expect(plan.code, plan.stderr).toBe(2);
    expect(JSON.parse(plan.stdout)).toMatchObject({ kind: 'plan', environment: 'local' });
  });

  it.each(COMMANDS.map(({ name }) => name))('%s --help says what the reference says', name => {
    const help = machine.run(clone, [name, '--help']);
    expect(help.code).toBe(0);
    const section = new RegExp(`^### ${name}\\n([\\s\\S]*?)(?=^###? )`, 'm').exec(read('docs/reference.md'))?.[1] ?? '';
    const options = [...section.matchAll(/^\| `(.*?)` \|/gm)].map(([, flags = '']) => flags);
    for (const flags of options) expect(help.stdout).toContain(flags);
  });

  it('give the documents of the reference', () => {
    const section = /^## JSON documents\n([\s\S]*?)^## /m.exec(read('docs/reference.md'))?.[1] ?? '';
    const row = (kind: string): string => new RegExp(`^\\| \`${kind}\` \\| (.*) \\|$`, 'm').exec(section)?.[1] ?? '';
    const documents: [string, string[], string[]][] = [
      ['plan', ['plan'], ['plan']],
      ['setup', ['setup'], ['plan', 'setup']],
      ['env', ['env'], ['env']],
      ['secrets', ['secrets', 'where'], ['secrets']],
      ['secrets', ['secrets', 'list'], ['secrets']],
      ['undo', ['undo', '--list'], ['undo']],
      ['undo', ['undo', '--dry-run'], ['undo']],
      ['error', ['secrets', 'get', 'nothing'], ['error']],
    ];
    for (const [kind, args, rows] of documents) {
      const document = JSON.parse(machine.run(clone, [...args, '--json']).stdout);
      expect(document).toMatchObject({ schema: 1, kind });
      for (const member of Object.keys(document)) {
        if (member === 'schema' || member === 'kind') continue;
        expect(rows.map(row).join(' '), `${kind}.${member}`).toContain(`\`${member}\``);
      }
    }
  });
});
