import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/observability';
import { SmppError } from '../../../../src/protocol';
import type { BackendContext, DeadReason, Lease, QueueItem } from '../../../../src/store';
import { done } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import type { RedisConnection } from '../../../../src/store/redis/connection/connection';
import { ownPrefix, redisUrl } from '../../../support/brokers';
import { needs } from '../../../support/skip';
import { Stores } from '../../stores';
import { connect, disconnect } from '../connected';
import { itemOf, named, openRedis } from '../setup';

const texts = (leases: readonly Lease[]): string[] => leases.map(({ item }) => String(item.segments[0]));
const { signal } = new AbortController();

/** As `LPUSH` and `XADD` of other programs do. */
describe('records of other programs in Redis', () => {
  let url: string;
  let keyPrefix: string;
  let calls: RedisConnection;
  const stores = new Stores<RedisStore>();
  const refused: [item: QueueItem, reason: DeadReason][] = [];
  const warned: string[] = [];

  const open = (more: Partial<BackendContext> = {}, drainList = ''): Promise<RedisStore> =>
    stores.add(
      openRedis({
        url,
        keyPrefix,
        options: { drainList },
        leaseTime: 500,
        context: { refused: (...given) => void refused.push(given), ...more },
      }),
    );
  const add = (value: string | Buffer, priority = 2, field = 'json'): Promise<unknown> =>
    calls.command(['XADD', calls.keys.of(`queue:${priority}`), '*', field, value]);
  const json = (text: string): string => JSON.stringify({ short_message: text, destination_addr: '1' });

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    url = await redisUrl(this);
    keyPrefix = ownPrefix();
    calls = await connect(this, { url, prefix: keyPrefix, clientId: 'test' });
    refused.length = warned.length = 0;
  });
  afterEach(async () => {
    await stores.close();
    await disconnect();
  });

  it('are taken in their order among ours, also such that were there before the store was first opened', async () => {
    await add(json('first'));
    const store = await open();
    await store.queue.enqueue([named('second')]);
    await add(json('third'));
    await add(json('urgent'), 0);
    const leases = await store.queue.take(10, { signal });
    assert.deepEqual(texts(leases), ['urgent', 'first', 'second', 'third']);
    assert.deepEqual(
      leases.map(({ item }) => item.priority),
      [0, 2, 2, 2],
    );
    await store.queue.settle(leases.map(done));
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 0 });
    assert.equal(await calls.command(['EXISTS', calls.keys.of('prepared')]), 0);
  });

  it('pass intake once: after a crash they are what they were made', async () => {
    await add(json('long'));
    let count = 0;
    const prepare = (message: Readonly<Record<string, unknown>>): Promise<QueueItem> => {
      const item = itemOf(message);
      return Promise.resolve({ ...item, segments: [Buffer.from(`ref ${++count}`), Buffer.from('rest')] });
    };
    const first = await open({ prepare });
    const [lease] = (await first.queue.take(1, { signal })) as [Lease];
    lease.state.accepted[0] = 'id-1';
    await first.queue.extend([lease]);
    const other = await open({ prepare });
    // Nobody extends it any more.
    const [again] = (await other.queue.take(1, { signal })) as [Lease];
    assert.equal(count, 1);
    assert.deepEqual(again.item, lease.item);
    assert.deepEqual(again.state.accepted, ['id-1', null]);
    assert.equal(again.state.redelivered, true);
    await other.queue.release([again]);
    const [third] = (await other.queue.take(1, { signal })) as [Lease];
    assert.deepEqual(third.item, lease.item);
  });

  it('that cannot be sent are dead letters as they were, are told, and hold up nobody', async () => {
    const prepare = (message: Readonly<Record<string, unknown>>): Promise<QueueItem> =>
      message['short_message'] === 'bad'
        ? Promise.reject(new SmppError('INVALID_FIELD', 'destination_addr: it is missing'))
        : Promise.resolve(itemOf(message));
    const store = await open({ prepare });
    const large = Buffer.alloc(10 * 1024 * 1024, 0x61);
    await add('no json');
    await add(JSON.stringify({ version: 7, short_message: 'x' }));
    await add(json('bad'));
    await add(large);
    await add('text', 2, 'message');
    await add(Buffer.from([2, 3, 4]), 2, 'm');
    await add(Buffer.from([1, 3, 4]), 2, 'm');
    await add(json('good'));
    assert.deepEqual(texts(await store.queue.take(3, { signal })), ['good']);
    const { letters } = await store.deadLetters.list();
    assert.deepEqual(
      letters.map(({ reason }) => reason.code),
      [
        'INVALID_RECORD',
        'INVALID_RECORD',
        'INVALID_FIELD',
        ...Array.from({ length: 4 }, () => 'INVALID_RECORD'),
      ],
    );
    const reasons = [
      /no JSON/,
      /newer than 1/,
      /destination_addr: it is missing/,
      /octets long/,
      /no field json/,
      /newer version/,
      /damaged/,
    ];
    for (const [at, reason] of reasons.entries()) assert.match(letters[at]?.reason.text ?? '', reason);
    assert.deepEqual(letters[0]?.record, Buffer.from('no json'));
    assert.ok(letters[3]?.record?.equals(large));
    assert.ok(letters.every(({ item }) => /^[0-9a-f]{24}$/.test(item.id) && item.segments.length === 0));
    assert.deepEqual(
      refused.map(([item, { text }]) => [item.id, text]),
      letters.map(({ item, reason }) => [item.id, reason.text]),
    );
    assert.deepEqual(await store.queue.stats(), { queued: 0, delayed: 0, leased: 1 });
  });

  it('replayed from the dead letters are put back as they were', async () => {
    let isBad = true;
    const prepare = (message: Readonly<Record<string, unknown>>): Promise<QueueItem> =>
      isBad ? Promise.reject(new SmppError('INVALID_FIELD', 'no')) : Promise.resolve(itemOf(message));
    const store = await open({ prepare });
    await add(json('later'), 1);
    await assert.rejects(async () => store.queue.take(1, { signal: AbortSignal.timeout(200) }));
    const [letter] = (await store.deadLetters.list()).letters;
    isBad = false;
    const id = letter?.item.id ?? '';
    assert.deepEqual(await store.deadLetters.replay([id]), { replayed: [id], missing: [] });
    const [lease] = (await store.queue.take(1, { signal })) as [Lease];
    assert.deepEqual([texts([lease]), lease.item.priority], [['later'], 1]);
  });

  it('that intake cannot take just now stay where they are', async () => {
    let isAway = true;
    const prepare = (message: Readonly<Record<string, unknown>>): Promise<QueueItem> =>
      isAway
        ? Promise.reject(new SmppError('QUEUE_UNAVAILABLE', 'not now', { retriable: true }))
        : Promise.resolve(itemOf(message));
    const store = await open({ prepare });
    await add(json('a'));
    await add(json('b'));
    await assert.rejects(async () => store.queue.take(2, { signal }), { code: 'QUEUE_UNAVAILABLE' });
    isAway = false;
    const leases = await store.queue.take(2, { signal });
    assert.deepEqual(texts(leases), ['a', 'b']);
    assert.ok(leases.every(({ state }) => !state.redelivered));
    assert.equal((await store.deadLetters.list()).total, 0);
  });

  it('are drained from a list that naz pushes to, oldest first', async () => {
    const list = `${keyPrefix}:naz_queue`;
    const push = (text: string): Promise<unknown> => calls.command(['LPUSH', list, json(text)]);
    for (const text of ['a', 'b', 'c']) await push(text);
    const store = await open({}, list);
    assert.deepEqual(texts(await store.queue.take(2, { signal })), ['a', 'b']);
    const waiting = store.queue.take(5, { signal });
    assert.deepEqual(texts(await waiting), ['c']);
    const later = store.queue.take(5, { signal });
    await push('d');
    assert.deepEqual(texts(await later), ['d']);
  });

  it('stay in a key that is no list, with a warning once, and the rest goes on', async () => {
    const list = `${keyPrefix}:naz_queue`;
    await calls.command(['SET', list, 'something']);
    const warn = ((_: unknown, text: string) => void warned.push(text)) as BackendContext['log']['warn'];
    const log = { ...silentLog, warn };
    const store = await open({ log }, list);
    await store.queue.enqueue([named('a')]);
    assert.deepEqual(texts(await store.queue.take(1, { signal })), ['a']);
    await store.queue.enqueue([named('b')]);
    assert.deepEqual(texts(await store.queue.take(1, { signal })), ['b']);
    assert.equal(warned.length, 1);
    assert.match(warned[0] ?? '', /naz_queue \(drainList\): it must be a list/);
    assert.equal(String(await calls.command(['GET', list])), 'something');
  });

  it('are told of and removed by a purge as any other', async () => {
    const store = await open();
    await add(json('a'));
    await store.queue.enqueue([named('b')]);
    const { removed, items } = await store.queue.purge();
    assert.equal(removed, 2);
    assert.deepEqual(
      items.map(({ destination }) => destination),
      ['1', '256700000001'],
    );
  });
});
