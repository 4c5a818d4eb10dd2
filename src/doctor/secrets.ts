import type { Check } from './check.ts';
import { formerValues } from './secrets-copies.ts';
import { secretsInFiles } from './secrets-files.ts';
import { credentialsAtHome } from './secrets-home.ts';
import { keychainState } from './secrets-keychain.ts';
import { refusedSecrets } from './secrets-refused.ts';
import { sealedState } from './secrets-sealed.ts';
import { chosenStore } from './secrets-store.ts';
import { storedSecrets } from './secrets-stored.ts';

/** Checks about secrets and their stores that belong to no step. */
export const SECRETS_CHECKS: readonly Check[] = [
  keychainState,
  sealedState,
  chosenStore,
  storedSecrets,
  refusedSecrets,
  formerValues,
  secretsInFiles,
  credentialsAtHome,
];
