import type { Ask } from '../core/ports.ts';
import type { Plan } from '../engine/plan.ts';
import { changesOf } from '../engine/plan.ts';
import type { Workspace } from '../engine/workspace.ts';
import { resolve } from '../manifest/resolve.ts';
import type { Wanted } from '../manifest/wanted.ts';
import { rememberStore } from '../secrets/choose.ts';
import { troubleOf } from '../secrets/keychain-problems.ts';
import { openChosen } from '../secrets/open.ts';
import type { SecretStore, StoreReport } from '../secrets/store.ts';
import type { StoreError } from '../secrets/store-error.ts';
import { tryStore } from '../secrets/try-store.ts';
import { type ErrorView, renderError, withCommand } from '../terminal/errors-view.ts';
import { say, windowSize } from '../terminal/output.ts';
import { rowLines } from '../terminal/rows-view.ts';
import { homely } from '../terminal/text.ts';
import { foundRows } from './found.ts';
import { type Session, storePorts } from './session.ts';
import { counted } from './words.ts';

/** Where the secrets are to come from when the keychain will not do: another store, or the person gives them later. */
export type Elsewhere = SecretStore | 'later';

/** What a person is shown and asked before the plan. Each screen comes once a run, and only when it is needed. */
export class Wizard {
  readonly #session: Session;
  readonly #ask: Ask;
  #glance = false;
  #saidTrouble = false;
  readonly #reports = new WeakMap<SecretStore, Promise<StoreReport>>();

  constructor(session: Session, ask: Ask) {
    this.#session = session;
    this.#ask = ask;
  }

  /** Shows what was found, and asks for the environment. @returns the workspace in the chosen one. */
  async environment(workspace: Workspace, store: SecretStore): Promise<Workspace> {
    const { loaded } = workspace;
    const each = loaded.environments.map(environment => resolve(loaded, { environment }));
    await this.#showFound(
      workspace,
      store,
      each.some(wanted => wanted.secrets.length > 0),
    );
    const answer = await this.#ask({
      kind: 'select',
      id: 'environment',
      message: 'Which environment is this clone to work with?',
      choices: each.map(wanted => ({ value: wanted.environment, label: wanted.environment, hint: inShort(wanted) })),
    });
    say('');
    const chosen = each.find(wanted => answer.kind === 'value' && wanted.environment === answer.value);
    return chosen === undefined ? workspace : { ...workspace, wanted: chosen };
  }

  /**
   * Shows what was found, unless that was shown before.
   * @throws StoreError when the plan stores secrets and the keychain cannot take them.
   */
  async beforePlan(workspace: Workspace, store: SecretStore, plan: Plan): Promise<void> {
    const stored = changesOf(plan).filter(change => change.step === 'secrets');
    await this.#showFound(workspace, store, stored.length > 0);
    // What can wait is no reason to ask where it should come from.
    const needed = workspace.wanted.secrets.some(
      ({ name, required }) => required && stored.some(one => one.key === name),
    );
    const trouble = needed && store.writable ? troubleOf(await this.#probe(store)) : undefined;
    if (trouble) throw trouble;
  }

  /**
   * Asks where the secrets are to come from instead.
   * @throws the trouble itself when the person wants to mend it first.
   */
  async elsewhere(trouble: StoreError, { wanted }: Workspace): Promise<Elsewhere> {
    const { style, command, redactor, paths } = this.#session;
    const look = { style, command, redact: redactor.clean, width: windowSize().columns };
    for (const line of this.#mending(trouble, look)) say(line);
    say('');
    const variables = wanted.secrets.map(secret => secret.env).join(', ');
    const answer = await this.#ask({
      kind: 'select',
      id: 'store',
      message: `Where are the secrets of ${wanted.environment} to come from?`,
      choices: [
        {
          value: 'mend',
          label: 'My keychain',
          hint: `stop here; nothing is changed${trouble.next === undefined ? '' : ', and the command above mends it'}`,
        },
        { value: 'later', label: 'I give them later', hint: 'everything else is set up now' },
        {
          value: 'sealed-file',
          label: 'A sealed file',
          hint: 'encrypted with a passphrase, which you type whenever a secret is needed; this is remembered',
        },
        { value: 'environment', label: 'Environment variables', hint: `${variables}; this is remembered` },
      ],
    });
    say('');
    const chosen = answer.kind === 'value' ? answer.value : 'mend';
    if (chosen === 'later') return 'later';
    if (chosen !== 'environment' && chosen !== 'sealed-file') throw trouble;
    const choice =
      chosen === 'environment' ? ({ store: chosen } as const) : ({ store: chosen, key: 'passphrase' } as const);
    const store = await openChosen(choice, storePorts(this.#session, wanted.root, this.#ask));
    const failed = store.writable ? troubleOf(await tryStore(store)) : undefined;
    if (failed) throw failed;
    const file = rememberStore(paths, choice.store, choice.key);
    say(`store = "${chosen}" now stands in ${homely(file, paths.home)}.`);
    return store;
  }

  /** The trouble and the command that mends it; what the glance has just said is not said again. */
  #mending(trouble: StoreError, look: ErrorView): string[] {
    if (!this.#saidTrouble || trouble.next === undefined) return renderError(trouble, look);
    return [
      look.style.bold('To have one that works:'),
      `  ${look.style.command(withCommand(trouble.next, look.command))}`,
    ];
  }

  async #showFound(workspace: Workspace, store: SecretStore, probing: boolean): Promise<void> {
    if (this.#glance) return;
    this.#glance = true;
    const report = probing && store.writable ? await this.#probe(store) : undefined;
    const look = { style: this.#session.style, width: windowSize().columns };
    this.#saidTrouble = report !== undefined && report.state !== 'ok';
    const rows = await foundRows(this.#session, workspace, store, report);
    for (const line of rowLines('What was found', rows, look)) say(line);
    say('');
  }

  #probe(store: SecretStore): Promise<StoreReport> {
    const report = this.#reports.get(store) ?? store.probe();
    this.#reports.set(store, report);
    return report;
  }
}

/** An environment in a few words, to choose by. */
function inShort({ prefect, secrets }: Wanted): string {
  const needed = secrets.filter(secret => secret.required).length;
  const where = prefect?.apiUrl === undefined ? 'no Prefect server' : `Prefect at ${prefect.apiUrl}`;
  return `${where}, ${counted(needed, 'secret')}`;
}
