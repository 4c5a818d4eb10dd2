import { finding } from '../core/findings.ts';
import { chooseStore } from '../secrets/choose.ts';
import { givenByCaller } from '../secrets/given.ts';
import { keychainError } from '../secrets/keychain-problems.ts';
import type { WorkspaceCheck } from './check.ts';

/** A session with neither terminal nor bus reads variables instead of a keychain; a person may not expect that. */
export const chosenStore: WorkspaceCheck = {
  title: 'Where secrets come from',
  about: 'workspace',
  async run({ store, ci, env, paths, wanted }) {
    const missing = wanted.secrets.filter(secret => givenByCaller(secret, env) === undefined);
    if (store.name !== 'environment' || ci || missing.length === 0) return [];
    const { why } = await chooseStore({ paths, env, ci, interactive: false });
    if (why !== 'headless') return [];
    const { next } = keychainError('autolaunch', 'linux');
    return [
      finding(
        'HB340',
        'info',
        'Secrets come from variables here, since this session has no D-Bus and no terminal.',
        `Nothing is stored. ${missing.map(({ name, env: variable }) => `${name} is read from ${variable}`).join(', ')}.`,
        next === undefined ? undefined : { command: next, safe: false },
      ),
    ];
  },
};
