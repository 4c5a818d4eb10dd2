import { describe, expect, it } from 'vitest';
import { EXIT, Interrupted, UserError } from '../../../src/core/errors.ts';
import { failureFinding, guarded } from '../../../src/doctor/guard.ts';

const never = (): Promise<never> => new Promise(() => {});
const quiet = (): AbortSignal => new AbortController().signal;

describe('a guarded look', () => {
  it('gives what was found', async () => {
    expect(await guarded('x', 1000, quiet(), async () => [1])).toEqual({ ok: true, value: [1] });
  });

  it.each([
    ['an error', new TypeError('x is no function'), 'TypeError: x is no function'],
    ['a text', 'broken', 'broken'],
    ['an error with a secret in it', new Error('at https://me:canary-1234@host/'), 'at https://‹redacted›@host/'],
  ])('makes a finding of %s that is thrown', async (_, thrown, said) => {
    const looked = await guarded('Clock', 1000, quiet(), () => Promise.reject(thrown));
    if (looked.ok) throw new Error('it did not fail');
    expect(looked.findings).toMatchObject([{ id: 'HB511', level: 'fail', cause: expect.stringContaining(said) }]);
    expect(looked.findings[0]?.message).toContain('"Clock"');
  });

  it('gives up a look that hangs, and stops what it had started', async () => {
    let stopped = false;
    const looked = await guarded('Proxies', 30, quiet(), signal => {
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      return never();
    });
    if (looked.ok) throw new Error('it did not hang');
    expect(looked.findings).toMatchObject([{ id: 'HB512', level: 'warn' }]);
    expect(stopped).toBe(true);
  });

  it('ends with the reason when everything is stopped, whatever the look does', async () => {
    for (const work of [never, () => Promise.reject(new Error('stopped'))]) {
      const abort = new AbortController();
      const looked = guarded('x', 10_000, abort.signal, work);
      abort.abort(new Interrupted());
      await expect(looked).rejects.toBe(abort.signal.reason);
    }
  });
});

describe('a refusal as a finding', () => {
  it('keeps id, sentence, cause, particulars and the way out', () => {
    const error = new UserError({
      id: 'HB130',
      message: 'a.toml:1:1: no.',
      cause: 'It is invalid.',
      details: ['a.toml:2:1: no.', '  hotpass-bootstrap -C other'],
      next: 'hotpass-bootstrap plan',
      exit: EXIT.invalid,
    });
    expect(failureFinding('x', error)).toEqual({
      id: 'HB130',
      level: 'fail',
      message: 'a.toml:1:1: no.',
      cause: 'It is invalid. a.toml:2:1: no.',
      fix: { command: 'hotpass-bootstrap plan', safe: false },
      docs: 'docs/findings/HB130.md',
    });
  });

  it('is what the system refused, in words', () => {
    const error = Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/x', syscall: 'open' });
    expect(failureFinding('x', error)).toMatchObject({ id: 'HB510', message: '/x may not be opened by this user.' });
  });

  it('has an id of its own when the refusal has none', () => {
    expect(failureFinding('x', new UserError({ message: 'No.', exit: EXIT.failed }))).toMatchObject({
      id: 'HB510',
      level: 'fail',
    });
  });
});
