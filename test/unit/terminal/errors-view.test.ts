import { describe, expect, it } from 'vitest';
import { InputNeeded, UserError } from '../../../src/core/errors.ts';
import { Redactor } from '../../../src/core/redact.ts';
import { renderError, withCommand } from '../../../src/terminal/errors-view.ts';
import { styleFor } from '../../../src/terminal/style.ts';

const redactor = new Redactor();
redactor.add('hunter2-hunter2');
const view = {
  style: styleFor({ LANG: 'C.UTF-8' }, { isTTY: false }),
  command: 'npx hotpass-bootstrap',
  redact: redactor.clean,
};

describe('renderError', () => {
  it('shows what happened, why, the last lines of the child, and the next command', () => {
    const error = new UserError({
      message: 'uv could not synchronise the environment.',
      cause: 'The package index refused the password hunter2-hunter2.',
      lines: ['\x1b[31merror\x1b[0m: 401', '', 'Authorization: Bearer abcdefghijkl', '\u202etxt\tx'],
      next: 'hotpass-bootstrap secrets set index',
      exit: 69,
    });
    expect(renderError(error, view)).toEqual([
      '✖ uv could not synchronise the environment.',
      '  The package index refused the password ‹redacted›.',
      '  It said last:',
      '  | error: 401',
      '  | Authorization: Bearer ‹redacted›',
      '  | txt    x',
      'Next: npx hotpass-bootstrap secrets set index',
    ]);
  });

  it('keeps only the last twelve lines of a child', () => {
    const lines = Array.from({ length: 50 }, (_, n) => `line ${n}`);
    const shown = renderError(new UserError({ message: 'm', exit: 1, lines }), view);
    expect(shown).toHaveLength(14);
    expect(shown.at(-1)).toBe('  | line 49');
  });

  it('shows a missing input the same way', () => {
    const error = new InputNeeded({
      message: 'A value is needed: prefect-auth',
      next: 'hotpass-bootstrap secrets set prefect-auth',
    });
    expect(renderError(error, view)).toEqual([
      '✖ A value is needed: prefect-auth',
      'Next: npx hotpass-bootstrap secrets set prefect-auth',
    ]);
  });

  it('calls anything else a bug of ours, with no stack and no secret', () => {
    const text = renderError(new TypeError('cannot read hunter2-hunter2'), view).join('\n');
    expect(text).toContain('not a mistake of yours');
    expect(text).toContain('TypeError: cannot read ‹redacted›');
    expect(text).toContain('npx hotpass-bootstrap --version');
    expect(text).not.toMatch(/\n\s+at |\.ts:\d/);
    expect(renderError(undefined, view).join('\n')).toContain('undefined');
  });

  it('breaks sentences at the width, but never a command', () => {
    const error = new UserError({
      message: 'a '.repeat(40),
      cause: 'b '.repeat(60),
      next: `hotpass-bootstrap ${'x'.repeat(60)}`,
      exit: 1,
    });
    const lines = renderError(error, { ...view, width: 40 });
    expect(lines.at(-1)).toBe(`Next: npx hotpass-bootstrap ${'x'.repeat(60)}`);
    for (const line of lines.slice(0, -1)) expect(line.length).toBeLessThanOrEqual(40);
  });
});

describe('withCommand', () => {
  it.each([
    ['hotpass-bootstrap setup', 'X setup'],
    ['cd /a && hotpass-bootstrap setup --yes', 'cd /a && X setup --yes'],
    ['printf %s v | hotpass-bootstrap secrets set a', 'printf %s v | X secrets set a'],
    ['A=1 hotpass-bootstrap', 'A=1 X'],
    ['cd /a && env -u A B=1 hotpass-bootstrap setup', 'cd /a && env -u A B=1 X setup'],
    ['npx hotpass-bootstrap setup', 'npx hotpass-bootstrap setup'],
    ['rm -r ~/.local/share/hotpass-bootstrap', 'rm -r ~/.local/share/hotpass-bootstrap'],
    ['hotpass-bootstrap.toml', 'hotpass-bootstrap.toml'],
    ['type `hotpass-bootstrap doctor`', 'type `X doctor`'],
  ])('%s', (text, expected) => {
    expect(withCommand(text, 'X')).toBe(expected);
  });

  it('looks in the folder of this call, or in the one the text names', () => {
    expect(withCommand('hotpass-bootstrap plan', "X -C 'a b'")).toBe("X -C 'a b' plan");
    expect(withCommand('hotpass-bootstrap -C /c plan', "X -C 'a b'")).toBe('X -C /c plan');
    expect(withCommand('hotpass-bootstrap -C /c plan', "X --env e -C 'a b' --manifest m")).toBe('X --env e -C /c plan');
    expect(withCommand('hotpass-bootstrap -C /c plan', 'X --manifest m')).toBe('X -C /c plan');
  });

  it('is about the environment of this call, or the one the text names', () => {
    const call = "X --env 'a b' -C d";
    expect(withCommand('hotpass-bootstrap plan', call)).toBe("X --env 'a b' -C d plan");
    expect(withCommand('hotpass-bootstrap setup --env e', call)).toBe('X -C d setup --env e');
    expect(withCommand('hotpass-bootstrap plan; hotpass-bootstrap setup --env e', call)).toBe(
      `${call} plan; X -C d setup --env e`,
    );
    expect(withCommand('type `hotpass-bootstrap plan`, not --env', call)).toBe(`type \`${call} plan\`, not --env`);
  });
});
