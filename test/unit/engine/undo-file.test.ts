import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/changes.ts';
import { filesPort, type SavedFile } from '../../../src/engine/files-port.ts';
import { Journal, readJournal } from '../../../src/engine/journal.ts';
import { FileChanged, type FilesPort } from '../../../src/engine/step.ts';
import { planFileUndo, takeBack } from '../../../src/engine/undo-file.ts';
import { temporary } from '../../support/tools.ts';

const change: Change = { step: 'prefect', key: 'profile', action: 'add', target: 'x', certain: true };
let folder: string;
let files: FilesPort;

beforeEach(() => {
  folder = temporary();
  files = filesPort(Journal.create(folder, 'run-1', {}), change);
});

function undoAll(force = false): string[] {
  const saved = readJournal(folder, 'run-1').filter(record => record.kind === 'saved');
  return saved.reverse().map(record => {
    const plan = planFileUndo(record.after as SavedFile, force);
    if (plan.kind === 'refused') return plan.reason;
    plan.act();
    return plan.text;
  });
}

describe('taking back what was written', () => {
  it('removes a file that was new and restores one that was there, with its mode', () => {
    const path = join(folder, 'a');
    files.replaceWhole(path, 'one');
    files.replaceWhole(path, 'two');
    const other = join(folder, 'b');
    writeFileSync(other, 'mine', { mode: 0o640 });
    files.replaceWhole(other, 'ours', 0o600);
    expect(statSync(other).mode & 0o777).toBe(0o600);
    undoAll();
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(other, 'utf8')).toBe('mine');
    expect(statSync(other).mode & 0o777).toBe(0o640);
  });

  it('takes exactly our region back when the rest was changed since', () => {
    const path = join(folder, 'profiles.toml');
    writeFileSync(path, 'active = "mine"\n');
    const block = '\n[profiles.ours]\nA = "b"\n';
    const before = readFileSync(path, 'utf8');
    files.replaceRegions(path, {
      content: before + block,
      regions: [{ offset: before.length, before: '', after: block }],
      mode: 0o600,
      expected: before,
    });
    writeFileSync(path, `# a comment\n${readFileSync(path, 'utf8')}[profiles.later]\n`);
    undoAll();
    expect(readFileSync(path, 'utf8')).toBe('# a comment\nactive = "mine"\n[profiles.later]\n');
  });

  it('keeps lines apart that were added behind our part of a file without a last line break', () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'LAST=2');
    const after = '\nOURS=1\n';
    const regions = [{ offset: 6, before: '', after }];
    files.replaceRegions(path, { content: `LAST=2${after}`, regions, mode: 0o600, expected: 'LAST=2' });
    writeFileSync(path, `${readFileSync(path, 'utf8')}LATE=3\n`);
    undoAll();
    expect(readFileSync(path, 'utf8')).toBe('LAST=2\nLATE=3\n');
  });

  it('refuses when our region itself was changed, and shows the difference', () => {
    const path = join(folder, 'file');
    const block = 'A=1\n';
    files.replaceRegions(path, {
      content: block,
      regions: [{ offset: 0, before: '', after: block }],
      mode: 0o600,
      expected: undefined,
    });
    writeFileSync(path, 'A=2\n');
    const saved = readJournal(folder, 'run-1').find(record => record.kind === 'saved')?.after as SavedFile;
    expect(planFileUndo(saved, false)).toMatchObject({ kind: 'refused', diff: '- A=1\n+ A=2' });
    expect(readFileSync(path, 'utf8')).toBe('A=2\n');
  });

  it('takes our region out all the same when it is told to, and keeps a copy of the file, each time another', () => {
    const path = join(folder, 'file');
    const block = '# begin\nA=1\nB=2\n# end\n';
    for (const nth of ['', '-2']) {
      writeFileSync(path, 'MINE=1\nLAST=2', { mode: 0o640 });
      files.replaceRegions(path, {
        content: `MINE=1\n${block}LAST=2`,
        regions: [{ offset: 7, before: '', after: block }],
        mode: 0o600,
        expected: 'MINE=1\nLAST=2',
      });
      const changed = 'MINE=1\n# begin\nA=9\nNEW=3\n# end\nLAST=2';
      writeFileSync(path, changed);
      const saved = readJournal(folder, 'run-1')
        .filter(record => record.kind === 'saved')
        .at(-1)?.after as SavedFile;
      const plan = planFileUndo(saved, true);
      expect(plan).toMatchObject({ kind: 'undo', text: expect.stringContaining(`${path}.kept${nth}`) });
      if (plan.kind === 'undo') plan.act();
      expect(readFileSync(path, 'utf8')).toBe('MINE=1\nLAST=2');
      expect(statSync(path).mode & 0o777).toBe(0o640);
      expect(readFileSync(`${path}.kept${nth}`, 'utf8')).toBe(changed);
      expect(statSync(`${path}.kept${nth}`).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps no second copy of a secret: only what is taken out, and nothing of a secret in that', () => {
    const path = join(folder, 'file');
    const written = (text: string): SavedFile => {
      writeFileSync(path, '');
      files.replaceRegions(path, {
        content: 'A=1\nB=2\n',
        regions: [{ offset: 0, before: '', after: 'A=1\nB=2\n' }],
        mode: 0o600,
        expected: '',
      });
      writeFileSync(path, text);
      return readJournal(folder, 'run-1')
        .filter(record => record.kind === 'saved')
        .at(-1)?.after as SavedFile;
    };
    const plan = planFileUndo(written('MY_TOKEN=canary123456\nA=1\nB=9\n'), true);
    if (plan.kind === 'undo') plan.act();
    expect(readFileSync(path, 'utf8')).toBe('MY_TOKEN=canary123456\nB=9\n');
    expect(readFileSync(`${path}.kept`, 'utf8')).toBe('A=1\n');
    expect(planFileUndo(written('A=1\nMY_TOKEN=canary123456\n B=2\n'), true)).toMatchObject({ kind: 'refused' });
  });

  it('removes the folders it had to make, when nothing else is in them', () => {
    const path = join(folder, 'one', 'two', 'file');
    files.replaceWhole(path, 'x');
    files.privateFolder(join(folder, 'own'));
    expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o700);
    undoAll();
    expect([existsSync(join(folder, 'one')), existsSync(join(folder, 'own'))]).toEqual([false, false]);
    files.replaceWhole(path, 'x');
    writeFileSync(join(folder, 'one', 'mine'), '');
    undoAll();
    expect([existsSync(join(folder, 'one', 'two')), existsSync(join(folder, 'one', 'mine'))]).toEqual([false, true]);
  });

  it('does not write over a file that changed since it was read', () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'theirs');
    const edit = { content: 'ours', regions: [], mode: 0o600, expected: 'what was read' };
    expect(() => files.replaceRegions(path, edit)).toThrow(FileChanged);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  it('never journals what looks like a secret', () => {
    const path = join(folder, 'file');
    const text = '[profiles.x]\nPREFECT_API_KEY = "pnu_0123456789abcdef"\n';
    writeFileSync(path, text);
    expect(() => files.replaceWhole(path, 'ours')).toThrow(/looks like a secret/);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readFileSync(join(folder, 'runs', 'run-1', 'journal.jsonl'), 'utf8')).not.toContain('pnu_');
  });

  it('puts links and folders back', () => {
    const link = join(folder, 'link');
    symlinkSync('/former', link);
    files.link(link, '/ours');
    expect(readlinkSync(link)).toBe('/ours');
    const venv = join(folder, '.venv');
    mkdirSync(venv);
    writeFileSync(join(venv, 'mark'), '1');
    files.setAside(venv);
    mkdirSync(venv);
    undoAll();
    expect(readlinkSync(link)).toBe('/former');
    expect(readFileSync(join(venv, 'mark'), 'utf8')).toBe('1');
  });

  it('never overwrites a file of the person with a link', () => {
    const path = join(folder, 'tool');
    writeFileSync(path, 'mine');
    expect(() => files.link(path, '/ours')).toThrow(/in the way/);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('takes any set of regions out of any text again', () => {
    const piece = fc.string({ unit: 'binary', maxLength: 12 }).filter(text => text.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, piece, piece), { minLength: 1, maxLength: 5 }), piece, (parts, tail) => {
        let former = '';
        let written = '';
        const regions = parts.map(([kept, before, after]) => {
          former += kept + before;
          written += kept;
          const region = { offset: Buffer.byteLength(written), before, after };
          written += after;
          return region;
        });
        former += tail;
        written += tail;
        expect(takeBack(written, regions, Buffer.byteLength(written))).toBe(former);
      }),
    );
  });
});
