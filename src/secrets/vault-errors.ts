import { EXIT, type ExitCode, UserError } from '../core/errors.ts';
import type { FindingId } from '../core/findings.ts';
import { quoteWord } from '../core/quote.ts';

interface Parts {
  id: FindingId;
  message: string;
  cause: string;
  next: string;
  exit?: ExitCode;
  /** One secret cannot be had; others may. */
  oneSecret?: boolean;
}

const PULL = 'hotpass-bootstrap secrets pull';
/** How the token that `vault login` has left is called. */
export const TOKEN_FILE = '~/.vault-token';

/** What Vault said, in words. `oneSecret`: only this secret cannot be had, the others are not affected. */
export class VaultError extends UserError {
  readonly oneSecret: boolean;

  constructor({ oneSecret = false, exit = EXIT.unreachable, ...parts }: Parts) {
    super({ ...parts, exit });
    this.name = 'VaultError';
    this.oneSecret = oneSecret;
  }
}

const WHO = { environment: 'VAULT_ADDR', config: 'config.toml', manifest: 'the manifest' } as const;

/** @param reason from `refusedTarget`, e.g. `it is not encrypted (https)`. */
export function addressRefused(from: keyof typeof WHO, reason: string): VaultError {
  return new VaultError({
    id: 'HB379',
    message: `The address of Vault in ${WHO[from]} is not used: ${reason}.`,
    cause: 'A token or a secret would be sent there; that is done over HTTPS only, or to this machine itself.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.invalid,
  });
}

/** @param what `namespace`, `mount` or `auth-mount`: of a variable, config.toml or the manifest. */
export function badPath(what: string): VaultError {
  return new VaultError({
    id: 'HB379',
    message: `The ${what} given for Vault is no path there.`,
    cause: 'It is made of names with letters, digits, dot, dash and underscore, with slashes between them.',
    next: 'hotpass-bootstrap secrets where',
    exit: EXIT.invalid,
  });
}

/** VAULT_CACERT names no file with a certificate, or the certificate of Vault is not signed by it. */
export function notTrusted(host: string, caFile: string | undefined): VaultError {
  return new VaultError({
    id: 'HB379',
    message:
      caFile === undefined
        ? `The certificate of Vault at ${host} is signed by an authority that is not known here.`
        : `The certificate of Vault at ${host} is not signed by an authority in ${caFile}.`,
    cause: 'VAULT_CACERT names the file with the certificate of your own authority; VAULT_SKIP_VERIFY is not followed.',
    next: PULL,
  });
}

export function unreadableCa(caFile: string): VaultError {
  return new VaultError({
    id: 'HB379',
    message: `No certificate could be read from ${caFile}.`,
    cause: 'VAULT_CACERT, or cacert in config.toml, names this file.',
    next: `ls -l ${quoteWord(caFile)}`,
    exit: EXIT.invalid,
  });
}

export function down(address: string, why: string): VaultError {
  return new VaultError({
    id: 'HB360',
    message: `Vault at ${address} cannot be reached.`,
    cause: why,
    next: `curl -sS ${quoteWord(`${address}/v1/sys/health`)}`,
  });
}

export function sealed(address: string, uninitialised: boolean): VaultError {
  return new VaultError({
    id: 'HB361',
    message: `Vault at ${address} is ${uninitialised ? 'not set up yet' : 'sealed'}, so it hands out nothing.`,
    cause: `Whoever runs it has to ${uninitialised ? 'initialise' : 'unseal'} it.`,
    next: PULL,
  });
}

/** @param how where the token came from, e.g. `VAULT_TOKEN`. */
export function tokenRefused(address: string, how: string): VaultError {
  return new VaultError({
    id: 'HB362',
    message: `Vault at ${address} does not accept the token from ${how}: it has expired, was revoked, or was never good.`,
    cause: 'Asked about itself (lookup-self), the token got no answer.',
    next: how === 'VAULT_TOKEN' || how === 'BAO_TOKEN' ? `unset ${how}` : how === TOKEN_FILE ? signInAt(address) : PULL,
    exit: EXIT.inputNeeded,
  });
}

/** Leaves a new token in `~/.vault-token`; `bao login` does the same. */
export function signInAt(address: string): string {
  return `vault login ${quoteWord(`-address=${address}`)}`;
}

/** @param path as Vault's policies name it, e.g. `kv/data/hotpass/prefect`. */
export function denied(path: string, right: 'read' | 'write'): VaultError {
  return new VaultError({
    id: 'HB363',
    message: `Your token is good, but its policies do not let it ${right} ${path}.`,
    cause: `Ask whoever looks after Vault for a policy with "${right === 'read' ? 'read' : 'create" and "update'}" on ${path}.`,
    next: right === 'read' ? PULL : 'hotpass-bootstrap secrets push',
    oneSecret: true,
  });
}

export function noMount(path: string): VaultError {
  return new VaultError({
    id: 'HB364',
    message: `No secrets engine is mounted where ${path} should be.`,
    cause: 'A path begins with its mount, unless mount stands in [vault] of the manifest or of config.toml.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

export function notThere(path: string, doubled: boolean): VaultError {
  return new VaultError({
    id: 'HB365',
    message: `There is no secret at ${path} in Vault.`,
    cause: doubled
      ? 'The path in the manifest has data/ in it; leave that out, it is added when it is needed.'
      : 'The policies allow it to be read, but nobody has written it yet, or the path in the manifest is another.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

export function deletedVersion(path: string, destroyed: boolean): VaultError {
  return new VaultError({
    id: 'HB366',
    message: `The newest version of ${path} was ${destroyed ? 'destroyed' : 'deleted'}.`,
    cause: destroyed
      ? 'It cannot be brought back; somebody has to write a new one.'
      : 'It can be brought back in Vault (undelete) by whoever has the right.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

/** @param kind of the secrets engine, e.g. `transit`. */
export function notKv(path: string, kind: string): VaultError {
  return new VaultError({
    id: 'HB367',
    message: `${path} cannot be read as key and value: ${kind}.`,
    cause: 'Secrets are read from key-value engines (kv), version 1 or 2, and the path is the one without data/.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

export function noNamespace(address: string, namespace: string): VaultError {
  return new VaultError({
    id: 'HB368',
    message: `Vault at ${address} has no namespace ${namespace}.`,
    cause: 'VAULT_NAMESPACE, or namespace in [vault] of config.toml or the manifest, names it.',
    next: PULL,
  });
}

/** @param isEmpty it is there, and nothing is in it. */
export function noField(path: string, field: string, isEmpty: boolean): VaultError {
  return new VaultError({
    id: 'HB369',
    message: isEmpty ? `The field ${field} of ${path} is empty.` : `${path} has no field ${field}.`,
    cause: 'The manifest names it behind the #; names of fields are case-sensitive.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

export function notText(path: string, field: string): VaultError {
  return new VaultError({
    id: 'HB370',
    message: `The field ${field} of ${path} is not text.`,
    cause: 'A number, a list or a table has no one spelling as a variable; write it into Vault as text, in quotes.',
    next: 'hotpass-bootstrap secrets list',
    oneSecret: true,
  });
}

export function casLost(path: string): VaultError {
  return new VaultError({
    id: 'HB376',
    message: `${path} was changed by somebody else in this very moment; nothing was written there.`,
    cause: 'The write was bound to the version that had been read (check-and-set).',
    next: 'hotpass-bootstrap secrets push',
    exit: EXIT.failed,
  });
}

/** An answer for which there is no sentence of its own. @param what e.g. `reading kv/data/a`. */
export function oddAnswer(address: string, what: string, status: number): VaultError {
  return new VaultError({
    id: 'HB360',
    message: `Vault at ${address} answered ${status} to ${what}.`,
    cause:
      status >= 500 ? 'It has a fault of its own; trying again later may help.' : 'That is no answer this tool knows.',
    next: PULL,
  });
}
