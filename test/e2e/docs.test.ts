import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { Machine } from '../support/machine.ts';
import { installedBin } from '../support/pack.ts';
import { blocks, pages, read, shellBlocks } from '../support/pages.ts';
import { repository } from '../support/tools.ts';

interface Job {
  env: Record<string, string>;
  steps: { run?: string }[];
}

const machine = new Machine();
// Where the guide for a new joiner says that it is.
const clone = machine.clone('path/to/clone');
/** A project without a manifest, for the page that writes one. */
const bare = machine.clone('bare');
const TEAM_LEAD = 'docs/guides/team-lead.md';
const CI = 'docs/guides/ci.md';
let keyring: Keyring;

/** What a line ends with, where that is not 0. */
const EXITS: [RegExp, number[]][] = [
  [/undo --dry-run/, [2]],
  [/init --dry-run/, [2]],
  // A passphrase is typed on a terminal; test/e2e/stores.test.ts does.
  [/where --use sealed-file/, [69]],
  // Other lines of the page store what stands in value.txt.
  [/secrets scan/, [0, 2]],
  // Nothing answers for Prefect here, which is worth a warning.
  [/doctor$/, [0, 2]],
];
/** Commands in `text` blocks that no test types. */
const NOT_TYPED = new Map([
  [
    'npx hotpass-bootstrap setup --template hotpass',
    'needs a checkout of Hotpass; test/e2e/template.test.ts has one like it',
  ],
  ['hotpass-bootstrap doctor --fix', 'asks; test/e2e/doctor.test.ts answers'],
  ['hotpass-bootstrap report --export exports', 'has nothing to tell here; test/e2e/report.test.ts has'],
  ['hotpass-bootstrap report --from exports', 'likewise'],
  ['hotpass-bootstrap secrets push', 'needs a Vault; test/e2e/vault.test.ts has one'],
  ['hotpass-bootstrap secrets pull', 'likewise'],
  [
    'hotpass-bootstrap secrets rotate prefect-auth --env staging',
    'asks its service; test/e2e/secrets-use.test.ts has one',
  ],
  ['make test', 'is what runs this'],
  ['npx hotpass-bootstrap', 'with a Node that uv brings; test/e2e/no-node.test.ts types it'],
]);

/** Runs a line as a person types it, in a clone that has been set up. */
function type(line: string, cwd: string, env: Record<string, string> = {}) {
  const result = spawnSync('bash', ['-c', line], { cwd, env: { ...machine.env, ...env }, encoding: 'utf8', input: '' });
  return { code: result.status, said: `${result.stdout}\n${result.stderr}` };
}

/** An `npx` that is npm's own, with the installed tarball for what it would fetch under our name. */
function putNpx(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'npx');
  const prefix = dirname(dirname(dirname(dirname(installedBin()))));
  const script = `#!/bin/sh
[ "$1" != --yes ] || shift
case $1 in hotpass-bootstrap | hotpass-bootstrap@*) shift ;; *) exit 64 ;; esac
exec npm exec --offline --prefix '${prefix}' -- hotpass-bootstrap "$@"
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

describe('the commands in README and the pages', () => {
  beforeAll(async () => {
    keyring = await withKeyring(machine.home);
    machine.env = { ...machine.env, ...keyring.env, UV_CACHE_DIR: machine.env['UV_CACHE_DIR'] ?? '' };
    const programs = join(machine.home, 'programs');
    putNpx(programs);
    const path = machine.env['PATH'];
    machine.env['PATH'] = [programs, join(machine.home, '.local', 'bin'), path].join(delimiter);
    rmSync(join(bare, 'hotpass-bootstrap.toml'));
    writeFileSync(join(clone, 'value.txt'), 'somebody:a-password-for-tests\n');
    writeFileSync(join(clone, '.env'), 'HARBOUR_COLOUR=blue\n');
    expect(machine.run(clone, ['setup', '--yes']).code).toBe(0);
  });
  afterAll(() => keyring.stop());

  const lines = pages().flatMap(page => shellBlocks(page).map(line => ({ page, line })));
  const isHere = ({ page, line }: { page: string; line: string }): boolean =>
    page !== TEAM_LEAD && line.startsWith('make ');

  it.each(lines.filter(one => !isHere(one)))('$page: $line', ({ page, line }) => {
    const { code, said } = type(line, page === TEAM_LEAD ? bare : clone);
    const expected = EXITS.find(([pattern]) => pattern.test(line))?.[1];
    // A plan of the project that is not set up yet has something to do.
    const allowed = expected ?? (page === TEAM_LEAD && line.endsWith(' plan') ? [2] : [0]);
    expect(allowed, said).toContain(code);
  });

  // make takes the checkout as built, since other tests use it at the same time; WORKSPACE is a clone outside.
  it.each(lines.filter(isHere))('$page: $line', ({ line }) => {
    const command = line.replace(/^make /, 'make -o node_modules/.complete -o dist/cli.js ');
    const { code, said } = type(command, repository, { WORKSPACE: clone });
    expect(code, said).toBe(0);
    expect(said).toMatch(/everything in order|ready in/);
  });

  it('are all either run here or marked as text, and make’s targets exist', () => {
    expect(lines.length).toBeGreaterThan(30);
    for (const page of pages()) {
      const marks = blocks(page).map(({ mark }) => mark);
      expect(marks, page).toEqual(marks.filter(mark => ['sh', 'text', 'toml', 'make', 'yaml'].includes(mark)));
    }
    for (const [, target = ''] of read('README.md').matchAll(/^make (\w+)$/gm)) {
      expect(spawnSync('make', ['-n', target], { cwd: repository }).status, target).toBe(0);
    }
  });

  // The reference says how commands are written and gives the examples of their help; findings say what may be seen.
  const told = pages().filter(page => !/reference\.md$|findings\/|decisions\/|CHANGELOG/.test(page));

  it.each(told)('%s has no command in a text block, but for those that cannot be typed here', page => {
    const commands = blocks(page)
      .filter(({ mark }) => mark === 'text')
      .flatMap(({ text }) => text.split('\n').filter(line => /^(cd|npx|make|hotpass-bootstrap|eval)\b/.test(line)));
    expect(commands.filter(line => !NOT_TYPED.has(line))).toEqual([]);
  });

  it('show a manifest that is valid', () => {
    const [{ text } = { text: '' }] = blocks(TEAM_LEAD).filter(({ mark }) => mark === 'toml');
    const file = join(machine.home, 'guide.toml');
    writeFileSync(file, text);
    const plan = machine.run(clone, ['plan', '--manifest', file, '--json']);
    expect(plan.code, plan.stderr).toBe(2);
    expect(JSON.parse(plan.stdout)).toMatchObject({ kind: 'plan', environment: 'local' });
  });

  it('show a CI job whose commands run as it says, and say what is missing without its secrets', () => {
    const [{ text } = { text: '' }] = blocks(CI).filter(({ mark }) => mark === 'yaml');
    const { test } = (load(text) as { jobs: { test: Job } }).jobs;
    const commands = test.steps.flatMap(({ run }) => run ?? []);
    expect(commands).toHaveLength(2);
    const secrets = Object.keys(test.env).filter(name => test.env[name]?.includes('secrets.'));
    const given = Object.fromEntries(secrets.map(name => [name, 'somebody:a-password-for-tests']));
    const job = machine.clone('job');
    // A job has a home of its own, and no keychain.
    const env = {
      ...test.env,
      ...given,
      CI: 'true',
      HOME: join(machine.home, 'job-home'),
      DBUS_SESSION_BUS_ADDRESS: '',
    };
    const without = { ...env, ...Object.fromEntries(secrets.map(name => [name, ''])) };
    mkdirSync(env.HOME);
    for (const name of ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME']) Object.assign(env, { [name]: '' });
    Object.assign(without, { XDG_DATA_HOME: '', XDG_CONFIG_HOME: '', XDG_STATE_HOME: '' });
    const refused = type(commands[0] ?? '', job, without);
    expect(refused.code, refused.said).toBe(3);
    for (const name of secrets) expect(refused.said).toContain(name);
    for (const command of commands) {
      const { code, said } = type(command, job, env);
      expect(code, said).toBe(0);
    }
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
      ['doctor', ['doctor', '--offline', '-C', machine.home], ['doctor']],
      ['env', ['env'], ['env']],
      ['secrets', ['secrets', 'where'], ['secrets']],
      ['secrets', ['secrets', 'list'], ['secrets']],
      ['profile', ['profile', 'list'], ['profile']],
      ['report', ['report'], ['report']],
      ['profile', ['profile', 'use', 'local'], ['profile']],
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
