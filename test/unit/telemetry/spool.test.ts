import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS, Spool } from '../../../src/telemetry/spool.ts';
import { temporary } from '../../support/tools.ts';

const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;

function fresh(): { spool: Spool; folder: string } {
  const state = temporary();
  return { spool: new Spool(state), folder: join(state, 'spool') };
}

describe('traces that wait', () => {
  it('are taken once, the oldest first, byte for byte', () => {
    const { spool } = fresh();
    for (let i = 0; i < 3; i++) spool.add(`{"n":"${i} ü"}`, NOW + i);
    expect(spool.bodies()).toEqual(['{"n":"0 ü"}', '{"n":"1 ü"}', '{"n":"2 ü"}']);
    const first = spool.take(NOW + 9);
    const second = spool.take(NOW + 9);
    expect([first?.body, second?.body]).toEqual(['{"n":"0 ü"}', '{"n":"1 ü"}']);
    first?.back();
    second?.done();
    expect(spool.bodies()).toEqual(['{"n":"0 ü"}', '{"n":"2 ü"}']);
  });

  it('are readable for their owner alone', () => {
    const { spool, folder } = fresh();
    spool.add('{}', NOW);
    const [name = ''] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('that a process took and did not bring back are free again after a minute', () => {
    const { spool } = fresh();
    spool.add('{"a":1}', NOW);
    expect(spool.take(NOW)?.body).toBe('{"a":1}');
    expect(spool.take(NOW + 59_000)).toBeUndefined();
    expect(spool.take(NOW + 61_000)?.body).toBe('{"a":1}');
  });

  it('are at most 200; the oldest go first, and are counted', () => {
    const { spool } = fresh();
    const dropped = Array.from({ length: LIMITS.files + 3 }, (_, i) => spool.add(`{"n":${i}}`, NOW + i));
    expect(dropped.slice(0, LIMITS.files).every(n => n === 0)).toBe(true);
    expect(dropped.slice(LIMITS.files)).toEqual([1, 1, 1]);
    expect(spool.size).toBe(LIMITS.files);
    expect(spool.bodies()[0]).toBe('{"n":3}');
  });

  it('are at most 5 MiB together', () => {
    const { spool } = fresh();
    for (let i = 0; i < 7; i++) spool.add('x'.repeat(1024 * 1024), NOW + i);
    expect(spool.bodies().reduce((sum, body) => sum + body.length, 0)).toBeLessThanOrEqual(LIMITS.bytes);
    expect(spool.size).toBe(4);
  });

  it('are let go after 30 days', () => {
    const { spool } = fresh();
    spool.add('{"old":1}', NOW - 31 * DAY);
    expect(spool.add('{"new":1}', NOW)).toBe(1);
    expect(spool.bodies()).toEqual(['{"new":1}']);
  });

  it('leave what is not theirs alone', () => {
    const { spool, folder } = fresh();
    spool.add('{}', NOW);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(spool.size).toBe(1);
    spool.take(NOW)?.done();
    expect(existsSync(join(folder, 'notes.txt'))).toBe(true);
    chmodSync(join(folder, 'notes.txt'), 0o600);
    spool.clear();
    expect(existsSync(folder)).toBe(false);
  });
});
