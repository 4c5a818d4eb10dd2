import { basename, delimiter } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import type { Env } from './environment.ts';

/** Is a folder one of PATH's, there already or not? */
export function onPath(folder: string, env: Env): boolean {
  return (env['PATH'] ?? '').split(delimiter).includes(folder);
}

/** The command that puts a folder first on PATH for all later shells; never run by us (design §5, `self`). */
export function pathLine(env: Env, folder: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') {
    return `[Environment]::SetEnvironmentVariable('Path', '${folder.replaceAll("'", "''")};' + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')`;
  }
  const shell = basename(env['SHELL'] ?? '');
  if (shell === 'fish') return `fish_add_path ${quoteWord(folder)}`;
  const home = env['HOME'];
  const quoted = (text: string): string => text.replace(/["\\`$]/g, '\\$&');
  const inHome = home !== undefined && folder.startsWith(`${home}/`);
  const written = inHome ? `$HOME${quoted(folder.slice(home.length))}` : quoted(folder);
  const line = `export PATH="${written}:$PATH"`;
  const file = { bash: '~/.bashrc', zsh: '~/.zshrc' }[shell] ?? '~/.profile';
  // The file may not end with a newline.
  return `printf '\\n%s\\n' ${quoteWord(line)} >> ${file}`;
}
