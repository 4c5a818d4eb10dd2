import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { choosePackageIndex, DEFAULT_INDEX } from '../../../src/system/package-index.ts';
import { indexUrlOf, pipFiles } from '../../../src/system/pip-config.ts';
import { namesDefaultIndex, uvFiles } from '../../../src/system/uv-config.ts';
import { temporary } from '../../support/tools.ts';

let home = '';
let root = '';
beforeEach(() => {
  const base = temporary();
  home = join(base, 'home');
  root = join(base, 'work');
  mkdirSync(home);
  mkdirSync(root);
});

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Only files below the test's HOME: those of the machine do not take part. */
const choose = (env: Record<string, string> = {}) =>
  choosePackageIndex({ HOME: home, XDG_CONFIG_DIRS: join(home, 'xdg'), ...env }, root);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the package index', () => {
  it('is the public one when nobody names another', async () => {
    expect(await choose({ PIP_CONFIG_FILE: '/dev/null' })).toMatchObject({
      url: new URL(DEFAULT_INDEX),
      pipOnly: false,
    });
  });

  it('is chosen in the order uv, then pip', async () => {
    const env: Record<string, string> = {};
    const pip = write(join(home, '.config/pip/pip.conf'), '[global]\nindex-url = https://pip-conf.test/simple\n');
    expect(await choose(env)).toMatchObject({ source: pip, pipOnly: true });
    env['PIP_INDEX_URL'] = 'https://pip-env.test/simple';
    expect(await choose(env)).toMatchObject({ source: 'PIP_INDEX_URL', pipOnly: true });
    const uv = write(join(home, '.config/uv/uv.toml'), 'index-url = "https://uv-toml.test/simple"\n');
    expect(await choose(env)).toMatchObject({ source: uv, pipOnly: false });
    env['UV_INDEX_URL'] = 'https://old.test/simple';
    expect((await choose(env)).url.href).toBe('https://old.test/simple/');
    env['UV_DEFAULT_INDEX'] = 'corp=https://new.test/simple';
    expect((await choose(env)).url.href).toBe('https://new.test/simple/');
  });

  it('has its credentials in the URL, in UV_INDEX_<NAME>_*, or in netrc', async () => {
    const url = 'https://new.test/simple';
    expect(await choose({ UV_DEFAULT_INDEX: 'https://a%40b:p%2Fw@new.test/simple' })).toMatchObject({
      url: new URL(`${url}/`),
      authorization: basic('a@b:p/w'),
    });
    write(
      join(home, '.netrc'),
      'machine other.test login x password y\nmachine new.test login n password from-netrc\n',
    );
    expect((await choose({ UV_DEFAULT_INDEX: url })).authorization).toBe(basic('n:from-netrc'));
    expect((await choose({ UV_DEFAULT_INDEX: 'https://zoe@new.test/simple' })).authorization).toBe(basic('zoe:'));
    write(join(home, '.config/uv/uv.toml'), `[[index]]\nname = "my-corp.x"\nurl = "${url}"\ndefault = true\n`);
    const named = { UV_INDEX_MY_CORP_X_USERNAME: 'u', UV_INDEX_MY_CORP_X_PASSWORD: 'v' };
    expect((await choose(named)).authorization).toBe(basic('u:v'));
  });

  it('is never named by the workspace', async () => {
    const evil = write(join(root, 'uv.toml'), 'index-url = "https://evil.test/simple"\n');
    const pip = write(join(root, 'pip.conf'), '[global]\nindex-url = https://evil.test/simple\n');
    symlinkSync(pip, join(home, 'pip-link.conf'));
    write(join(root, '.netrc'), 'default login x password y\n');
    for (const env of [
      { UV_CONFIG_FILE: evil },
      { UV_CONFIG_FILE: 'uv.toml' },
      { PIP_CONFIG_FILE: pip },
      { PIP_CONFIG_FILE: join(home, 'pip-link.conf') },
      { VIRTUAL_ENV: root },
      { NETRC: join(root, '.netrc') },
    ]) {
      const index = await choose(env as Record<string, string>);
      expect(index.url.href).not.toContain('evil');
      expect(index.authorization).toBeUndefined();
    }
  });

  it('must be an HTTP address', async () => {
    for (const url of ['file:///srv/index', '/srv/index', 'nonsense']) {
      await expect(choose({ UV_DEFAULT_INDEX: url })).rejects.toMatchObject({ exit: 69 });
    }
  });

  it('survives configuration files that are broken', async () => {
    write(join(home, '.config/uv/uv.toml'), '[[index\n');
    write(join(home, '.config/pip/pip.conf'), '\u0000[x\nindex-url');
    mkdirSync(join(home, '.pip', 'pip.conf'), { recursive: true });
    expect((await choose({ PIP_CONFIG_FILE: '/dev/null' })).url.href).toBe(DEFAULT_INDEX);
  });
});

describe('pip.conf', () => {
  it('is read as Python’s configparser reads it', () => {
    expect(indexUrlOf('[global]\nindex-url: https://a.test\n[install]\nINDEX_URL=https://b.test\n')).toBe(
      'https://b.test',
    );
    expect(indexUrlOf('\uFEFF[global]\r\n; no\r\nindex-url   =   https://a.test/x?y=z  \r\n')).toBe(
      'https://a.test/x?y=z',
    );
    expect(indexUrlOf('index-url = https://no-section.test\n[search]\nindex = https://b.test\n')).toBeUndefined();
    expect(indexUrlOf('[global]\nextra-index-url = https://a.test\n')).toBeUndefined();
  });

  it('stands in all of pip’s places', () => {
    expect(pipFiles({ HOME: '/h', VIRTUAL_ENV: '/v', PIP_CONFIG_FILE: '/own' }, 'linux')).toEqual([
      '/etc/xdg/pip/pip.conf',
      '/etc/pip.conf',
      '/h/.pip/pip.conf',
      '/h/.config/pip/pip.conf',
      '/v/pip.conf',
      '/own',
    ]);
    expect(pipFiles({ HOME: '/h', XDG_CONFIG_HOME: '/c' }, 'darwin')).toContain('/c/pip/pip.conf');
    expect(pipFiles({ HOME: '/h', APPDATA: '/a' }, 'win32')).toContain('/a/pip/pip.ini');
  });
});

describe('uv.toml', () => {
  it('is looked for where uv looks', () => {
    expect(uvFiles({ HOME: '/h' }, 'linux')).toEqual([
      '/h/.config/uv/uv.toml',
      '/etc/xdg/uv/uv.toml',
      '/etc/uv/uv.toml',
    ]);
    expect(uvFiles({ HOME: '/h', UV_NO_CONFIG: '1' })).toEqual([]);
    expect(uvFiles({ UV_CONFIG_FILE: '/x.toml' })).toEqual(['/x.toml']);
  });

  it('and pyproject.toml may name the default index of a workspace', async () => {
    const index = '[[tool.uv.index]]\nurl = "https://a.test"\n';
    expect(await namesDefaultIndex(`${index}default = true\n`, 'pyproject')).toBe(true);
    expect(await namesDefaultIndex(index, 'pyproject')).toBe(false);
    expect(await namesDefaultIndex('index-url = "https://a.test"', 'uv')).toBe(true);
    expect(await namesDefaultIndex('index = [', 'uv')).toBe(false);
  });
});
