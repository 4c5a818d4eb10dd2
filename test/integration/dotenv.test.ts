import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect } from 'vitest';
import { dotenvLine } from '../../src/system/dotenv.ts';
import { itReadsTheSame, pythonWith } from '../support/dotenv-readers.ts';
import { temporary } from '../support/tools.ts';

const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(...'\'"\\$`#!~=: \n\t{}é😀&<>()|;*?', '${X}', '\\n', 'a'), fc.string({ maxLength: 3 })),
    {
      maxLength: 8,
    },
  )
  .map(parts => parts.join(''));

/** Hostile values that the writer accepts, the same in every run. */
function accepted(count: number): { lines: string[]; values: Record<string, string> } {
  const lines: string[] = [];
  const values: Record<string, string> = {};
  for (const value of fc.sample(hostile, { numRuns: count * 2, seed: 7 })) {
    const name = `V${lines.length}`;
    const result = dotenvLine(name, value);
    if (!('line' in result) || lines.length === count) continue;
    lines.push(result.line);
    values[name] = value;
  }
  expect(lines.length).toBe(count);
  return { lines, values };
}

let python: string;
beforeAll(() => {
  python = pythonWith('dotenv', 'python-dotenv==1.2.4');
});

describe('what the writer accepts reads back equal in other programs', () => {
  const { lines, values } = accepted(400);
  const folder = temporary();
  const file = join(folder, '.env');
  writeFileSync(file, `${lines.join('\n')}\n`);

  itReadsTheSame(file, values, () => python);
});
