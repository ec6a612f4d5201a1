/**
 * `fill <directory> <count>`: queues so many messages on disk. `open <directory>`: opens that queue, takes some and
 * settles them, and tells by a line of JSON how much CPU time opening took (ms), how much more of this process is resident
 * than before (MB), and how many messages there were.
 */
import { openDiskStore, type DiskStore } from '../../../src/store';
import { done, item, takeAll } from '../../../src/store/conformance/harness';
import { say } from '../../support/say';

const BODY = Buffer.alloc(140, 'x');
const BATCH = 5000;

const open = (directory: string): Promise<DiskStore> =>
  openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'backlog' },
    capacity: 0,
    whenFull: 'reject',
  });

async function fill(directory: string, count: number): Promise<void> {
  const store = await open(directory);
  for (let first = 0; first < count; first += BATCH)
    await store.queue.enqueue(
      Array.from({ length: BATCH }, (_, at) => item(`message ${first + at}`, { segments: [BODY] })),
    );
  await store.close();
}

async function measure(directory: string): Promise<void> {
  const before = process.memoryUsage().rss;
  const started = process.cpuUsage();
  const store = await open(directory);
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1000;
  const { queued } = await store.queue.stats();
  for (let round = 0; round < 20; round++) await store.queue.settle((await takeAll(store, 100)).map(done));
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  await store.close();
  say(JSON.stringify({ ms, megabytes, queued }));
}

const [what, directory = '', count] = process.argv.slice(2);
void (what === 'fill' ? fill(directory, Number(count)) : measure(directory));
