import type { Change } from '../core/changes.ts';
import { EXIT, InputNeeded, UserError } from '../core/errors.ts';
import { type Finding, finding } from '../core/findings.ts';
import type { Missing, Read, Step, Write } from '../engine/step.ts';
import type { Wanted, WantedSecret } from '../manifest/wanted.ts';
import { indexCredentials } from '../secrets/index-credentials.ts';
import { freshEntry, type IndexEntry, readIndex, updateIndex } from '../secrets/index-file.ts';
import { troubleOf } from '../secrets/keychain-problems.ts';
import { describeItem, STORE_WORDS, userOf } from '../secrets/names.ts';
import { checkValue, trimValue, warnAboutValue } from '../secrets/pattern.ts';
import type { SecretStore, StoreReport } from '../secrets/store.ts';
import { waysToSupply } from '../secrets/ways.ts';
import { allowIndex, supplyIndex } from './index-slot.ts';
import {
  inspectSecrets,
  isAskedFor,
  type SecretEntry,
  type SecretsState,
  skipStamp,
  withUser,
} from './secrets-state.ts';

export type { SecretsState } from './secrets-state.ts';

/** Every required secret is there: asked for once, kept in the person's keychain (design §5a). */
export const secretsStep: Step<SecretsState> = {
  id: 'secrets',
  title: 'Secrets',
  needs: [],
  verifyNeeds: [],

  inspect: inspectSecrets,

  plan(state) {
    if (!state.writable) return [];
    const changes: Change[] = [];
    for (const entry of indexFirst(state.entries)) {
      const { secret, place, item, indexed } = entry;
      if (place === 'moved') {
        const to = secret.audience;
        changes.push({
          step: 'secrets',
          key: secret.name,
          action: 'change',
          target: `where ${secret.name} may be sent`,
          ...(indexed?.audience === undefined ? {} : { from: indexed.audience }),
          ...(to === undefined ? {} : { to }),
          certain: true,
        });
      } else if (place === 'found') {
        changes.push({
          step: 'secrets',
          key: secret.name,
          action: 'change',
          target: describeItem(item, state.store),
          to: 'used by this workspace',
          certain: true,
          detail: 'it was there before this folder was linked',
        });
      } else if (isAskedFor(entry)) {
        changes.push({
          step: 'secrets',
          key: secret.name,
          action: 'add',
          target: describeItem(item, state.store),
          certain: place === 'missing',
          detail: secret.required ? secret.description : `${secret.description} (optional, Enter skips it)`,
        });
      }
    }
    return changes;
  },

  missing(state, wanted): Missing[] {
    return indexFirst(state.entries)
      .filter(({ place }) => place === 'missing' || place === 'moved' || place === 'found')
      .map(({ secret, place }) => ({
        secret: secret.name,
        required: secret.required || place === 'moved' || place === 'found',
        ways: [
          ...(place === 'moved' && secret.audience !== undefined
            ? [
                `hotpass-bootstrap setup --approve-origin ${secret.audience}`,
                `approve-origin = ["${secret.audience}"] in an answers file of yours (--answers FILE)`,
              ]
            : []),
          ...waysToSupply(secret, wanted.environment, state.writable),
        ],
      }));
  },

  async apply(change, ctx) {
    const secret = ctx.wanted.secrets.find(candidate => candidate.name === change.key);
    if (!secret) throw new Error(`no secret ${change.key} in this environment`);
    if (change.action === 'change' && (await mayUse(secret, change, ctx))) return;
    await askAndStore(secret, ctx);
  },

  remember: rememberFound,

  // What was stored has just been read back, and what was there already has just been looked up.
  verify: async () => [],
};

/**
 * Remembers in the index what the store has shown during an inspection, so that the next run need not ask it again.
 * For runs that may write (`setup`); `plan` leaves everything as it is.
 */
async function rememberFound(state: SecretsState, ctx: Read): Promise<void> {
  if (!ctx.linked || !state.writable) return;
  const changes: Record<string, IndexEntry | undefined> = {};
  for (const { place, item, indexed, secret } of state.entries) {
    if (place === 'store') {
      changes[item.user] = freshEntry(state.store, indexed ? indexed.audience : secret.audience, {
        storedAt: indexed?.storedAt,
        live: indexed?.live,
      });
    } else if (place === 'missing' && indexed?.store === state.store) changes[item.user] = undefined;
  }
  await updateIndex(ctx.paths.state, ctx.linked.namespace, changes);
}

/** uv needs an index's password first, so it is asked for first. */
function indexFirst(entries: readonly SecretEntry[]): SecretEntry[] {
  return [...entries].sort((a, b) => Number(a.secret.index === undefined) - Number(b.secret.index === undefined));
}

/** One probe a run: a person is not asked for what could not be kept. */
const probes = new WeakMap<SecretStore, Promise<StoreReport>>();

async function needsWorkingStore(store: SecretStore): Promise<void> {
  const probe = probes.get(store) ?? store.probe();
  probes.set(store, probe);
  const trouble = troubleOf(await probe);
  if (trouble) throw trouble;
}

async function askAndStore(secret: WantedSecret, ctx: Write): Promise<void> {
  await needsWorkingStore(ctx.store);
  const answer = await ctx.ask(
    {
      kind: 'secret',
      id: `secret:${secret.name}`,
      message: secret.audience === undefined ? secret.name : `${secret.name} (for ${secret.audience})`,
      description: secret.description,
      ...(secret.obtain === undefined ? {} : { obtain: secret.obtain }),
      optional: !secret.required,
      later: `hotpass-bootstrap secrets set ${secret.name} --env ${ctx.wanted.environment}`,
      validate: value => checkValue(secret, trimValue(value)),
    },
    ctx.signal,
  );
  if (answer.kind !== 'value') {
    if (!secret.required) return ctx.stamps.record(skipStamp(userOf(ctx.wanted.environment, secret)), 'skipped');
    throw notGiven(secret, ctx.wanted);
  }
  const value = trimValue(answer.value);
  const problem = checkValue(secret, value);
  if (problem !== undefined) throw wrongValue(secret, problem, ctx.wanted);
  const oddity = warnAboutValue(value);
  if (oddity !== undefined) ctx.emit({ type: 'finding', finding: oddValue(secret, oddity) });
  await ctx.keychain.set(secret.name, value);
  await remember(secret, freshEntry(ctx.store.name, secret.audience, true), ctx);
  if (secret.audience !== undefined) {
    ctx.emit({ type: 'note', text: `${secret.name} is stored, for ${secret.audience} only.` });
  }
  if (secret.index === undefined) return;
  supplyIndex(ctx.outputs, secret.name, indexCredentials([{ secret: withUser(secret, ctx), value }]));
}

/**
 * Lets a stored secret go to its new origin, or adopts one that was there before, if the person says so.
 * @returns false when a new value is wanted instead.
 */
async function mayUse(secret: WantedSecret, change: Change, ctx: Write): Promise<boolean> {
  const { audience } = secret;
  const moved = change.from !== undefined;
  if (!ctx.linked || (moved && audience === undefined)) return false;
  const answer = await ctx.ask(
    {
      // A choice, not a confirmation: --yes must never answer it (security §2).
      kind: 'select',
      id: `origin:${secret.name}`,
      message: moved
        ? `${secret.name} was stored for ${change.from}. This workspace now uses it for ${audience}.`
        : `Your ${STORE_WORDS[ctx.store.name]} has an item for ${secret.name} from before this folder was linked: ${change.target}.`,
      choices: [
        { value: 'new', label: audience === undefined ? 'Give another value' : `Give another value for ${audience}` },
        { value: 'same', label: audience === undefined ? 'Use it here' : `Send the stored one to ${audience}` },
      ],
    },
    ctx.signal,
  );
  if (answer.kind !== 'value' || answer.value !== 'same') return false;
  const user = userOf(ctx.wanted.environment, secret);
  const storedAt = readIndex(ctx.paths.state, ctx.linked.namespace)[user]?.storedAt;
  await remember(secret, freshEntry(ctx.store.name, audience, { storedAt }), ctx);
  if (secret.index !== undefined) allowIndex(ctx.outputs, secret.name);
  return true;
}

async function remember(secret: WantedSecret, entry: IndexEntry, ctx: Write): Promise<void> {
  if (!ctx.linked) return;
  await updateIndex(ctx.paths.state, ctx.linked.namespace, { [userOf(ctx.wanted.environment, secret)]: entry });
}

function oddValue(secret: WantedSecret, oddity: string): Finding {
  return finding(
    'HB303',
    'warn',
    `The value of ${secret.name} will hardly be hidden in logs: ${oddity}.`,
    'Values like that are left readable, since hiding them would garble everything. If it is not a secret, make it a variable.',
  );
}

function notGiven(secret: WantedSecret, wanted: Wanted): InputNeeded {
  return new InputNeeded({
    message: `${secret.name} is required for ${wanted.environment} and was not given.`,
    cause: `It can come from ${waysToSupply(secret, wanted.environment, true).join(', or from ')}.`,
    next: `hotpass-bootstrap secrets set ${secret.name} --env ${wanted.environment}`,
  });
}

function wrongValue(secret: WantedSecret, problem: string, wanted: Wanted): UserError {
  return new UserError({
    message: `The value of ${secret.name} will not do: ${problem}`,
    cause: secret.description,
    next: `hotpass-bootstrap secrets set ${secret.name} --env ${wanted.environment}`,
    exit: EXIT.inputNeeded,
  });
}
