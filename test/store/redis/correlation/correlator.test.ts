import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../../src/clock';
import { MOST_CANDIDATES } from '../../../../src/store/candidates';
import { entry as anEntry, sleep } from '../../../../src/store/conformance/harness';
import { MemoryCorrelator } from '../../../../src/store/memory/correlator';
import { CORRELATION_LUA } from '../../../../src/store/redis/lua/correlation';
import { RedisCorrelator, readValue } from '../../../../src/store/redis/correlation/correlator';
import type { CorrelationEntry } from '../../../../src/store/types';
import { ownPrefix } from '../../../support/brokers';
import { rounds } from '../../../support/rounds';
import { connect, disconnect } from '../connected';

const HOUR = 3_600_000;

const entry = (messageId: string, changed: Partial<CorrelationEntry> = {}): CorrelationEntry =>
  anEntry(messageId, { acceptedAt: 1, expiresAt: Date.now() + HOUR, ...changed });

describe('the Redis correlator', () => {
  afterEach(disconnect);

  it('is found by every instance that shares the store', async function () {
    const prefix = ownPrefix();
    const [one, other] = [await connect(this, { prefix }), await connect(this, { prefix })];
    const put = entry('Ab-1', { home: one.instance, metadata: { deep: [1, 'ü'] }, msgid: 'm' });
    await new RedisCorrelator(one, 10).put([put]);
    assert.deepEqual(await new RedisCorrelator(other, 10).get('aB-1'), [put]);
    const elsewhere = await connect(this, { prefix, clientId: 'c2' });
    assert.deepEqual(await new RedisCorrelator(elsewhere, 10).get('Ab-1'), []);
  });

  it('keeps what the correlator in memory keeps, whatever is put', async function () {
    const entries = fc.array(
      fc.record({
        messageId: fc.constantFrom('a', 'A', 'b', 'c', '', '1:a'),
        id: fc.constantFrom('x', 'y', '1:x'),
        segment: fc.constantFrom(0, 1),
        finalState: fc.constantFrom(undefined, undefined, 'DELIVRD', 'other'),
        receiptRequested: fc.constantFrom(undefined, false as const),
        isOver: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { maxLength: 8 }), async (batches) => {
        const redis = new RedisCorrelator(await connect(this), 5);
        const memory = new MemoryCorrelator(5, systemClock, () => undefined);
        let acceptedAt = 0;
        for (const batch of batches) {
          const puts = batch.map(({ isOver, finalState, receiptRequested, ...rest }) => ({
            ...entry(rest.messageId, { ...rest, acceptedAt: ++acceptedAt }),
            ...(finalState === undefined ? {} : { finalState }),
            ...(receiptRequested === undefined ? {} : { receiptRequested }),
            ...(isOver ? { expiresAt: Date.now() - 1 } : {}),
          }));
          memory.put(puts);
          await redis.put(puts);
        }
        for (const messageId of ['a', 'b', 'c', '', '1:a'])
          assert.deepEqual(await redis.get(messageId), memory.get(messageId), messageId);
        assert.equal(await redis.awaited(), memory.awaited);
        // How much of what has ended each has dropped by now is its own: a key of Redis may have expired before.
        await redis.expire();
        await memory.expire();
        for (const messageId of ['a', 'b', 'c', '', '1:a'])
          assert.deepEqual(await redis.get(messageId), memory.get(messageId), messageId);
        await disconnect();
      }),
      { numRuns: rounds(300, 30) },
    );
  }).timeout(60_000);

  it('keeps ends by the time of the server where a machine has another', async function () {
    const prefix = ownPrefix();
    const ahead = { ...systemClock, now: () => Date.now() + 24 * HOUR };
    const right = new RedisCorrelator(await connect(this, { prefix }), 10);
    const wrong = new RedisCorrelator(await connect(this, { prefix, clock: ahead }), 10);
    const put = entry('1', { expiresAt: Date.now() + HOUR });
    await right.put([put]);
    const [found] = await wrong.get('1');
    assert.ok(Math.abs((found?.expiresAt ?? 0) - put.expiresAt - 24 * HOUR) < 1000);
    await wrong.put([entry('2', { expiresAt: ahead.now() + HOUR })]);
    const [other] = await right.get('2');
    assert.ok(Math.abs((other?.expiresAt ?? 0) - Date.now() - HOUR) < 2000);
    await wrong.put([entry('3', { expiresAt: ahead.now() - HOUR })]);
    assert.deepEqual(await right.get('3'), []);
    assert.equal((await right.get('1')).length, 1);
  });

  it('bounds what one message_id may name: those with their receipt go first, then the oldest', async function () {
    const correlator = new RedisCorrelator(await connect(this), 100_000);
    const put = (from: number, count: number, changed: Partial<CorrelationEntry> = {}): Promise<void> =>
      correlator.put(
        Array.from({ length: count }, (_, at) =>
          entry('same', { id: String(from + at), acceptedAt: from + at, ...changed }),
        ),
      );
    await put(0, MOST_CANDIDATES);
    await put(500, 10, { finalState: 'DELIVRD' });
    await put(MOST_CANDIDATES, 1);
    const found = await correlator.get('same');
    assert.ok(found.length <= MOST_CANDIDATES && found.length > MOST_CANDIDATES / 2, String(found.length));
    assert.ok(!found.some(({ finalState }) => finalState !== undefined));
    assert.equal(found.at(-1)?.id, String(MOST_CANDIDATES));
    assert.ok(!found.some(({ id }) => id === '0'));
    assert.equal(await correlator.awaited(), found.length);
  }).timeout(10_000);

  it('leaves nothing behind when nobody uses it any more', async function () {
    const calls = await connect(this);
    const correlator = new RedisCorrelator(calls, 10);
    await correlator.put([entry('1'), entry('2', { finalState: 'DELIVRD', expiresAt: Date.now() + 100 })]);
    for (const key of ['corr:1', 'corr:2', 'corr-awaited', 'corr-final', 'corr-puts']) {
      const ttl = Number(await calls.command(['PTTL', calls.keys.of(key)]));
      assert.ok(ttl > 0 && ttl <= 2 * HOUR, `${key}: ${ttl}`);
    }
    assert.ok(Number(await calls.command(['PTTL', calls.keys.of('corr:2')])) <= 100);
    assert.ok(Number(await calls.command(['PTTL', calls.keys.of('corr-final')])) > 1000);
  });

  it('forgets everything, and counts what it waits for', async function () {
    const calls = await connect(this);
    const correlator = new RedisCorrelator(calls, 10_000);
    const many = Array.from({ length: 1500 }, (_, at) => entry(String(at)));
    await correlator.put(many);
    await correlator.put([
      entry('final', { finalState: 'DELIVRD' }),
      entry('not asked', { receiptRequested: false }),
    ]);
    assert.equal(await correlator.awaited(), 1500);
    await correlator.forgetAwaited();
    assert.equal(await correlator.awaited(), 0);
    assert.deepEqual(await correlator.get('7'), []);
    assert.deepEqual(await correlator.get('final'), []);
    assert.equal(await calls.command(['EXISTS', calls.keys.of('corr-awaited'), calls.keys.of('corr:7')]), 0);
  });

  it('drops more than one script does', async function () {
    const correlator = new RedisCorrelator(await connect(this), 10_000);
    const expiresAt = Date.now() + 1500;
    await correlator.put(Array.from({ length: 2500 }, (_, at) => entry(String(at), { expiresAt })));
    await sleep(expiresAt - Date.now() + 50);
    assert.equal(await correlator.expire(), 2500);
    assert.equal(await correlator.expire(), 0);
  }).timeout(10_000);

  it('makes room where its capacity has become smaller', async function () {
    const calls = await connect(this);
    await new RedisCorrelator(calls, 1000).put(Array.from({ length: 500 }, (_, at) => entry(String(at))));
    const smaller = new RedisCorrelator(calls, 10);
    await smaller.put([entry('new')]);
    assert.equal(await smaller.awaited(), 10);
    assert.equal((await smaller.get('new')).length, 1);
    assert.deepEqual(await smaller.get('490'), []);
    assert.equal((await smaller.get('491')).length, 1);
  });

  it('puts as a part of another script, with none and with several', async function () {
    const calls = await connect(this);
    const correlator = new RedisCorrelator(calls, 10);
    const script = {
      name: 'test',
      keys: [''],
      whenLost: 'repeats' as const,
      lua: `${CORRELATION_LUA} return correlation.put(KEYS[1], 2)`,
    };
    for (const entries of [[], [entry('1'), entry('2')]]) {
      const args = correlator.argumentsOf(entries);
      assert.equal(await calls.run(script, ['before', ...args, 'behind']), args.length + 2);
    }
    assert.equal((await correlator.get('2')).length, 1);
  });

  it('passes over what a later version has written', async function () {
    const calls = await connect(this);
    const correlator = new RedisCorrelator(calls, 10);
    await correlator.put([entry('1')]);
    const later = Buffer.concat([Buffer.of(2), Buffer.from('a'), Buffer.alloc(30, 0x7f)]);
    await calls.command(['HSET', calls.keys.of('corr:1'), '0:1:x', later]);
    assert.deepEqual(
      (await correlator.get('1')).map(({ id }) => id),
      ['of 1'],
    );
  });

  it('reads any octets as an entry or none', () => {
    const octets = fc.uint8Array({ maxLength: 80 }).map((rest) => {
      const head = Buffer.alloc(10, 'a');
      head[0] = 1;
      head.writeDoubleBE(1e15, 2);
      return Buffer.concat([head, rest]);
    });
    fc.assert(fc.property(octets, (value) => void readValue(value, 'x', 0, 0)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (value) => void readValue(Buffer.from(value), 'x', 0, 0)),
    );
  });
});
