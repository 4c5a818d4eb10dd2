import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';

const machine = new Machine();
const workspace = machine.clone();
const manifest = join(workspace, 'hotpass-bootstrap.toml');
const ONLY = ['setup', '--yes', '--only', 'env-file'];

function remembered(): string | undefined {
  const file = join(machine.home, '.local', 'state', 'hotpass-bootstrap', 'workspaces.json');
  const { workspaces } = JSON.parse(readFileSync(file, 'utf8')) as {
    workspaces: Record<string, { template?: string }>;
  };
  return Object.values(workspaces)[0]?.template;
}

it('a template is remembered for the folder until the project has a manifest of its own', () => {
  const text = readFileSync(manifest, 'utf8');
  rmSync(manifest);
  // What an everyday run remembers from before must not hide the template.
  expect(machine.run(workspace, ['setup', '--yes', '--skip', 'prefect']).code).toBe(0);
  expect(machine.run(workspace, ['setup', '--yes']).code).toBe(0);
  expect(machine.run(workspace, ['setup', '--yes']).stderr).toMatch(/everything in order \(local\)/);

  const first = machine.run(workspace, [...ONLY, '--template', 'hotpass', '--env', 'local']);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/hotpass-bootstrap init --template hotpass$/m);
  expect(remembered()).toBe('hotpass');
  expect(machine.run(workspace, ['setup', '--dry-run', '--json', '--only', 'env-file']).stdout).toContain(
    '"workspace": "hotpass"',
  );
  expect(machine.run(workspace, ['setup']).stderr).not.toContain('everything in order');
  expect(machine.run(workspace, ['plan', '--only', 'env-file']).stdout).toContain('HB530');
  expect(machine.run(workspace, ['env']).stdout).toContain("HOTPASS_ENVIRONMENT='local'");
  expect(machine.run(workspace, ['run', '--', 'printenv', 'HOTPASS_ENVIRONMENT']).stdout).toBe('local\n');
  expect(machine.run(workspace, ['secrets', 'list', '--env', 'staging']).stdout).toContain('PREFECT_API_KEY');
  expect(machine.run(workspace, ONLY).stderr).toMatch(/: in order \(local; only env-file was looked at\)/);

  // CI neither uses nor changes what is remembered here.
  expect(machine.run(workspace, ['env'], { env: { CI: 'true' } }).stdout).not.toContain('HOTPASS_ENVIRONMENT');
  expect(machine.run(workspace, ONLY, { env: { CI: 'true' } }).code).toBe(0);
  expect(remembered()).toBe('hotpass');

  writeFileSync(manifest, text);
  expect(machine.run(workspace, ['plan', '--only', 'env-file']).stdout).not.toContain('HB530');
  expect(machine.run(workspace, ONLY).code).toBe(0);
  expect(remembered()).toBeUndefined();
});

it('--template none goes back to what is inferred', () => {
  rmSync(manifest, { force: true });
  expect(machine.run(workspace, [...ONLY, '--template', 'hotpass', '--env', 'local']).code).toBe(0);
  expect(machine.run(workspace, [...ONLY, '--template', 'none']).code).toBe(0);
  expect(remembered()).toBeUndefined();
  expect(machine.run(workspace, ['env']).stdout).not.toContain('HOTPASS_ENVIRONMENT');
});

it('printed commands name the environment and the manifest that were given, unless they are what counts anyway', () => {
  const other = machine.clone('named');
  const next = (args: string[], env: Record<string, string> = {}): string =>
    /^Next: (.*)$/m.exec(machine.run(other, args, { env }).stderr)?.[1] ?? '';
  const folder = join(machine.home, 'named');
  // Nothing is remembered yet: the manifest's first environment is what counts.
  expect(next(['secrets', 'get', 'x', '--env', 'local'])).toMatch(/hotpass-bootstrap secrets list$/);
  expect(next(['secrets', 'get', 'x', '--env', 'staging'])).toMatch(/hotpass-bootstrap --env staging secrets list$/);
  expect(next(['secrets', 'get', 'x'], { HOTPASS_BOOTSTRAP_ENV: 'staging' })).toMatch(/ --env staging secrets list$/);
  expect(next(['secrets', 'get', 'x', '-C', folder, '--env', 'staging'])).toContain(
    `--env staging -C ${folder} secrets`,
  );
  expect(next(['secrets', 'get', 'x', '--manifest', 'hotpass-bootstrap.toml'])).toMatch(
    /hotpass-bootstrap --manifest hotpass-bootstrap\.toml secrets list$/,
  );
  expect(next(['plan', '--env', 'stagng'])).toMatch(/hotpass-bootstrap plan --env staging$/);
  expect(machine.run(other, [...ONLY, '--env', 'staging']).code).toBe(0);
  expect(next(['secrets', 'get', 'x', '--env', 'staging'])).toMatch(/hotpass-bootstrap secrets list$/);
  expect(next(['secrets', 'get', 'x', '--env', 'local'])).toMatch(/ --env local secrets list$/);
});

it('a command about a file of the workspace works where the person stands', () => {
  const folder = join(machine.home, 'named');
  writeFileSync(join(folder, 'prefect.toml'), '[client]\ncustom_headers = "{\\"a\\": \\"b\\"}"\n');
  const env = { PREFECT_API_AUTH_STRING: 'a:bcdefgh', OTEL_EXPORTER_OTLP_HEADERS: 'A=bcdefgh' };
  const refused = machine.run(join(folder, 'src'), ['run', '--env', 'staging', '--', 'true'], { env });
  const [, command = ''] = /^Next: (.*)$/m.exec(refused.stderr) ?? [];
  expect(refused.stderr).toContain('PREFECT_CLIENT_CUSTOM_HEADERS');
  const typed = spawnSync('sh', ['-c', command], { cwd: join(folder, 'src'), env: machine.env, encoding: 'utf8' });
  expect(typed.stdout).toContain('custom_headers');
});
