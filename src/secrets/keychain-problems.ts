import { EXIT, type ExitCode } from '../core/errors.ts';
import type { FindingId } from '../core/findings.ts';
import { statOf } from '../system/files.ts';
import type { StoreReport } from './store.ts';
import { StoreError, type Trouble } from './store-error.ts';

interface Sentence {
  state: Trouble;
  /** One sentence: what was found. */
  message: string;
  /** Why, and what else would do. */
  cause: string;
  next?: string;
}

const IDS: Record<Trouble, FindingId> = { absent: 'HB305', locked: 'HB306', unresponsive: 'HB307', denied: 'HB308' };
/** Absent: the secrets can come from elsewhere (3). The others: it is there and does not answer (69). */
const EXITS: Record<Trouble, ExitCode> = {
  absent: EXIT.inputNeeded,
  locked: EXIT.unreachable,
  unresponsive: EXIT.unreachable,
  denied: EXIT.unreachable,
};

/** The keychain could not answer. */
export class KeychainError extends StoreError {
  constructor(sentence: Sentence) {
    super({ ...sentence, id: IDS[sentence.state], exit: EXITS[sentence.state] });
    this.name = 'KeychainError';
  }
}

const ASK_PASSWORD = `read -rsp "Keyring password: " p; printf %s "$p"`;
const ELSEWHERE =
  'Secrets can also be kept in a sealed file, or be given as variables; `secrets where` lists the ways.';

/** For a keychain that nothing here can mend. */
const ANOTHER = 'hotpass-bootstrap secrets where --use sealed-file:passphrase';

/** Starts a session with an unlocked keyring on a machine that has none. */
const START = `dbus-run-session -- bash -c '${ASK_PASSWORD} | gnome-keyring-daemon --unlock --components=secrets; exec bash'`;
/** A plain `--unlock` beside a running daemon unlocks nothing (tried with gnome-keyring 42). */
const UNLOCK = `bash -c '${ASK_PASSWORD} | gnome-keyring-daemon --replace --unlock --components=secrets'`;

/**
 * What a message of the native module means (facts secrets §1.3, each seen with @napi-rs/keyring 2.1.2).
 * @param message its own words.
 */
export function keychainError(message: string, platform: NodeJS.Platform = process.platform): KeychainError {
  return new KeychainError(sentenceOf(message, platform));
}

function sentenceOf(message: string, platform: NodeJS.Platform): Sentence {
  if (
    /Cannot find (module|native binding|package)|ERR_DLOPEN|wrong ELF class|cannot open shared object/i.test(message)
  ) {
    return {
      state: 'absent',
      message: 'The keychain part of this tool is not installed.',
      cause: `npm leaves it out when it is told to omit optional packages. ${ELSEWHERE}`,
      next: 'npm install --global --include=optional hotpass-bootstrap',
    };
  }
  // libdbus names what is wrong with an address, in one sentence for each way.
  if (/contain a colon|server address|D-Bus address|'=' character/i.test(message)) {
    return {
      state: 'absent',
      message: 'There is no keychain here: DBUS_SESSION_BUS_ADDRESS is not the address of a session bus.',
      cause: `An address is like unix:path=/run/user/1000/bus; without the variable that of your login is tried. ${ELSEWHERE}`,
      next: 'unset DBUS_SESSION_BUS_ADDRESS',
    };
  }
  if (/autolaunch|Failed to connect to socket|Unable to autolaunch|NoServer/i.test(message)) {
    return {
      state: 'absent',
      message: 'There is no keychain here: this session has no D-Bus.',
      cause: `That is usual in containers and over SSH. ${ELSEWHERE}`,
      next: START,
    };
  }
  if (/not provided by any \.service files|ServiceUnknown/i.test(message)) {
    return {
      state: 'absent',
      message: 'There is no keychain here: nothing on this session bus offers a Secret Service.',
      cause: `GNOME Keyring, KWallet and KeePassXC can offer one. ${ELSEWHERE}`,
      next: UNLOCK.replace('--replace ', ''),
    };
  }
  if (/no result found/i.test(message)) {
    return {
      state: 'absent',
      message: 'The keychain service runs, but it has no keyring to put secrets into.',
      cause: `A keyring is made at the first login or the first unlock. ${ELSEWHERE}`,
      next: UNLOCK,
    };
  }
  if (/unlock prompt was dismissed|IsLocked|keychain is locked|-25308|interaction is not allowed/i.test(message)) {
    return {
      state: 'locked',
      message: 'Your keychain is locked.',
      cause: 'It was asked to unlock, and nobody answered or the prompt was closed.',
      next: platform === 'darwin' ? 'security unlock-keychain' : UNLOCK,
    };
  }
  if (/Did not receive a reply|timed? ?out|NoReply|disconnected from message bus/i.test(message)) {
    return unresponsive(platform);
  }
  return {
    state: 'denied',
    message: 'Your keychain refused.',
    cause: `It says: ${message
      .replace(/\s+/g, ' ')
      .slice(0, 200)
      .replace(/[. ]*$/, '.')} ${ELSEWHERE}`,
    next: ANOTHER,
  };
}

/** The error for a probe that found a store it cannot use; undefined when it can be used. */
export function troubleOf(report: StoreReport): StoreError | undefined {
  const { state, message, cause = '', next, id, exit } = report;
  if (state === 'ok' || state === 'unencrypted') return undefined;
  const parts = { state, message, cause, ...(next === undefined ? {} : { next }) };
  return new StoreError({ ...parts, id: id ?? IDS[state], exit: exit ?? EXITS[state] });
}

/** The keychain neither answered nor failed in time. */
export function unresponsiveError(platform: NodeJS.Platform = process.platform): KeychainError {
  return new KeychainError(unresponsive(platform));
}

function unresponsive(platform: NodeJS.Platform): Sentence {
  return {
    state: 'unresponsive',
    message: 'Your keychain does not answer.',
    cause: 'Its service is there but hangs, so nobody can say what is stored. It is locked after a restart.',
    next: platform === 'linux' ? restartCommand() : ANOTHER,
  };
}

function restartCommand(): string {
  return statOf('/run/systemd/system')
    ? 'systemctl --user kill --signal=KILL gnome-keyring-daemon.service'
    : 'pkill -KILL -u "$(id -u)" -f gnome-keyring-daemon';
}
