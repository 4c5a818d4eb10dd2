import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from '../../../src/onboarding/ledger.ts';
import { repository, temporary } from '../../support/tools.ts';

let state: string;
let ledger: Ledger;

beforeEach(() => {
  state = join(temporary(), 'w');
  ledger = openLedger(state);
});

const add = (run: string): Promise<unknown> => ledger.append(() => [{ event: 'run_started', run }]);
const runs = (): string[] => ledger.read().map(record => ('run' in record ? record.run : ''));

describe('the ledger', () => {
  it('numbers its lines, dates them, and is private', async () => {
    await add('a');
    await add('b');
    const records = ledger.read();
    expect(records.map(({ seq, schema }) => [seq, schema])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(Math.abs(Date.now() - (records[0]?.wall ?? 0))).toBeLessThan(60_000);
    expect(records[0]?.mono).toMatch(/^\d+$/);
    expect(statSync(ledger.path).mode & 0o777).toBe(0o600);
    expect(statSync(state).mode & 0o777).toBe(0o700);
  });

  it('is empty before the first line, and writes nothing for no event', async () => {
    expect(ledger.read()).toEqual([]);
    await ledger.append(() => []);
    expect(ledger.read()).toEqual([]);
  });

  it('leaves out lines that are not records, and goes on after them', async () => {
    await add('a');
    writeFileSync(
      ledger.path,
      `${readFileSync(ledger.path, 'utf8')}garbage\n{"schema":3,"seq":7,"wall":1,"event":"later"}\n`,
    );
    await add('b');
    expect(runs()).toEqual(['a', 'b']);
    expect(ledger.read().at(-1)?.seq).toBe(8);
    expect(readFileSync(ledger.path, 'utf8')).toContain('"later"');
  });

  it('cuts back to the last whole line wherever a crash tore it', async () => {
    const whole = join(temporary(), 'w');
    const full = openLedger(whole);
    for (const run of ['one', 'two', 'three']) await full.append(() => [{ event: 'run_started', run }]);
    const bytes = readFileSync(full.path);
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: ends[0] ?? 0, max: bytes.length }),
        fc.constantFrom('', '\0\0\0\0', '\0\n', '{"schema":1,"se', '\n\n', 'x'.repeat(70_000)),
        async (cut, junk) => {
          const torn = openLedger(join(temporary(), 'w'));
          mkdirSync(join(torn.path, '..'), { recursive: true, mode: 0o700 });
          writeFileSync(torn.path, Buffer.concat([bytes.subarray(0, cut), Buffer.from(junk)]));
          await torn.append(() => [{ event: 'run_started', run: 'next' }]);
          const text = readFileSync(torn.path, 'utf8');
          const lines = text.split('\n');
          expect(lines.pop()).toBe('');
          const records = lines.map(line => JSON.parse(line) as { seq: number; run: string });
          // A line whose newline alone was lost is whole; junk glued to it makes it torn.
          const kept = ends.filter(end => end <= cut || (end - 1 === cut && /^(\n|$)/.test(junk))).length;
          expect(records.map(({ run }) => run)).toEqual([...['one', 'two', 'three'].slice(0, kept), 'next']);
          expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sets a file aside that holds no record at all', async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(ledger.path, 'not a ledger\n');
    await add('a');
    expect(runs()).toEqual(['a']);
    expect(readFileSync(`${ledger.path}.unreadable`, 'utf8')).toBe('not a ledger\n');
  });

  it('reads only the end of a long file to append to it', async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const line = (seq: number): string =>
      JSON.stringify({ schema: 1, seq, wall: 1, mono: '1', boot: '', event: 'step', run: 'r' });
    writeFileSync(ledger.path, `${Array.from({ length: 5000 }, (_, i) => line(i + 1)).join('\n')}\n`);
    truncateSync(ledger.path, statSync(ledger.path).size - 5);
    await add('b');
    expect(ledger.read()).toHaveLength(5000);
    expect(ledger.read().at(-1)?.seq).toBe(5000);
  });

  it('keeps every line of processes that write at the same time', async () => {
    const module = JSON.stringify(join(repository, 'src/onboarding/ledger.ts'));
    const script = `
      import { openLedger } from ${module};
      const [, , state, name] = process.argv;
      for (let i = 0; i < 15; i++) await openLedger(state).append(() => [{ event: 'run_started', run: name + i }]);`;
    const file = join(temporary(), 'writer.ts');
    writeFileSync(file, script);
    const bundled = join(temporary(), 'writer.mjs');
    const { build } = await import('esbuild');
    await build({
      entryPoints: [file],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: bundled,
      logLevel: 'error',
    });
    const codes = await Promise.all(
      ['a', 'b'].map(
        name =>
          new Promise(done => {
            spawn(process.execPath, [bundled, state, name], { stdio: 'inherit' }).on('exit', done);
          }),
      ),
    );
    expect(codes).toEqual([0, 0]);
    expect(new Set(runs()).size).toBe(30);
    expect(ledger.read().map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(existsSync(`${ledger.path}.unreadable`)).toBe(false);
  });
});
