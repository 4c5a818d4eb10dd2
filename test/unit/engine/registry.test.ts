import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { approvalOf, growth } from '../../../src/engine/approval.ts';
import {
  findRecord,
  linkRoot,
  nameHolder,
  readRegistry,
  rememberEnvironment,
  stateFolder,
} from '../../../src/engine/registry.ts';
import { type UserPaths, userPaths } from '../../../src/system/paths.ts';
import { temporary } from '../../support/tools.ts';

let home: string;
let paths: UserPaths;
const remember = { approval: approvalOf(['run: x']), environment: 'local' };

beforeEach(() => {
  home = temporary();
  paths = userPaths({ HOME: home }, 'linux');
});

function root(name: string): string {
  const path = join(home, name);
  mkdirSync(path, { recursive: true });
  return path;
}

describe('the registry of workspaces', () => {
  it('links a root once and keeps its id', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', remember);
    const again = await linkRoot(paths, root('a'), 'hotpass', { ...remember, environment: undefined });
    expect(again).toMatchObject({ id: first.id, namespace: 'hotpass', environment: 'local' });
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
    expect(statSync(stateFolder(paths, first)).mode & 0o777).toBe(0o700);
    expect(statSync(join(paths.state, 'workspaces.json')).mode & 0o777).toBe(0o600);
  });

  it('gives a second clone of the same name a namespace of its own', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', remember);
    const second = await linkRoot(paths, root('b'), 'hotpass', remember);
    expect(second.namespace).toBe(`hotpass~${second.id.slice(0, 8)}`);
    expect(nameHolder(readRegistry(paths), root('b'), 'hotpass')).toEqual({ root: root('a'), id: first.id });
  });

  it('lets it use the first one’s secrets only when that was said', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', remember);
    const second = await linkRoot(paths, root('b'), 'hotpass', remember, first.id);
    expect(second.namespace).toBe('hotpass');
    await expect(linkRoot(paths, root('c'), 'hotpass', remember, 'ffff')).rejects.toMatchObject({ exit: 64 });
  });

  it.each(['', '0', '1234567', 'ffffffff', ' '])('lets it use nobody’s for an id that names nobody: "%s"', async id => {
    const { id: known } = await linkRoot(paths, root('a'), 'hotpass', remember);
    for (const given of [id, known.slice(0, 7)]) {
      await expect(linkRoot(paths, root('b'), 'hotpass', remember, given)).rejects.toMatchObject({ exit: 64 });
    }
    expect(Object.keys(readRegistry(paths))).toEqual([root('a')]);
    expect(await linkRoot(paths, root('b'), 'hotpass', remember, known.slice(0, 8))).toMatchObject({
      namespace: 'hotpass',
    });
  });

  it('of a later format is refused, and stays as it is', async () => {
    await linkRoot(paths, root('a'), 'hotpass', remember);
    const path = join(paths.state, 'workspaces.json');
    for (const text of ['{"schema":2,"workspaces":{}}', '{"schema":2,"roots":[]}']) {
      writeFileSync(path, text);
      await expect(linkRoot(paths, root('b'), 'hotpass', remember)).rejects.toMatchObject({ exit: 78 });
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it('follows a folder that was renamed, and no other', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', remember);
    renameSync(root('a'), join(home, 'moved'));
    const found = findRecord(readRegistry(paths), join(home, 'moved'));
    expect(found).toEqual({ record: { ...first }, movedFrom: join(home, 'a') });
    expect(findRecord(readRegistry(paths), root('other'))).toBeUndefined();
  });

  it('remembers a template until it is linked without one', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', { ...remember, template: 'hotpass' });
    expect(first.template).toBe('hotpass');
    expect(await linkRoot(paths, root('a'), 'hotpass', remember)).not.toHaveProperty('template');
  });

  it('remembers another environment, or none, and leaves the rest as it is', async () => {
    const first = await linkRoot(paths, root('a'), 'hotpass', { ...remember, template: 'hotpass' });
    await rememberEnvironment(paths, root('a'), 'staging');
    expect(readRegistry(paths)[root('a')]).toEqual({ ...first, environment: 'staging' });
    await rememberEnvironment(paths, root('a'), undefined);
    expect(readRegistry(paths)[root('a')]?.environment).toBeUndefined();
    await rememberEnvironment(paths, root('unknown'), 'staging');
    expect(Object.keys(readRegistry(paths))).toEqual([root('a')]);
  });

  it('that was linked without an approval is approved by nothing until setup is', async () => {
    const adopted = await linkRoot(paths, root('a'), 'hotpass', { approval: undefined, environment: undefined });
    expect(growth(adopted.approval, ['run: x'])).toEqual(['run: x']);
    const approved = await linkRoot(paths, root('a'), 'hotpass', remember);
    expect(growth(approved.approval, ['run: x'])).toEqual([]);
    expect(await linkRoot(paths, root('a'), 'hotpass', { approval: undefined, environment: undefined })).toEqual(
      approved,
    );
  });

  it('is never guessed anew when it cannot be read', () => {
    mkdirSync(paths.state, { recursive: true });
    writeFileSync(join(paths.state, 'workspaces.json'), '{"schema": 1, "workspa');
    expect(() => readRegistry(paths)).toThrow(/cannot be read/);
  });
});

describe('approval', () => {
  it('asks for growth, not for shrinkage', () => {
    const approved = approvalOf(['a', 'b']);
    expect(growth(approved, ['a', 'b'])).toEqual([]);
    expect(growth(approved, ['a'])).toEqual([]);
    expect(growth(approved, ['a', 'c'])).toEqual(['c']);
    expect(growth(undefined, ['a'])).toEqual(['a']);
  });
});
