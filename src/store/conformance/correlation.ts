import assert from 'node:assert/strict';
import type { CorrelationEntry, Store } from '../types';
import { check, done, entry, ids, isKept, items, sleep, take, trace } from './harness';

const idsOf = async ({ correlator }: Store, messageId: string): Promise<string[]> =>
  (await correlator.get(messageId)).map(({ id }) => id);

export const correlationChecks = [
  check('correlation: an entry comes back as it went in, by its exact message_id', async (store) => {
    const full = entry('ABC-1', {
      segment: 2,
      segments: 3,
      correlationId: 'order 17',
      msgid: 'abc.def',
      metadata: { nested: [1, null, 'ü'] },
      trace: trace(17, 'vendor=x'),
    });
    const traced = entry('traced', { home: 'there', trace: trace(18) });
    await store.correlator.put([full, entry('abc-1'), traced]);
    assert.deepEqual(await store.correlator.get('traced'), [traced]);
    const found = await store.correlator.get('ABC-1');
    assert.deepEqual(
      found.find(({ messageId }) => messageId === 'ABC-1'),
      full,
    );
    const unasked = entry('none asked for', { receiptRequested: false });
    await store.correlator.put([unasked]);
    assert.deepEqual(await store.correlator.get('none asked for'), [unasked]);
    assert.deepEqual(await store.correlator.get('ABC-'), []);
    assert.deepEqual(await store.correlator.get(''), []);
  }),

  check('correlation: an entry is found in whatever case its message_id is asked for', async (store) => {
    await store.correlator.put([entry('aBc-Ü'), entry('xAbC-Ü')]);
    for (const asked of ['aBc-Ü', 'abc-ü', 'ABC-Ü', 'AbC-ü'])
      assert.deepEqual(await idsOf(store, asked), ['of aBc-Ü'], asked);
  }),

  check('correlation: one message_id may name several messages, the oldest comes first', async (store) => {
    await store.correlator.put([entry('1', { id: 'b', acceptedAt: 2 })]);
    await store.correlator.put([
      entry('1', { id: 'c', acceptedAt: 3 }),
      entry('1', { id: 'a', acceptedAt: 1 }),
      entry('1', { id: 'd', acceptedAt: 4, segment: 1, segments: 2 }),
      entry('1', { id: 'd', acceptedAt: 4, segment: 0, segments: 2 }),
      entry('11', { id: 'other' }),
    ]);
    assert.deepEqual(await idsOf(store, '1'), ['a', 'b', 'c', 'd', 'd']);
    assert.deepEqual(
      (await store.correlator.get('1')).map(({ segment }) => segment),
      [0, 0, 0, 0, 1],
    );
  }),

  check('correlation: the same segment of a message put again replaces its entry', async (store) => {
    await store.correlator.put([entry('1', { id: 'a' }), entry('1', { id: 'b' })]);
    const last = entry('1', { id: 'a', finalState: 'DELIVRD' });
    await store.correlator.put([entry('1', { id: 'a', destination: 'x' }), last]);
    const found = await store.correlator.get('1');
    assert.equal(found.length, 2);
    assert.deepEqual(
      found.find(({ id }) => id === 'a'),
      last,
    );
    const anew = entry('1', { id: 'a', destination: 'y' });
    await store.correlator.put([last, anew]);
    assert.deepEqual(
      (await store.correlator.get('1')).find(({ id }) => id === 'a'),
      anew,
    );
  }),

  check('correlation: of a message to several it is kept whose receipts have come', async (store) => {
    const several = entry('many', { destination: '4915,4916,staff', lists: 1 });
    await store.correlator.put([several]);
    assert.deepEqual(await store.correlator.get('many'), [several]);
    for (const finals of [
      [['4915', 'DELIVRD']],
      [
        ['4915', 'DELIVRD'],
        ['33700', 'odd one'],
      ],
    ] as const) {
      const told = { ...several, finals };
      await store.correlator.put([told]);
      assert.deepEqual(await store.correlator.get('many'), [told]);
    }
    const finals = [['4915', 'DELIVRD'] as const, ['4916', 'UNDELIV'] as const];
    const over = entry('over', { destination: '4915,4916', finals, finalState: 'UNDELIV' });
    await store.correlator.put([over]);
    assert.deepEqual(await store.correlator.get('over'), [over]);
    assert.equal(await store.correlator.expire(), 0);
  }),

  check('correlation: how a message was sent comes back with its entry', async (store) => {
    const plain = entry('p', { sentAs: 0x080005 });
    const headed = entry('h', { sentAs: 0x1f51201 });
    await store.correlator.put([plain, headed, entry('n')]);
    assert.deepEqual(await store.correlator.get('p'), [plain]);
    assert.deepEqual(await store.correlator.get('h'), [headed]);
    assert.deepEqual(Object.keys((await store.correlator.get('n'))[0] ?? {}).includes('sentAs'), false);
  }),

  check('correlation: where it can, it finds all segments of messages by the ids of these', async (store) => {
    if (!store.correlator.find) return;
    const others = Array.from({ length: 300 }, (_, at) => entry(String(at)));
    const hex = '0123456789abcdef01234567';
    const long = [0, 1, 2].map((segment) => entry(`L${segment}`, { id: hex, segment, segments: 3 }));
    await store.correlator.put([...long, entry('over', { id: 'gone', expiresAt: Date.now() - 1 })]);
    await store.correlator.put([...others, entry('Ü1', { id: 'x:1' })]);
    await store.correlator.put([{ ...(long[1] as CorrelationEntry), finalState: 'DELIVRD' }]);
    const found = await store.correlator.find([hex, 'x:1', 'gone', 'unknown', 'x']);
    const told = found.map(({ id, messageId, segment }) => `${id} ${messageId} ${segment}`).sort();
    assert.deepEqual(told, [`${hex} L0 0`, `${hex} L1 1`, `${hex} L2 2`, 'x:1 Ü1 0']);
    assert.deepEqual(await store.correlator.find(['unknown']), []);
  }),

  check('correlation: any text is a message_id', async (store) => {
    const odd = ['', ' ', '0', '00', '\u0000', 'ü\uFFFF', 'x'.repeat(65), '__proto__'];
    await store.correlator.put(odd.map((messageId) => entry(messageId)));
    for (const messageId of odd) {
      assert.equal(
        (await store.correlator.get(messageId))[0]?.messageId,
        messageId,
        JSON.stringify(messageId),
      );
    }
  }),

  check('expiry: an entry that is over is never returned, and is dropped', async (store) => {
    const expiresAt = Date.now() + 200;
    await store.correlator.put([entry('short', { expiresAt }), entry('long')]);
    // A disk or a machine that stood still for so long is no fault of the store.
    assert.ok((await isKept(store, 'short')) || Date.now() >= expiresAt);
    await sleep(expiresAt - Date.now() + 10);
    assert.ok(!(await isKept(store, 'short')));
    assert.equal(await store.correlator.expire(), 1);
    assert.equal(await store.correlator.expire(), 0);
    assert.ok(await isKept(store, 'long'));
  }),

  check('expiry: a final receipt may shorten the life of an entry', async (store) => {
    await store.correlator.put(['1', '2', '3'].map((messageId) => entry(messageId)));
    await store.correlator.put([entry('3', { finalState: 'DELIVRD', expiresAt: Date.now() - 1 })]);
    assert.ok(!(await isKept(store, '3')));
    await store.correlator.expire();
    assert.equal(await store.correlator.expire(), 0);
    assert.ok((await isKept(store, '1')) && (await isKept(store, '2')));
  }),

  check('correlation: bounded, the oldest make room', { correlationCapacity: 10 }, async (store) => {
    for (let at = 0; at < 30; at++) await store.correlator.put([entry(String(at))]);
    assert.ok(!(await isKept(store, '19')));
    assert.ok(await isKept(store, '20'));
    assert.ok(await isKept(store, '29'));
  }),

  check('correlation: put again is young again', { correlationCapacity: 3 }, async (store) => {
    await store.correlator.put(['1', '2', '3'].map((messageId) => entry(messageId)));
    await store.correlator.put([entry('1')]);
    await store.correlator.put([entry('4')]);
    assert.ok(!(await isKept(store, '2')));
    for (const messageId of ['1', '3', '4']) assert.ok(await isKept(store, messageId), messageId);
  }),

  check(
    'correlation: what has had its final receipt makes room before what waits for one',
    { correlationCapacity: 4 },
    async (store) => {
      await store.correlator.put(['1', '2', '3', '4'].map((messageId) => entry(messageId)));
      await store.correlator.put(['2', '3'].map((messageId) => entry(messageId, { finalState: 'DELIVRD' })));
      await store.correlator.put([entry('5')]);
      await store.correlator.put([entry('6')]);
      for (const messageId of ['1', '4', '5', '6']) assert.ok(await isKept(store, messageId), messageId);
      await store.correlator.put([entry('7')]);
      assert.ok(!(await isKept(store, '1')));
    },
  ),

  check(
    'atomic settle: puts and settles in one step',
    { needs: ({ atomicSettle }) => atomicSettle },
    async (store) => {
      if (!store.settle) return assert.fail('capabilities.atomicSettle promises Store.settle');
      await store.queue.enqueue(items('m', 2));
      await store.settle([entry('id-0')], (await take(store, 1)).map(done));
      assert.ok(await isKept(store, 'id-0'));
      assert.deepEqual(ids(await take(store, 5)), ['m1']);
    },
  ),
];
