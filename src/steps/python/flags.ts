import type { WantedPython } from '../../manifest/wanted.ts';

/**
 * What to synchronise, as arguments of `uv sync`: the full recorded set every time, since uv removes the packages of
 * extras that are left out (facts uv §2).
 */
export function selectionFlags(python: WantedPython): string[] {
  const flags: string[] = [];
  for (const extra of python.extras) flags.push('--extra', extra);
  for (const group of python.groups) flags.push('--group', group);
  if (!python.defaultGroups) flags.push('--no-default-groups');
  if (python.packages === 'all') flags.push('--all-packages');
  else for (const name of python.packages ?? []) flags.push('--package', name);
  return flags;
}

/**
 * For a uv that has a credential: compiling starts the Python of the environment, which runs what packages leave in
 * `.pth` files. uv refuses the flag beside the variable, so step children get that only from who adds it.
 */
export const NO_COMPILING = ['--no-compile-bytecode'];

/** Environment of every uv that we start: plain text, one message a line, no bars (facts uv §7.5). */
export const UV_PLAIN: Record<string, string> = { NO_COLOR: '1', UV_NO_WRAP: '1', UV_NO_PROGRESS: '1' };

/** Trust what the machine trusts; both spellings, since each uv knows only one (facts uv §2). */
export const SYSTEM_CERTIFICATES: Record<string, string> = { UV_SYSTEM_CERTS: '1', UV_NATIVE_TLS: '1' };
