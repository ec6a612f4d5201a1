import assert from 'node:assert/strict';
import { check, entry, hasCode, item, take } from './harness';

const closed = hasCode('STORE_CLOSED');

export const lifecycleChecks = [
  check('close: whoever waits for messages is told', async (store) => {
    const waiting = assert.rejects(take(store, 1), closed);
    await store.close();
    await waiting;
  }),

  check('close: whoever waits for room is told', { capacity: 1, whenFull: 'wait' }, async (store) => {
    await store.queue.enqueue([item('m')]);
    const waiting = assert.rejects(async () => store.queue.enqueue([item('x')]), closed);
    await store.close();
    await waiting;
  }),

  check('close: every later call is refused, closing again is not', async (store) => {
    await store.close();
    await assert.rejects(async () => store.queue.enqueue([item('m')]), closed);
    await assert.rejects(take(store, 1), closed);
    await assert.rejects(store.queue.stats(), closed);
    await assert.rejects(store.queue.purge(), closed);
    await assert.rejects(async () => store.correlator.put([entry('1')]), closed);
    await assert.rejects(async () => store.correlator.get('1'), closed);
    await assert.rejects(store.state.get('a'), closed);
    await assert.rejects(store.state.set('a', Buffer.from('1')), closed);
    await store.close();
  }),

  check('close: in the middle of many calls, each of them ends', async (store) => {
    const calls: unknown[] = [];
    for (let at = 0; at < 20; at++) {
      calls.push(store.queue.enqueue([item(`m${at}`)]), take(store, 2), store.state.increment('n', 256, 0));
      calls.push(store.correlator.put([entry(String(at))]), store.queue.stats());
    }
    const outcomes = Promise.allSettled(calls);
    await store.close();
    for (const outcome of await outcomes) {
      assert.ok(outcome.status === 'fulfilled' || closed(outcome.reason), outcome.status);
    }
  }),
];
