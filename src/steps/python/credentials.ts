import { Redactor } from '../../core/redact.ts';
import type { Write } from '../../engine/step.ts';
import { indexVariable } from '../../secrets/index-credentials.ts';
import { indexCredentialsOf } from '../../system/environment.ts';
import { holdsUserInfo, userInfoIn } from '../../system/url-credentials.ts';

/**
 * What uv needs to sign in at package indexes, as variables: the declared ones, waiting until they are known, and those
 * that the person gave to uv in the environment.
 */
export async function credentialsFor(ctx: Write): Promise<Record<string, string>> {
  const given = indexCredentialsOf(ctx.env);
  if (!ctx.wanted.secrets.some(secret => secret.index !== undefined)) return given;
  const declared = ctx.outputs.get('indexCredentials');
  const text = 'waiting for the password of the package index';
  // Said only when it is not there yet, which one turn of the event loop tells.
  const timer = setTimeout(() => ctx.emit({ type: 'step-progress', step: 'python', text }), 0);
  try {
    return { ...given, ...(await declared) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The same by address in place of by name: what belongs to a name uv sends to every index of that name, also to one that
 * a member of the workspace has at another address (security §3) [0.13.9].
 */
export function byAddress(
  credentials: Readonly<Record<string, string>>,
  { env, wanted }: Write,
): Record<string, string> {
  const out = { ...credentials };
  const indexes = [credentials['UV_INDEX'] ?? env['UV_INDEX'] ?? ''];
  for (const { index = '', indexUrl } of wanted.secrets) {
    const [name, password] = [indexVariable(index, 'USERNAME'), indexVariable(index, 'PASSWORD')];
    const value = out[password];
    if (indexUrl === undefined || value === undefined) continue;
    const url = new URL(indexUrl);
    url.username = encodeURIComponent(out[name] ?? decodeURIComponent(url.username));
    url.password = encodeURIComponent(value);
    indexes.push(url.href);
    delete out[name];
    delete out[password];
  }
  return indexes.length === 1 ? out : { ...out, UV_INDEX: indexes.join(' ').trim() };
}

/** Takes these credentials out of what uv says. */
export function redactorOf(credentials: Readonly<Record<string, string>>): Redactor {
  const redactor = new Redactor();
  for (const value of Object.values(credentials)) {
    for (const part of holdsUserInfo(value) ? userInfoIn(value) : [value]) redactor.add(part);
  }
  return redactor;
}
