import type { Channel, Message } from 'amqplib';
import { nextTurn, type Clock } from '../../clock';

/**
 * Takes so many of what a queue has, without acknowledging: fewer where it has no more. Counts are not enough to know that:
 * a queue that does not answer at once counts as empty.
 */
export async function collect(
  channel: Channel,
  queue: string,
  count: number,
  clock: Clock,
): Promise<Message[]> {
  const messages: Message[] = [];
  await channel.prefetch(count);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message) messages.push(message);
  });
  while (messages.length < count) {
    const before = messages.length;
    const { messageCount } = await channel.checkQueue(queue);
    // What the queue has given away by then comes before the next answer.
    await channel.checkQueue(queue);
    if (messageCount === 0 && messages.length === before) {
      const next = await channel.get(queue);
      if (!next) break;
      messages.push(next);
    }
    await nextTurn(clock);
  }
  await channel.cancel(consumerTag);
  return messages;
}
