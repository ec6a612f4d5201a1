/** Queues one message after the other on disk, and says so by one write each. */
import { writeSync } from 'node:fs';
import { openDiskStore } from '../../src/store';
import { item } from '../../src/store/conformance/harness';

async function main(directory: string, count: number): Promise<void> {
  const account = { host: 'localhost', systemId: 'sync' };
  const store = await openDiskStore({ directory, account, capacity: 0, whenFull: 'reject' });
  for (let number = 0; number < count; number++) {
    await store.queue.enqueue([item(`m${number}`)]);
    writeSync(1, `acknowledged ${number}\n`);
  }
  await store.close();
}

void main(process.argv[2] ?? '', Number(process.argv[3]));
