/** Queues one message after the other on disk, and says so by one write each. */
import { openDiskStore } from '../../src/store';
import { item } from '../../src/store/conformance/harness';
import { say } from '../support/say';

async function main(directory: string, count: number): Promise<void> {
  const account = { host: 'localhost', systemId: 'sync' };
  const store = await openDiskStore({ directory, account, capacity: 0, whenFull: 'reject' });
  for (let number = 0; number < count; number++) {
    await store.queue.enqueue([item(`m${number}`)]);
    say(`acknowledged ${number}`);
  }
  await store.close();
}

void main(process.argv[2] ?? '', Number(process.argv[3]));
