import { mkdirSync, writeFileSync } from 'node:fs';
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
