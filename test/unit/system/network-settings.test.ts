import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { netrcLogin } from '../../../src/system/netrc.ts';
import { npmNetwork } from '../../../src/system/npmrc.ts';
import { isException, proxyFor } from '../../../src/system/proxies.ts';
import { temporary } from '../../support/tools.ts';

const secure = new URL('https://index.test/simple/');
const plain = new URL('http://index.test/simple/');

describe('the proxy', () => {
  const proxy = (url: URL, env: Record<string, string>, npm = {}): string | undefined => proxyFor(url, env, npm)?.href;

  it('is read like curl reads it', () => {
    expect(proxy(secure, {})).toBeUndefined();
    expect(proxy(secure, { HTTPS_PROXY: 'http://b:1', https_proxy: 'a:2', ALL_PROXY: 'http://c:3' })).toBe(
      'http://a:2/',
    );
    expect(proxy(secure, { HTTP_PROXY: 'http://b:1', ALL_PROXY: 'http://c:3' })).toBe('http://c:3/');
    expect(proxy(plain, { HTTP_PROXY: 'http://b:1' })).toBe('http://b:1/');
    expect(proxy(plain, { HTTP_PROXY: 'http://b:1', REQUEST_METHOD: 'GET' })).toBeUndefined();
    expect(proxy(plain, { HTTPS_PROXY: 'http://b:1' })).toBeUndefined();
    expect(() => proxy(secure, { HTTPS_PROXY: 'http://' })).toThrow(/HTTPS_PROXY/);
  });

  it('is npm’s only when the environment names none', () => {
    const npm = { httpsProxy: 'http://npm:1', noProxy: 'other.test' };
    expect(proxy(secure, {}, npm)).toBe('http://npm:1/');
    expect(proxy(secure, { HTTPS_PROXY: 'http://b:1' }, npm)).toBe('http://b:1/');
    expect(proxy(new URL('https://other.test'), {}, npm)).toBeUndefined();
  });

  it.each([
    ['*', true],
    ['index.test', true],
    ['.test other', true],
    ['*.test', true],
    ['other,test', true],
    ['ex.test', false],
    ['index.test:443', true],
    ['index.test:8443', false],
    ['INDEX.TEST.', true],
    ['', false],
  ])('is left out for NO_PROXY=%s: %s', (list, expected) => {
    expect(isException(secure, list)).toBe(expected);
  });

  it('is left out for addresses and networks', () => {
    expect(isException(new URL('http://10.1.2.3/'), '10.0.0.0/8')).toBe(true);
    expect(isException(new URL('http://11.1.2.3/'), '10.0.0.0/8,10.0.0.0/99')).toBe(false);
    expect(isException(new URL('http://[fd00::1]/'), 'fd00::/8')).toBe(true);
    expect(isException(new URL('http://[::1]:80/'), '[::1]:80')).toBe(true);
    expect(isException(new URL('http://1.2.3.4/'), '.4')).toBe(false);
  });
});

describe('npm’s settings', () => {
  const home = temporary();
  const env = (more: Record<string, string>) => ({ HOME: home, CORP: 'proxy.corp.test', ...more });

  it('count only when the user’s own npmrc says the same', () => {
    writeFileSync(
      join(home, '.npmrc'),
      '; comment\nhttps-proxy = "http://${CORP}:3128"\nnoproxy=a.test, b.test\ncafile=~/ca.pem\n',
    );
    const same = {
      npm_config_https_proxy: 'http://proxy.corp.test:3128/',
      npm_config_noproxy: 'b.test,a.test',
      npm_config_cafile: join(home, 'ca.pem'),
    };
    expect(npmNetwork(env(same))).toEqual({
      httpsProxy: 'http://proxy.corp.test:3128/',
      noProxy: 'b.test,a.test',
      cafile: join(home, 'ca.pem'),
    });
    // This is how the .npmrc of a clone reaches us under npx.
    const other = { npm_config_https_proxy: 'http://evil.test:1/', npm_config_cafile: '/srv/clone/evil.pem' };
    expect(npmNetwork(env({ ...other, npm_config_userconfig: '/srv/clone/.npmrc' }))).toEqual({});
    expect(npmNetwork(env({}))).toEqual({});
  });

  it('that cannot be read confirm nothing', () => {
    const odd = join(home, 'odd');
    mkdirSync(join(odd, '.npmrc'), { recursive: true });
    expect(npmNetwork({ HOME: odd, npm_config_noproxy: 'a.test' })).toEqual({});
  });
});

describe('netrc', () => {
  const text = `
    # machine no.test login no password no
    machine a.test login anna password "two words"
    machine b.test
      login bob account x
      password b#b
    macdef init
      machine c.test login evil password evil

    machine a.test login zoe password z
    default login any password any`;

  it('gives the first login that fits', () => {
    expect(netrcLogin(text, 'a.test')).toEqual({ login: 'anna', password: 'two words' });
    expect(netrcLogin(text, 'A.TEST', 'zoe')).toEqual({ login: 'zoe', password: 'z' });
    expect(netrcLogin(text, 'b.test')).toEqual({ login: 'bob', password: 'b#b' });
    expect(netrcLogin(text, 'c.test')).toEqual({ login: 'any', password: 'any' });
    expect(netrcLogin(text, 'a.test', 'nobody')).toBeUndefined();
    expect(netrcLogin('', 'a.test')).toBeUndefined();
    expect(netrcLogin('machine a.test login', 'a.test')).toEqual({ login: '', password: '' });
  });
});
