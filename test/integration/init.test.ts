import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, publicChange } from '../../src/core/changes.ts';
import { UserError } from '../../src/core/errors.ts';
import { readContext } from '../../src/engine/context.ts';
import { changesOf, makePlan } from '../../src/engine/plan.ts';
import { type InitPlan, planInit } from '../../src/manifest/init/write.ts';
import { type Loaded, loadWorkspace } from '../../src/manifest/load.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import { STEPS } from '../../src/steps/index.ts';
import { userPaths } from '../../src/system/paths.ts';
import { EMPTY_STORE } from '../support/context.ts';
import { type LoopbackIndex, loopbackIndex } from '../support/loopback-index.ts';
import { PROJECTS, writeProject } from '../support/projects.ts';
import { emptyHome, repository, temporary, uvPath } from '../support/tools.ts';

interface Looked {
  loaded: Loaded;
  /** What would change, or why nothing can be planned. */
  plan: unknown;
}

interface Tried {
  root: string;
  plan: InitPlan;
  before: Looked;
  after: Looked;
  manifest: string;
}

let index: LoopbackIndex;
beforeAll(async () => {
  const wheels = temporary();
  index = await loopbackIndex(join(wheels, 'wheels'), writeProject(wheels, { files: {}, wheels: { alpha: '1.0' } }));
});
afterAll(() => index.close());

const start = promisify(execFile);

/** `init` in a project that it has never seen, and what uv and the steps would do before and after. */
async function tried(name: string): Promise<Tried> {
  const project = PROJECTS[name];
  if (!project) throw new Error(`no project ${name}`);
  const home = realpathSync(temporary('hb-home-'));
  const root = join(home, name);
  mkdirSync(root);
  writeProject(root, project);
  const pyproject = readFileSync(join(root, 'pyproject.toml'), 'utf8').replace('INDEX_URL', index.url);
  writeFileSync(join(root, 'pyproject.toml'), pyproject);
  const env = emptyHome(home);
  await start('git', ['init', '-q'], { cwd: root, env });
  if (name !== 'no-lock') await start(uvPath(), ['lock', '--no-python-downloads'], { cwd: root, env });
  const before = await look(root, env);
  const options = {
    root,
    env,
    path: env['PATH'] ?? '',
    home,
    makefile: true,
    envrc: false,
    ci: undefined,
    devcontainer: false,
  };
  const plan = await planInit(before.loaded, options);
  for (const edit of plan.edits) writeFileSync(edit.path, edit.content);
  const after = await look(root, env);
  return { root, plan, before, after, manifest: readFileSync(join(root, 'hotpass-bootstrap.toml'), 'utf8') };
}

/** The plan of a workspace as it would be once approved: uv itself is asked. */
async function look(root: string, env: Record<string, string>): Promise<Looked> {
  const paths = userPaths(env);
  const loaded = await loadWorkspace({ directory: root, ci: false, paths });
  const linked = { id: 'x', name: 'w', namespace: 'w', state: temporary() };
  const steps = STEPS.filter(({ id }) => id !== 'self');
  const parts = { env, paths, linked, approved: true, ci: false, offline: false, recheck: false, store: EMPTY_STORE };
  const read = readContext({ ...parts, wanted: resolve(loaded), signal: new AbortController().signal });
  const plan = await makePlan(steps, read, []).catch(error => {
    if (error instanceof UserError) return error.message;
    throw error;
  });
  return { loaded, plan: typeof plan === 'string' ? plan : common(changesOf(plan)) };
}

/** Changes of the plan but for what a manifest adds: tasks and checks. */
const common = (changes: readonly Change[]) =>
  changes.filter(({ step }) => step !== 'tasks' && step !== 'readiness').map(publicChange);

/** Findings by project. */
const WORTH_KNOWING: Record<string, string[]> = {
  everything: ['HB522'],
  'workspace-of-packages': ['HB525'],
  'no-lock': ['HB526'],
  'several-below': ['HB525'],
  'extras-only': ['HB521'],
};

describe('a manifest that a maintainer would keep, and the plan of before', () => {
  it.each(Object.keys(PROJECTS))('%s', async name => {
    const { before, after, manifest, plan } = await tried(name);
    await expect(manifest).toMatchFileSnapshot(join(repository, 'test', 'fixtures', 'init', `${name}.toml`));
    expect(after.loaded.source.kind).toBe('file');
    expect(after.loaded.findings).toEqual([]);
    // The values that lie about in the files of the projects have this in them.
    expect(JSON.stringify(plan)).not.toMatch(/canary/i);
    expect(after.plan).toEqual(before.plan);
    expect(plan.findings.map(({ id }) => id)).toEqual(WORTH_KNOWING[name] ?? []);
  });
});
