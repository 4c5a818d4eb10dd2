import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Env } from './environment.ts';
import { readText } from './files.ts';

/** Network settings that npm hands to its children. */
export interface NpmNetwork {
  httpsProxy?: string;
  noProxy?: string;
  cafile?: string;
}

/**
 * What `npm_config_*` says about the network, but only values that also stand in the user's or the global npmrc: npm
 * hands on a project's `.npmrc` in the same variables, and a workspace must not choose a proxy or a CA (security §5).
 */
export function npmNetwork(env: Env): NpmNetwork {
  if (!Object.keys(env).some(name => /^npm_config_(https_proxy|proxy|noproxy|cafile)$/i.test(name))) return {};
  const files = [join(env['HOME'] || homedir(), '.npmrc'), ...globalFiles(env)].map(file => readNpmrc(file, env));
  const confirmed = (names: readonly string[], keys: readonly string[], same: (text: string) => string) => {
    for (const name of names) {
      const value = env[`npm_config_${name}`];
      if (!value) continue;
      if (files.some(file => keys.some(key => same(file.get(key) ?? '') === same(value)))) return value;
    }
    return undefined;
  };
  const httpsProxy = confirmed(['https_proxy', 'proxy'], ['https-proxy', 'https_proxy', 'proxy'], sameUrl);
  const noProxy = confirmed(['noproxy'], ['noproxy', 'no-proxy', 'no_proxy'], sameList);
  const cafile = confirmed(['cafile'], ['cafile'], text => samePath(text, env));
  return {
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
    ...(cafile === undefined ? {} : { cafile: samePath(cafile, env) }),
  };
}

/** The global npmrc stands below npm's prefix. `npm_config_globalconfig` is not asked: a project may set it. */
function globalFiles(env: Env): string[] {
  const node = dirname(process.execPath);
  const prefix = process.platform === 'win32' ? join(env['APPDATA'] ?? node, 'npm') : dirname(node);
  return [join(prefix, 'etc', 'npmrc'), '/etc/npmrc'];
}

/** Keys and values of an npmrc (INI without sections, `${VARIABLE}` replaced). */
function readNpmrc(path: string, env: Env): Map<string, string> {
  const values = new Map<string, string>();
  let text: string | undefined;
  try {
    text = readText(path);
  } catch {
    return values; // Not ours to read: it confirms nothing.
  }
  for (const line of (text ?? '').split(/\r?\n/)) {
    const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const value = match[2].replace(/^(["'])(.*)\1$/, '$2').replace(/\$\{([^}]+)\}/g, (_, name) => env[name] ?? '');
    values.set(match[1].toLowerCase(), value);
  }
  return values;
}

/** npm writes a URL in its normal form (with a trailing slash). */
function sameUrl(text: string): string {
  try {
    return new URL(text).href;
  } catch {
    return text;
  }
}

function sameList(text: string): string {
  return text
    .split(/[\s,]+/)
    .filter(part => part !== '')
    .sort()
    .join(',');
}

function samePath(text: string, env: Env): string {
  return text === '' ? '' : resolve(text.replace(/^~(?=[\\/])/, env['HOME'] || homedir()));
}
