import type { SmppClientOptions } from '../../../src/index';
import { ownPrefix, redisUrl } from '../../support/brokers';
import { Hub } from './hub';

/** A store that instances share: the options of each, by its name. */
export interface SharedStore {
  options(instance: string): SmppClientOptions;
}

/** By their name. */
export const SHARED_STORES: Record<string, (context: Mocha.Context) => Promise<SharedStore>> = {
  'one memory store': () => {
    const hub = new Hub();
    return Promise.resolve({ options: (instance) => ({ queue: hub.handle(instance) }) });
  },
  Redis: async (context) => {
    const queueUrl = await redisUrl(context);
    const keyPrefix = ownPrefix();
    return { options: () => ({ queue: 'redis', queueUrl, keyPrefix, clientId: 'shared' }) };
  },
};
