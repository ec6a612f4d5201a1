import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../../src/clock';
import { sleep } from '../../../../src/store/conformance/harness';
import { MemoryState } from '../../../../src/store/memory/state';
import { RedisState } from '../../../../src/store/redis/correlation/state';
import { ownPrefix } from '../../../support/brokers';
import { rounds } from '../../../support/rounds';
import { connect, disconnect } from '../connected';

const octets = (text: string): Buffer => Buffer.from(text);

describe('facts in Redis', () => {
  afterEach(disconnect);

  it('are those of all instances that share the store', async function () {
    const prefix = ownPrefix();
    const one = new RedisState(await connect(this, { prefix }));
    const other = new RedisState(await connect(this, { prefix }));
    const seen = await Promise.all(
      Array.from({ length: 100 }, (_, at) => [one, other][at % 2]!.increment('ref', 65_536, 0, 60_000)),
    );
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, at) => at),
    );
    await one.set('part', Buffer.of(0, 255, 10, 13));
    assert.deepEqual(await other.get('part'), Buffer.of(0, 255, 10, 13));
  });

  it('are listed as in memory, whatever their keys are', async function () {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '\u0000', 'ü', '\uFFFD', '😀', '[', '(', '+', '-'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 12 }), text, async (keys, prefix) => {
        const redis = new RedisState(await connect(this));
        const memory = new MemoryState(systemClock, () => undefined);
        for (const key of keys) {
          await memory.set(key, octets(key));
          await redis.set(key, octets(key));
        }
        await redis.delete(keys.slice(0, 2));
        await memory.delete(keys.slice(0, 2));
        for (const asked of [prefix, '', ...keys]) {
          assert.deepEqual(await redis.list(asked), await memory.list(asked));
          assert.deepEqual(await redis.get(asked), await memory.get(asked));
        }
        await disconnect();
      }),
      { numRuns: rounds(200, 20) },
    );
  }).timeout(60_000);

  it('are listed and deleted where there are more than one script takes', async function () {
    const state = new RedisState(await connect(this));
    const keys = Array.from({ length: 1200 }, (_, at) => `k/${String(at).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => state.set(key, octets(key))));
    assert.deepEqual(
      (await state.list('k/')).map(([key]) => key),
      keys,
    );
    await state.delete(keys.slice(1));
    assert.deepEqual(await state.list(''), [['k/0000', octets('k/0000')]]);
  });

  it('leave nothing behind when they are over', async function () {
    const calls = await connect(this);
    const state = new RedisState(calls);
    await state.set('fact', octets('x'), 50);
    await state.increment('counter', 256, 0, 50);
    await state.set('stays', octets('x'), 60_000);
    await state.set('was over', octets('x'), 50);
    await state.set('was over', octets('y'));
    await sleep(100);
    assert.equal(await state.expire(), 2);
    assert.equal(await state.expire(), 0);
    const index = await calls.command(['ZRANGE', calls.keys.of('facts'), 0, -1]);
    assert.deepEqual((index as Buffer[]).map(String), ['stays', 'was over']);
    assert.equal(await calls.command(['EXISTS', calls.keys.of('counters-due')]), 0);
    assert.deepEqual(await state.get('was over'), octets('y'));
  });

  it('forgets the counters that were not used for longest, beyond a bound', async function () {
    const state = new RedisState(await connect(this), 3);
    for (const key of ['a', 'b', 'c']) {
      await state.increment(key, 256, 7, 60_000);
      await sleep(3);
    }
    await state.increment('a', 256, 7, 60_001);
    await state.set('fact', octets('x'), 1000);
    await state.increment('d', 256, 7, 60_002);
    assert.equal(await state.get('b'), undefined);
    assert.deepEqual(
      (await state.list('')).map(([key]) => key),
      ['a', 'c', 'd', 'fact'],
    );
  });
});
