import { connect, type ConfirmChannel } from 'amqplib';
import { randomBytes } from 'node:crypto';
import { openMemoryStore, type QueueItem, type Store } from '../../../src/store';
import { namesOf } from '../../../src/store/rabbitmq/names';
import { openRabbitmqStore, type RabbitmqStoreOptions } from '../../../src/store/rabbitmq';
import { queuesOf } from '../../../src/store/rabbitmq/topology';

export const PREFIX = 'test';

export type Opening = Pick<RabbitmqStoreOptions, 'url' | 'clientId'> & Partial<RabbitmqStoreOptions>;

/** A store whose rest is in memory. */
export function openRabbit(options: Opening): Promise<Store> {
  return openRabbitmqStore({
    capacity: 0,
    whenFull: 'reject',
    keyPrefix: PREFIX,
    prefetch: 10,
    random: randomBytes,
    prepare: (): Promise<QueueItem> => Promise.reject(new Error('no records of others here')),
    rest: openMemoryStore({ capacity: 0, whenFull: 'reject' }),
    ...options,
  });
}

/** Works on a channel of its own. */
export async function withChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(url);
  try {
    return await work(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}

/** Removes all queues of a connection: a broker has files open for each. */
export async function removeQueues(url: string, clientId: string, prefix = PREFIX): Promise<void> {
  const names = namesOf(prefix, clientId);
  await withChannel(url, async (channel) => {
    for (const { name } of queuesOf(names, 1)) await channel.deleteQueue(name);
    for (const name of [names.exchange, names.delayExchange]) await channel.deleteExchange(name);
  });
}
