import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { type IndexEntry, isTrusted, readIndex } from '../secrets/index-file.ts';
import { STORE_WORDS, userOf } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { VaultError } from '../secrets/vault-errors.ts';
import { breakWorkflowCommands, clean } from '../terminal/clean.ts';
import { withCommand } from '../terminal/errors-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { pad } from '../terminal/text.ts';
import { ageInWords, ageOf, type SecretAge } from './secret-age.ts';
import { storeFor } from './secret-values.ts';
import { itemFor, requireLinked, type Session } from './session.ts';

const FOUND = { ...STORE_WORDS, variable: 'variable', missing: 'missing', unknown: 'not known' } as const;

interface Row extends SecretAge {
  name: string;
  variable: string;
  required: boolean;
  shared: boolean;
  /** Where it was found, or that it was not. */
  found: 'variable' | SecretStore['name'] | 'missing' | 'unknown';
  audience: string | undefined;
  description: string;
}

/** `secrets list`: what the environment declares and where each one is; never a value. */
export async function listSecrets(session: Session, workspace: Workspace): Promise<number> {
  const { wanted } = workspace;
  const linked = requireLinked(workspace);
  const unset = wanted.secrets.filter(({ env }) => !session.env[env]);
  const store = await storeFor(session, workspace, unset);
  const index = readIndex(session.paths.state, linked.namespace);
  const entryOf = (secret: WantedSecret) => index[userOf(wanted.environment, secret)];
  // What others write to Vault, this machine's index does not know.
  const unknown = unset.filter(secret => store.name === 'vault' || !isTrusted(entryOf(secret), store.name));
  const answer = await valuesOf(store, unknown, secret => itemFor(linked, wanted.environment, secret));
  const [values, trouble] = answer instanceof Error ? [[], answer] : [answer, undefined];
  const rows: Row[] = wanted.secrets.map(secret => {
    const at = unknown.indexOf(secret);
    const silent = at !== -1 && trouble !== undefined;
    const stored = at === -1 || values[at] !== undefined;
    return {
      name: secret.name,
      variable: secret.env,
      required: secret.required,
      shared: secret.shared,
      found: session.env[secret.env] ? 'variable' : silent ? 'unknown' : stored ? store.name : 'missing',
      ...ageOf(secret, entryOf(secret)),
      audience: entryOf(secret)?.audience ?? secret.audience,
      description: secret.description,
    };
  });
  if (session.options.json) {
    const { environment } = wanted;
    const told = trouble === undefined ? null : { message: trouble.message, next: trouble.next ?? null };
    printJson({ schema: 1, kind: 'secrets', action: 'list', environment, secrets: rows, trouble: told });
    return 0;
  }
  if (rows.length === 0) print(`${wanted.environment} declares no secrets.`);
  const width = Math.max(...rows.map(row => row.name.length));
  const variable = Math.max(...rows.map(row => row.variable.length));
  for (const [at, row] of rows.entries()) {
    const optional = row.required ? '' : ' (optional)';
    const known = wanted.secrets[at];
    const more = row.found === 'missing' ? elsewhere(known && entryOf(known), store) : ageInWords(row);
    const state = `${FOUND[row.found]}${optional}${more}`;
    print(
      `${pad(row.name, width)}  ${pad(row.variable, variable)}  ${state}  ${breakWorkflowCommands(clean(row.description))}`,
    );
  }
  if (trouble !== undefined) {
    say(trouble.message);
    if (trouble.next !== undefined) say(`  ${withCommand(trouble.next, session.command)}`);
  }
  return 0;
}

/** Another store has it, as far as we know: the one in use before. */
function elsewhere(entry: IndexEntry | undefined, store: SecretStore): string {
  return entry === undefined || entry.store === store.name ? '' : `, but stored in the ${STORE_WORDS[entry.store]}`;
}

/** What the store has; its error when it cannot answer: the list is shown all the same. */
async function valuesOf(
  store: SecretStore,
  secrets: readonly WantedSecret[],
  itemOf: (secret: WantedSecret) => Item,
): Promise<(string | undefined)[] | StoreError | VaultError> {
  try {
    return await store.get(secrets.map(itemOf));
  } catch (error) {
    if (error instanceof StoreError || error instanceof VaultError) return error;
    throw error;
  }
}
