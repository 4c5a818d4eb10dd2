import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/system/lock.ts';
import { cache, repository, temporary } from '../support/tools.ts';

const script = join(cache, 'lock-contender.mjs');

beforeAll(async () => {
  await build({
    stdin: {
      resolveDir: repository,
      contents: `
        import { readFileSync, writeFileSync } from 'node:fs';
        import { takeLock } from './src/system/lock.ts';
        const [folder, mode] = process.argv.slice(2);
        const lock = await takeLock(folder + '/lock', { wait: mode === 'die' ? 20000 : 30000, purpose: 'counting' });
        const n = Number(readFileSync(folder + '/count', 'utf8'));
        await new Promise(done => setTimeout(done, 3));
        writeFileSync(folder + '/count', String(n + 1));
        if (mode === 'die') process.kill(process.pid, 'SIGKILL');
        lock.release();`,
    },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
});

function contend(folder: string, mode: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, mode], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

describe('the lock', () => {
  it('lets 20 processes count one after the other, some of which are killed while they hold it', async () => {
    const folder = temporary();
    writeFileSync(join(folder, 'count'), '0');
    const modes = Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? 'die' : 'live'));
    await Promise.all(modes.map(mode => contend(folder, mode)));
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('20');
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([]);
  });

  it('names its holder and what it waits for, and can be broken', async () => {
    const folder = temporary();
    const lock = await takeLock(join(folder, 'lock'), { wait: 0, purpose: 'setup of hotpass' });
    const refused = takeLock(join(folder, 'lock'), { wait: 0, purpose: 'undo', breakWith: 'break it' });
    await expect(refused).rejects.toMatchObject({ exit: 75, next: 'break it' });
    await expect(takeLock(join(folder, 'lock'), { wait: 0, purpose: 'undo' })).rejects.toThrow(
      new RegExp(`process ${process.pid} on .* \\(setup of hotpass\\)`),
    );
    const taken = await takeLock(join(folder, 'lock'), { wait: 0, purpose: 'undo', force: true });
    taken.release();
    lock.release();
    (await takeLock(join(folder, 'lock'), { wait: 0, purpose: 'again' })).release();
  });
});
