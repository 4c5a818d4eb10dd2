import { describe, expect, test } from 'vitest';
import { keychainError, troubleOf, unresponsiveError } from '../../../src/secrets/keychain-problems.ts';

// The messages of @napi-rs/keyring 2.1.2 as they were seen (facts secrets §1.3).
const SEEN: readonly [string, string, string, number][] = [
  [
    'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
    'absent',
    'no D-Bus',
    3,
  ],
  [
    'Platform failure: DBus error: Failed to connect to socket /tmp/nosuch: No such file or directory',
    'absent',
    'no D-Bus',
    3,
  ],
  [
    'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
    'absent',
    'Secret Service',
    3,
  ],
  ["Couldn't access platform storage: Secret Service: no result found", 'absent', 'no keyring', 3],
  ['Cannot find native binding. npm has a bug related to optional dependencies', 'absent', 'not installed', 3],
  ["Cannot find module '@napi-rs/keyring'", 'absent', 'not installed', 3],
  ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 'locked', 'locked', 69],
  ['org.freedesktop.Secret.Error.IsLocked', 'locked', 'locked', 69],
  [
    'Platform failure: DBus error: Did not receive a reply. Possible causes include: the remote application did not send a reply',
    'unresponsive',
    'does not answer',
    69,
  ],
  ['Message recipient disconnected from message bus without replying', 'unresponsive', 'does not answer', 69],
  ['AccessDenied', 'denied', 'refused', 69],
  ...[
    'Address does not contain a colon',
    'Server address of type unix was missing argument path or abstract',
    "'=' character not found or has no value following it",
    'Could not parse server address: Unknown address type (examples of valid types are "tcp" and on UNIX "unix")',
    'In D-Bus address, percent character was followed by characters other than hex digits',
  ].map((words): [string, string, string, number] => [
    `Platform failure: DBus error: ${words}`,
    'absent',
    'not the address of a session bus',
    3,
  ]),
];

describe('keychainError', () => {
  test.each(SEEN)('%s', (message, state, words, exit) => {
    const error = keychainError(message, 'linux');
    expect(error.state).toBe(state);
    expect(error.exit).toBe(exit);
    expect(error.message).toContain(words);
  });

  test('every sentence names the next command, on every system, and each state has its own id', () => {
    const states = new Map(
      SEEN.map(([message]) => [keychainError(message, 'linux').state, keychainError(message, 'linux')]),
    );
    expect(new Set([...states.values()].map(error => error.id)).size).toBe(4);
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      for (const [message] of SEEN) expect(keychainError(message, platform).next).toBeTruthy();
    }
  });

  test('says what needs the keychain', () => {
    const error = unresponsiveError('linux').neededFor(['token (TOKEN)']);
    expect(error.state).toBe('unresponsive');
    expect(error.why).toContain('token (TOKEN)');
  });
});

test('a probe turns into an error only when the store cannot be used', () => {
  expect(troubleOf({ state: 'ok', message: '' })).toBeUndefined();
  expect(troubleOf({ state: 'unencrypted', message: 'x' })).toBeUndefined();
  expect(troubleOf({ state: 'locked', message: 'Locked.' })).toMatchObject({
    state: 'locked',
    exit: 69,
    message: 'Locked.',
  });
});
