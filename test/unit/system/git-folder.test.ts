import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mainRootOf } from '../../../src/engine/worktree.ts';
import { gitPlace } from '../../../src/system/git-folder.ts';
import { temporary } from '../../support/tools.ts';

const base = temporary();
const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
const at = (...names: string[]): string => join(base, ...names);

beforeAll(() => {
  mkdirSync(at('origin'));
  git(at('origin'), 'init', '-q');
  git(at('origin'), 'commit', '-q', '--allow-empty', '-m', 'one');
  git(base, 'clone', '-q', at('origin'), 'clone');
  mkdirSync(at('clone', 'packages', 'a'), { recursive: true });
  git(at('clone'), 'worktree', 'add', '-q', at('tree'));
  mkdirSync(at('tree', 'packages', 'a'), { recursive: true });
  git(base, 'clone', '-q', '--separate-git-dir', at('elsewhere'), at('origin'), 'apart');
  git(at('clone'), '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', at('origin'), 'sub');
  git(at('clone', 'sub'), 'worktree', 'add', '-q', at('sub-tree'));
  for (const [name, target] of [
    ['linked', at('clone', '.git')],
    ['linked-file', at('apart', '.git')],
  ] as const) {
    mkdirSync(at(name));
    symlinkSync(target, at(name, '.git'));
  }
});

describe('the place of git', () => {
  it.each([
    'clone',
    'clone/packages/a',
    'tree',
    'tree/packages/a',
    'apart',
    'clone/sub',
    'sub-tree',
    'linked',
    'linked-file',
  ])('is where git says it is: %s', name => {
    const root = at(name);
    const asked = (what: string): string => git(root, 'rev-parse', '--path-format=absolute', what);
    const place = gitPlace(root);
    const real = (path: string | undefined): string => execFileSync('realpath', [path ?? ''], { encoding: 'utf8' });
    expect(place?.top).toBe(asked('--show-toplevel'));
    expect(real(place?.own)).toBe(real(asked('--git-dir')));
    expect(real(place?.common)).toBe(real(asked('--git-common-dir')));
    expect(place?.isWorktree).toBe(asked('--git-dir') !== asked('--git-common-dir'));
  });

  it('is none outside a checkout, and is told by its name where it is missing', () => {
    expect(gitPlace(temporary())).toBeUndefined();
    const root = temporary();
    for (const [pointer, isWorktree] of [
      ['gitdir: ../gone/.git/worktrees/x\n', true],
      ['gitdir: ../gone/.git/modules/x\n', false],
    ] as const) {
      writeFileSync(join(root, '.git'), pointer);
      const own = resolve(root, pointer.slice(8).trim());
      expect(gitPlace(root)).toEqual({ top: root, own, common: own, isWorktree });
    }
    writeFileSync(join(root, '.git'), 'garbage');
    const here = join(root, '.git');
    expect(gitPlace(root)).toEqual({ top: root, own: here, common: here, isWorktree: false });
    rmSync(here);
    symlinkSync('nowhere', here);
    expect(gitPlace(root)?.own).toBe(here);
  });
});

describe('the main checkout', () => {
  it('is that of a worktree, at the same place in it, and of nothing else', () => {
    expect(mainRootOf(at('tree'))).toBe(at('clone'));
    expect(mainRootOf(at('tree', 'packages', 'a'))).toBe(at('clone', 'packages', 'a'));
    for (const name of ['clone', 'clone/sub', 'apart', 'linked', 'linked-file', 'sub-tree']) {
      expect(mainRootOf(at(name)), name).toBeUndefined();
    }
  });

  it('is not one that does not name the worktree back, nor one that a link leads to', () => {
    const pointer = readFileSync(at('tree', '.git'), 'utf8');
    const forged = temporary();
    writeFileSync(join(forged, '.git'), pointer);
    expect(mainRootOf(forged)).toBeUndefined();
    rmSync(join(forged, '.git'));
    symlinkSync(at('tree', '.git'), join(forged, '.git'));
    expect(mainRootOf(forged)).toBeUndefined();
    // Its place names it back, but is none of the repository that it says it shares.
    const admin = /^gitdir: (.+)$/m.exec(pointer)?.[1] ?? '';
    const copy = join(temporary(), 'copy');
    git(at('clone'), 'worktree', 'add', '-q', copy);
    const own = join(temporary(), 'admin');
    renameSync(/^gitdir: (.+)$/m.exec(readFileSync(join(copy, '.git'), 'utf8'))?.[1] ?? '', own);
    writeFileSync(join(own, 'commondir'), dirname(dirname(admin)));
    writeFileSync(join(copy, '.git'), `gitdir: ${own}\n`);
    expect(gitPlace(copy)?.common).toBe(at('clone', '.git'));
    expect(mainRootOf(copy)).toBeUndefined();
  });
});
