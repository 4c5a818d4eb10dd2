import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type RunCall, recallWorkspace, rememberWorkspace } from '../../../src/engine/run-memory.ts';
import type { Workspace } from '../../../src/engine/workspace.ts';
import { namesIn, readText, statOf } from '../../../src/system/files.ts';
import { userPaths } from '../../../src/system/paths.ts';
import { endTrace, startTrace } from '../../../src/system/trace.ts';
import { temporary } from '../../support/tools.ts';

const OLD = new Date(Date.now() - 60_000);
let home: string;
let root: string;
let call: RunCall;

const found = (parts: Partial<Workspace> = {}): Workspace =>
  ({
    wanted: { root, workspace: 'demo', secrets: [] },
    linked: { id: 'x', name: 'demo', namespace: 'demo', state: home },
    grown: [],
    movedFrom: undefined,
    loaded: { findings: [] },
    ...parts,
  }) as unknown as Workspace;

/** Writes a file as if a minute ago. */
function write(path: string, text: string): void {
  writeFileSync(path, text);
  utimesSync(path, OLD, OLD);
}

/** What reading a workspace looks at: a file, one that is not there, a folder, a folder's entries. */
function look(): void {
  readText(join(root, 'manifest'));
  readText(join(root, 'uv.toml'));
  statOf(root);
  namesIn(join(root, 'members'));
}

function remember(workspace: Workspace = found()): void {
  const trace = startTrace();
  look();
  rememberWorkspace(call, trace, workspace);
  endTrace();
}

beforeEach(() => {
  home = temporary();
  root = join(home, 'work');
  mkdirSync(join(root, 'members'), { recursive: true });
  write(join(root, 'manifest'), 'one');
  call = { paths: userPaths({ HOME: home }, 'linux'), directory: undefined, environment: undefined };
});

describe('the memory of run', () => {
  it('gives back what was found, as long as everything is as it was', () => {
    expect(recallWorkspace(call)).toBeUndefined();
    remember();
    expect(recallWorkspace(call)).toEqual(
      JSON.parse(JSON.stringify({ ...found(), movedFrom: undefined, loaded: undefined })),
    );
  });

  it.each<[string, () => void]>([
    ['a file was written', () => writeFileSync(join(root, 'manifest'), 'two')],
    [
      'a file was replaced by one that looks alike',
      () => {
        rmSync(join(root, 'manifest'));
        write(join(root, 'other'), 'held');
        write(join(root, 'manifest'), 'one');
      },
    ],
    [
      'a file became a link',
      () => {
        rmSync(join(root, 'manifest'));
        write(join(home, 'elsewhere'), 'one');
        symlinkSync(join(home, 'elsewhere'), join(root, 'manifest'));
      },
    ],
    ['a file came that was missing', () => write(join(root, 'uv.toml'), '')],
    ['a file went', () => rmSync(join(root, 'manifest'))],
    ['a mode changed', () => chmodSync(join(root, 'manifest'), 0o666)],
    ['the mode of a folder changed', () => chmodSync(root, 0o777)],
    ['a folder has another entry', () => write(join(root, 'members', 'new'), '')],
  ])('is of no use once %s', (_what, change) => {
    remember();
    expect(recallWorkspace(call)).toBeDefined();
    change();
    expect(recallWorkspace(call)).toBeUndefined();
  });

  it('is for the same call in the same folder only', () => {
    remember();
    expect(recallWorkspace({ ...call, environment: 'staging' })).toBeUndefined();
    expect(recallWorkspace({ ...call, directory: '/' })).toBeUndefined();
    const here = process.cwd();
    process.chdir(root);
    expect(recallWorkspace(call)).toBeUndefined();
    process.chdir(here);
    expect(recallWorkspace(call)).toBeDefined();
  });

  it.each<[string, Partial<Workspace>]>([
    ['is not linked', { linked: undefined }],
    ['asks for more than was approved', { grown: ['local sets: A=1'] }],
    ['was moved', { movedFrom: '/former' }],
    ['has something worth saying', { loaded: { findings: [{}] } } as unknown as Partial<Workspace>],
  ])('is not kept of a workspace that %s', (_what, parts) => {
    remember(found(parts));
    expect(recallWorkspace(call)).toBeUndefined();
  });

  it('is not kept while a file is so new that its next change could look the same', () => {
    writeFileSync(join(root, 'manifest'), 'new');
    remember();
    expect(recallWorkspace(call)).toBeUndefined();
  });

  it('that is not what was written there counts as none', () => {
    remember();
    const folder = join(call.paths.state, 'settled');
    for (const name of namesIn(folder)) writeFileSync(join(folder, name), '{"schema":1');
    expect(recallWorkspace(call)).toBeUndefined();
  });
});
