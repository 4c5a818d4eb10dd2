import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type CiService, ciEdits } from '../../../../src/manifest/init/ci-files.ts';
import { temporary } from '../../../support/tools.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const GITHUB = '.github/workflows/hotpass-bootstrap.yml';

function repository(files: Record<string, string> = {}): string {
  const root = realpathSync(temporary());
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  git(root, 'init', '-q', '-b', 'trunk');
  return root;
}

function git(root: string, ...args: string[]): void {
  const env = { PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  expect(spawnSync('git', args, { cwd: root, env }).status).toBe(0);
}

/** What would be written, by file; findings by their id. */
async function made(root: string, ci: CiService | undefined, devcontainer = false) {
  const env = { HOME: root, PATH, GIT_CONFIG_NOSYSTEM: '1' };
  const all = await ciEdits({ root, env, path: PATH, ci, devcontainer });
  return Object.fromEntries(all.map(one => ('id' in one ? [one.id, one.message] : [one.file, one.content])));
}

describe('init --ci', () => {
  it.each([
    ['github', GITHUB],
    ['gitlab', '.gitlab-ci.yml'],
  ] as const)('%s writes one file that is YAML, with nothing left to fill in', async (service, file) => {
    const found = await made(repository(), service);
    expect(Object.keys(found)).toEqual([file]);
    expect(load(found[file] ?? '')).toBeTypeOf('object');
    expect(found[file]).toMatch(/hotpass-bootstrap@\d+\.\d+\.\d+ setup --no-input/);
    expect(found[file]).not.toMatch(/@[A-Z]+@/);
  });

  it('without either writes nothing', async () => {
    expect(await made(repository(), undefined)).toEqual({});
  });

  it('runs pytest where the lock file has it', async () => {
    const run = async (lock: string) => (await made(repository({ 'uv.lock': lock }), 'github'))[GITHUB];
    expect(await run('[[package]]\nname = "pytest"\r\n')).toContain('run -- python -m pytest\n');
    expect(await run('[[package]]\nname = "pytest-cov"\n')).toContain('run -- python --version\n');
  });

  it('takes the branch that clones start on, and main for a name that YAML could misread', async () => {
    const branches = async (name: string | undefined) => {
      const root = repository();
      if (name !== undefined) {
        git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', `refs/remotes/origin/${name}`);
      }
      const text = (await made(root, 'github'))[GITHUB] ?? '';
      return (load(text) as { on: { push: { branches: string[] } } }).on.push.branches;
    };
    expect(await branches(undefined)).toEqual(['main']);
    expect(await branches('release/1.x')).toEqual(['release/1.x']);
    expect(await branches('1.0')).toEqual(['1.0']);
    for (const odd of ['a"b', "a'b", 'a,b', '#a', 'ä']) expect(await branches(odd), odd).toEqual(['main']);
  });

  it('never changes a file that is there', async () => {
    const own = { [GITHUB]: 'name: own\n', '.gitlab-ci.yml': 'test:\n  script: [make]\n' };
    const root = repository(own);
    expect(Object.keys(await made(root, 'github'))).toEqual(['HB491']);
    const gitlab = await made(root, 'gitlab');
    expect(Object.keys(gitlab)).toEqual(['.gitlab/hotpass-bootstrap.yml', 'HB493']);
    expect(loadAll(gitlab['.gitlab/hotpass-bootstrap.yml'] ?? '')).toHaveLength(1);
    // A pipeline that includes it already is as it should be.
    writeFileSync(join(root, '.gitlab-ci.yml'), 'include:\n  - local: .gitlab/hotpass-bootstrap.yml\n');
    expect(Object.keys(await made(root, 'gitlab'))).toEqual(['HB491']);
  });

  it('writes through no link, into no file with a second name, and not where a file stands for a folder', async () => {
    const elsewhere = temporary();
    const outside = repository();
    symlinkSync(elsewhere, join(outside, '.github'));
    expect((await made(outside, 'github'))['HB490']).toContain('.github is a symbolic link');
    const deeper = repository({ '.github/CODEOWNERS': '' });
    symlinkSync(elsewhere, join(deeper, '.github', 'workflows'));
    expect((await made(deeper, 'github'))['HB490']).toContain('.github/workflows is a symbolic link');
    const blocked = repository({ '.devcontainer': '' });
    expect((await made(blocked, undefined, true))['HB490']).toContain('.devcontainer is no folder');
    const shared = repository({ other: 'x' });
    linkSync(join(shared, 'other'), join(shared, '.gitlab-ci.yml'));
    expect(Object.keys(await made(shared, 'gitlab'))).toEqual(['HB523']);
    expect(existsSync(join(elsewhere, 'hotpass-bootstrap.yml'))).toBe(false);
  });

  it('says so in a project below the top of its repository, where no service would look', async () => {
    const root = join(repository({ 'parts/one/pyproject.toml': '' }), 'parts', 'one');
    for (const service of ['github', 'gitlab'] as const) {
      expect(Object.keys(await made(root, service))).toEqual(['HB492']);
    }
    expect(Object.keys(await made(root, undefined, true))).toEqual(['.devcontainer/devcontainer.json']);
  });

  it('writes a dev container that is JSON but for its comments', async () => {
    const text = (await made(repository(), undefined, true))['.devcontainer/devcontainer.json'] ?? '';
    const { postCreateCommand, image } = JSON.parse(text.replace(/^\/\/.*\n/gm, ''));
    expect(image).toMatch(/^node:/);
    expect(postCreateCommand).toMatch(/^npx --yes hotpass-bootstrap@\d+\.\d+\.\d+ setup --no-input$/);
  });
});
