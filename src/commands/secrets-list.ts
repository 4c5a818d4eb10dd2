import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { isTrusted, readIndex } from '../secrets/index-file.ts';
import { STORE_WORDS, userOf } from '../secrets/names.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { breakWorkflowCommands, clean } from '../terminal/clean.ts';
import { withCommand } from '../terminal/errors-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { print, say } from '../terminal/output.ts';
import { pad } from '../terminal/text.ts';
import { ageInWords, ageOf, type SecretAge } from './secret-age.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';

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
  const { store } = await openStore(session, wanted.root);
  const index = readIndex(session.paths.state, linked.namespace);
  const entryOf = (secret: WantedSecret) => index[userOf(wanted.environment, secret)];
  const unknown = wanted.secrets.filter(
    secret => !session.env[secret.env] && (session.options.recheck || !isTrusted(entryOf(secret), store.name)),
  );
  const answer = await valuesOf(store, unknown, secret => itemFor(linked, wanted.environment, secret));
  const [values, trouble] = answer instanceof StoreError ? [[], answer] : [answer, undefined];
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
  for (const row of rows) {
    const state = `${FOUND[row.found]}${row.required ? '' : ' (optional)'}${ageInWords(row)}`;
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

/** What the store has; its error when it cannot answer: the list is shown all the same. */
async function valuesOf(
  store: SecretStore,
  secrets: readonly WantedSecret[],
  itemOf: (secret: WantedSecret) => Item,
): Promise<(string | undefined)[] | StoreError> {
  try {
    return await store.get(secrets.map(itemOf));
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
