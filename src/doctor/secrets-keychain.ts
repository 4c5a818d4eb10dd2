import { type Finding, type FindingId, finding } from '../core/findings.ts';
import { unencryptedKeyring } from '../secrets/default-keyring.ts';
import { givenByCaller } from '../secrets/given.ts';
import { readIndex } from '../secrets/index-file.ts';
import { unencryptedReport } from '../secrets/keychain.ts';
import type { KeychainError } from '../secrets/keychain-problems.ts';
import { lookAtSecretService } from '../secrets/secret-service.ts';
import type { Env } from '../system/environment.ts';
import { readText } from '../system/files.ts';
import { inContainer } from '../system/platform.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/**
 * The state of the keychain, with the words and ids of the step that would be stopped by it; opens nothing, so it also
 * tells somebody who has not set the workspace up yet.
 */
export const keychainState: WorkspaceCheck = {
  title: 'The keychain can be used',
  about: 'workspace',
  async run(look) {
    if (look.store.name !== 'keychain' || look.wanted.secrets.length === 0) return [];
    if (process.platform === 'darwin') return remoteMac(look.env);
    if (process.platform !== 'linux') return [];
    const service = await lookAtSecretService(look.env, look.path, look.signal);
    const text = unencryptedKeyring(look.env);
    if (service === undefined) return [notLookedAt(), ...(text === undefined ? [] : plainText(text, look))];
    const { trouble } = service;
    // A keyring without a password says that it is locked until it is first used, and then opens by itself.
    if (trouble && !(trouble.state === 'locked' && text !== undefined)) {
      return [troubleFinding(trouble, service.provider, look)];
    }
    return text === undefined ? [] : plainText(text, look);
  },
};

const LOCKED = 'It opens when its window asks for the password, which it cannot do over SSH or in a container.';

function troubleFinding(trouble: KeychainError, provider: string | undefined, look: WorkspaceLook): Finding {
  const needed = look.wanted.secrets.filter(secret => givenByCaller(secret, look.env) === undefined);
  const required = needed.filter(secret => secret.required).map(({ name, env }) => `${name} (${env})`);
  const { message, state, why, next } = trouble;
  const level = needed.length === 0 ? 'info' : required.length > 0 && state !== 'locked' ? 'fail' : 'warn';
  const cause = [
    state === 'locked' ? LOCKED : why,
    ...(required.length === 0 ? [] : [`It is needed for ${required.join(', ')}.`]),
    ...surroundings(state, look.env),
    ...otherProvider(provider),
  ].join(' ');
  // The command is for GNOME Keyring; another program has its own window.
  const command = otherProvider(provider).length > 0 ? undefined : next;
  const id = (trouble.id ?? 'HB308') as FindingId;
  return finding(id, level, message, cause, command === undefined ? undefined : { command, safe: false });
}

function notLookedAt(): Finding {
  return finding(
    'HB329',
    'info',
    'Whether your keychain is open was not looked at: there is no dbus-send here.',
    'It is asked with dbus-send, so that nothing is opened and nobody is prompted. dbus-send is in the package dbus-bin (Debian, Ubuntu), dbus-tools (Fedora) or dbus (others).',
  );
}

/** Why there is no session bus. */
export function surroundings(
  state: KeychainError['state'],
  env: Env,
  version = readText('/proc/version') ?? '',
): string[] {
  if (state !== 'absent') return [];
  if (/microsoft/i.test(version)) return ['This is WSL, which starts no keychain by itself.'];
  if (env['SSH_CONNECTION']) return ['You are here over SSH; the keychain of a desktop session is not part of it.'];
  return inContainer() ? ['This is a container.'] : [];
}

/** What to do where another program than GNOME Keyring keeps the secrets. */
export function otherProvider(provider: string | undefined): string[] {
  if (provider === undefined || provider.startsWith('gnome-keyring')) return [];
  if (/^(kwalletd|ksecretd)/.test(provider)) return ['KWallet keeps your secrets: open the wallet in KWalletManager.'];
  if (/^keepassxc/i.test(provider)) {
    return [
      'KeePassXC keeps your secrets: open the database, and let it share a group (Settings, Secret Service Integration).',
    ];
  }
  return [`${provider} keeps your secrets: open it there.`];
}

/** Over SSH macOS does not show the window that asks for leave. */
export function remoteMac(env: Env): Finding[] {
  if (!env['SSH_CONNECTION']) return [];
  return [
    finding(
      'HB339',
      'info',
      'You are on this Mac over SSH, where the keychain is usually locked.',
      'macOS cannot show its window there, so reading a secret fails until the keychain is unlocked for this session.',
      { command: 'security unlock-keychain', safe: false },
    ),
  ];
}

/** Secrets of ours stand in a text file. The step says so only before it stores one. */
function plainText(file: string, { paths, linked, wanted }: WorkspaceLook): Finding[] {
  const stored = Object.values(readIndex(paths.state, linked?.namespace ?? wanted.workspace));
  if (!stored.some(({ store }) => store === 'keychain')) return [];
  const { message, next } = unencryptedReport(file);
  const cause = 'Give the keyring a password (in "Passwords and Keys") to have it encrypted.';
  return [finding('HB302', 'warn', message, cause, next === undefined ? undefined : { command: next, safe: false })];
}
