import { EXIT, UserError } from '../core/errors.ts';
import { nearest } from '../core/ids.ts';
import type { Workspace } from '../engine/workspace.ts';
import { entryName } from '../manifest/rules.ts';
import { breakWorkflowCommands, clean } from '../terminal/clean.ts';
import { print } from '../terminal/output.ts';
import { pad } from '../terminal/text.ts';
import type { Session } from './session.ts';
import { type VaultSecret, vaultSecrets } from './vault-access.ts';

/** One secret as the store and Vault have it; never its value. */
export interface Difference {
  name: string;
  /** `missing`: the side it is to come from does not have it. */
  change: 'new' | 'changed' | 'same' | 'missing';
  message?: string | undefined;
}

/**
 * The secrets a command is about: the one of this name, else all that have a place in Vault.
 * @throws UserError 64 when there is none.
 */
export function chosenSecrets(workspace: Workspace, name: string | undefined): VaultSecret[] {
  const all = vaultSecrets(workspace);
  const chosen = name === undefined ? all : all.filter(secret => secret.name === name);
  if (chosen.length > 0) return chosen;
  const { environment } = workspace.wanted;
  const names = all.map(secret => secret.name);
  // What cannot be a name may be a value that was pasted in its place, and is not repeated.
  const isName = name !== undefined && entryName(name) === undefined;
  const near = isName ? nearest(name, names) : undefined;
  throw new UserError({
    message: isName
      ? `${environment} has no secret called ${name} that lies in Vault.`
      : name === undefined
        ? `No secret of ${environment} lies in Vault.`
        : 'That is not the name of a secret.',
    cause:
      names.length === 0
        ? 'The manifest says where a secret lies with vault = "path#field".'
        : `Those that do: ${names.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
    next: 'hotpass-bootstrap secrets list',
    exit: EXIT.usage,
  });
}

/** @param where e.g. `from Vault at https://vault.example.com`. */
export function sayDifferences(session: Session, rows: readonly Difference[], where: string): void {
  if (session.options.quiet) return;
  const width = Math.max(...rows.map(row => row.name.length));
  for (const { name, change, message } of rows) {
    const text = message === undefined ? '' : `  ${clean(message)}`;
    print(breakWorkflowCommands(`${pad(change, 7)}  ${pad(name, width)}${text}`.trimEnd()));
  }
  const count = (change: Difference['change']): number => rows.filter(row => row.change === change).length;
  const parts = (['new', 'changed', 'same', 'missing'] as const).filter(change => count(change) > 0);
  print(`${parts.map(change => `${count(change)} ${change}`).join(', ')}, ${where}.`);
}
