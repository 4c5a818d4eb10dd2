import { expect, it } from 'vitest';
import { forceProfile } from '../../../../src/steps/prefect/force.ts';

const CHANGED = '[profiles.harbour]\nPREFECT_API_URL = "http://127.0.0.1:4200/api"\n# mine\nPREFECT_X = "1"\n';
const NEXT = '# The one of the team\n[profiles.team]\nPREFECT_API_URL = "http://team.example:4200/api"\n';

it.each([
  [
    'a table that was new',
    `active = "team"\n\n${CHANGED}\n${NEXT}`,
    { offset: 0, before: '', after: '\n[profiles.harbour]\n' },
  ],
  [
    'a table that was there before',
    `active = "team"\n\n${CHANGED}\n${NEXT}`,
    { offset: 0, before: '[profiles.harbour]\nPREFECT_X = "0"\n', after: '[profiles.harbour]\n' },
  ],
  [
    'a table right above the next',
    `active = "team"\n\n${CHANGED}${NEXT}`,
    { offset: 0, before: '', after: '\n[profiles.harbour]\n' },
  ],
])('leaves what is said about the next profile where it is: %s', (_, text, region) => {
  const forced = forceProfile(text, 'profiles.toml', 'harbour', [region]);
  expect(forced?.removed).toBe(CHANGED);
  expect(forced?.text).toContain(NEXT);
  expect(forced?.text.replace(NEXT, '').trim()).toBe(`active = "team"\n\n${region.before}`.trim());
});
