import { UserError } from '../core/errors.ts';
import { type Finding, type FindingId, finding } from '../core/findings.ts';
import type { WantedSecret } from '../manifest/wanted.ts';
import { givenByCaller } from '../secrets/given.ts';
import { type IndexEntry, readIndex } from '../secrets/index-file.ts';
import { itemOf, STORE_WORDS } from '../secrets/names.ts';
import type { Item } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { now } from '../system/clock.ts';
import type { WorkspaceCheck, WorkspaceLook } from './check.ts';

/** A secret that was stored from here, as the index knows it. */
interface Stored {
  secret: WantedSecret;
  item: Item;
  entry: IndexEntry;
}

/** What the index says about the secrets of this environment, held against the store and the environment. */
export const storedSecrets: WorkspaceCheck = {
  title: 'Stored secrets are where they should be',
  about: 'workspace',
  async run(look) {
    const stored = storedFrom(look);
    const soon = stored.flatMap(one => dueSoon(one, look.wanted.environment));
    if (look.ci) return soon;
    return [...elsewhere(stored, look), ...shadowed(stored, look), ...soon, ...(await heldAgainstStore(stored, look))];
  },
};

function storedFrom({ linked, approved, paths, wanted }: WorkspaceLook): Stored[] {
  if (!linked || !approved) return [];
  const index = readIndex(paths.state, linked.namespace);
  return wanted.secrets.flatMap(secret => {
    const item = itemOf(linked.namespace, wanted.environment, secret);
    const entry = index[item.user];
    return entry ? [{ secret, item, entry }] : [];
  });
}

const setAnew = (secret: WantedSecret, environment: string) => ({
  command: `hotpass-bootstrap secrets set ${secret.name} --env ${environment}`,
  safe: false,
});

/** One read of the store for all. Nothing is said when it cannot answer: others tell its state. */
async function heldAgainstStore(stored: readonly Stored[], look: WorkspaceLook): Promise<Finding[]> {
  const here = stored.filter(({ entry }) => entry.store === look.store.name);
  if (!look.store.writable || here.length === 0) return [];
  const answers = await look.store.get(here.map(({ item }) => item)).catch((error: unknown) => error);
  if (Array.isArray(answers)) return here.flatMap((one, at) => (answers[at] === undefined ? [gone(one, look)] : []));
  if (!(answers instanceof UserError)) throw answers;
  // Two items of one name fail the whole read, so each is asked for alone.
  return answers instanceof StoreError ? [] : (await Promise.all(here.map(one => alone(one, look)))).flat();
}

async function alone(one: Stored, look: WorkspaceLook): Promise<Finding[]> {
  try {
    const [value] = await look.store.get([one.item]);
    return value === undefined ? [gone(one, look)] : [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error instanceof StoreError) return [];
    const fix = error.next === undefined ? undefined : { command: error.next, safe: false };
    const level = one.secret.required ? 'fail' : 'warn';
    return [finding((error.id ?? 'HB316') as FindingId, level, error.message, error.why, fix)];
  }
}

function gone({ secret, entry }: Stored, { wanted }: WorkspaceLook): Finding {
  const day = new Date(entry.storedAt ?? entry.checkedAt).toISOString().slice(0, 10);
  return finding(
    'HB330',
    'warn',
    `${secret.name} was ${entry.storedAt === undefined ? 'seen' : 'stored'} on ${day} and is gone from your ${STORE_WORDS[entry.store]}.`,
    entry.store === 'keychain'
      ? 'It was removed by another program, or another keychain is the default one now.'
      : 'The file was replaced by an older one, or set aside.',
    setAnew(secret, wanted.environment),
  );
}

/** Stored in one place, and now another one is used. */
function elsewhere(stored: readonly Stored[], { store, env }: WorkspaceLook): Finding[] {
  const names = stored
    .filter(({ entry, secret }) => entry.store !== store.name && givenByCaller(secret, env) === undefined)
    .map(({ secret, entry }) => ({ name: secret.name, place: entry.store }));
  const [first] = names;
  if (!first) return [];
  const list = names.map(({ name }) => name).join(', ');
  return [
    finding(
      'HB331',
      'warn',
      `${list} ${names.length === 1 ? 'is' : 'are'} in the ${STORE_WORDS[first.place]}, but secrets come from the ${STORE_WORDS[store.name]} now.`,
      'The store was chosen anew in config.toml, or this session cannot reach the former one. What is in the former one stays there.',
      { command: 'hotpass-bootstrap secrets where', safe: false },
    ),
  ];
}

/** A variable of the shell comes before the stored value, also when it is an old one (design §5a). */
function shadowed(stored: readonly Stored[], { env }: WorkspaceLook): Finding[] {
  return stored
    .filter(({ secret, entry }) => entry.store !== 'environment' && env[secret.env])
    .map(({ secret, entry }) =>
      finding(
        'HB332',
        'info',
        `${secret.env} is set in your shell and is used instead of ${secret.name} in the ${STORE_WORDS[entry.store]}.`,
        'A variable comes first. If it holds an old value, what is stored does not help.',
        { command: `unset ${secret.env}`, safe: false },
      ),
    );
}

const DAY_S = 86_400;
const NOTICE_S = 14 * DAY_S;

/** Past its age it is HB304; this is the notice before. */
function dueSoon({ secret, entry }: Stored, environment: string): Finding[] {
  if (secret.maxAge === undefined || entry.storedAt === undefined) return [];
  const left = secret.maxAge - (now().wall - entry.storedAt) / 1000;
  if (left < 0 || left > Math.min(NOTICE_S, secret.maxAge / 4)) return [];
  const days = Math.ceil(left / DAY_S);
  return [
    finding(
      'HB333',
      'info',
      `${secret.name} is to be renewed within ${days === 1 ? 'a day' : `${days} days`}.`,
      secret.obtain === undefined ? secret.description : `${secret.description}. A new one: ${secret.obtain}`,
      setAnew(secret, environment),
    ),
  ];
}
