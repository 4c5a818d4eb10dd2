import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal, listRuns, newRunId, readJournal, runStatus } from '../../../src/engine/journal.ts';
import { recover } from '../../../src/engine/recover.ts';
import { temporary } from '../../support/tools.ts';

const pathIn = (state: string): string => join(state, 'runs', 'run', 'journal.jsonl');

/** A journal of an open run with one intent. @returns its state folder. */
function openRun(): string {
  const state = temporary();
  const journal = Journal.create(state, 'run', { environment: 'local' });
  const change = { step: 'tasks', key: 'task:x', action: 'run', target: 'x', certain: true } as const;
  journal.append({ kind: 'intent', step: 'tasks', change });
  return state;
}

describe('the id of a run', () => {
  it('sorts by time, also within a second', () => {
    const date = fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 3000 }), (at, later) => {
        const [first, second] = [newRunId(at), newRunId(new Date(at.getTime() + later))];
        expect(first).toMatch(/^\d{8}-\d{6}-[0-9a-f]{5}$/);
        expect(first < second).toBe(true);
      }),
    );
  });
});

describe('the journal of a run', () => {
  it('is one JSON object a line, numbered, readable by its owner alone', () => {
    const state = openRun();
    const lines = readFileSync(pathIn(state), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { schema: 1, seq: 1, run: 'run', kind: 'open' },
      { schema: 1, seq: 2, run: 'run', kind: 'intent', step: 'tasks' },
    ]);
    expect(statSync(pathIn(state)).mode & 0o777).toBe(0o600);
    expect(listRuns(state)).toEqual(['run']);
  });

  it('cut short at any byte, is closed by the next run, once and for all', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), part => {
        const state = openRun();
        const path = pathIn(state);
        const first = readFileSync(path, 'utf8').indexOf('\n') + 1;
        truncateSync(path, first + Math.floor(part * (statSync(path).size - first)));
        const notes: string[] = [];
        const note = (event: { type: string }): void => void notes.push(event.type);
        recover(state, state, note);
        recover(state, state, note);
        expect(notes).toEqual(['note']);
        expect(runStatus(readJournal(state, 'run'))).toBe('closed');
        for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) JSON.parse(line);
      }),
      { numRuns: 25 },
    );
  });

  it('goes on after a line that a full disk cut short', () => {
    const state = openRun();
    const journal = Journal.reopen(state, 'run');
    appendFileSync(pathIn(state), '{"schema":1,"seq":3,"at":"20');
    journal.append({ kind: 'close', after: { exit: 1 } });
    expect(readJournal(state, 'run').map(record => record.kind)).toEqual(['open', 'intent', 'close']);
  });
});
