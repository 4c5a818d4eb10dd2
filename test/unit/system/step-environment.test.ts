import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexCredentialsOf, stepEnvironment } from '../../../src/system/environment.ts';
import { holdsUserInfo, userInfoIn, withoutUserInfo } from '../../../src/system/url-credentials.ts';

describe('the environment of a step child', () => {
  it.each([
    ['UV_DEFAULT_INDEX', 'https://ana:pass-word@pkg.test/simple', 'https://pkg.test/simple'],
    ['UV_DEFAULT_INDEX', 'https://token-alone@pkg.test/simple', 'https://pkg.test/simple'],
    ['UV_INDEX_URL', 'https://ana:p@ss@pkg.test/simple', 'https://pkg.test/simple'],
    ['UV_EXTRA_INDEX_URL', 'https://a:b1@x.test/s https://c:d1@y.test/s', 'https://x.test/s https://y.test/s'],
    ['UV_INDEX', 'one=https://a:b1@x.test/s two=https://y.test/s', 'one=https://x.test/s two=https://y.test/s'],
    ['UV_FIND_LINKS', '/wheels,https://a:b1@x.test/s', '/wheels,https://x.test/s'],
    ['UV_PYTHON_INSTALL_MIRROR', 'https://a:b1@x.test/@scope', 'https://x.test/@scope'],
  ])('has %s without user name and password; uv alone may get it whole', (name, value, plain) => {
    expect(stepEnvironment({ [name]: value }, '/bin')).toEqual({ PATH: '/bin', [name]: plain });
    expect(indexCredentialsOf({ [name]: value })).toEqual({ [name]: value });
  });

  it.each(['UV_PUBLISH_TOKEN', 'UV_GITHUB_TOKEN', 'UV_INDEX_CORP_PASSWORD', 'UV_INDEX_CORP_USERNAME'])(
    'has no %s',
    name => {
      expect(stepEnvironment({ [name]: 'value' }, '/bin')).toEqual({ PATH: '/bin' });
    },
  );

  it('keeps addresses without one as they are, and no other variable counts as a credential', () => {
    const env = { UV_INDEX: 'a=https://x.test/@scope/s', UV_KEYRING_PROVIDER: 'subprocess', UV_CACHE_DIR: '/c@d' };
    expect(stepEnvironment(env, '/bin')).toEqual({ PATH: '/bin', ...env });
    expect(indexCredentialsOf({ ...env, DATABASE: 'postgres://a:b1@x.test' })).toEqual({});
  });

  it('agrees with the URL parser of Node about what is user info', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, withFragments: true, authoritySettings: { withUserInfo: true } }),
        text => {
          const url = new URL(text);
          const isThere = url.username !== '' || url.password !== '';
          if (isThere) {
            expect(holdsUserInfo(text)).toBe(true);
            expect(userInfoIn(text)).toEqual(expect.arrayContaining([decodeURIComponent(url.username)]));
          }
          url.username = '';
          url.password = '';
          expect(new URL(withoutUserInfo(text)).href).toBe(url.href);
        },
      ),
    );
  });
});
