import { chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { safePath } from '../../../src/system/environment.ts';
import { temporary } from '../../support/tools.ts';

afterEach(() => vi.restoreAllMocks());

const path = (...entries: string[]): Record<string, string> => ({ PATH: entries.join(delimiter) });

it('leaves out folders of other users', () => {
  const mine = temporary();
  expect(safePath(path(mine, '/usr/bin'), '')).toBe([mine, '/usr/bin'].join(delimiter));
  const me = process.getuid?.() ?? 0;
  if (me === 0) chownSync(mine, 12345, 12345);
  // Somebody else asks from here on: neither the owner of that folder nor root.
  vi.spyOn(process as { getuid: () => number }, 'getuid').mockReturnValue(me + 4711);
  expect(safePath(path(mine, '/usr/bin'), '')).toBe('/usr/bin');
});

it('leaves out what lies in the workspace, also through a link, and what is relative, empty or not there', () => {
  const root = temporary();
  const outside = temporary();
  mkdirSync(join(root, 'bin'));
  symlinkSync(join(root, 'bin'), join(outside, 'link'));
  const modules = join(outside, 'node_modules', '.bin');
  mkdirSync(modules, { recursive: true });
  const bad = [
    '',
    '.',
    'bin',
    root,
    join(root, 'bin'),
    join(outside, 'link'),
    modules,
    join(outside, 'nowhere'),
    'a\0b',
  ];
  expect(safePath(path(...bad, outside), root)).toBe(outside);
});
