import type { Message } from 'amqplib';
import type { Clock } from '../../clock';
import { tellRemoved, type Gone } from '../errors';
import type { PurgeOptions, QueueItem } from '../types';
import type { Broker } from './broker';
import { collect } from './collect';
import type { Consumers } from './consumers';
import type { Entry } from './entry';
import type { Held } from './held';
import { DELAYS, PRIORITIES, queueAt, RANKS, rankOf, type Names } from './names';
import { readOurs, type BrokerRecord } from './record';

/** Told, and then removed, at a time. */
const CHUNK = 1000;

export interface RemovalParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly consumers: Consumers;
  readonly held: Held;
}

const goneOf = ({ item, state }: Entry | BrokerRecord): Gone => ({ item, state });

const goneMessage = (message: Message): Gone | undefined => {
  const record = readOurs(message);
  return record && goneOf(record);
};

/** Removes up to so many that are not leased: of the least urgent priority the oldest first, and those put off last. */
export async function dropOldest({ broker, names, held }: RemovalParts, count: number): Promise<Gone[]> {
  const dropped: Gone[] = [];
  const { consuming } = await broker.up();
  const dropFrom = async (queue: string): Promise<void> => {
    while (dropped.length < count) {
      const message = await consuming.get(queue);
      if (!message) return;
      held.acks?.ack(message.fields.deliveryTag);
      const gone = goneMessage(message);
      if (gone) dropped.push(gone);
    }
  };
  for (const priority of [...PRIORITIES].reverse())
    for (const rank of [rankOf(priority, true), rankOf(priority, false)]) {
      while (dropped.length < count) {
        const entry = held.buffer.pop(rank);
        if (!entry) break;
        held.end(entry);
        dropped.push(goneOf(entry));
      }
      await dropFrom(queueAt(names, rank));
    }
  for (const seconds of DELAYS) await dropFrom(names.delay(seconds));
  return dropped;
}

/** Removes all that is there when it begins and is not leased; each is told of before the broker forgets it. */
export async function purgeQueues(
  { clock, names, broker, consumers, held }: RemovalParts,
  options: PurgeOptions,
): Promise<{ removed: number; items: QueueItem[] }> {
  const link = await broker.up();
  await consumers.lower(0);
  const items: QueueItem[] = [];
  let removed = 0;
  const tell = async (gone: readonly Gone[]): Promise<void> => {
    if (options.onRemoved) await tellRemoved(options, gone, clock);
    else for (const { item } of gone) items.push(item);
    removed += gone.length;
  };
  const here = held.buffer.drain();
  await tell(here.map(goneOf));
  for (const entry of here) held.end(entry);
  const channel = await link.openChannel();
  try {
    const queues = Array.from({ length: RANKS }, (_, rank) => queueAt(names, rank));
    queues.push(...DELAYS.map((seconds) => names.delay(seconds)));
    for (const queue of queues) {
      let { messageCount: left } = await channel.checkQueue(queue);
      while (left > 0) {
        const messages = await collect(channel, queue, Math.min(left, CHUNK), clock);
        if (messages.length === 0) break;
        await tell(messages.flatMap((message) => goneMessage(message) ?? []));
        channel.ack(messages.at(-1) as Message, true);
        left -= messages.length;
      }
    }
  } finally {
    // What came beyond that goes back.
    await channel.close().catch(() => undefined);
  }
  return { removed, items };
}
