import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closure, lockedVersions, readLock } from '../../src/manifest/uv-lock.ts';
import { folder, load } from '../support/manifests.ts';
import { emptyHome, repository, temporary, uvPath } from '../support/tools.ts';

function uv(args: readonly string[], cwd: string): string {
  const result = spawnSync(uvPath(), args, { cwd, env: emptyHome(temporary()), encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout;
}

describe('the closure of a lock is what uv exports', () => {
  const root = join(repository, 'examples', 'workspace');
  const packages = readLock(readFileSync(join(root, 'uv.lock'), 'utf8'));
  it.each([{ extras: [] }, { extras: ['dev'] }, { extras: ['dev', 'orchestration'] }])('$extras', ({ extras }) => {
    const flags = extras.flatMap(extra => ['--extra', extra]);
    const exported = uv(
      ['export', '--frozen', '--offline', '--no-hashes', '--no-header', '--no-annotate', '--no-emit-project', ...flags],
      root,
    );
    const names = exported.split('\n').flatMap(line => /^[a-z0-9][a-z0-9.-]*/.exec(line)?.[0] ?? []);
    const found = closure(packages, { roots: ['harbour'], extras, groups: [] });
    found.delete('harbour');
    expect([...found].sort()).toEqual([...new Set(names)].sort());
  });
  it('finds a version without parsing', () => {
    const text = readFileSync(join(root, 'uv.lock'), 'utf8');
    const parsed = packages.filter(entry => entry.name === 'prefect').map(entry => entry.version);
    expect(lockedVersions(text, 'prefect')).toEqual(parsed);
    expect(parsed).toHaveLength(1);
  });
});

it('the root is the one uv would take', async () => {
  const project = (name: string) => `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.8"\n`;
  const root = folder({
    'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*", "deep/**/in"]\nexclude = ["packages/old"]\n',
    'packages/a/pyproject.toml': project('a'),
    'packages/old/pyproject.toml': project('old'),
    'deep/x/y/in/pyproject.toml': project('in'),
    'other/pyproject.toml': project('other'),
  });
  for (const path of ['packages/a', 'packages/old', 'deep/x/y/in', 'other']) {
    const folderOfUv = uv(['workspace', 'dir'], join(root, path)).trim();
    expect((await load(join(root, path))).root, path).toBe(folderOfUv);
  }
});
