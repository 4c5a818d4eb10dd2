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

  it.each(COMMANDS.map(command => command.name))('has help for %s with two examples', async name => {
    const parsed = await parse([name, '--help']);
    expect(parsed.kind).toBe('help');
    if (parsed.kind === 'help') expect(parsed.text).toMatchSnapshot();
  });

  it('has help for itself', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const parsed = await parse(argv);
      expect(parsed.kind).toBe('help');
    }
    expect(await parse(['--help'])).toMatchSnapshot();
  });
});
