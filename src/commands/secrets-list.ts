import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { isTrusted, readIndex } from '../secrets/index-file.ts';
import { userOf } from '../secrets/names.ts';
import { breakWorkflowCommands, clean } from '../terminal/clean.ts';
import { printJson } from '../terminal/json-view.ts';
import { print } from '../terminal/output.ts';
import { ago } from '../terminal/summary.ts';
import { pad } from '../terminal/text.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';

interface Row {
  name: string;
  variable: string;
  required: boolean;
  shared: boolean;
  /** Where it was found, or that it was not. */
  found: 'variable' | 'keychain' | 'environment' | 'missing';
  /** Milliseconds since 1970. */
  storedAt: number | undefined;
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
  const values = await store.get(unknown.map(secret => itemFor(linked, wanted.environment, secret)));
  const rows: Row[] = wanted.secrets.map(secret => {
    const at = unknown.indexOf(secret);
    const stored = at === -1 || values[at] !== undefined;
    const source = store.name === 'keychain' ? 'keychain' : 'environment';
    return {
      name: secret.name,
      variable: secret.env,
      required: secret.required,
      shared: secret.shared,
      found: session.env[secret.env] ? 'variable' : stored ? source : 'missing',
      storedAt: entryOf(secret)?.storedAt,
      audience: entryOf(secret)?.audience ?? secret.audience,
      description: secret.description,
    };
  });
  if (session.options.json) {
    printJson({ schema: 1, kind: 'secrets', action: 'list', environment: wanted.environment, secrets: rows });
    return 0;
  }
  if (rows.length === 0) print(`${wanted.environment} declares no secrets.`);
  const width = Math.max(...rows.map(row => row.name.length));
  const variable = Math.max(...rows.map(row => row.variable.length));
  for (const row of rows) {
    const age = row.storedAt === undefined ? '' : `, stored ${ago(Date.now() - row.storedAt)}`;
    const state = `${row.found}${row.required ? '' : ' (optional)'}${age}`;
    print(
      `${pad(row.name, width)}  ${pad(row.variable, variable)}  ${state}  ${breakWorkflowCommands(clean(row.description))}`,
    );
  }
  return 0;
}
