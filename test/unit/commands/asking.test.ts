import { expect, it } from 'vitest';
import { goAhead } from '../../../src/commands/asking.ts';
import type { Session } from '../../../src/commands/session.ts';
import { InputNeeded } from '../../../src/core/errors.ts';

const GOING = { message: 'Write this?', undone: 'Nothing was written', next: 'hotpass-bootstrap init --yes' };

/** Nobody can be asked here. */
const session = (yes: boolean): Session => ({ yes, interactive: false }) as unknown as Session;

it('goes on where that was answered beforehand', async () => {
  await expect(goAhead(session(true), GOING)).resolves.toBeUndefined();
  await expect(goAhead(session(false), { ...GOING, yes: true })).resolves.toBeUndefined();
});

it('says what was left undone, why, and what does it, where nobody can be asked', async () => {
  const said = async (going: typeof GOING & { cause?: string }) => {
    const error = await goAhead(session(false), going).catch((thrown: unknown) => thrown);
    if (!(error instanceof InputNeeded)) throw new Error('it went on');
    return [error.message, error.why, error.next, error.exit];
  };
  const message = 'Nothing was written: nobody can be asked here.';
  const cause = expect.stringContaining('is not a terminal');
  expect(await said(GOING)).toEqual([message, cause, GOING.next, 3]);
  expect(await said({ ...GOING, cause: 'Because.' })).toEqual([message, 'Because.', GOING.next, 3]);
});

it('lets nothing that is only implied answer a question that asks for more', async () => {
  await expect(goAhead(session(true), { ...GOING, yes: false })).rejects.toMatchObject({ exit: 3 });
});
