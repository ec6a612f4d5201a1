import { createClient } from '@redis/client';
import type { Contender } from './types';

const BATCH = 200;
/** Batches that wait to be stored: as many messages as other contenders have waiting. */
const WRITERS = 5;
/** About as long as the record of a short message. */
const RECORD = Buffer.alloc(200, 0x61);
const GROUP = 'bench';

/** What a queue in Redis costs at least: a stream, written, read by a group, acknowledged and deleted in batches. */
export const bareRedis: Contender = {
  title: 'bare @redis/client',
  async open({ options = {} }) {
    const url = String(options['queueUrl']);
    const key = `${String(options['keyPrefix'])}:bare`;
    const [writes, reads] = await Promise.all([
      createClient({ url }).connect(),
      createClient({ url }).connect(),
    ]);
    await writes.xGroupCreate(key, GROUP, '$', { MKSTREAM: true });

    async function write(left: { count: number }): Promise<void> {
      while (left.count > 0) {
        const now = Math.min(BATCH, left.count);
        left.count -= now;
        const batch = writes.multi();
        for (let at = 0; at < now; at++) batch.xAdd(key, '*', { m: RECORD });
        await batch.execAsPipeline();
      }
    }

    async function read(count: number): Promise<void> {
      for (let left = count; left > 0;) {
        const answer = await reads.xReadGroup(GROUP, 'one', { key, id: '>' }, { COUNT: BATCH, BLOCK: 1000 });
        const [stream] = (answer ?? []) as readonly { messages: readonly { id: string }[] }[];
        const ids = (stream?.messages ?? []).map(({ id }) => id);
        if (ids.length === 0) continue;
        await reads.multi().xAck(key, GROUP, ids).xDel(key, ids).execAsPipeline();
        left -= ids.length;
      }
    }

    return {
      send: async (count) => {
        const left = { count };
        await Promise.all([read(count), ...Array.from({ length: WRITERS }, () => write(left))]);
      },
      close: async () => {
        await writes.unlink(key);
        writes.destroy();
        reads.destroy();
      },
    };
  },
};
