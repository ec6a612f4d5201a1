/** Queues, removes and compacts over and over until it is killed; tells each message that is safe, and each that is gone. */
import { openDiskStore } from '../../../src/store';
import { item } from '../../../src/store/conformance/harness';
import { say } from '../../support/say';

async function run(directory: string, name: string, queueKey: string | undefined): Promise<void> {
  const store = await openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'compact' },
    capacity: 0,
    whenFull: 'reject',
    queueKey,
    onDamage: ({ text }) => say(`damage ${text}`),
  });
  const { signal } = new AbortController();
  let count = 0;
  const produce = async (): Promise<void> => {
    for (;;) {
      const batch = Array.from({ length: 50 }, () => item(`${name}-${count++}`));
      for (const id of await store.queue.enqueue(batch)) say(`queued ${id}`);
      const leases = await store.queue.take(20, { signal });
      for (const lease of leases) say(`sending ${lease.item.id}`);
      await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease })));
      for (const lease of leases) say(`done ${lease.item.id}`);
    }
  };
  const compact = async (): Promise<void> => {
    for (;;) {
      await store.compact();
      say('compacted');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all([produce(), compact()]);
}

void run(process.argv[2] ?? '', process.argv[3] ?? '', process.argv[4]);
