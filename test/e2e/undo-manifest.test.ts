import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal, MANIFEST, smallWorkspace } from '../support/bad-input.ts';
import { Machine, snapshot } from '../support/machine.ts';

/** A workspace's files as they were before setup; what breaks them is not part of it. */
const files = (root: string): Map<string, string> =>
  snapshot(root, /^hotpass-bootstrap\.toml$|^pyproject\.toml$|^\.git/);

let machine: Machine;
let root: string;
let before: Map<string, string>;

beforeEach(() => {
  machine = new Machine();
  root = smallWorkspace(machine);
  const task = `[[tasks]]
name = "mark"
check = ["test", "-e", "mark"]
run = ["touch", "mark"]
undo = ["sh", "-c", "rm mark; echo \${COLOUR-none} > ${machine.home}/colour"]
`;
  writeFileSync(join(root, 'hotpass-bootstrap.toml'), `${MANIFEST}variables = { COLOUR = "blue" }\n${task}`);
  before = files(root);
  expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
  expect(existsSync(join(root, 'mark'))).toBe(true);
});

describe('undo needs no manifest that can be read', () => {
  it.each<[string, (root: string) => void, string | undefined]>([
    ['no TOML', at => writeFileSync(join(at, 'hotpass-bootstrap.toml'), 'schema = [\n'), 'hotpass-bootstrap.toml:'],
    [
      'unknown keys',
      at => writeFileSync(join(at, 'hotpass-bootstrap.toml'), 'schema = 1\nenvironmnts = {}\n'),
      'environm',
    ],
    ['a newer tool', at => writeFileSync(join(at, 'hotpass-bootstrap.toml'), 'requires = ">=99"\n'), '>=99'],
    ['gone', at => rmSync(join(at, 'hotpass-bootstrap.toml')), undefined],
    [
      'gone with its project',
      at => ['hotpass-bootstrap.toml', 'pyproject.toml'].map(name => rmSync(join(at, name))),
      'pyproject.toml',
    ],
    ['no TOML in pyproject.toml', at => writeFileSync(join(at, 'pyproject.toml'), '[project\n'), 'pyproject.toml'],
  ])('%s', (_, spoil, says) => {
    spoil(root);
    const below = join(root, 'src');
    mkdirSync(below, { recursive: true });
    const list = machine.run(below, ['undo', '--list']);
    expect([list.code, list.stdout]).toEqual([0, expect.stringContaining('add .venv')]);
    if (says !== undefined) expect(list.stderr).toContain(says);
    const shown = machine.run(below, ['undo', '--dry-run', '--json']);
    expect([shown.code, JSON.parse(shown.stdout)]).toMatchObject([2, { kind: 'undo', dryRun: true, refused: [] }]);
    const undo = machine.run(root, ['undo', '--yes']);
    expect([undo.code, undo.stderr]).toEqual([0, expect.stringContaining('Taken back.')]);
    rmSync(below, { recursive: true });
    expect(files(root)).toEqual(before);
  });
});

describe('the rules of a root hold without a manifest too', () => {
  it('a root that everybody can write to: 78, and nothing is taken back', () => {
    writeFileSync(join(root, 'hotpass-bootstrap.toml'), 'schema = [\n');
    chmodSync(root, 0o777);
    const refused = machine.run(root, ['undo', '--yes']);
    expectRefusal(machine, root, refused, { code: 78, says: [root, 'chmod o-w'] });
    expect(existsSync(join(root, 'mark'))).toBe(true);
  });

  it('a folder that was never linked: the manifest is what is told', () => {
    const other = join(machine.home, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'hotpass-bootstrap.toml'), 'schema = [\n');
    writeFileSync(join(other, 'pyproject.toml'), '[project]\nname = "x"\nversion = "1"\n');
    expectRefusal(machine, other, machine.run(other, ['undo', '--list']), {
      code: 78,
      says: ['hotpass-bootstrap.toml:2'],
    });
  });
});

it('a task’s undo command gets the variables that were approved, and none that were added since', () => {
  const manifest = join(root, 'hotpass-bootstrap.toml');
  const grown = readFileSync(manifest, 'utf8').replace('COLOUR = "blue"', 'COLOUR = "red"');
  writeFileSync(manifest, grown);
  expect(machine.run(root, ['undo', '--yes']).code).toBe(0);
  expect(readFileSync(join(machine.home, 'colour'), 'utf8')).toBe('none\n');
  writeFileSync(manifest, grown.replace('red', 'blue'));
  expect(machine.run(root, ['setup', '--yes']).code).toBe(0);
  expect(machine.run(root, ['undo', '--yes']).code).toBe(0);
  expect(readFileSync(join(machine.home, 'colour'), 'utf8')).toBe('blue\n');
});
