import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectsBelow } from '../../../src/manifest/projects-below.ts';
import { temporary } from '../../support/tools.ts';

it('finds projects beside folders that cannot be read as one', () => {
  const root = temporary();
  // Reading a folder as a file is refused to root as well, as /proc does with many of its own.
  mkdirSync(join(root, 'odd', 'pyproject.toml'), { recursive: true });
  for (const name of ['one', 'two']) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'pyproject.toml'), '[project]\nname = "x"\n');
  }
  expect(projectsBelow(root)).toEqual(['one', 'two']);
});

it('reads nothing that has no end: a device, a pipe, a file of gigabytes', () => {
  const root = temporary();
  for (const name of ['device', 'huge', 'pipe', 'project']) mkdirSync(join(root, name));
  symlinkSync('/dev/zero', join(root, 'device', 'pyproject.toml'));
  execFileSync('mkfifo', [join(root, 'pipe', 'pyproject.toml')]);
  writeFileSync(join(root, 'huge', 'pyproject.toml'), '[project]\n');
  truncateSync(join(root, 'huge', 'pyproject.toml'), 2 ** 31);
  writeFileSync(join(root, 'project', 'pyproject.toml'), '[project]\nname = "x"\n');
  expect(projectsBelow(root)).toEqual(['project']);
});

it('finds what is near, and does not search a whole disk, since nothing could interrupt that', () => {
  const root = temporary();
  const projects = ['a/x0/deep', 'z', 'z2/near'];
  for (let at = 0; at < 10_000; at += 1) mkdirSync(join(root, 'a', `x${at}`), { recursive: true });
  for (const path of projects) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'pyproject.toml'), '[project]\nname = "x"\n');
  }
  expect(projectsBelow(root)).toEqual(['z']);
  expect(projectsBelow(join(root, 'z2'))).toEqual(['near']);
});
