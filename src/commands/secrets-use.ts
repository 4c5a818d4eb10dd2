import { resolve } from 'node:path';
import { EXIT, UserError } from '../core/errors.ts';
import { quoteWord } from '../core/quote.ts';
import { keptCopies } from '../engine/expire-copies.ts';
import type { Workspace } from '../engine/workspace.ts';
import { type Choice, type KeyChoice, parseKeyChoice, readChoice, rememberStore } from '../secrets/choose.ts';
import { readIndex } from '../secrets/index-file.ts';
import { troubleOf } from '../secrets/keychain-problems.ts';
import { moveSecrets } from '../secrets/move.ts';
import { STORE_WORDS } from '../secrets/names.ts';
import { keySource, openChosen, openSealed, type StorePorts } from '../secrets/open.ts';
import { sealedFilePath } from '../secrets/sealed-file.ts';
import type { SecretStore } from '../secrets/store.ts';
import { StoreError } from '../secrets/store-error.ts';
import { tryStore } from '../secrets/try-store.ts';
import { lstatOf } from '../system/files.ts';
import { withCommand } from '../terminal/errors-view.ts';
import { printJson } from '../terminal/json-view.ts';
import { say } from '../terminal/output.ts';
import { homely } from '../terminal/text.ts';
import { confirmed, openAsk } from './asking.ts';
import { sayUnencrypted } from './keyring-warning.ts';
import { type Session, storePorts } from './session.ts';
import { counted } from './words.ts';

type Use = Pick<Choice, 'store' | 'key'>;

/** `secrets where --use STORE`: tries the store for real, explains, remembers; offers to move what is in the former one. */
export async function useStore(session: Session, workspace: Workspace, word: string): Promise<number> {
  const { root } = workspace.wanted;
  const use = parseUse(word, session, root);
  const { key } = readChoice(session.paths);
  const former = key === undefined ? {} : { key };
  const given = storePorts(session, root, await openAsk(session));
  const ports = { ...given, askPassphrase: askedOnce(given.askPassphrase) };
  const store = await openChosen(use, ports);
  if (use.store === 'sealed-file') await sealAnew(use.key ?? 'keychain', ports);
  const again = `hotpass-bootstrap secrets where --use ${quoteWord(word)} --yes`;
  const report = await tryStore(store);
  const trouble = troubleOf(report);
  if (trouble) throw trouble;
  if (report.state === 'unencrypted' && session.yes) sayUnencrypted(session, report);
  if (report.state === 'unencrypted' && !(await confirmed(session, `${report.message} Use it all the same?`, again))) {
    return EXIT.inputNeeded;
  }
  const file = rememberStore(session.paths, use.store, use.key);
  const told = homely(file, session.paths.home);
  if (session.options.json) {
    printJson({ schema: 1, kind: 'secrets', action: 'where', store: use.store, key: use.key ?? null, config: file });
  } else if (!session.options.quiet) say(`${EXPLAIN[kindOf(use)]} ${told} says so from now on.`);
  await offerMove(session, workspace, store, { ports, former, again });
  return EXIT.ok;
}

const EXPLAIN = {
  keychain: 'Secrets are kept in your keychain, one item each; it was written, read and cleared to try it.',
  sealed:
    'Secrets are kept in one encrypted file, whose key is one item of your keychain; it was written and read to try it.',
  passphrase:
    'Secrets are kept in one encrypted file; you are asked for its passphrase once a run that needs a secret.',
  file: 'Secrets are kept in one encrypted file; whoever can read the key file can open it, so keep the two apart.',
  environment: 'Secrets are read from variables, and nothing is stored.',
} as const;

function kindOf({ store, key = 'keychain' }: Use): keyof typeof EXPLAIN {
  if (store !== 'sealed-file') return store;
  return key === 'keychain' ? 'sealed' : key === 'passphrase' ? 'passphrase' : 'file';
}

/** @throws UserError 64 for another word, 78 for a key file inside the workspace. */
function parseUse(word: string, { paths }: Session, root: string): Use {
  if (word === 'keychain' || word === 'environment') return { store: word };
  if (word === 'sealed-file') return { store: 'sealed-file', key: 'keychain' };
  const key = word.startsWith('sealed-file:') ? word.slice('sealed-file:'.length) : '';
  const known = parseKeyChoice(key, paths.home) ?? parseKeyChoice(`file:${key}`, paths.home);
  if (known === undefined) {
    throw new UserError({
      message: 'There is no such store.',
      cause:
        '--use takes keychain, sealed-file, sealed-file:passphrase, sealed-file:/path/of/a/key or environment; a path is absolute.',
      next: 'hotpass-bootstrap secrets where --help',
      exit: EXIT.usage,
    });
  }
  if (known.startsWith('file:') && resolve(known.slice('file:'.length)).startsWith(`${root}/`)) {
    throw new UserError({
      message: 'A key file inside the workspace would be committed sooner or later.',
      cause: 'It opens all your secrets, so it belongs where only you look.',
      next: 'hotpass-bootstrap secrets where --use sealed-file:~/.config/hotpass-bootstrap/key',
      exit: EXIT.invalid,
    });
  }
  return { store: 'sealed-file', key: known };
}

/** A sealed file that is there gets the new key, if it has another one; config.toml follows only afterwards. */
async function sealAnew(key: KeyChoice, ports: StorePorts): Promise<void> {
  if (lstatOf(sealedFilePath(ports.paths.state)) === undefined) return;
  const before = readChoice(ports.paths).key ?? 'keychain';
  if (before === key) return;
  const to = await keySource(key, ports);
  const trouble = troubleOf(await to.probe());
  // A key file that is not there yet is made.
  if (trouble && !key.startsWith('file:')) throw trouble;
  try {
    await (await openSealed(before, ports)).reseal(to);
  } catch (error) {
    // It may have the new key already: a call before was killed between the file and config.toml.
    if (!(error instanceof StoreError)) throw error;
    const opens = await (await openSealed(key, ports)).list().then(
      () => true,
      () => false,
    );
    if (!opens) throw error;
  }
}

/** A passphrase that was just chosen is not asked for again in the same call. */
function askedOnce(ask: StorePorts['askPassphrase']): StorePorts['askPassphrase'] {
  let chosen: string | undefined;
  if (ask === undefined) return undefined;
  return async (kind, again) => {
    if (kind === 'open' && !again && chosen !== undefined) return chosen;
    const answer = await ask(kind, again);
    if (kind === 'new') chosen = answer;
    return answer;
  };
}

/** Moves what the index knows in other stores, if the person wants it. */
async function offerMove(session: Session, workspace: Workspace, to: SecretStore, how: Moving): Promise<void> {
  const { linked, grown } = workspace;
  if (!linked || linked.journalOnly === true || grown.length > 0 || !to.writable) return;
  const { state } = session.paths;
  const { namespace } = linked;
  const copies = keptCopies(linked.state);
  for (const name of ['keychain', 'sealed-file'] as const) {
    const index = readIndex(state, namespace);
    const users = Object.keys(index).filter(user => index[user]?.store === name);
    if (name === to.name || users.length === 0) continue;
    const secrets = counted(users.length, 'secret');
    const words = `from the ${STORE_WORDS[name]} to the ${STORE_WORDS[to.name]}`;
    const tell = (text: string): void => {
      if (!session.options.quiet && !session.options.json) say(text);
    };
    if (!session.interactive && !session.yes) {
      tell(
        `${secrets} of ${workspace.wanted.workspace} ${users.length === 1 ? 'stays' : 'stay'} in the ${STORE_WORDS[name]}. To move them:`,
      );
      tell(`  ${withCommand(how.again, session.command)}`);
    } else if (await confirmed(session, `Move ${secrets} of ${workspace.wanted.workspace} ${words}?`, how.again)) {
      const from = await openChosen({ store: name, ...how.former }, how.ports);
      const moved = await moveSecrets(users, { from, to, state, namespace, index, copies });
      tell(`${counted(moved, 'secret')} moved ${words}.`);
    }
  }
}

interface Moving {
  ports: StorePorts;
  /** The key that the sealed file had before. */
  former: { key?: KeyChoice };
  /** The command that moves without asking. */
  again: string;
}
