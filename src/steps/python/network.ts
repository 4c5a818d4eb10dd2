import { join } from 'node:path';
import type { Write } from '../../engine/step.ts';
import type { Env } from '../../system/environment.ts';
import { removeFile, replaceFile } from '../../system/files.ts';
import { npmNetwork } from '../../system/npmrc.ts';
import { SYSTEM_CERTIFICATES } from './flags.ts';

const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

/**
 * npm's proxy as variables for uv, where the environment names none: what npx came through leads to the package index
 * too (facts uv §1). Only values of the person's own or the global npmrc count (security §5).
 */
export function npmProxy(env: Env): Record<string, string> {
  const { httpsProxy, noProxy } = npmNetwork(env);
  if (httpsProxy === undefined || PROXIES.some(name => env[name])) return {};
  const hasExceptions = Boolean(env['no_proxy'] || env['NO_PROXY']);
  return { HTTPS_PROXY: httpsProxy, ...(noProxy === undefined || hasExceptions ? {} : { NO_PROXY: noProxy }) };
}

/**
 * What makes uv trust the authorities of this machine, for a second try. uv reads neither NODE_EXTRA_CA_CERTS nor npm's
 * cafile; where one of them is set, everything that this tool itself trusts is written into a file for uv.
 */
export async function machineAuthorities(ctx: Pick<Write, 'env' | 'linked'>): Promise<Record<string, string>> {
  const npm = npmNetwork(ctx.env);
  const isNamed = Boolean(ctx.env['NODE_EXTRA_CA_CERTS'] || npm.cafile);
  const file = authoritiesFile(ctx);
  if (!isNamed || file === undefined) return SYSTEM_CERTIFICATES;
  const { trustedRoots } = await import('../../system/certificates.ts'); // Loads TLS, which an everyday run does without.
  replaceFile(file, `${trustedRoots(ctx.env, npm).ca.join('\n')}\n`, 0o600);
  return { ...SYSTEM_CERTIFICATES, SSL_CERT_FILE: file };
}

/** Takes the file of `machineAuthorities` away. */
export function forgetAuthorities(ctx: Pick<Write, 'linked'>): void {
  const file = authoritiesFile(ctx);
  if (file !== undefined) removeFile(file);
}

function authoritiesFile({ linked }: Pick<Write, 'linked'>): string | undefined {
  return linked && join(linked.state, 'authorities.pem');
}
