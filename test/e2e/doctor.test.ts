import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../src/commands/documents.ts';
import type { Finding } from '../../src/core/findings.ts';
import { smallWorkspace } from '../support/bad-input.ts';
import { Machine, type Outcome, snapshot } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { Terminal } from '../support/pty.ts';

const MANIFEST = `schema = 1
workspace = "small"
[environments.local]
variables = { GREETING = "hello" }
[[tasks]]
name = "once"
run = ["touch", "done"]
check = ["test", "-e", "done"]
[[tasks]]
name = "unasked"
run = ["sh", "-c", "echo again >> ran"]
[[readiness]]
name = "alpha"
run = ["python", "-c", "import alpha"]
`;

const machine = new Machine();
machine.env['PATH'] = [join(machine.home, '.local', 'bin'), machine.env['PATH']].join(delimiter);
// What this machine's own network needs is not what is looked at here.
for (const name of Object.keys(machine.env)) if (/_PROXY$|CERT/.test(name)) delete machine.env[name];
const root = smallWorkspace(machine);
const manifest = join(root, 'hotpass-bootstrap.toml');
const lock = readFileSync(join(root, 'uv.lock'), 'utf8');

interface Document {
  findings: Finding[];
  checked: string[];
  fixed?: { command: string; exit: number | null }[];
}

/** The document of a doctor, which is what the schema says. */
function read(outcome: Outcome): Document {
  return output.parse(JSON.parse(outcome.stdout)) as unknown as Document;
}

function doctor(args: readonly string[] = [], env: Record<string, string> = {}, cwd = root): Outcome & Document {
  const outcome = machine.run(cwd, ['doctor', '--offline', '--json', ...args], { env });
  return { ...outcome, ...read(outcome) };
}

/** Ids of what needs attention. */
const ids = ({ findings }: Document): string[] => findings.filter(({ level }) => level !== 'info').map(({ id }) => id);

/** Everything of the person, our own state included; the caches of other programs are theirs. */
const everything = (): Map<string, string> => snapshot(machine.home, /^\.cache(\/|$)|^small\/\.git(\/|$)/);

beforeAll(() => {
  writeFileSync(manifest, MANIFEST);
  writeFileSync(join(root, '.gitignore'), '.venv\n.env.small\n');
});

it('looks at a folder that was never set up, starts nothing of it, and says what setup would do', () => {
  writeFileSync(manifest, MANIFEST.replace('["test", "-e", "done"]', '["touch", "started"]'));
  const before = everything();
  const looked = doctor();
  writeFileSync(manifest, MANIFEST);
  expect(looked.code).toBe(2);
  const pending = looked.findings.find(({ id }) => id === 'HB513');
  expect(pending?.fix).toEqual({ command: 'hotpass-bootstrap setup', safe: false });
  expect(existsSync(join(root, 'started'))).toBe(false);
  expect(everything()).toEqual(
    new Map([...before, ['small/hotpass-bootstrap.toml', everything().get('small/hotpass-bootstrap.toml') ?? '']]),
  );
});

describe('a machine in order', () => {
  beforeAll(() => {
    expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
  });

  it('has nothing that needs attention, and nothing is changed by looking', () => {
    const before = everything();
    const started = Date.now();
    const looked = doctor();
    console.log(`doctor on a healthy machine: ${Date.now() - started} ms`);
    expect(ids(looked)).toEqual([]);
    expect(looked.code).toBe(0);
    expect(looked.checked).toEqual(expect.arrayContaining(['Clock', 'Python environment', 'Ready']));
    expect(looked.stderr).toBe('');
    expect(everything()).toEqual(before);
    // A task that cannot be asked was not run again.
    expect(readFileSync(join(root, 'ran'), 'utf8')).toBe('again\n');
  });

  it('is told to a person in a block, and the last line says what to type', () => {
    const { stdout, code } = machine.run(root, ['doctor', '--offline']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^small \(local\)\n {2}✔ \d+ of the machine, \d+ of the workspace in order/);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Nothing needs attention(; \d+ .*)?\.$/);
    expect(machine.run(root, ['doctor', '--offline', '-q'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('has nothing to mend', () => {
    const fixed = machine.run(root, ['doctor', '--fix', '--offline']);
    expect(fixed.code).toBe(0);
  });
});

describe('what is broken', () => {
  it('is mended by --fix when somebody says so, and not before', () => {
    rmSync(join(root, '.venv', 'bin', 'python'));
    rmSync(join(root, 'done'));
    const before = everything();
    const looked = doctor();
    expect(looked.code).toBe(2);
    expect(ids(looked)).toContain('HB513');
    const asked = machine.run(root, ['doctor', '--offline', '--fix']);
    expect(asked.code).toBe(3);
    expect(asked.stderr).toMatch(/hotpass-bootstrap setup .*\(HB513\)/);
    expect(asked.stderr).toContain('Next: hotpass-bootstrap doctor --fix --yes');
    expect(everything()).toEqual(before);

    const fixed = doctor(['--fix', '--yes']);
    expect(fixed.fixed).toEqual([{ command: 'hotpass-bootstrap setup', exit: 0 }]);
    expect(ids(fixed)).toEqual([]);
    expect(fixed.code).toBe(0);
    expect(existsSync(join(root, 'done'))).toBe(true);
  });

  it('is mended in the folder that -C names, from anywhere', () => {
    rmSync(join(root, 'done'));
    const fixed = doctor(['--fix', '--yes', '-C', root], {}, machine.home);
    expect(fixed.fixed).toEqual([{ command: 'hotpass-bootstrap setup --recheck', exit: 0 }]);
    expect(existsSync(join(root, 'done'))).toBe(true);
    expect(fixed.code).toBe(0);
  });

  it('is a line of .gitignore that is missing, which --fix writes without a shell', () => {
    writeFileSync(join(root, '.gitignore'), '.venv');
    const fixed = doctor(['--fix', '--yes']);
    expect(fixed.fixed).toMatchObject([{ command: expect.stringMatching(/^printf /), exit: 0 }]);
    expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('.venv\n.env.small\n');
    expect(fixed.code).toBe(0);
  });

  it('is not mended by a link that stands where the line belongs', () => {
    const precious = join(machine.home, 'precious');
    renameSync(join(root, '.gitignore'), join(root, 'kept'));
    writeFileSync(precious, 'mine\n');
    symlinkSync(precious, join(root, '.gitignore'));
    const fixed = doctor(['--fix', '--yes']);
    renameSync(join(root, 'kept'), join(root, '.gitignore'));
    expect(fixed.fixed).toMatchObject([{ exit: null }]);
    expect(readFileSync(precious, 'utf8')).toBe('mine\n');
    expect(fixed.code).toBe(2);
  });

  it('is a readiness check that fails, with what it said last', () => {
    const alpha = join(root, 'alpha.py');
    writeFileSync(alpha, 'raise SystemExit("no alpha today")\n');
    const looked = doctor();
    rmSync(alpha);
    const found = looked.findings.find(({ id }) => id === 'HB253');
    expect(found).toMatchObject({ level: 'fail', cause: expect.stringContaining('no alpha today') });
    expect(looked.code).toBe(2);
  });

  it.each([
    [
      'an invalid manifest',
      () => writeFileSync(manifest, 'schema = "1"\n'),
      () => writeFileSync(manifest, MANIFEST),
      'HB130',
    ],
    [
      'a .venv that is a link',
      () => {
        renameSync(join(root, '.venv'), join(machine.home, 'elsewhere'));
        symlinkSync(join(machine.home, 'elsewhere'), join(root, '.venv'));
      },
      () => {
        rmSync(join(root, '.venv'));
        renameSync(join(machine.home, 'elsewhere'), join(root, '.venv'));
      },
      'HB240',
    ],
    [
      'a lock that is cut',
      () => writeFileSync(join(root, 'uv.lock'), `${lock}\n[[package]`),
      () => writeFileSync(join(root, 'uv.lock'), lock),
      'HB222',
    ],
  ])('is %s, which is a finding here and stops others', (_, spoil, mend, id) => {
    spoil();
    const before = everything();
    const looked = doctor();
    const after = everything();
    mend();
    expect(ids(looked)).toContain(id);
    expect(looked.code).toBe(2);
    expect(looked.checked).toContain('Clock');
    expect(after).toEqual(before);
  });

  it('is a registry that cannot be read, or a store that does not exist', () => {
    const registry = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces.json');
    const text = readFileSync(registry);
    writeFileSync(registry, '{');
    const broken = doctor();
    writeFileSync(registry, text);
    expect(broken.code).toBe(2);
    expect(broken.findings.some(({ message }) => message.includes('workspaces.json'))).toBe(true);

    const config = join(machine.home, '.config', 'hotpass-bootstrap');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'config.toml'), 'store = "shoebox"\n');
    const chosen = doctor();
    rmSync(join(config, 'config.toml'));
    expect(ids(chosen)).toContain('HB318');
  });

  it('is that there is no project at all: the machine is looked at', () => {
    const empty = join(machine.home, 'empty');
    mkdirSync(join(empty, '.git'), { recursive: true });
    const looked = doctor([], {}, empty);
    expect(looked.code).toBe(2);
    expect(ids(looked)).toEqual(['HB139']);
    expect(looked.checked).toContain('Clock');
    expect(looked.checked).not.toContain('Python environment');
  });

  it('is no mistyped environment or folder: that is wrong usage', () => {
    for (const args of [
      ['--env', 'nope'],
      ['-C', join(root, 'nowhere')],
    ]) {
      expect(machine.run(root, ['doctor', ...args])).toMatchObject({ code: 64, stdout: '' });
    }
  });

  it('is another environment, locale or umask in the shell', () => {
    const env = { VIRTUAL_ENV: machine.home, LANG: 'ru_RU.KOI8-R' };
    expect(ids(doctor([], env)).sort()).toEqual(['HB154', 'HB165']);
    const argv = ['-c', 'umask 0; exec "$@"', 'sh', process.execPath, installedBin(), 'doctor', '--offline', '--json'];
    const result = spawnSync('sh', argv, { cwd: root, env: machine.env, encoding: 'utf8' });
    expect(JSON.parse(result.stdout).findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'HB164', level: 'warn' })]),
    );
  });

  it('is a disk that is full, out of inodes, or starts no programs', () => {
    const small = join(machine.home, 'tiny');
    mkdirSync(small, { recursive: true });
    const mount = (options: string, files: number): string =>
      `mount -t tmpfs -o ${options} none '${small}' && mkdir '${small}/state' && for n in $(seq ${files}); do : > '${small}/'$n; done && exec "$@"`;
    const inside = (options: string, files: number, env: Record<string, string>): Document | undefined => {
      const own = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
      const argv = [
        ...own,
        'sh',
        '-c',
        mount(options, files),
        'sh',
        process.execPath,
        installedBin(),
        'doctor',
        '--offline',
      ];
      const result = spawnSync('unshare', [...argv, '--json'], {
        cwd: root,
        env: { ...machine.env, ...env },
        encoding: 'utf8',
      });
      // A container may allow no mounts; what the numbers mean is tested with recorded ones too.
      if (/^(unshare|mount): /m.test(result.stderr)) return undefined;
      return JSON.parse(result.stdout) as Document;
    };
    const full = inside('size=8m,nr_inodes=50', 46, { XDG_STATE_HOME: join(small, 'state') });
    if (full) expect(ids(full)).toEqual(expect.arrayContaining(['HB152', 'HB153']));
    const noexec = inside('size=900m,noexec', 0, { TMPDIR: small });
    if (noexec) expect(ids(noexec)).toEqual(expect.arrayContaining(['HB162']));
    expect(ids(doctor([], { TMPDIR: join(machine.home, 'nowhere') }))).toEqual(expect.arrayContaining(['HB162']));
  });
});

describe('at a terminal', () => {
  it('asks once, and a no changes nothing', async () => {
    rmSync(join(root, 'done'));
    const env = { ...machine.env, TERM: 'xterm-256color' };
    const no = new Terminal(root, ['doctor', '--offline', '--fix'], env);
    await no.sees(/These fixes are safe to run:[\s\S]*hotpass-bootstrap setup[\s\S]*Run them\?/);
    no.type('n\r');
    expect((await no.exit).exitCode).toBe(3);
    expect(existsSync(join(root, 'done'))).toBe(false);
    const yes = new Terminal(root, ['doctor', '--offline', '--fix'], env);
    await yes.sees(/Run them\?/);
    yes.type('y\r');
    await yes.sees(/Nothing needs attention/);
    expect((await yes.exit).exitCode).toBe(0);
    expect(existsSync(join(root, 'done'))).toBe(true);
  });
});
