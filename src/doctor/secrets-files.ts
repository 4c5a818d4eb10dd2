import { join } from 'node:path';
import { type Finding, finding } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';
import { looksSecret } from '../core/redact.ts';
import { isStandIn } from '../core/stand-in.ts';
import { isNamedSecret } from '../manifest/variable-rules.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { readDotenv } from '../system/dotenv.ts';
import { lstatOf, namesIn, readText } from '../system/files.ts';
import { isIgnored, isTracked } from '../system/git.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

const ENV_FILE = /^\.env(\..+)?$/;
/** Files that show what is wanted, without values. */
const PATTERN = /\.(example|sample|template|tmpl|dist|defaults?|schema)$/i;
/** Files of the workspace that begin like one but are something else or huge are left alone. */
const LIMIT_BYTES = 100_000;

/** Secrets in plain text in the workspace's `.env*` files; names only, a value is never shown. */
export const secretsInFiles: WorkspaceCheck = {
  title: 'No secrets in .env files',
  about: 'workspace',
  async run(look) {
    const files = namesIn(look.root).filter(isEnvFile);
    const found = files.flatMap(file => {
      const names = secretNames(join(look.root, file), look.wanted.secrets);
      return names.length === 0 ? [] : [{ file, names }];
    });
    return (await Promise.all(found.map(({ file, names }) => told(file, names, look)))).flat();
  },
};

/** Is a file called like one with settings, and not like one that only shows which there are? */
export function isEnvFile(name: string): boolean {
  return ENV_FILE.test(name) && !PATTERN.test(name);
}

/** Names of the variables in a file whose values are, or look like, secrets. */
export function secretNames(path: string, declared: readonly Pick<WantedSecret, 'env'>[]): string[] {
  const stats = lstatOf(path);
  if (!stats?.isFile() || stats.size > LIMIT_BYTES) return [];
  let text: string;
  try {
    text = readText(path) ?? '';
  } catch {
    return []; // Not readable for us.
  }
  return Object.entries(readDotenv(text.replace(/^\uFEFF/, '')))
    .filter(([name, value]) => {
      if (isStandIn(value)) return false;
      return declared.some(({ env }) => env === name) || isNamedSecret(name, value) || looksSecret(value);
    })
    .map(([name]) => name);
}

async function told(file: string, names: readonly string[], look: WorkspaceLook): Promise<Finding[]> {
  const { root, env, path, wanted } = look;
  const list = names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
  if (await isTracked(root, file, env, path)) {
    return [
      finding(
        'HB336',
        'fail',
        `${file} is tracked by git and holds values for ${list}.`,
        'Everybody who can read the repository, or ever could, knows them. Replace the values where they come from; taking the file out of git is not enough.',
        { command: `git rm --cached ${quoteWord(file)}`, safe: false },
      ),
    ];
  }
  // Prefect's own credentials in the file that Prefect reads are HB279.
  if (file === '.env' && names.every(name => name.startsWith('PREFECT_'))) return [];
  const known = wanted.secrets.find(secret => names.includes(secret.env));
  const ignored = await isIgnored(root, file, env, path);
  return [
    finding(
      'HB335',
      'warn',
      `${file} holds values for ${list} in plain text.`,
      `${ignored === false ? 'git does not ignore the file either. ' : ''}Every program that runs as you can read it, and it goes into copies and backups. A secret that the manifest declares is kept in your keychain, and \`hotpass-bootstrap run\` hands it out.`,
      known && {
        command: `hotpass-bootstrap secrets import ${quoteWord(file)} --rewrite --env ${wanted.environment}`,
        safe: false,
      },
    ),
  ];
}
