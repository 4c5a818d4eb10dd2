import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { uvStopsAt } from '../../src/steps/env-block.ts';
import { envFileStep } from '../../src/steps/env-file.ts';
import { ManagedHome } from '../support/managed-home.ts';
import { emptyHome, pythonFolder, temporary, uvPath } from '../support/tools.ts';

const python = join(pythonFolder(), 'python3');

/** What programs started by `uv run --env-file` see of one variable. */
function underUv(file: string, folder: string, name: string): string {
  const code = `import os; print(os.environ.get(${JSON.stringify(name)}, ''), end='')`;
  const args = ['run', '--quiet', '--no-project', '--python', python, '--env-file', file, 'python', '-c', code];
  return execFileSync(uvPath(), args, {
    encoding: 'utf8',
    env: emptyHome(folder),
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

it('uv run --env-file gives the settings of the block, after what a person wrote above', async () => {
  const home = new ManagedHome();
  home.variables = { W_ENVIRONMENT: 'staging', W_TEXT: "it's #1 and more" };
  writeFileSync(join(home.root, '.env.w'), '# mine\nexport A="b c"\nB=1 # why\n');
  const { findings } = await home.setup(envFileStep);
  expect(findings).toEqual([]);
  for (const [name, value] of Object.entries(home.variables)) {
    expect(underUv(join(home.root, '.env.w'), home.root, name)).toBe(value);
  }
});

describe('uvStopsAt says where uv stops', () => {
  const folder = temporary();
  it.each([
    'A=1',
    '# comment',
    '',
    'export A=1',
    'A = 1',
    'A=1 # why',
    "A='x y'",
    'A="x\ny"',
    'A="say \\"hi\\""',
    'A=',
    'A=a=b',
    'A=two words',
    'NOT A SETTING',
    '=',
    'A=a\\b',
    '1A=1',
    'A-B=1',
  ])('%j', line => {
    const file = join(folder, '.env');
    writeFileSync(file, `${line}\nAFTER=seen\n`);
    expect(uvStopsAt(`${line}\n`) === undefined).toBe(underUv(file, folder, 'AFTER') === 'seen');
  });
});
