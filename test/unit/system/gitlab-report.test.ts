import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gitlabReport } from '../../../src/system/gitlab-report.ts';

/**
 * How GitLab reads a dotenv report (gitlab, `Ci::ParseDotenvArtifactService`): every line has a name and a value, both
 * without spaces around them; an empty line or a comment fails the upload, and so does a file of more than 5 KiB.
 */
function gitlabReads(text: string): Record<string, string> {
  if (Buffer.byteLength(text) > 5 * 1024) throw new Error('Dotenv Artifact Too Big');
  const out: Record<string, string> = {};
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const [, key, value] = /^(.*?)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || !/^[A-Za-z_]\w*$/.test(key.trim()))
      throw new Error('Invalid Format');
    out[key.trim()] = value.trim();
  }
  return out;
}

const names = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/);
const values = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', '\r', '=', '#', '"', ' ', '$'), fc.string({ unit: 'grapheme', maxLength: 1 })),
});

describe('a dotenv report', () => {
  it('is read by GitLab as it was, or not written at all', () => {
    fc.assert(
      fc.property(fc.dictionary(names, values, { minKeys: 1, maxKeys: 5 }), names, (variables, other) => {
        fc.pre(!(other in variables));
        const written = gitlabReport(`${other}=kept\n`, variables);
        const plain = Object.values(variables).every(value => !/[\r\n\0]/.test(value) && value === value.trim());
        expect('text' in written).toBe(plain);
        if ('text' in written) expect(gitlabReads(written.text)).toEqual({ [other]: 'kept', ...variables });
      }),
    );
  });

  it('replaces what an earlier setup of the job said, and keeps the lines of others', () => {
    const first = gitlabReport('MINE=1\n\n', { BOOTSTRAP_CACHE_HIT: 'false' });
    expect(first).toEqual({ text: 'MINE=1\nBOOTSTRAP_CACHE_HIT=false\n' });
    expect(gitlabReport('text' in first ? first.text : '', { BOOTSTRAP_CACHE_HIT: 'true' })).toEqual({
      text: 'MINE=1\nBOOTSTRAP_CACHE_HIT=true\n',
    });
  });

  it('is not made larger than GitLab takes it, and has names that GitLab takes', () => {
    expect(gitlabReport(`A=${'x'.repeat(5 * 1024)}`, { B: '1' })).toHaveProperty('reason');
    expect(gitlabReport('', { 'duration-seconds': '1' })).toHaveProperty('reason');
  });
});
