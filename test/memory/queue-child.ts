/** A million messages queued in memory: through the client (`client`) or right into its queue (`store`). */
import { SmppClient } from '../../src';
import { openMemoryStore } from '../../src/store';
import { tellGrowth } from '../support/resident';

const [by = 'client', count = '1000000'] = process.argv.slice(2);
const COUNT = Number(count);
const TEXT =
  'Your parcel 0123456789 arrives today between 10 and 12. Track it at https://example.com/t/0123456789ab';

if (TEXT.length < 100) throw new Error(String(TEXT.length));
async function work() {
  const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
  const client = new SmppClient({
    systemId: 'a',
    password: 'b',
    queue: store,
    queueCapacity: 0,
    logLevel: 'silent',
  } as never);
  const started = performance.now();
  for (let at = 0; at < COUNT; at++)
    await client.send(
      {
        short_message: TEXT,
        source_addr: '12345',
        destination_addr: String(447700000000 + at),
        registered_delivery: 'final',
      } as never,
      { completeWhen: 'queued', msgid: at.toString(16).padStart(16, '0') },
    );
  const ms = performance.now() - started;
  const { queued } = await store.queue.stats();
  return { kept: [store, client], facts: { queued, ms } };
}
void tellGrowth(work);
