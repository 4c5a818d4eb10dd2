import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Place, placeOf } from '../../../src/commands/completion-place.ts';
import { actionNames } from '../../../src/commands/spec.ts';
import { COMMANDS, optionsOf, shownOptions } from '../../../src/commands/table.ts';

/** The words that are offered, or the kind of names. */
function offered({ wants }: Place): readonly string[] | string | undefined {
  if (wants === undefined || typeof wants === 'string') return wants;
  return wants.map(choice => (typeof choice === 'string' ? choice : choice[0]));
}

const at = (...words: string[]): readonly string[] | string | undefined => offered(placeOf(words));

describe('where the cursor is', () => {
  it('offers every command first, and its actions next', () => {
    expect(at('')).toEqual(COMMANDS.map(({ name }) => name));
    expect(at('sec')).toEqual(COMMANDS.map(({ name }) => name));
    for (const spec of COMMANDS.filter(({ actions }) => actions)) expect(at(spec.name, '')).toEqual(actionNames(spec));
    expect(at('--env', 'staging', 'profile', '')).toEqual(['list', 'use', 'adopt']);
    expect(at('completion', '')).toEqual(['bash', 'zsh', 'fish', 'powershell']);
  });

  it.each([
    ['secrets set', 'secret'],
    ['secrets get', 'secret'],
    ['profile use', 'environment'],
    ['profile adopt', 'profile'],
    ['undo', 'run'],
    ['undo --to', 'run'],
    ['setup --template', 'template'],
    ['--link', 'workspace'],
    ['plan --env', 'environment'],
    ['-C', 'folder'],
    ['--manifest', 'file'],
    ['env --output', 'file'],
    ['run', 'command'],
    ['run --', 'command'],
    ['run -- make', 'file'],
    ['run make --json', 'file'],
    ['measure qa', 'command'],
    ['measure qa -- make', 'file'],
  ])('looks up names after %s', (line, kind) => {
    expect(at(...line.split(' '), '')).toBe(kind);
  });

  it('has nothing to offer where nothing can stand, or nothing is known', () => {
    for (const line of [
      'nonsense',
      'plan',
      'secrets list',
      'secrets set x',
      'setup --wait',
      'init x',
      'nonsense --env',
    ]) {
      expect(at(...line.split(' '), ''), line).toBeUndefined();
    }
    expect(at('setup', '--wait=')).toBeUndefined();
    expect(at('setup', '--nothing=')).toBeUndefined();
  });

  it('offers the options of the command, and each but once', () => {
    for (const spec of COMMANDS) {
      const long = (at(spec.name, '--') as string[]).filter(name => name.startsWith('--'));
      expect(long, spec.name).toEqual(shownOptions(spec).map(({ flags }) => /--[a-z-]+/.exec(flags)?.[0]));
    }
    expect(at('setup', '-n', '-')).not.toContain('--dry-run');
    expect(at('setup', '--approve-origin', 'https://a', '--')).toContain('--approve-origin');
    expect(at('secrets', 'set', '--')).not.toContain('--reveal');
    expect(at('run', '--')).not.toContain('--json');
    // Without a command it is setup.
    expect(at('--')).toContain('--break-lock');
  });

  it('knows a value behind an equals sign, in one word or, as bash has it, in three', () => {
    expect(placeOf(['setup', '--env=sta'])).toMatchObject({ wants: 'environment', typed: 'sta', before: '--env=' });
    expect(placeOf(['setup', '--env', '=', 'sta'])).toMatchObject({
      wants: 'environment',
      typed: 'sta',
      before: '--env=',
      cut: 6,
    });
    expect(placeOf(['setup', '--env', '='])).toMatchObject({
      wants: 'environment',
      typed: '',
      before: '--env=',
      cut: 6,
    });
    expect(placeOf(['--env', '=', 'staging', 'secrets', 'get', ''])).toMatchObject({
      wants: 'secret',
      given: { env: 'staging' },
    });
  });

  it('knows a value with a colon, which bash gives in three words as well', () => {
    const where = ['secrets', 'where', '--use'];
    expect(placeOf([...where, 'sealed-file:pa'])).toMatchObject({ typed: 'sealed-file:pa', cut: 0 });
    expect(placeOf([...where, 'sealed-file', ':', 'pa'])).toMatchObject({ typed: 'sealed-file:pa', cut: 12 });
    expect(placeOf([...where, 'sealed-file', ':'])).toMatchObject({ typed: 'sealed-file:', cut: 12 });
    expect(placeOf([...where, '=', 'sealed-file', ':'])).toMatchObject({ before: '--use=', cut: 18 });
  });

  it('goes on behind the last comma of a list, without what stands in it', () => {
    expect(placeOf(['plan', '--only', 'uv,py'])).toMatchObject({ typed: 'py', before: 'uv,' });
    expect(placeOf(['plan', '--only=uv,py'])).toMatchObject({ typed: 'py', before: '--only=uv,' });
    expect(placeOf(['plan', '--only', '=', 'uv,py'])).toMatchObject({ typed: 'py', before: '--only=uv,', cut: 7 });
    expect(at('plan', '--only', 'uv,')).not.toContain('uv');
    expect(at('plan', '--only', 'uv,')).toContain('python');
  });

  it('keeps which workspace is meant', () => {
    expect(placeOf(['-C', 'a b', '--manifest=x.toml', '--env', 'ci', 'secrets', 'set', '']).given).toEqual({
      directory: 'a b',
      manifest: 'x.toml',
      env: 'ci',
    });
  });

  it('answers for every line, and never but from the table', () => {
    const words = [...COMMANDS, ...COMMANDS.flatMap(({ actions }) => actions ?? [])].map(({ name }) => name);
    const flags = COMMANDS.flatMap(optionsOf).flatMap(option => option.flags.replace(/ <.*/, '').split(', '));
    const word = fc.oneof(
      fc.constantFrom(...words, ...flags, '--', '=', ':', '', '-', ','),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), line => {
        const place = placeOf(line);
        expect(line.join('').endsWith(place.before + place.typed)).toBe(true);
        expect(place.cut).toBeLessThanOrEqual((place.before + place.typed).length);
        const found = offered(place);
        if (Array.isArray(found)) for (const each of found) expect(each).toMatch(/^[a-z-][a-zA-Z:-]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
