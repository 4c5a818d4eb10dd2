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
