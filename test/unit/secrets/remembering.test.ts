import { expect, it } from 'vitest';
import { rememberingStore } from '../../../src/secrets/remembering.ts';
import type { Item, SecretStore } from '../../../src/secrets/store.ts';

const item = (user: string, service = 's'): Item => ({ service, user, env: user });

/** A store that writes down what it is asked. */
function telling(values: Map<string, string>): { store: SecretStore; asked: string[][]; fail: { next: boolean } } {
  const asked: string[][] = [];
  const fail = { next: false };
  const name = ({ service, user }: Item): string => `${service}/${user}`;
  const store: SecretStore = {
    name: 'keychain',
    writable: true,
    probe: async () => ({ state: 'locked', message: 'Locked.' }),
    async get(items) {
      asked.push(items.map(name));
      if (fail.next) throw new Error('no answer');
      return items.map(each => values.get(name(each)));
    },
    async set(each, value) {
      values.set(name(each), value);
    },
    remove: async each => values.delete(name(each)),
  };
  return { store, asked, fail };
}

it('asks once for each item, also for one that is not there, and answers in the order of the items', async () => {
  const { store, asked } = telling(
    new Map([
      ['s/a', '1'],
      ['s/b', '2'],
      ['t/a', '3'],
    ]),
  );
  const remembering = rememberingStore(store);
  expect(await remembering.get([item('a'), item('none')])).toEqual(['1', undefined]);
  expect(await remembering.get([item('none'), item('b'), item('a'), item('a', 't')])).toEqual([
    undefined,
    '2',
    '1',
    '3',
  ]);
  expect(await remembering.get([item('a'), item('none')])).toEqual(['1', undefined]);
  expect(await remembering.get([])).toEqual([]);
  expect(asked).toEqual([
    ['s/a', 's/none'],
    ['s/b', 't/a'],
  ]);
});

it('remembers no failure', async () => {
  const { store, asked, fail } = telling(new Map([['s/a', '1']]));
  const remembering = rememberingStore(store);
  fail.next = true;
  for (let time = 0; time < 2; time++) await expect(remembering.get([item('a')])).rejects.toThrow('no answer');
  fail.next = false;
  expect(await remembering.get([item('a')])).toEqual(['1']);
  expect(asked).toHaveLength(3);
});

it('is the store in everything else, and forgets what was written', async () => {
  const { store } = telling(new Map());
  const remembering = rememberingStore(store);
  expect(remembering).toMatchObject({ name: 'keychain', writable: true });
  expect(await remembering.probe()).toMatchObject({ state: 'locked' });
  expect(await remembering.get([item('a')])).toEqual([undefined]);
  await remembering.set(item('a'), 'new');
  expect(await remembering.get([item('a')])).toEqual(['new']);
  expect(await remembering.remove(item('a'))).toBe(true);
  expect(await remembering.get([item('a')])).toEqual([undefined]);
});
