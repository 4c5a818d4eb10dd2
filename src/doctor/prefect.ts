import type { Check } from './check.ts';
import { prefectBeside } from './prefect-beside.ts';
import { prefectCredentials } from './prefect-credentials.ts';
import { prefectFile } from './prefect-file.ts';
import { prefectHome } from './prefect-home.ts';
import { prefectInForce } from './prefect-in-force.ts';
import { prefectOverrides } from './prefect-overrides.ts';
import { prefectProfiles } from './prefect-profiles.ts';
import { prefectServer } from './prefect-server.ts';

/** Checks about Prefect that belong to no step. */
export const PREFECT_CHECKS: readonly Check[] = [
  prefectFile,
  prefectProfiles,
  prefectHome,
  prefectInForce,
  prefectOverrides,
  prefectCredentials,
  prefectBeside,
  prefectServer,
];
