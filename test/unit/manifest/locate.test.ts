import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ProjectBelow } from '../../../src/manifest/locate.ts';
import { checkOwnership } from '../../../src/manifest/ownership.ts';
import { memberPattern } from '../../../src/manifest/workspace-members.ts';
import { folder, load, PYPROJECT, refused } from '../../support/manifests.ts';

const MANIFEST = 'schema = 1\n[environments.local]\n';
const WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n';
const member = (name: string) => `[project]\nname = "${name}"\nversion = "1"\n`;

describe('the root', () => {
  it('is the nearest ancestor with a manifest, before a nearer pyproject.toml', async () => {
    const root = folder({
      'pyproject.toml': PYPROJECT,
      'hotpass-bootstrap.toml': MANIFEST,
      'tools/x/pyproject.toml': member('x'),
    });
    expect((await load(`${root}/tools/x`)).root).toBe(root);
  });
  it('else the uv workspace root', async () => {
    const root = folder({
      'pyproject.toml': PYPROJECT + WORKSPACE,
      'packages/a/pyproject.toml': member('a'),
      'packages/a/src/x.py': '',
    });
    expect((await load(`${root}/packages/a/src`)).root).toBe(root);
  });
  it('not of an excluded or unlisted member, nor where another pyproject.toml stands between', async () => {
    const root = folder({
      'pyproject.toml': PYPROJECT + WORKSPACE,
      'packages/old/pyproject.toml': member('old'),
      'other/pyproject.toml': member('other'),
      'packages/a/pyproject.toml': '[tool.ruff]\n',
      'packages/a/b/pyproject.toml': member('b'),
    });
    for (const path of ['packages/old', 'other', 'packages/a/b'])
      expect((await load(`${root}/${path}`)).root).toBe(`${root}/${path}`);
  });
  it('else the nearest pyproject.toml', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT, 'src/x.py': '' });
    expect(await load(`${root}/src`)).toMatchObject({ root, source: { kind: 'inferred' } });
  });
  it('is not looked for above the git root or HOME', async () => {
    const outer = folder({
      'pyproject.toml': PYPROJECT,
      'hotpass-bootstrap.toml': MANIFEST,
      'inner/.git/HEAD': '',
      'home/x/y.txt': '',
    });
    expect((await refused(load(`${outer}/inner`))).exit).toBe(78);
    const { userPaths } = await import('../../../src/system/paths.ts');
    expect((await refused(load(`${outer}/home/x`, { paths: userPaths({ HOME: `${outer}/home` }) }))).exit).toBe(78);
  });
  it('is a real path', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT });
    const other = folder({});
    symlinkSync(root, `${other}/link`);
    expect((await load(`${other}/link`)).root).toBe(root);
  });
});

describe('no project', () => {
  it('nothing at all: 78', async () => {
    const error = await refused(load(folder({ 'README.md': '' })));
    expect(error).toMatchObject({ exit: 78, id: 'HB139' });
    expect(error.next).toBeDefined();
  });
  it('a Poetry project is named as such', async () => {
    const root = folder({ 'pyproject.toml': '[tool.poetry]\nname = "x"\n' });
    const error = await refused(load(root));
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/Poetry project, not a uv project/);
    expect(error.next).toBe(`poetry -C ${root} install`);
  });
  it('a pyproject.toml of settings only', async () => {
    const error = await refused(load(folder({ 'pyproject.toml': '[tool.ruff]\n' })));
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/no \[project\]/);
  });
  it('a manifest without pyproject.toml, or beside one that is not a project', async () => {
    expect((await refused(load(folder({ 'hotpass-bootstrap.toml': MANIFEST })))).message).toMatch(/no pyproject\.toml/);
    const poetry = folder({ 'hotpass-bootstrap.toml': MANIFEST, 'pyproject.toml': '[tool.poetry]\n' });
    expect((await refused(load(poetry))).message).toMatch(/Poetry/);
  });
  it('several projects below: 3, each named once, with a command for the first', async () => {
    const root = folder({
      'a b/pyproject.toml': member('a'),
      'libs/c/pyproject.toml': member('b'),
      'node_modules/x/pyproject.toml': member('x'),
    });
    const error = await refused(load(root));
    expect(error).toMatchObject({ exit: 3, details: [], next: `hotpass-bootstrap -C '${root}/a b'` });
    expect(error.why).toContain('a b, libs/c.');
    expect((error as unknown as ProjectBelow).forCommand('init').next).toBe(`hotpass-bootstrap -C '${root}/a b' init`);
  });
  it('one project below: 78, with its command', async () => {
    const root = folder({ 'app/pyproject.toml': member('app') });
    const error = await refused(load(root));
    expect(error).toMatchObject({ exit: 78, next: `hotpass-bootstrap -C ${root}/app` });
    const other = (error as unknown as ProjectBelow).forCommand('doctor');
    expect(other).toMatchObject({ exit: 78, id: 'HB139', message: error.message, why: error.why });
    expect(other.next).toBe(`hotpass-bootstrap -C ${root}/app doctor`);
  });
  it('a broken pyproject.toml: its place', async () => {
    const error = await refused(load(folder({ 'pyproject.toml': '[project]\nname = \n' })));
    expect(error.exit).toBe(78);
    expect(error.message).toMatch(/pyproject\.toml:2:\d+: /);
  });
  it('a folder that is not there: 64', async () => {
    expect((await refused(load('/nonexistent/x'))).exit).toBe(64);
  });
});

it('a manifest inside a member of a uv workspace names the root', async () => {
  const root = folder({
    'pyproject.toml': PYPROJECT + WORKSPACE,
    'packages/a/pyproject.toml': member('a'),
    'packages/a/hotpass-bootstrap.toml': MANIFEST,
  });
  const error = await refused(load(`${root}/packages/a`));
  expect(error).toMatchObject({ exit: 78, id: 'HB131' });
  expect(error.message).toContain(`member of the uv workspace ${root}`);
});

describe('--manifest and --template', () => {
  it('--manifest moves the file, not the root', async () => {
    const root = folder({
      'pyproject.toml': PYPROJECT,
      'ops/m.toml': `${MANIFEST}`,
      'hotpass-bootstrap.toml': 'broken',
    });
    expect(await load(root, { manifestFile: 'ops/m.toml' })).toMatchObject({
      root,
      source: { kind: 'file', path: `${root}/ops/m.toml` },
    });
  });
  it('a file or template that is not there: 64', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT });
    expect((await refused(load(root, { manifestFile: 'nope.toml' }))).exit).toBe(64);
    const error = await refused(load(root, { template: 'hotpas' }));
    expect(error.exit).toBe(64);
    expect(error.next).toBe('hotpass-bootstrap setup --template hotpass');
  });
  it('a template does not take the place of a manifest', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT, 'hotpass-bootstrap.toml': MANIFEST });
    expect((await refused(load(root, { template: 'hotpass' }))).exit).toBe(64);
  });
});

describe('ownership', () => {
  it.each(['', 'hotpass-bootstrap.toml', 'ops', 'ops/m.toml'])('"%s" that everybody can write to: 78', async path => {
    const root = folder({ 'pyproject.toml': PYPROJECT, 'hotpass-bootstrap.toml': MANIFEST, 'ops/m.toml': MANIFEST });
    chmodSync(`${root}/${path}`, 0o777);
    const options = path.startsWith('ops') ? { manifestFile: 'ops/m.toml' } : {};
    const error = await refused(load(root, options));
    expect(error).toMatchObject({ exit: 78, id: 'HB132' });
    expect(error.next).toBe(`chmod o-w ${`${root}/${path}`.replace(/\/$/, '')}`);
  });
  it('a folder above may be writable for all only with the sticky bit', async () => {
    const outer = folder({ 'in/pyproject.toml': PYPROJECT });
    chmodSync(outer, 0o777);
    expect((await refused(load(`${outer}/in`))).exit).toBe(78);
    chmodSync(outer, 0o1777);
    await load(`${outer}/in`);
  });
  const chains: [string, string][] = [
    ['the file that a link leads to', 'far/deep/target.toml'],
    ['the folder of that file', 'far/deep'],
    ['the folder of a link on the way', 'hop'],
    ['the folder above without a sticky bit', 'far'],
  ];
  it.each(chains)('%s is writable for everybody: 78', async (_, open) => {
    const base = folder({ 'in/pyproject.toml': PYPROJECT, 'far/deep/target.toml': MANIFEST, 'hop/x': '' });
    symlinkSync(`${base}/far`, `${base}/hop/far`);
    symlinkSync(`../hop/far/deep/target.toml`, `${base}/in/hotpass-bootstrap.toml`);
    await load(`${base}/in`);
    chmodSync(`${base}/${open}`, 0o777);
    const error = await refused(load(`${base}/in`));
    expect(error).toMatchObject({ exit: 78, id: 'HB132' });
    expect(error.next).toBe(`chmod o-w ${base}/${open}`);
  });
  it('a folder that is a link counts by what it leads to', async () => {
    const base = folder({ 'in/pyproject.toml': PYPROJECT, 'ops/m.toml': MANIFEST });
    symlinkSync(`${base}/ops`, `${base}/in/ops`);
    await load(`${base}/in`, { manifestFile: 'ops/m.toml' });
    chmodSync(`${base}/ops`, 0o777);
    const error = await refused(load(`${base}/in`, { manifestFile: 'ops/m.toml' }));
    expect(error.next).toBe(`chmod o-w ${base}/ops`);
  });
  it('somebody else’s: root accepts it in CI and in a container and says so, elsewhere it does not', () => {
    const base = folder({ 'in/pyproject.toml': PYPROJECT, 'far/m.toml': MANIFEST });
    const file = `${base}/in/hotpass-bootstrap.toml`;
    symlinkSync('../far/m.toml', file);
    const check = (isForOne: boolean, home?: string) => checkOwnership(`${base}/in`, [file], () => isForOne, home);
    expect(check(false, base)).toEqual([]);
    // Only root can give a file away; what an ordinary user finds everywhere is root's, and that is fine.
    expect(checkOwnership(`${base}/in`, ['/etc/passwd'], () => false, '/')).toEqual([]);
    if (process.getuid?.() !== 0) return;
    for (const [change, path] of [
      [lchownSync, file],
      [chownSync, `${base}/far/m.toml`],
      [chownSync, `${base}/far`],
      [chownSync, `${base}/in`],
    ] as const) {
      change(path, 65534, 65534);
      expect(check(true)).toMatchObject([{ id: 'HB133', message: expect.stringContaining(`${path} belongs`) }]);
      expect(() => check(false)).toThrow(`${path} belongs to another user`);
      change(path, 0, 0);
    }
    const home = folder({});
    chownSync(home, 65534, 65534);
    expect(check(true, home)).toMatchObject([{ id: 'HB133', message: expect.stringContaining(home) }]);
    expect(() => check(false, home)).toThrow(`the home folder ${home} belongs to another user`);
  });
});

it('a manifest that is a link to nowhere is an error, not a missing manifest', async () => {
  const root = folder({ 'pyproject.toml': PYPROJECT });
  symlinkSync('/nonexistent', `${root}/hotpass-bootstrap.toml`);
  expect((await refused(load(root))).exit).toBe(78);
  unlinkSync(`${root}/hotpass-bootstrap.toml`);
  mkdirSync(`${root}/hotpass-bootstrap.toml`);
  writeFileSync(`${root}/hotpass-bootstrap.toml/x`, '');
  expect((await refused(load(root))).exit).toBe(78);
});

it('globs of members mean what uv means by them', () => {
  const hits = (glob: string, ...paths: string[]) => paths.map(path => memberPattern(glob).test(path));
  expect(hits('packages/*', 'packages/a', 'packages/a/b', 'packages', 'xpackages/a')).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(hits('packages/**', 'packages/a', 'packages/a/b')).toEqual([true, true]);
  expect(hits('**/x', 'x', 'a/x', 'a/b/x', 'ax')).toEqual([true, true, true, false]);
  expect(hits('./a?/', 'ab', 'a', 'a/')).toEqual([true, false, false]);
  expect(hits('[ab].c', 'a.c', 'axc', 'c.c')).toEqual([true, false, false]);
});
