import { basename, delimiter } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import type { Env } from './environment.ts';

/** Is a folder one of PATH's? */
export function onPath(folder: string, path: string): boolean {
  return path.split(delimiter).includes(folder);
}

/** The command that puts a folder first on PATH for all later shells; never run by us (design §5, `self`). */
export function pathLine(env: Env, folder: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') {
    return `[Environment]::SetEnvironmentVariable('Path', '${folder.replaceAll("'", "''")};' + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')`;
  }
  const shell = basename(env['SHELL'] ?? '');
  if (shell === 'fish') return `fish_add_path ${quoteWord(folder)}`;
  const home = env['HOME'];
  const inHome = home !== undefined && folder.startsWith(`${home}/`) ? `$HOME${folder.slice(home.length)}` : folder;
  const line = `export PATH="${inHome.replace(/["\\`]/g, '\\$&')}:$PATH"`;
  const file = { bash: '~/.bashrc', zsh: '~/.zshrc' }[shell] ?? '~/.profile';
  return `echo ${quoteWord(line)} >> ${file}`;
}
