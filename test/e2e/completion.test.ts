import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { parsePowershell } from '../support/powershell.ts';
import { installCommand, TypedShell, zshFolders } from '../support/shells.ts';

const machine = new Machine();
installCommand(machine);
const workspace = machine.clone();

/** What the tool answers a shell with, words alone. */
function answers(words: readonly string[], cwd = workspace, shell = 'zsh'): string[] {
  const out = machine.run(cwd, ['__complete', shell, ...words]);
  expect([out.code, out.stderr]).toEqual([0, '']);
  return out.stdout
    .split('\n')
    .filter(Boolean)
    .map(line => line.split('\t')[0] ?? '');
}

/** Lines as a person types them up to the tab, and the words that the command gets. */
const LINES: [typed: string, words: string][] = [
  ['hotpass-bootstrap secr', 'secrets'],
  ['hotpass-bootstrap secrets --env staging get pre', 'secrets|--env|staging|get|prefect-auth'],
  ['hotpass-bootstrap profile use sta', 'profile|use|staging'],
  ['hotpass-bootstrap setup --env=sta', 'setup|--env=staging'],
  ['hotpass-bootstrap secrets where --use sealed-file:pass', 'secrets|where|--use|sealed-file:passphrase'],
  ['hotpass-bootstrap setup --only uv,env', 'setup|--only|uv,env-file'],
  ['hotpass-bootstrap -C examp', '-C|example folder/'],
  ['hotpass-bootstrap nonsense --env sta', 'nonsense|--env|sta'],
];

beforeAll(() => {
  mkdirSync(join(workspace, 'example folder'));
});

describe.each(['bash', 'zsh'] as const)('%s', shell => {
  let typed: TypedShell;
  beforeAll(() => {
    typed = new TypedShell(shell, machine, workspace);
  });
  afterAll(() => typed.end());

  it.each(LINES)('%s⇥', async (line, words) => {
    // zsh takes the slash behind a folder away again at Enter.
    expect(`${await typed.completes(line)}/`.replace(/ ?\/+$/, '').toUpperCase()).toBe(
      words.replace(/\/$/, '').toUpperCase(),
    );
  });

  it('lists what may come, and names from the folder where it is a file', async () => {
    expect(await typed.lists('hotpass-bootstrap secrets ')).toMatch(/list[\s\S]*remove|remove[\s\S]*list/);
    expect(await typed.lists('hotpass-bootstrap run -- make uv.l')).toContain('uv.lock');
  });

  it('runs nothing of what stands in the line', async () => {
    await typed.lists('hotpass-bootstrap "$(touch ran)" `touch ran` sec');
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
  });
});

it('zsh completes with an empty .zshrc too', () => {
  const typed = `${zshFolders()}eval "$(hotpass-bootstrap completion zsh)"; print -r -- $_comps[hotpass-bootstrap]`;
  const said = execFileSync('zsh', ['-f', '-c', typed], { cwd: workspace, env: machine.env, encoding: 'utf8' });
  expect(said.trim()).toBe('_hotpass_bootstrap');
});

describe('fish', () => {
  const offers = (line: string): string[] =>
    execFileSync(
      'fish',
      ['--no-config', '-c', 'hotpass-bootstrap completion fish | source; complete -C $argv[1]', line],
      {
        cwd: workspace,
        env: machine.env,
        encoding: 'utf8',
      },
    )
      .split('\n')
      .filter(Boolean)
      .map(row => row.split('\t')[0] ?? '');

  it.each(LINES.filter(([line]) => !/nonsense|hb22/.test(line)))('%s⇥', (line, words) => {
    expect(offers(line)).toEqual([words.split('|').at(-1)]);
  });

  it('lists what may come with what it means, files where one may stand, and programs', () => {
    expect(offers('hotpass-bootstrap profile ')).toEqual(['adopt', 'list', 'use']);
    expect(offers('hotpass-bootstrap run -- make uv.l')).toEqual(['uv.lock']);
    expect(offers('hotpass-bootstrap run -- printen')).toContain('printenv');
    expect(offers('hotpass-bootstrap nonsense ')).toEqual([]);
  });

  it('runs nothing of what stands in the line', () => {
    offers('hotpass-bootstrap "$(touch ran)" (touch ran) sec');
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
  });
});

describe('PowerShell, by its grammar', () => {
  it('is a script, and gets each word behind an equals sign', async () => {
    const script = machine.run(workspace, ['completion', 'powershell']).stdout;
    const root = await parsePowershell(script);
    expect(root.descendantsOfType('command_name_expr').map(node => node?.text)).toEqual(['hotpass-bootstrap']);
    expect(answers(['=secrets', '=--env', '=staging', '=get', '='], workspace, 'powershell')).toContain('prefect-auth');
    expect(answers(['='], workspace, 'powershell')).toContain('setup');
  });
});

describe('the tool, while somebody types', () => {
  it('offers what comes with the tool', () => {
    expect(answers(['setup', '--template', ''])).toEqual(['hotpass', 'none']);
  });

  it('starts nothing and changes nothing', () => {
    const before = readdirSync(machine.home, { recursive: true }).length;
    const log = join(machine.home, 'trace');
    const args = ['-f', '-qq', '-e', 'trace=execve', '-e', 'signal=none', '-o', log, process.execPath];
    for (const words of [
      ['secrets', 'set', '--env', 'staging', ''],
      ['profile', 'adopt', ''],
      ['undo', ''],
    ]) {
      const call = ['__complete', 'bash', ...words];
      spawnSync('strace', [...args, join(machine.home, '.local', 'bin', 'hotpass-bootstrap'), ...call], {
        cwd: workspace,
        env: machine.env,
      });
      expect(readFileSync(log, 'utf8').match(/execve\(/g)?.length, words.join(' ')).toBe(1);
    }
    expect(readdirSync(machine.home, { recursive: true }).length).toBe(before + 1);
  });

  it('offers the runs that undo can take, the profiles that can be adopted, and other workspaces by their id', () => {
    expect(answers(['undo', ''])).toEqual([]);
    expect(machine.run(workspace, ['setup', '--yes', '--only', 'env-file']).code).toBe(0);
    const runs = JSON.parse(machine.run(workspace, ['undo', '--list', '--json']).stdout).runs as { run: string }[];
    expect(answers(['undo', ''])).toEqual(runs.map(({ run }) => run));
    expect(answers(['undo', '--to', ''])).toEqual(runs.map(({ run }) => run));
    mkdirSync(join(machine.home, '.prefect'), { recursive: true });
    writeFileSync(join(machine.home, '.prefect', 'profiles.toml'), '[profiles.harbour-local]\n[profiles.other]\n');
    expect(answers(['profile', 'adopt', ''])).toEqual(['harbour-local']);
    expect(answers(['setup', '--link', ''], machine.clone('second'))).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
  });

  it('says nothing about a workspace that cannot be read, and offers the rest', () => {
    const broken = machine.clone('broken');
    const file = join(broken, 'hotpass-bootstrap.toml');
    for (const text of ['schema = ', 'schema = 2\n', '[environments."$(touch ran)"]\n[environments."a b"]\n']) {
      writeFileSync(file, text);
      expect(answers(['profile', 'use', ''], broken)).toEqual([]);
      expect(answers(['setup', '--env', ''], broken)).toEqual([]);
      expect(answers(['secrets', ''], broken)).toContain('list');
    }
    expect(answers(['profile', 'use', ''], machine.home)).toEqual([]);
    expect(answers(['--env', ''], join(machine.home, '.prefect'))).toEqual([]);
    expect(answers(['-C', '/nowhere', '--env', ''])).toEqual([]);
  });

  it('offers names alone, and shows no escape sequence of a hostile workspace', () => {
    const hostile = machine.clone('hostile');
    writeFileSync(
      join(hostile, 'hotpass-bootstrap.toml'),
      'schema = 1\nworkspace = "x"\n[environments.local]\nsecrets = ["s"]\n[environments.local.prefect]\n' +
        'profile = "a\\u001b]0;x\\u0007"\napi-url = "http://127.0.0.1:4200/api"\n' +
        '[secrets.s]\nenv = "TOKEN_X"\ndescription = "$(touch ran)\\u001b[31m"\n',
    );
    writeFileSync(join(machine.home, '.prefect', 'profiles.toml'), '[profiles."$(touch ran)"]\n[profiles."a b"]\n');
    for (const words of [
      ['secrets', 'get', ''],
      ['profile', 'adopt', ''],
      ['profile', 'use', ''],
    ]) {
      const out = machine.run(hostile, ['__complete', 'bash', ...words]).stdout;
      expect(out).not.toMatch(/[\x1b\x07$`]/);
    }
  });

  it('refuses a shell that it does not know, with the nearest', () => {
    const near = machine.run(workspace, ['completion', 'fihs']);
    expect([near.code, near.stderr]).toEqual([64, expect.stringContaining('completion fish')]);
    expect(machine.run(workspace, ['completion']).code).toBe(64);
    expect(machine.run(workspace, ['completion', 'bash', 'zsh']).code).toBe(64);
  });
});
