import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../../src/terminal/json-view.ts';

describe('a document as JSON', () => {
  it('is the same document, whatever is in it, and no command of a CI system', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(':', '#', '[', 'vso', 'set-env', '"', '\\', '\n') }),
    );
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.integer(), fc.boolean())), document => {
        const json = jsonText(document);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(document)));
        expect(json).not.toMatch(/::|##/);
      }),
    );
  });

  it('has its strings redacted, not its text', () => {
    const hide = (text: string): string => text.replaceAll('secret"', '***');
    expect(JSON.parse(jsonText({ a: 'a secret" here' }, hide))).toEqual({ a: 'a *** here' });
  });
});
