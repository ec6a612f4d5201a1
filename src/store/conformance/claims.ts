import assert from 'node:assert/strict';
import { ClaimedError } from '../claims';
import type { Claim } from '../key-value';
import type { StoreCapabilities } from '../types';
import { assertNothingToTake, check, done, ids, item, items, sleep, takeAll } from './harness';

const claims = { needs: (capabilities: StoreCapabilities) => capabilities.claims === true };

const octets = (text: string): Buffer => Buffer.from(text);
const claim = (key: string, value: string, ttl = 60_000): Claim => ({ key, value: octets(value), ttl });

/** Rejects with what is claimed already, by key. */
async function assertClaimed(enqueued: unknown, wanted: Record<string, string>): Promise<void> {
  await assert.rejects(Promise.resolve(enqueued), (error: unknown) => {
    assert.ok(error instanceof ClaimedError);
    const claimed = [...error.claimed].map(([key, value]) => [key, value.toString()]);
    assert.deepEqual(Object.fromEntries(claimed), wanted);
    return true;
  });
}

export const claimChecks = [
  check('claims: are set with the messages, and refuse what comes later', claims, async (store) => {
    const { queue, state } = store;
    await queue.enqueue([item('a'), item('b')], { claims: [claim('k/1', 'one'), claim('k/2', 'two')] });
    assert.deepEqual(await state.get('k/1'), octets('one'));
    const again = async (): Promise<unknown> =>
      queue.enqueue([item('c'), item('d')], { claims: [claim('k/3', 'three'), claim('k/2', 'other')] });
    await assertClaimed(again(), { 'k/2': 'two' });
    assert.equal(await state.get('k/3'), undefined);
    assert.deepEqual(ids(await takeAll(store, 2)), ['a', 'b']);
    await assertNothingToTake(store);
  }),

  check('claims: at the same time, one of all is taken', claims, async (store) => {
    const { queue } = store;
    const tries = Array.from({ length: 20 }, async (_, at) =>
      queue.enqueue([item(`m${at}`)], { claims: [claim('key', String(at))] }),
    );
    const settled = await Promise.allSettled(tries);
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1);
    const [lease] = await takeAll(store, 1);
    assert.equal(lease?.item.id, `m${settled.findIndex(({ status }) => status === 'fulfilled')}`);
    await assertNothingToTake(store);
  }),

  check(
    'claims: are known also where there is no room, and what does not fit claims nothing',
    { ...claims, capacity: 1, whenFull: 'reject' },
    async (store) => {
      const { queue, state } = store;
      await queue.enqueue([item('a')], { claims: [claim('known', 'a')] });
      await assertClaimed((async () => queue.enqueue([item('b')], { claims: [claim('known', 'b')] }))(), {
        known: 'a',
      });
      await assert.rejects(async () => queue.enqueue([item('c')], { claims: [claim('new', 'c')] }), {
        code: 'QUEUE_FULL',
      });
      assert.equal(await state.get('new'), undefined);
    },
  ),

  check(
    'claims: of who waits for room are made when there is some',
    { ...claims, capacity: 1, whenFull: 'wait' },
    async (store) => {
      const { queue, state } = store;
      await queue.enqueue([item('a')]);
      const waiting = Promise.resolve(queue.enqueue([item('b')], { claims: [claim('key', 'b')] }));
      await sleep(20);
      assert.equal(await state.get('key'), undefined);
      await queue.settle((await takeAll(store, 1)).map(done));
      assert.deepEqual(await waiting, ['b']);
      assert.deepEqual(await state.get('key'), octets('b'));
    },
  ),

  check('claims: are over when their time is', claims, async (store) => {
    const { queue } = store;
    await queue.enqueue([item('a')], { claims: [claim('key', 'a', 100)] });
    await sleep(110);
    await queue.enqueue([item('b')], { claims: [claim('key', 'b')] });
    assert.deepEqual(ids(await takeAll(store, 2)), ['a', 'b']);
  }),

  check(
    'claims: are there after reopening, as the messages are',
    { needs: (capabilities) => capabilities.claims === true && capabilities.durable },
    async (store, reopen) => {
      const idempotency = { key: 'key', digest: 'digest' };
      await store.queue.enqueue([item('a', { idempotency }), ...items('b', 2)], {
        claims: [claim('key', 'a')],
      });
      await store.close();
      const again = await reopen();
      await assertClaimed((async () => again.queue.enqueue([item('c')], { claims: [claim('key', 'c')] }))(), {
        key: 'a',
      });
      const leases = await takeAll(again, 3);
      assert.deepEqual(ids(leases), ['a', 'b0', 'b1']);
      assert.deepEqual(leases[0]?.item.idempotency, idempotency);
    },
  ),

  check('claims: by the state alone, and updates of what is still theirs', async ({ state }) => {
    if (!state.claim || !state.update) return;
    assert.equal(await state.claim(claim('key', 'one')), undefined);
    assert.deepEqual(await state.claim(claim('key', 'two')), octets('one'));
    await state.update('key', octets('one more'), octets('one'));
    await state.update('key', octets('other'), octets('two'));
    await state.update('none', octets('other'), octets(''));
    assert.deepEqual(await state.get('key'), octets('one more'));
    assert.equal(await state.get('none'), undefined);
  }),

  check('claims: an update leaves the lifetime as it is', async ({ state }) => {
    if (!state.claim || !state.update) return;
    await state.claim(claim('key', 'a', 200));
    const over = Date.now() + 200;
    await state.update('key', octets('ab'), octets('a'));
    await sleep(over - Date.now() + 10);
    assert.equal(await state.get('key'), undefined);
    assert.equal(await state.claim(claim('key', 'b')), undefined);
  }),
];
