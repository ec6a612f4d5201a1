import { storeConformance } from '../../src/store';
import { ownPrefix, redisUrl, startRedisCluster } from '../support/brokers';
import { openRedis } from './redis/setup';

describe('the redis store conforms', () => {
  let url: string;
  let prefix: string;
  before(async function () {
    url = await redisUrl(this);
    prefix = ownPrefix();
  });

  for (const check of storeConformance())
    it(check.name, () => check.run((options) => openRedis({ url, keyPrefix: prefix, ...options })));
});

describe('the redis store conforms in a Cluster of three nodes', () => {
  let url: string;
  let stop: (() => Promise<void>) | undefined;
  before(async function () {
    this.timeout(60_000);
    ({ url, stop } = await startRedisCluster(this));
  });
  after(() => stop?.());

  // Each has a name of its own, so they lie on all nodes.
  for (const check of storeConformance())
    it(check.name, () => check.run((options) => openRedis({ url, keyPrefix: 'smpp', ...options })));
});
