import { delimiter } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import { allOnPath, type Env } from './environment.ts';

const NAME = 'hotpass-bootstrap';

/**
 * How our command is typed here, for commands that we print: its name when that is on PATH, else through the package
 * runner that started us (npx unless another one says so).
 * @param path PATH; `node_modules/.bin` entries, which only exist while npx runs, do not count.
 * @param directory what was given with `-C`: without it the printed command would look in another folder.
 */
export function commandName(env: Env, path: string, directory?: string): string {
  const name = nameOf(env, path);
  return directory === undefined ? name : `${name} -C ${quoteWord(directory)}`;
}

function nameOf(env: Env, path: string): string {
  const lasting = path.split(delimiter).filter(folder => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder));
  if (allOnPath(NAME, lasting.join(delimiter)).length > 0) return NAME;
  const agent = /^(pnpm|yarn|bun)\//.exec(env['npm_config_user_agent'] ?? '')?.[1];
  return `${agent === 'pnpm' ? 'pnpm dlx' : agent === 'yarn' ? 'yarn dlx' : agent === 'bun' ? 'bunx' : 'npx'} ${NAME}`;
}
