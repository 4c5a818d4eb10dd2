import { spawn } from 'node:child_process';
import { allOnPath, type Env, stepEnvironment } from './environment.ts';

/** Variables with which a program finds the person's screen and browser; step children get none of them. */
const SCREEN = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'BROWSER', 'WSL_DISTRO_NAME', 'WSL_INTEROP'];
/** An opener hands the address over and ends; one that is still there after this is the browser itself. */
const HANDED_OVER_MS = 1500;

/** The address of a web page in a text: where a secret is to be had may be said as a sentence. */
export function pageIn(text: string): string | undefined {
  const found = /https?:\/\/[^\s"'<>]+/.exec(text)?.[0].replace(/[.,;)]+$/, '');
  if (found === undefined || !URL.canParse(found)) return undefined;
  return new URL(found).href;
}

/**
 * The command that opens a page in the person's browser.
 * @param path PATH after security §5.
 * @returns undefined where there is no screen or no opener.
 */
export function openerFor(
  page: string,
  env: Env,
  path: string,
  platform: NodeJS.Platform = process.platform,
): string[] | undefined {
  if (platform === 'darwin') return ['/usr/bin/open', page];
  // Not `start`: cmd.exe would read a `&` in the address as its own.
  if (platform === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler', page];
  const names = env['WSL_DISTRO_NAME'] ? ['wslview', 'xdg-open'] : ['xdg-open'];
  const screen = env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['WSL_DISTRO_NAME'];
  const opener = screen ? names.flatMap(name => allOnPath(name, path))[0] : undefined;
  return opener === undefined ? undefined : [opener, page];
}

/** Opens a page in the browser, which outlives us. Resolves with whether that worked; never rejects. */
export function openPage(page: string, env: Env, path: string): Promise<boolean> {
  const [program, ...args] = openerFor(page, env, path) ?? [];
  if (program === undefined) return Promise.resolve(false);
  const added = Object.fromEntries(SCREEN.flatMap(name => (env[name] ? [[name, env[name]]] : [])));
  return new Promise(resolve => {
    const child = spawn(program, args, {
      cwd: '/',
      env: stepEnvironment(env, path, added),
      stdio: 'ignore',
      detached: true,
    });
    const timer = setTimeout(() => resolve(true), HANDED_OVER_MS);
    const end = (worked: boolean): void => {
      clearTimeout(timer);
      resolve(worked);
    };
    child.on('error', () => end(false));
    child.on('exit', code => end(code === 0));
    child.unref();
  });
}
