import assert from 'node:assert/strict';
import { check, done, entry, items, sleep, take } from './harness';

export const correlationChecks = [
  check('correlation: an entry comes back as it went in, by its exact message_id', async ({ store }) => {
    const full = entry('ABC-1', {
      segment: 2,
      segments: 3,
      correlationId: 'order 17',
      msgid: 'abc.def',
      metadata: { nested: [1, null, 'ü'] },
    });
    await store.correlator.put([full, entry('abc-1')]);
    assert.deepEqual(await store.correlator.get('ABC-1'), full);
    assert.equal((await store.correlator.get('abc-1'))?.id, 'of abc-1');
    assert.equal(await store.correlator.get('ABC-'), undefined);
    assert.equal(await store.correlator.get(''), undefined);
  }),

  check('correlation: a message_id put again replaces the older entry', async ({ store }) => {
    await store.correlator.put([entry('1', { id: 'old' })]);
    await store.correlator.put([entry('1', { id: 'newer' }), entry('1', { id: 'newest' })]);
    assert.equal((await store.correlator.get('1'))?.id, 'newest');
  }),

  check('correlation: any text is a message_id', async ({ store }) => {
    const odd = ['', ' ', '0', '00', '\u0000', 'ü\uFFFF', 'x'.repeat(65), '__proto__'];
    await store.correlator.put(odd.map((messageId) => entry(messageId)));
    for (const messageId of odd) {
      assert.equal((await store.correlator.get(messageId))?.messageId, messageId, JSON.stringify(messageId));
    }
  }),

  check('expiry: an entry that is over is never returned, and is dropped', async ({ store }) => {
    const expiresAt = Date.now() + 200;
    await store.correlator.put([entry('short', { expiresAt }), entry('long')]);
    // A disk or a machine that stood still for so long is no fault of the store.
    assert.ok((await store.correlator.get('short')) ?? Date.now() >= expiresAt);
    await sleep(expiresAt - Date.now() + 10);
    assert.equal(await store.correlator.get('short'), undefined);
    assert.equal(await store.correlator.expire(), 1);
    assert.equal(await store.correlator.expire(), 0);
    assert.ok(await store.correlator.get('long'));
  }),

  check(
    'correlation: bounded, the oldest make room',
    async ({ store }) => {
      for (let at = 0; at < 30; at++) await store.correlator.put([entry(String(at))]);
      assert.equal(await store.correlator.get('19'), undefined);
      assert.ok(await store.correlator.get('20'));
      assert.ok(await store.correlator.get('29'));
    },
    { correlationCapacity: 10 },
  ),

  check(
    'correlation: put again is young again',
    async ({ store }) => {
      await store.correlator.put(['1', '2', '3'].map((messageId) => entry(messageId)));
      await store.correlator.put([entry('1')]);
      await store.correlator.put([entry('4')]);
      assert.equal(await store.correlator.get('2'), undefined);
      for (const messageId of ['1', '3', '4']) assert.ok(await store.correlator.get(messageId), messageId);
    },
    { correlationCapacity: 3 },
  ),

  check(
    'atomic settle: puts and settles in one step',
    async ({ store }) => {
      if (!store.settle) return assert.fail('capabilities.atomicSettle promises Store.settle');
      await store.queue.enqueue(items('m', 2));
      await store.settle([entry('id-0')], (await take(store, 1)).map(done));
      assert.ok(await store.correlator.get('id-0'));
      assert.deepEqual(
        (await take(store, 5)).map((lease) => lease.item.id),
        ['m1'],
      );
    },
    { needs: ({ atomicSettle }) => atomicSettle },
  ),
];
