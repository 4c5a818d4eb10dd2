import { expect, it } from 'vitest';
import type { WorkspaceLook } from '../../src/doctor/check.ts';
import { unchangedFiles } from '../../src/doctor/python-hashes.ts';
import { exampleEnvironment } from '../support/tools.ts';

it('the packages of a real environment are as they were installed', async () => {
  const look = { root: exampleEnvironment(), signal: new AbortController().signal } as unknown as WorkspaceLook;
  expect(await unchangedFiles.run(look)).toEqual([]);
});
