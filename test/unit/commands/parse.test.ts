import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/commands/parse.ts';
import { COMMANDS, optionsOf } from '../../../src/commands/table.ts';
import { UserError } from '../../../src/core/errors.ts';

async function commandOf(
  ...argv: string[]
): Promise<{ name: string; options: Record<string, unknown>; args: readonly string[] }> {
  const parsed = await parse(argv);
  if (parsed.kind !== 'run') throw new Error(`not a command: ${parsed.kind}`);
  const { command, options, args } = parsed.invocation;
  return { name: command.name, options: { ...options }, args };
}

async function refusal(...argv: string[]): Promise<UserError> {
  try {
    await parse(argv);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the command line', () => {
  it('is setup when no command is named', async () => {
    expect((await commandOf()).name).toBe('setup');
    expect((await commandOf('--yes', '-C', 'plan')).name).toBe('setup');
    expect((await commandOf('--only', 'python')).options).toMatchObject({ only: 'python' });
  });

  it('takes global options before and after the command', async () => {
    expect(await commandOf('-C', 'x', 'plan', '--json')).toMatchObject({
      name: 'plan',
      options: { directory: 'x', json: true },
    });
  });

  it.each([
    ['stup', 'setup'],
    ['secret', 'secrets'],
    ['plna', 'plan'],
  ])('takes %s for a typing error, not for setup', async (word, near) => {
    const error = await refusal(word);
    expect(error.exit).toBe(64);
    expect(error.message).toBe(`Unknown command: ${word}.`);
    expect(error.why).toContain(near);
  });

  it('refuses unknown options with the nearest one', async () => {
    const error = await refusal('setup', '--yess');
    expect(error.exit).toBe(64);
    expect(`${error.message} ${error.why}`).toMatch(/--yess.*--yes/);
    expect(error.next).toBe('hotpass-bootstrap setup --help');
  });

  it('refuses more arguments than a command takes', async () => {
    expect((await refusal('setup', 'extra')).exit).toBe(64);
    expect((await refusal('--', 'extra')).exit).toBe(64);
  });

  it('leaves everything behind the program to the program', async () => {
    expect((await commandOf('run', 'pytest', '-k', 'x', '--json')).args).toEqual(['pytest', '-k', 'x', '--json']);
    expect((await commandOf('run', '--', 'python', '--version')).args).toEqual(['python', '--version']);
    expect((await commandOf('--env', 'staging', 'run', '--', 'true')).options).toMatchObject({ env: 'staging' });
  });

  it('turns --no-input and --no-color into false', async () => {
    expect((await commandOf('setup', '--no-input', '--no-color')).options).toMatchObject({
      input: false,
      color: false,
    });
    expect((await commandOf('setup')).options).toMatchObject({ input: true, color: true });
  });

  it('has --yes on everything that changes something and only there', async () => {
    for (const command of COMMANDS) {
      const has = optionsOf(command).some(option => option.flags.includes('--yes'));
      expect(has, command.name).toBe(command.changes === true);
    }
  });

  const helps = COMMANDS.flatMap(({ name, actions = [] }) => [[name], ...actions.map(action => [name, action.name])]);
  it.each(helps.map(words => words.join(' ')))('has help for %s with two examples, 80 columns wide', async line => {
    const parsed = await parse([...line.split(' '), '--help']);
    expect(parsed.kind).toBe('help');
    if (parsed.kind !== 'help') return;
    expect(parsed.text).toMatchSnapshot();
    const [before = '', examples = ''] = parsed.text.split('\nExamples:\n');
    expect(Math.max(...before.split('\n').map(row => row.length))).toBeLessThanOrEqual(80);
    expect(examples.split('\n').length).toBeGreaterThanOrEqual(2);
    for (const example of examples.split('\n')) expect(example).toContain('hotpass-bootstrap');
  });

  it('has the same help for an action however it is asked for', async () => {
    const wanted = await parse(['secrets', 'set', '--help']);
    expect(await parse(['help', 'secrets', 'set'])).toEqual(wanted);
    expect(await parse(['--env', 'list', 'secrets', '-q', 'set', '-h'])).toEqual(wanted);
    expect(await parse(['secrets', '--help'])).not.toEqual(wanted);
  });

  it('has examples that it understands itself', async () => {
    const examples = COMMANDS.flatMap(({ examples, actions = [] }) => [
      ...examples,
      ...actions.flatMap(each => each.examples),
    ]);
    for (const example of examples) {
      const [, line = ''] = /hotpass-bootstrap ?([^")|<>]*)/.exec(example) ?? [];
      const words = line.trim().split(' ').filter(Boolean);
      expect((await parse(words)).kind, example).toBe(words.includes('--help') ? 'help' : 'run');
    }
  });

  it('has help for itself', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const parsed = await parse(argv);
      expect(parsed.kind).toBe('help');
    }
    const root = await parse(['--help']);
    expect(root).toMatchSnapshot();
    if (root.kind !== 'help') return;
    expect(Math.max(...root.text.split('\n').map(row => row.length))).toBeLessThanOrEqual(80);
  });
});
