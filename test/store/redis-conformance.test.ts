import { storeConformance } from '../../src/store';
import { ownPrefix, redisUrl } from '../support/brokers';
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
