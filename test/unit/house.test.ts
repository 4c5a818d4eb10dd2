import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/tools.ts';

const src = join(repository, 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));

/** Floors from the bottom (design §4), as the picture of docs/architecture.md shows them. */
const FLOORS = (JSON.parse(readFileSync(join(repository, 'scripts', 'house.json'), 'utf8')) as { name: string }[][])
  .map(floor => floor.map(({ name }) => name))
  .reverse();
/** Doors to the outside besides `system` (design §4). */
const DOORS = new Set(['cli.ts', 'secrets/keychain-worker.ts', 'telemetry/export.ts', 'dashboard/server.ts']);
const OUTSIDE = /^node:(fs|fs\/promises|child_process|http|https|http2|net|tls|dgram|dns|os|worker_threads|vm)$/;

const folderOf = (file: string): string =>
  file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '');
const floorOf = (file: string): number => FLOORS.findIndex(floor => floor.includes(folderOf(file)));

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1] ?? '');
}

describe('the house', () => {
  it('has files to look at', () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it.each(files)('%s imports only from floors below its own', file => {
    expect(floorOf(file), 'every folder stands on a floor').not.toBe(-1);
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = relative(src, resolve(src, dirname(file), specifier));
      if (target.startsWith('..') || folderOf(target) === folderOf(file)) continue;
      expect(floorOf(target), `${file} -> ${target}`).toBeLessThan(floorOf(file));
    }
  });

  it.each(files)('%s opens no door that is not its own', file => {
    if (file.startsWith('system/') || DOORS.has(file)) return;
    for (const specifier of importsOf(file)) expect(specifier).not.toMatch(OUTSIDE);
    const text = readFileSync(join(src, file), 'utf8');
    if (!file.startsWith('terminal/')) expect(text).not.toMatch(/\bprocess\.(stdin|stdout|stderr)\b/);
    expect(text).not.toMatch(/\bprocess\.env\b/);
  });

  it.each(files)('%s prints an editor unquoted, since it may be several words: `code --wait`', file => {
    expect(readFileSync(join(src, file), 'utf8')).not.toMatch(/"\\?\$\{EDITOR:-vi\}"/);
  });

  it.each(files)(
    '%s says nothing that a terminal without Unicode shows as rubbish: no typographic apostrophe',
    file => {
      // The page of a job and the report are documents, always UTF-8.
      if (file === 'terminal/ci/job-summary.ts' || file === 'onboarding/report-words.ts') return;
      expect(readFileSync(join(src, file), 'utf8')).not.toMatch(/[’‘“”]/);
    },
  );

  it('has the registry of steps imported only by commands', () => {
    const importers = files.filter(file => importsOf(file).some(specifier => /steps\/index\.ts$/.test(specifier)));
    for (const file of importers) expect(folderOf(file)).toBe('commands');
  });
});
