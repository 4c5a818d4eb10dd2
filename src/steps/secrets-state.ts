import { type Finding, finding } from '../core/findings.ts';
import type { Read } from '../engine/step.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { unencryptedKeyring } from '../secrets/default-keyring.ts';
import { emptyVariables } from '../secrets/environment.ts';
import { givenByCaller } from '../secrets/given.ts';
import { indexCredentials, indexVariable } from '../secrets/index-credentials.ts';
import { hasIndex, type IndexEntry, isTrusted, readIndex, type SecretIndex } from '../secrets/index-file.ts';
import { unencryptedReport } from '../secrets/keychain.ts';
import { itemOf } from '../secrets/names.ts';
import { sameOrigin } from '../secrets/origin.ts';
import { checkValue } from '../secrets/pattern.ts';
import type { Item, SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { now } from '../system/clock.ts';
import { openIndexSlot } from './index-slot.ts';

/**
 * Where a secret was found. `index`: the trusted index says it is stored. `unknown`: nobody looked. `moved`: it is
 * stored, but for another origin than the one it is wanted for now. `found`: it was there before this workspace ever
 * stored anything, so it is adopted only after a question.
 */
export type Place = 'environment' | 'index' | 'store' | 'missing' | 'unknown' | 'moved' | 'found';

/** One wanted secret and where it is; never its value. */
export interface SecretEntry {
  secret: WantedSecret;
  item: Item;
  place: Place;
  indexed: IndexEntry | undefined;
  /** An optional one that a person at a terminal is offered to give now; offered once. */
  offered: boolean;
}

export interface SecretsState {
  store: SecretStore['name'];
  writable: boolean;
  entries: readonly SecretEntry[];
}

/** Looks where each wanted secret is: variables, the trusted index, and for the rest one call of the store. */
export async function inspectSecrets(ctx: Read): Promise<{ state: SecretsState; findings: Finding[] }> {
  const namespace = ctx.linked?.namespace ?? ctx.wanted.workspace;
  // What keeps nothing, the environment with or without Vault behind it, has no index, and nothing of somebody else's.
  const keeps = ctx.linked !== undefined && ctx.store.writable;
  const index: SecretIndex = keeps ? readIndex(ctx.paths.state, namespace) : {};
  const entries = ctx.wanted.secrets.map((secret): SecretEntry => {
    const item = itemOf(namespace, ctx.wanted.environment, secret);
    const indexed = index[item.user];
    return { secret, item, indexed, place: firstLook(ctx, secret, indexed), offered: isOffered(ctx, secret, item) };
  });
  const values = await readStore(ctx, entries);
  // A keychain that did not answer is no reason to ask for what can wait.
  for (const entry of entries) if (ctx.linked && entry.place === 'unknown') entry.offered = false;
  for (const entry of entries) {
    const stored = entry.place === 'index' || entry.place === 'store';
    const audience = entry.indexed?.audience;
    if (stored && audience !== undefined && !sameOrigin(audience, entry.secret.audience)) entry.place = 'moved';
  }
  if (keeps && !hasIndex(ctx.paths.state, namespace))
    for (const entry of entries) if (entry.place === 'store') entry.place = 'found';
  publishIndexCredentials(ctx, entries, values);
  const state = { store: ctx.store.name, writable: ctx.store.writable, entries };
  return { state, findings: findingsOf(ctx, state) };
}

/** The stamp that says: this person was offered it, and wants to do without. */
export function skipStamp(user: string): string {
  return `skipped:${user}`;
}

function isOffered(ctx: Read, secret: WantedSecret, item: Item): boolean {
  return ctx.offerOptional === true && !secret.required && ctx.stamps.digestOf(skipStamp(item.user)) === undefined;
}

function firstLook(ctx: Read, secret: WantedSecret, indexed: IndexEntry | undefined): Place {
  if (givenByCaller(secret, ctx.env) !== undefined) return 'environment';
  if (ctx.store.name === 'environment') return 'missing';
  // uv needs the password itself, so an index's secret is read even when it is known to be there.
  if (secret.index === undefined && !ctx.recheck && isTrusted(indexed, ctx.store.name)) return 'index';
  return 'unknown';
}

/** Only setup opens a store for a root that nobody has approved anything for (security §1). */
function mayOpen({ linked }: Read): boolean {
  return linked !== undefined && linked.journalOnly !== true;
}

/** Asks the store once for all that is unknown; not at all in an unlinked root or when nothing of it is needed. */
async function readStore(ctx: Read, entries: readonly SecretEntry[]): Promise<Map<SecretEntry, string>> {
  const values = new Map<SecretEntry, string>();
  const unknown = entries.filter(entry => entry.place === 'unknown');
  const required = unknown.filter(entry => entry.secret.required);
  const needed = required.length > 0 || unknown.some(entry => entry.offered || entry.secret.index !== undefined);
  if (!mayOpen(ctx) || !needed) return values;
  let answers: (string | undefined)[];
  try {
    answers = await ctx.store.get(unknown.map(entry => entry.item));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Optional secrets are no reason to need a keychain.
    if (required.length === 0) return values;
    throw error.neededFor(required.map(({ secret }) => `${secret.name} (${secret.env})`));
  }
  unknown.forEach((entry, at) => {
    const value = answers[at];
    entry.place = value ? 'store' : 'missing';
    if (value) values.set(entry, value);
  });
  return values;
}

function publishIndexCredentials(
  ctx: Read,
  entries: readonly SecretEntry[],
  stored: ReadonlyMap<SecretEntry, string>,
): void {
  const known: Record<string, string> = {};
  const open = new Map<string, Record<string, string>>();
  for (const entry of entries) {
    const { secret, place } = entry;
    if (secret.index === undefined) continue;
    const value = givenByCaller(secret, ctx.env) ?? stored.get(entry);
    const credentials = indexCredentials([{ secret: withUser(secret, ctx), value }]);
    if (ctx.store.writable && isAskedFor(entry)) open.set(secret.name, credentials);
    else if (place !== 'moved' && place !== 'found') Object.assign(known, credentials);
  }
  openIndexSlot(ctx.outputs, known, open);
}

/** Does a run ask the person about it? */
export function isAskedFor({ secret, place, offered }: SecretEntry): boolean {
  if (place === 'moved' || place === 'found') return true;
  return (secret.required || offered) && (place === 'missing' || place === 'unknown');
}

/** The user name of an index, from the manifest or from uv's own variable. */
export function withUser(secret: WantedSecret, ctx: Read): Pick<WantedSecret, 'index' | 'indexUser'> {
  const fromEnv = secret.index === undefined ? undefined : ctx.env[indexVariable(secret.index, 'USERNAME')];
  return { index: secret.index, indexUser: secret.indexUser ?? (fromEnv || undefined) };
}

function findingsOf(ctx: Read, state: SecretsState): Finding[] {
  const findings: Finding[] = [];
  for (const { secret, place, indexed, offered } of state.entries) {
    const [empty] = emptyVariables(ctx.env, [secret]);
    if (empty !== undefined && place !== 'environment') {
      findings.push(
        finding(
          'HB301',
          'warn',
          `${empty} is set, but to nothing.`,
          `It counts as missing, so ${secret.name} is looked for elsewhere.`,
          { command: `unset ${empty}`, safe: false },
        ),
      );
    }
    const given = place === 'environment' ? givenByCaller(secret, ctx.env) : undefined;
    // Nobody looked at it when it was given, as is done with what is asked for.
    const problem = given === undefined ? undefined : checkValue(secret, given);
    if (problem !== undefined) {
      findings.push(
        finding(
          'HB320',
          'warn',
          `The value that a variable gives ${secret.name} will hardly do: ${problem}`,
          'It is used as it is.',
        ),
      );
    }
    if (place === 'missing' && !secret.required && !offered) {
      findings.push(
        finding('HB300', 'info', `The optional secret ${secret.name} is not there.`, secret.description, {
          command: `hotpass-bootstrap secrets set ${secret.name} --env ${ctx.wanted.environment}`,
          safe: false,
        }),
      );
    }
    const age = indexed?.storedAt === undefined ? 0 : (now().wall - indexed.storedAt) / 1000;
    if (secret.maxAge !== undefined && age > secret.maxAge) {
      findings.push(
        finding(
          'HB304',
          'warn',
          `${secret.name} is ${Math.floor(age / 86_400)} days old.`,
          'It was to be renewed before that.',
          {
            command: `hotpass-bootstrap secrets set ${secret.name} --env ${ctx.wanted.environment}`,
            safe: false,
          },
        ),
      );
    }
  }
  if (!mayOpen(ctx) && state.entries.some(entry => entry.place === 'unknown')) {
    findings.push(
      finding(
        'HB314',
        'info',
        'The secrets were not looked up.',
        'This folder has not been set up yet, and only setup may open the keychain for it.',
      ),
    );
  }
  const storing = state.store === 'keychain' && state.entries.some(entry => entry.place === 'missing');
  const text = storing ? unencryptedKeyring(ctx.env) : undefined;
  if (text !== undefined) {
    findings.push(
      finding(
        'HB302',
        'warn',
        unencryptedReport(text).message,
        'Give the keyring a password (in "Passwords and Keys") to have it encrypted.',
      ),
    );
  }
  return findings;
}
