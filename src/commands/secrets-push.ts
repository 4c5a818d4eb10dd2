import { EXIT, InputNeeded } from '../core/errors.ts';
import type { Workspace } from '../engine/workspace.ts';
import { type KvContent, parseReference } from '../secrets/vault-kv.ts';
import { withVault } from '../secrets/vault-login.ts';
import { noAddress } from '../secrets/vault-login-errors.ts';
import { readForWrite, writeFields } from '../secrets/vault-write.ts';
import { printJson } from '../terminal/json-view.ts';
import { goAhead } from './asking.ts';
import { itemFor, openStore, requireLinked, type Session } from './session.ts';
import { loginOf, type VaultSecret, vaultOf } from './vault-access.ts';
import { chosenSecrets, type Difference, sayDifferences } from './vault-differences.ts';

interface Row extends Difference {
  path: string;
  field: string;
  value: string | undefined;
}

/** `secrets push [NAME]`: writes what is stored here to Vault, after showing names; bound to the version that was read. */
export async function pushSecrets(session: Session, workspace: Workspace, name: string | undefined): Promise<number> {
  const { environment, root } = workspace.wanted;
  const secrets = chosenSecrets(workspace, name);
  const linked = requireLinked(workspace);
  const settings = vaultOf(session, workspace, true);
  if (settings === undefined) throw noAddress(session.options.offline === true);
  const { store } = await openStore(session, root);
  const values = await store.get(secrets.map(secret => itemFor(linked, environment, secret)));
  if (values.every(value => value === undefined)) throw nothingHere(secrets, environment);
  const rows = await withVault(loginOf(session, settings, root), async (vault, by) => {
    const contents = new Map<string, KvContent>();
    for (const [at, secret] of secrets.entries()) {
      const { path } = parseReference(secret.vault);
      if (values[at] === undefined || contents.has(path)) continue;
      contents.set(path, await readForWrite(vault, by, path));
    }
    const compared = secrets.map((secret, at) => compare(secret, values[at], contents));
    const writes = compared.filter(({ change }) => change === 'new' || change === 'changed');
    const says = `${writes.map(one => one.name).join(', ')} in Vault at ${settings.address}`;
    if (writes.length > 0) {
      await goAhead(session, {
        message: `Write ${says}, for everybody who reads there?`,
        undone: 'Nothing was written',
        cause: `This would write ${says}.`,
        next: 'hotpass-bootstrap secrets push --yes',
      });
    }
    for (const [path, content] of contents) {
      const fields = writes.filter(one => one.path === path).map(({ field, value = '' }) => [field, value] as const);
      if (fields.length > 0) await writeFields(vault, by, content, Object.fromEntries(fields));
    }
    return compared;
  });
  if (session.options.json) {
    const shown = rows.map(({ name: one, change, message }) => ({ name: one, change, message: message ?? null }));
    printJson({ schema: 1, kind: 'secrets', action: 'push', environment, vault: settings.address, secrets: shown });
  } else sayDifferences(session, rows, `written to Vault at ${settings.address}`);
  return EXIT.ok;
}

function compare(secret: VaultSecret, value: string | undefined, contents: ReadonlyMap<string, KvContent>): Row {
  const { path, field } = parseReference(secret.vault);
  const common = { name: secret.name, path, field, value };
  if (value === undefined) return { ...common, change: 'missing', message: 'It is not stored here.' };
  const before = contents.get(path)?.values ?? {};
  if (!Object.hasOwn(before, field)) return { ...common, change: 'new' };
  return { ...common, change: before[field] === value ? 'same' : 'changed' };
}

function nothingHere(secrets: readonly VaultSecret[], environment: string): InputNeeded {
  return new InputNeeded({
    message: `Nothing is stored here that could be written: ${secrets.map(one => one.name).join(', ')}.`,
    cause: `The store was asked for the secrets of ${environment} that have a place in Vault.`,
    next: `hotpass-bootstrap secrets set ${secrets[0]?.name ?? 'NAME'}`,
  });
}
