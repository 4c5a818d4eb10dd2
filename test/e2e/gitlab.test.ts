import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from '../support/machine.ts';
import { npmRegistry } from '../support/npm-registry.ts';
import { otherNode } from '../support/other-node.ts';
import { tarball } from '../support/pack.ts';
import { repository } from '../support/tools.ts';
import { makeProject } from '../support/wheels.ts';

const machine = new Machine();
const project = join(machine.home, 'project');
let registry: Awaited<ReturnType<typeof npmRegistry>>;
let job: { code: number | null; log: string };

/** gitlab-ci-local reads a pipeline as GitLab does, and runs its jobs with a shell. */
function runPipeline(env: Record<string, string>): Promise<typeof job> {
  const bin = join(repository, 'node_modules', 'gitlab-ci-local', 'dist', 'index.js');
  const args = [bin, '--force-shell-executor', '--artifacts-to-source'];
  return new Promise((resolve, reject) => {
    const child = spawn(otherNode('24.21.0'), args, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    }
    child.on('error', reject);
    child.on('close', code => resolve({ code, log }));
  });
}

beforeAll(async () => {
  const { name, version, bin } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  registry = await npmRegistry(tarball(), { name, version, bin } as { name: string; version: string });
  mkdirSync(project, { recursive: true });
  makeProject(project);
  const git = (...args: string[]) => {
    expect(spawnSync('git', args, { cwd: project, env: machine.env }).status, args.join(' ')).toBe(0);
  };
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', 'git@gitlab.example.com:somebody/project.git');
  expect(machine.run(project, ['init', '--ci', 'gitlab', '--yes']).code).toBe(0);
  writeFileSync(join(project, '.gitignore'), '.venv\n.gitlab-ci-local\n.uv-cache\n');
  git('config', 'user.email', 'somebody@example.com');
  git('config', 'user.name', 'Somebody');
  git('add', '.');
  git('commit', '-qm', 'Everything');
  const { UV_CACHE_DIR: _, ...env } = machine.env;
  job = await runPipeline({ ...env, npm_config_registry: registry.url, npm_config_cache: join(machine.home, 'npm') });
});
afterAll(() => registry.stop());

it('the job that init writes for GitLab runs as it stands', () => {
  expect(job.code, job.log).toBe(0);
  expect(job.log).toMatch(/Python 3\.\d+/);
  expect(registry.asked).toContain('/hotpass-bootstrap');
});

it('tells later jobs how long it took', () => {
  const files = readdirSync(project, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('bootstrap.env'),
  );
  expect(files).not.toEqual([]);
  expect(readFileSync(join(project, files[0] ?? ''), 'utf8')).toMatch(/^BOOTSTRAP_DURATION_SECONDS=\d/m);
  expect(existsSync(join(project, '.venv')) || job.log.includes('ready in')).toBe(true);
});
