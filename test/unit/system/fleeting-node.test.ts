import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeIsFleeting } from '../../../src/system/fleeting-node.ts';
import { temporary } from '../../support/tools.ts';

function node(...parts: string[]): string {
  const path = join(temporary(), ...parts, 'bin', 'node');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe('a Node that will be gone', () => {
  const cached = node('uv', 'archive-v0', 'abc');

  it.each([
    ['is the one that uvx unpacked', cached, dirname(cached), true],
    ['is not any other', process.execPath, dirname(process.execPath), false],
    ['matters not beside one that stays', cached, [dirname(cached), dirname(node('own'))].join(delimiter), false],
    ['matters on an empty PATH', cached, '', true],
  ])('%s', (_, running, path, expected) => {
    expect(nodeIsFleeting(path, running)).toBe(expected);
  });

  it('is seen through links', () => {
    const folder = temporary();
    symlinkSync(dirname(cached), join(folder, 'bin'));
    expect(nodeIsFleeting(join(folder, 'bin'), join(folder, 'bin', 'node'))).toBe(true);
  });
});
