import { describe, expect, it } from 'vitest';
import { EXPORTED, exportedBefore, withoutExported } from '../../../src/system/exported.ts';

describe('what an earlier setup of a job exported', () => {
  const env = { PATH: '/bin', PREFECT_PROFILE: 'harbour-local', MODE: 'mine', [EXPORTED]: '' };

  it('is no choice of the person', () => {
    env[EXPORTED] = JSON.stringify({ PREFECT_PROFILE: 'harbour-local', MODE: 'ours', GONE: 'x' });
    expect(withoutExported(env)).toEqual({ PATH: '/bin', MODE: 'mine' });
    expect(exportedBefore(env)).toMatchObject({ MODE: 'ours' });
  });

  it.each(['{', 'null', '3', '"text"', '[]'])('is nothing where that is not readable: %s', text => {
    env[EXPORTED] = text;
    expect(withoutExported(env)).toEqual({ PATH: '/bin', PREFECT_PROFILE: 'harbour-local', MODE: 'mine' });
    expect(exportedBefore(env)).toEqual({});
  });

  it('leaves an environment alone that has none', () => {
    const plain = { PATH: '/bin' };
    expect(withoutExported(plain)).toBe(plain);
  });
});
