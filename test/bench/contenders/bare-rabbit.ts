import { connect } from 'amqplib';
import type { Contender } from './types';

const BATCH = 200;
const WRITERS = 5;
/** About as long as the record of a short message. */
const RECORD = Buffer.alloc(200, 0x61);

/** What a queue in RabbitMQ costs at least: a quorum queue, published to with confirms, consumed, acknowledged in batches. */
export const bareRabbit: Contender = {
  title: 'bare amqplib',
  async open({ options = {} }) {
    const queue = `${String(options['keyPrefix'])}.bare`;
    const connection = await connect(String(options['queueUrl']));
    const writes = await connection.createConfirmChannel();
    const reads = await connection.createChannel();
    await writes.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await reads.prefetch(2 * BATCH);
    let told: () => void = () => undefined;
    let unacknowledged = 0;
    await reads.consume(queue, (message) => {
      if (!message) return;
      if (unacknowledged++ === 0)
        setImmediate(() => {
          unacknowledged = 0;
          reads.ackAll();
        });
      told();
    });

    async function write(left: { count: number }): Promise<void> {
      while (left.count > 0) {
        const now = Math.min(BATCH, left.count);
        left.count -= now;
        await new Promise<void>((resolve, reject) => {
          let toCome = now;
          const confirmed = (error: unknown): void => {
            if (error) reject(new Error('RabbitMQ did not confirm', { cause: error }));
            else if (--toCome === 0) resolve();
          };
          for (let at = 0; at < now; at++) writes.publish('', queue, RECORD, { persistent: true }, confirmed);
        });
      }
    }

    return {
      send: async (count) => {
        const left = { count };
        let toCome = count;
        const all = new Promise<void>((resolve) => {
          told = () => {
            if (--toCome === 0) resolve();
          };
        });
        await Promise.all([all, ...Array.from({ length: WRITERS }, () => write(left))]);
      },
      close: async () => {
        // The last acknowledgements go out first.
        await new Promise((resolve) => setImmediate(resolve));
        await writes.deleteQueue(queue);
        await connection.close();
      },
    };
  },
};
