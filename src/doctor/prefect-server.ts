import { sitePackages } from '../engine/fingerprint.ts';
import { apiFindings } from '../prefect/api-findings.ts';
import { probeApi } from '../prefect/probe.ts';
import { installedPrefect } from '../prefect/version.ts';
import type { WorkspaceCheck } from './check.ts';

/**
 * The server of the environment: there, answering, of a version that fits. No credential is sent, and nothing is asked
 * in a workspace that is not approved, since the workspace names the address.
 */
export const prefectServer: WorkspaceCheck = {
  title: 'Prefect API',
  about: 'workspace',
  async run(look) {
    const apiUrl = look.wanted.prefect?.apiUrl;
    if (!apiUrl || !look.approved || look.offline) return [];
    const state = await probeApi(apiUrl, look.env, look.signal);
    const credential = look.wanted.secrets.some(({ env }) => /^PREFECT_API_(KEY|AUTH_STRING)$/.test(env));
    return apiFindings(apiUrl, state, { credential, version: installedPrefect(sitePackages(look.root)) });
  },
};
