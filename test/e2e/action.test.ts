import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runAction } from '../support/action-runner.ts';
import { npmRegistry } from '../support/npm-registry.ts';
import { tarball } from '../support/pack.ts';
import { emptyHome, repository, temporary } from '../support/tools.ts';
import { makeProject } from '../support/wheels.ts';
import { readAction } from '../support/workflows.ts';

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const action = readAction();
const home = temporary('hb-runner-');
const workspace = join(home, 'work', 'repo');
const cache = join(home, 'service-cache');
let registry: Awaited<ReturnType<typeof npmRegistry>>;
let first: Ran;

/** A job on a machine of GitHub's that nobody has used before, but for what the cache of the service holds. */
function job(inputs: Record<string, string> = {}, more: Record<string, string> = {}, until?: string): Promise<Ran> {
  const temp = temporary('hb-runner-temp-');
  const { UV_CACHE_DIR: _, ...machine } = emptyHome(temporary('hb-runner-home-'));
  const env = {
    ...machine,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'somebody/repo',
    GITHUB_WORKSPACE: workspace,
    ImageOS: 'ubuntu24',
    RUNNER_ARCH: 'X64',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    npm_config_registry: registry.url,
    npm_config_cache: join(home, 'npm'),
    ...more,
  };
  rmSync(join(workspace, 'part', '.venv'), { recursive: true, force: true });
  return runAction(action, { env, inputs: { 'working-directory': 'part', ...inputs }, cache, until });
}

beforeAll(async () => {
  const { name, version, bin, engines, optionalDependencies } = manifest;
  registry = await npmRegistry(tarball(), { name, version, bin, engines, optionalDependencies } as typeof manifest);
  const part = join(workspace, 'part');
  mkdirSync(part, { recursive: true });
  makeProject(part);
  writeFileSync(join(part, 'hotpass-bootstrap.toml'), 'schema = 1\n[environments.ci]\n[environments.other]\n');
  // npm would fetch the tool from there, were it started in the checkout.
  writeFileSync(join(part, '.npmrc'), 'registry=http://127.0.0.1:9/\n');
  writeFileSync(join(workspace, '.npmrc'), 'registry=http://127.0.0.1:9/\n');
  first = await job({ environment: 'ci' });
});
afterAll(() => registry.stop());

describe('action.yml, step by step', () => {
  it('sets the project up, with the command on PATH for later steps', () => {
    expect(first.code, first.log).toBe(0);
    expect(first.steps).toEqual([
      'Look for Node',
      'Find the cache',
      'Restore the cache',
      'Install hotpass-bootstrap',
      'Set up',
      'Save the cache',
    ]);
    expect(first.env['PATH']).toContain(join('hotpass-bootstrap', 'bin'));
    expect(registry.asked).toContain('/hotpass-bootstrap');
  });

  it('says how long it took, for which environment, and whether the cache was of use', () => {
    expect(Object.keys(first.outputs).sort()).toEqual([
      'cache-hit',
      'duration-seconds',
      'environment',
      'machine-seconds',
    ]);
    expect(first.outputs['environment']).toBe('ci');
    expect(first.outputs['cache-hit']).toMatch(/^(true|false)$/);
    expect(Number(first.outputs['duration-seconds'])).toBeGreaterThan(0);
    expect(Number(first.outputs['machine-seconds'])).toBeGreaterThan(0);
  });

  it('finds its cache again for the same lock file, Python and environment, and saves nothing then', async () => {
    const again = await job({ environment: 'ci' });
    expect(again.code, again.log).toBe(0);
    expect(again.outputs['cache-hit']).toBe('true');
    expect(again.steps).not.toContain('Save the cache');
    const other = await job({ environment: 'other', 'prune-cache': 'true' });
    expect(other.code, other.log).toBe(0);
    expect(other.outputs['environment']).toBe('other');
    expect(other.steps.slice(-2)).toEqual(['Prune the cache', 'Save the cache']);
  });

  it.each([
    ['pull_request_target', { GITHUB_EVENT_NAME: 'pull_request_target' }],
    ['a tag', { GITHUB_REF_TYPE: 'tag' }],
  ])('%s neither reads nor fills the cache', async (_, env) => {
    const { steps } = await job({ environment: 'ci' }, env, 'Install hotpass-bootstrap');
    expect(steps).toEqual(['Look for Node', 'Find the cache']);
    const [restore, save] = ['Restore the cache', 'Save the cache'].map(name => {
      return action.runs.steps.find(step => step.name === name)?.if?.split(' && ')[0];
    });
    expect(save).toBe(restore);
  });

  it('takes inputs for what they are, never for a part of a script', async () => {
    const marker = join(home, 'marker');
    const bad = await job({ version: `1.0.0"; touch ${marker}; "` });
    expect(bad.code).toBe(64);
    expect(bad.log).toContain('::error title=hotpass-bootstrap::The input "version"');
    const environment = `x; touch ${marker} $(touch ${marker})`;
    const odd = await job({ environment, cache: 'false' });
    expect(odd.code).toBe(64);
    expect(() => readFileSync(marker)).toThrow();
  });
});
