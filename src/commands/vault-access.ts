import { EXIT, UserError } from '../core/errors.ts';
import { untrustedEvent } from '../engine/untrusted-event.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { refuseDebugging } from '../secrets/debugging.ts';
import type { SecretStore } from '../secrets/store.ts';
import { VaultError } from '../secrets/vault-errors.ts';
import type { VaultLogin } from '../secrets/vault-login.ts';
import type { VaultFinding } from '../secrets/vault-read.ts';
import { type VaultSettings, vaultSettings } from '../secrets/vault-settings.ts';
import { openPage } from '../system/browser.ts';
import { forbidCoreFiles } from '../system/core-files.ts';
import { safePath } from '../system/environment.ts';
import { clean } from '../terminal/clean.ts';
import { say } from '../terminal/output.ts';
import { hiderOf } from './hiding.ts';
import type { Session } from './session.ts';

/** What is needed of a workspace to know its Vault. */
type Suggesting = Pick<Workspace, 'wanted'>;

/** A secret that has a place in Vault. */
export type VaultSecret = WantedSecret & { vault: string };

/** The secrets of the environment that Vault may have, without those the caller gave as variables. */
export function vaultSecrets({ wanted }: Pick<Workspace, 'wanted'>): VaultSecret[] {
  return wanted.secrets.filter((secret): secret is VaultSecret => secret.vault !== undefined);
}

/**
 * The Vault of this call; undefined when none is named, or with `--offline`.
 * @param approved has the person approved what the manifest suggests?
 */
export function vaultOf(session: Session, workspace: Suggesting, approved: boolean): VaultSettings | undefined {
  if (session.options.offline) return undefined;
  const suggestion = approved ? workspace.wanted.vault : undefined;
  return vaultSettings(session.env, session.paths, suggestion);
}

/**
 * How this call signs in at Vault. From here on nothing may print what this process holds.
 * @throws UserError 78 while Node is told to print or dump it, 64 for a port that is none.
 */
export function loginOf(
  session: Session,
  settings: VaultSettings,
  root: string,
  hide: VaultLogin['hide'] = secret => session.redactor.add(secret),
): VaultLogin {
  const { env, paths, options, interactive, abort } = session;
  refuseDebugging(env);
  forbidCoreFiles();
  const open = (page: string): Promise<boolean> =>
    options.browser === false ? Promise.resolve(false) : openPage(page, env, safePath(env, root));
  return {
    settings,
    env,
    paths,
    browser: interactive ? { open, say: line => say(clean(line)), port: portOf(options.callbackPort) } : undefined,
    untrusted: untrustedEvent(env),
    hide,
    signal: abort.signal,
  };
}

/**
 * Reads secrets from Vault in one login.
 * @returns by name of the secret: its value, or why there is none.
 * @throws VaultError for what stands in the way of all of them.
 */
export async function readVault(
  session: Session,
  settings: VaultSettings,
  root: string,
  secrets: readonly VaultSecret[],
): Promise<Map<string, VaultFinding>> {
  const [{ withVault }, { readFromVault }] = await Promise.all([
    import('../secrets/vault-login.ts'),
    import('../secrets/vault-read.ts'),
  ]);
  const hide = await hiderOf(session);
  const login = loginOf(session, settings, root, secret => hide([secret]));
  const found = await withVault(login, (vault, by) => readFromVault(vault, by, secrets));
  for (const one of found.values()) if ('value' in one) hide([one.value]);
  return found;
}

/**
 * Puts Vault behind a store that keeps nothing: environment first, then Vault, in memory (design §5a). Only where what
 * is needed to sign in lies ready, and only for a workspace that was approved.
 */
export async function withVaultBehind(
  session: Session,
  workspace: Suggesting,
  store: SecretStore,
  approved: () => boolean,
): Promise<SecretStore> {
  const secrets = vaultSecrets(workspace);
  const settings = vaultOf(session, workspace, approved());
  if (settings === undefined) return store;
  const [{ readyFor }, { vaultStore }] = await Promise.all([
    import('../secrets/vault-ready.ts'),
    import('../secrets/vault-store.ts'),
  ]);
  const { env, paths } = session;
  const { kinds, note } = readyFor(settings, env, paths);
  const why = kinds.size === 0 ? note : untrustedNote(env);
  if (why !== undefined && secrets.some(secret => !env[secret.env])) say(clean(why));
  if (kinds.size === 0 || why !== undefined) return store;
  const readAll = async (): Promise<ReadonlyMap<string, string>> => {
    const unset = secrets.filter(secret => !env[secret.env]);
    const from = vaultOf(session, workspace, true) ?? settings;
    const found = await readVault(session, from, workspace.wanted.root, unset).catch(error => goOn(error, unset));
    return new Map(unset.flatMap(secret => heldBy(secret, found.get(secret.name))));
  };
  return vaultStore(store, () => (approved() ? readAll() : undefined));
}

/**
 * A Vault that cannot be asked stops nothing that can do without it.
 * @throws the error, where a secret is required, or where it is an alarm or a setting that is wrong.
 */
function goOn(error: unknown, unset: readonly VaultSecret[]): Map<string, VaultFinding> {
  if (!(error instanceof VaultError) || error.exit === EXIT.invalid || unset.some(one => one.required)) throw error;
  const names = unset.map(({ name }) => name).join(', ');
  say(clean(`${error.message} So ${names} cannot be read; optional, so this goes on.`));
  return new Map();
}

/** Why Vault is not asked in this CI job; undefined when it may be. */
function untrustedNote(env: Session['env']): string | undefined {
  const reason = untrustedEvent(env);
  return reason === undefined ? undefined : `No token is asked of Vault, since ${reason}.`;
}

function heldBy(secret: VaultSecret, found: VaultFinding | undefined): [string, string][] {
  if (found === undefined) return [];
  if ('value' in found) return [[secret.env, found.value]];
  if (secret.required) say(clean(`${secret.name}: ${found.problem.message}`));
  return [];
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UserError({
    message: `--callback-port takes a port, not ${text}.`,
    next: 'hotpass-bootstrap secrets pull --callback-port 8251',
    exit: EXIT.usage,
  });
}
