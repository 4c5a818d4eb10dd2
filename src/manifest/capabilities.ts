import { quoteCommand, quoteWord } from '../core/quote.ts';
import { ANALYTICS_SWITCHES } from '../telemetry/analytics.ts';
import type { Loaded } from './load.ts';
import { resolve } from './resolve.ts';
import { originOf } from './url-rules.ts';
import type { Wanted, WantedSecret } from './wanted.ts';

/**
 * All that a manifest can make this machine do or send, in every environment: one line each, sorted, each once
 * (security §2). What is approved is this list; two manifests with the same list may do the same.
 */
export function capabilities(loaded: Loaded): string[] {
  const wanted = loaded.environments.map(environment => resolve(loaded, { environment }));
  const [first] = wanted;
  const lines = [...wanted.flatMap(perEnvironment), ...(first ? shared(first) : []), ...vaultLines(loaded)];
  return [...new Set(lines)].sort();
}

function shared(wanted: Wanted): string[] {
  const lines = [`environment file: ${quoteWord(wanted.envFile.path)}`];
  if (wanted.python.uvRange !== undefined) lines.push(`uv: ${quoteWord(wanted.python.uvRange)}`);
  for (const task of wanted.tasks) {
    const name = quoteWord(task.name);
    if (task.check) lines.push(`task ${name} checks: ${quoteCommand(task.check)}`);
    lines.push(`task ${name} runs: ${quoteCommand(task.run)}`);
    if (task.undo) lines.push(`task ${name} undoes: ${quoteCommand(task.undo)}`);
  }
  for (const check of wanted.readiness)
    lines.push(`readiness ${quoteWord(check.name)} runs: ${quoteCommand(check.run)}`);
  return lines;
}

function perEnvironment(wanted: Wanted): string[] {
  const where = wanted.environment;
  const lines = Object.entries(wanted.envFile.variables)
    .filter(([name, value]) => !isSwitch(name, value))
    .map(([name, value]) => `${where} sets: ${name}=${quoteWord(value)}`);
  if (wanted.prefect) {
    const profile = quoteWord(wanted.prefect.profile);
    lines.push(`${where} has the Prefect profile: ${profile}`);
    for (const [name, value] of Object.entries(wanted.prefect.settings)) {
      lines.push(`Prefect profile ${profile} sets: ${name}=${quoteWord(value)}`);
    }
  }
  if (wanted.telemetry.file) lines.push(`${where} writes the file: ${quoteWord(wanted.telemetry.file.path)}`);
  for (const secret of wanted.secrets) lines.push(...secretLines(secret, where));
  const origins = [wanted.prefect?.apiUrl, wanted.telemetry.enabled ? wanted.telemetry.endpoint : undefined];
  for (const url of origins) {
    const origin = url === undefined ? undefined : originOf(url);
    if (origin) lines.push(`${where} talks to: ${origin}`);
  }
  return lines;
}

/** Our own switches against third-party analytics come and go with the lock; nobody is asked about them. */
function isSwitch(name: string, value: string): boolean {
  return ANALYTICS_SWITCHES.some(known => known.variable === name && known.value === value);
}

function secretLines(secret: WantedSecret, where: string): string[] {
  const { name } = secret;
  const lines = [`${where} uses the secret: ${name}${secret.shared ? ', shared by all environments' : ''}`];
  lines.push(
    secret.index === undefined
      ? `secret ${name} is given as: ${secret.env}`
      : `secret ${name} is given to uv as: ${secret.env}`,
  );
  if (secret.indexUser !== undefined) lines.push(`secret ${name} goes with the user: ${quoteWord(secret.indexUser)}`);
  if (secret.vault !== undefined) lines.push(`${where} reads from Vault: ${secret.vault} (secret ${name})`);
  if (secret.audience !== undefined) lines.push(`${where} sends the secret ${name} to: ${secret.audience}`);
  if (typeof secret.check === 'string')
    lines.push(`${where} checks the secret ${name}: built-in check ${secret.check}`);
  else if (secret.check) lines.push(`${where} checks the secret ${name}: ${quoteCommand(secret.check)}`);
  return lines;
}

function vaultLines(loaded: Loaded): string[] {
  const { vault } = loaded.manifest;
  if (!vault) return [];
  const lines = Object.entries(vault).map(([key, value]) => `suggests for Vault: ${key}=${quoteWord(String(value))}`);
  return vault.address === undefined ? lines : [...lines, `suggests the Vault at: ${originOf(vault.address)}`];
}
