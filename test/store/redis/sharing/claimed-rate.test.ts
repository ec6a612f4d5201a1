import assert from 'node:assert/strict';
import { hasCode, item } from '../../../../src/store/conformance/harness';
import type { RedisStore } from '../../../../src/store/redis';
import { ownPrefix, redisUrl } from '../../../support/brokers';
import { Stores } from '../../stores';
import { openRedis, type OpenRedis } from '../setup';

const { signal } = new AbortController();

describe('the rate of an account in Redis', () => {
  const stores = new Stores<RedisStore>();
  afterEach(() => stores.close());

  const open = (given: OpenRedis): Promise<RedisStore> => stores.add(openRedis(given));

  it('is that of the instance which came last, and not touched by another account', async function () {
    const place = { url: await redisUrl(this), keyPrefix: ownPrefix() };
    const one = await open({ ...place, options: { sendRate: 30 } });
    assert.equal(await one.limiter!.acquire(1, { signal }), 1);
    await one.queue.enqueue([item('a')]);
    const stranger = { host: 'other.example', systemId: 'other' };
    await assert.rejects(
      openRedis({ ...place, options: { sendRate: 1 }, context: { account: stranger } }),
      hasCode('STORE_ACCOUNT'),
    );
    await one.limiter!.acquire(1, { signal });
    assert.equal(one.limiter!.rate, 30);
    const other = await open({ ...place, options: { sendRate: 40 } });
    await other.limiter!.acquire(1, { signal });
    await one.limiter!.acquire(1, { signal });
    assert.deepEqual([one.limiter!.rate, other.limiter!.rate], [40, 40]);
  });
});
