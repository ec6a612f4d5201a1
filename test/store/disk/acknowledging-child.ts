/**
 * Queues messages on disk, and says so by one write each: `count` by each of `callers`, one after the other.
 */
import { openDiskStore } from '../../../src/store';
import { item } from '../../../src/store/conformance/harness';
import { say } from '../../support/say';

async function main(directory: string, callers: number, count: number): Promise<void> {
  const account = { host: 'localhost', systemId: 'sync' };
  const store = await openDiskStore({ directory, account, capacity: 0, whenFull: 'reject' });
  const call = async (caller: number): Promise<void> => {
    for (let number = 0; number < count; number++) {
      const id = `<${caller}.${number}>`;
      await store.queue.enqueue([item(id)]);
      say(`acknowledged ${id}`);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  await store.close();
}

void main(process.argv[2] ?? '', Number(process.argv[3]), Number(process.argv[4]));
