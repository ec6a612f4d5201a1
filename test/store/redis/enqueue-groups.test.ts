import assert from 'node:assert/strict';
import { EnqueueGroups } from '../../../src/store/redis/enqueue-groups';
import type { QueueItem } from '../../../src/store';
import { settle } from '../../support/clock';

type Added = Awaited<ReturnType<EnqueueGroups['add']>>;

const items = (...ids: string[]): QueueItem[] => ids.map((id) => ({ id }) as QueueItem);

describe('Messages that several callers enqueue in Redis at once', () => {
  let calls: { readonly ids: string[]; answer(added?: Added | Error): void }[];
  let groups: EnqueueGroups;
  beforeEach(() => {
    calls = [];
    groups = new EnqueueGroups(
      (given) =>
        new Promise((resolve, reject) => {
          const ids = given.map(({ id }) => id);
          const answer = (added: Added | Error = { ids }): void =>
            added instanceof Error ? reject(added) : resolve(added);
          calls.push({ ids, answer });
        }),
    );
  });
  const asked = (): string[] => calls.map(({ ids }) => ids.join(''));

  it('go together where a call is on its way, and each gets its own', async () => {
    const added = [groups.add(items('a')), groups.add(items('b', 'c')), groups.add(items('d'))];
    assert.deepEqual(asked(), ['a']);
    calls[0]?.answer();
    await settle();
    assert.deepEqual(asked(), ['a', 'bcd']);
    calls[1]?.answer();
    assert.deepEqual(await Promise.all(added), [{ ids: ['a'] }, { ids: ['b', 'c'] }, { ids: ['d'] }]);
  });

  it('go at once where another call would overtake them', () => {
    for (const id of ['a', 'b', 'c']) void groups.add(items(id));
    groups.flush();
    groups.flush();
    assert.deepEqual(asked(), ['a', 'bc']);
  });

  it('go at once where they are many', () => {
    for (let at = 0; at < 502; at++) void groups.add(items('x'));
    assert.deepEqual(
      calls.map(({ ids }) => ids.length),
      [1, 500],
    );
  });

  it('are asked for alone, in their order, where not all fit', async () => {
    const added = [groups.add(items('a')), groups.add(items('b')), groups.add(items('c'))];
    calls[0]?.answer();
    await settle();
    calls[1]?.answer({ used: 9 });
    await settle();
    assert.deepEqual(asked(), ['a', 'bc', 'b', 'c']);
    calls[2]?.answer();
    calls[3]?.answer({ used: 10 });
    assert.deepEqual(await Promise.all(added), [{ ids: ['a'] }, { ids: ['b'] }, { used: 10 }]);
  });

  it('fail together, and those that come after go on', async () => {
    const failing = groups.add(items('a'));
    const next = groups.add(items('b'));
    calls[0]?.answer(new Error('away'));
    await assert.rejects(failing, /away/);
    await settle();
    calls[1]?.answer();
    assert.deepEqual(await next, { ids: ['b'] });
  });
});
