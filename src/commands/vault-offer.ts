import { Interrupted } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { Answer, Ask, Question } from '../core/ports.ts';
import type { Workspace } from '../engine/workspace.ts';
import type { VaultFinding } from '../secrets/vault-read.ts';
import type { VaultSettings } from '../secrets/vault-settings.ts';
import { clean } from '../terminal/clean.ts';
import { renderError } from '../terminal/errors-view.ts';
import { say, windowSize } from '../terminal/output.ts';
import type { Session } from './session.ts';
import { readVault, vaultOf, vaultSecrets } from './vault-access.ts';

interface Offer {
  session: Session;
  /** The workspace in the environment that was chosen. It is approved by the time a secret is asked for. */
  workspace: () => Workspace;
  ask: Ask;
  emit: (event: RunEvent) => void;
}

/**
 * The `Ask` port with Vault before the person: at the first question for a secret that has a place in Vault, one
 * question offers to read them all there, and those that are found are not asked for.
 */
export class VaultOffer {
  readonly #offer: Offer;
  #found: Promise<ReadonlyMap<string, VaultFinding>> | undefined;

  constructor(offer: Offer) {
    this.#offer = offer;
  }

  readonly ask: Ask = async (question, signal) =>
    (await this.#fromVault(question, signal)) ?? (await this.#offer.ask(question, signal));

  /**
   * Names of secrets that Vault has, for runs in which nobody can be asked.
   * @throws VaultError when Vault was to be asked and could not be.
   */
  async names(): Promise<ReadonlySet<string>> {
    const { session, workspace } = this.#offer;
    const settings = vaultOf(session, workspace(), true);
    if (settings === undefined || vaultSecrets(workspace()).length === 0) return new Set();
    const { readyFor } = await import('../secrets/vault-ready.ts');
    if (readyFor(settings, session.env, session.paths).kinds.size === 0) return new Set();
    this.#found = this.#read(settings);
    const found = await this.#found;
    return new Set([...found].flatMap(([name, one]) => ('value' in one ? [name] : [])));
  }

  async #fromVault(question: Question, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    if (question.kind !== 'secret') return undefined;
    const { session, workspace } = this.#offer;
    const secret = vaultSecrets(workspace()).find(({ name }) => question.id === `secret:${name}`);
    if (!secret) return undefined;
    this.#found ??= this.#offered(signal);
    const found = (await this.#found).get(secret.name);
    if (found === undefined) return undefined;
    const problem = 'value' in found ? await question.validate(found.value) : found.problem.message;
    const { style } = session;
    if ('value' in found && problem === undefined) {
      say(`${style.green(style.glyph.done)} ${clean(question.message)} ${style.dim('read from Vault')}`);
      return { kind: 'value', value: found.value };
    }
    const where = 'value' in found ? 'The value in Vault will not do: ' : '';
    say(clean(`${style.glyph.skipped} ${secret.name}: ${where}${problem}`));
    return undefined;
  }

  /** Asks once whether to read them from Vault, and reads. Whatever goes wrong there, the person can still type them. */
  async #offered(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, VaultFinding>> {
    const { session, workspace, ask } = this.#offer;
    const settings = vaultOf(session, workspace(), true);
    if (settings === undefined || !session.interactive) return new Map();
    const answer = await ask(
      {
        // A choice, not a confirmation: it also approves an address that only the manifest names.
        kind: 'select',
        id: 'secret:from-vault',
        message: 'Where are the secrets to come from?',
        choices: [
          { value: 'vault', label: `Vault at ${settings.address}`, hint: nameOf(settings.from) },
          { value: 'type', label: 'I give them myself' },
        ],
      },
      signal,
    );
    if (answer.kind !== 'value' || answer.value !== 'vault') return new Map();
    try {
      return await this.#read(settings);
    } catch (error) {
      if (error instanceof Interrupted || session.abort.signal.aborted) throw error;
      const { style, command, redactor } = session;
      const look = { style, command, redact: redactor.clean, width: windowSize().columns };
      for (const line of renderError(error, look)) say(line);
      return new Map();
    }
  }

  #read(settings: VaultSettings): Promise<ReadonlyMap<string, VaultFinding>> {
    const { session, workspace, emit } = this.#offer;
    const { root } = workspace().wanted;
    const unset = vaultSecrets(workspace()).filter(({ env }) => !session.env[env]);
    // Signing in is the person's time, as an open question is.
    emit({ type: 'question-opened', id: 'secret:vault-login' });
    return readVault(session, settings, root, unset).finally(() =>
      emit({ type: 'question-closed', id: 'secret:vault-login' }),
    );
  }
}

function nameOf(from: VaultSettings['from']): string {
  const who = {
    environment: 'the one in VAULT_ADDR',
    config: 'the one in your config.toml',
    manifest: 'as this project suggests',
  };
  return who[from];
}
