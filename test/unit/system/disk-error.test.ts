import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { systemError } from '../../../src/system/disk-error.ts';
import { readText, replaceFile } from '../../../src/system/files.ts';
import { temporary } from '../../support/tools.ts';

/** What a person is told when this file cannot be written. */
function told(path: string): UserError {
  try {
    replaceFile(path, 'x', 0o600);
  } catch (error) {
    const said = systemError(error);
    if (said instanceof UserError) return said;
    throw error;
  }
  throw new Error(`${path} was written`);
}

test('a file that cannot be written is named as the person named it, never by our temporary file', () => {
  const folder = temporary('hb-disk-');
  mkdirSync(join(folder, 'a folder'));
  const onFolder = told(join(folder, 'a folder'));
  expect(onFolder.message).toBe(`${join(folder, 'a folder')} is a folder.`);
  const nowhere = told(join(folder, 'not there', 'x'));
  expect([nowhere.message, nowhere.next]).toEqual([
    `There is no folder ${join(folder, 'not there')}.`,
    `mkdir -p '${join(folder, 'not there')}'`,
  ]);
  for (const { message, why, next } of [onFolder, nowhere]) {
    expect(`${message} ${why} ${next}`).not.toContain('.hotpass-bootstrap-');
  }
});

test('a folder that we read as a file is named', () => {
  const folder = temporary('hb-disk-');
  expect(() => readText(folder)).toThrow(expect.objectContaining({ code: 'EISDIR', path: folder }));
  try {
    readText(folder);
  } catch (error) {
    expect(systemError(error)).toMatchObject({ message: `${folder} is a folder.`, next: `ls -ld ${folder}` });
  }
});

test('a folder that is read as a file is no bug of ours, though Node does not name it', () => {
  const read = (): unknown => {
    try {
      return readFileSync(temporary('hb-disk-'));
    } catch (error) {
      return systemError(error);
    }
  };
  expect(read()).toMatchObject({ message: 'A folder stands where a file belongs.', exit: 1 });
});
