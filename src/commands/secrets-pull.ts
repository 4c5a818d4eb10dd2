import { EXIT } from '../core/errors.ts';
import type { Workspace } from '../engine/workspace.ts';
import { freshEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { requireOrigin } from '../secrets/inject.ts';
import { checkValue } from '../secrets/pattern.ts';
import { noAddress } from '../secrets/vault-login-errors.ts';
import type { VaultFinding } from '../secrets/vault-read.ts';
import { printJson } from '../terminal/json-view.ts';
import { goAhead } from './asking.ts';
import { warnAboutKeyring } from './keyring-warning.ts';
import { requireWritable } from './secrets-item.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';
import { readVault, type VaultSecret, vaultOf } from './vault-access.ts';
import { chosenSecrets, type Difference, sayDifferences } from './vault-differences.ts';

/** `secrets pull [NAME]`: fills the store from Vault and says what that changes; never a value. */
export async function pullSecrets(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const { environment, root } = workspace.wanted;
  const secrets = chosenSecrets(workspace, name);
  const linked = requireLinked(workspace);
  const { store, choice } = await openStore(session, root);
  requireWritable(store);
  const settings = vaultOf(session, workspace, true);
  if (settings === undefined) throw noAddress(session.options.offline === true);
  const items = secrets.map(secret => itemFor(linked, environment, secret));
  // What Vault has is the secret that is stored here, so it goes to no other place for being read anew.
  const index = readIndex(session.paths.state, linked.namespace);
  for (const [at, secret] of secrets.entries()) requireOrigin(secret, index[items[at]?.user ?? '']?.audience);
  const before = await store.get(items);
  const found = await readVault(session, settings, root, secrets);
  const rows = secrets.map((secret, at) => compare(secret, before[at], found.get(secret.name)));
  if (rows.some(({ change }) => change === 'new' || change === 'changed')) warnAboutKeyring(session, choice);
  const overwritten = rows.filter(({ change }) => change === 'changed').map(one => one.name);
  const says = `${overwritten.join(', ')}: what is stored here differs from Vault.`;
  if (overwritten.length > 0) {
    const next = 'hotpass-bootstrap secrets pull --yes';
    await goAhead(session, { message: `${says} Replace it?`, undone: 'Nothing was changed', cause: says, next });
  }
  for (const [at, row] of rows.entries()) {
    const [secret, item] = [secrets[at], items[at]];
    if (secret === undefined || item === undefined || row.value === undefined) continue;
    if (row.change !== 'same') await store.set(item, row.value);
    await updateIndex(session.paths.state, linked.namespace, {
      [item.user]: freshEntry(store.name, secret.audience, true),
    });
  }
  if (session.options.json) {
    const shown = rows.map(({ name: one, change, message }) => ({ name: one, change, message: message ?? null }));
    printJson({ schema: 1, kind: 'secrets', action: 'pull', environment, vault: settings.address, secrets: shown });
  } else sayDifferences(session, rows, `from Vault at ${settings.address}`);
  const lacking = secrets.some(
    (secret, at) => secret.required && rows[at]?.change === 'missing' && before[at] === undefined,
  );
  return lacking ? EXIT.inputNeeded : EXIT.ok;
}

function compare(
  secret: VaultSecret,
  before: string | undefined,
  found: VaultFinding | undefined,
): Difference & { value?: string } {
  const { name } = secret;
  if (found === undefined || 'problem' in found) return { name, change: 'missing', message: found?.problem.message };
  const problem = checkValue(secret, found.value);
  if (problem !== undefined) return { name, change: 'missing', message: `The value in Vault will not do: ${problem}` };
  const change = before === undefined ? 'new' : before === found.value ? 'same' : 'changed';
  return { name, change, value: found.value };
}
