/**
 * Takes file descriptors until `left` are, opens a store, and says how that went; then frees them and opens it again.
 * argv: directory, left, `loaded` where lmdb is loaded before.
 */
import { closeSync, openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { openDiskStore, type DiskStore } from '../../../src/store';
import { item } from '../../../src/store/conformance/harness';
import { loadLmdb } from '../../../src/store/disk/lmdb/lmdb';

const [directory = '', left = '0', loaded] = process.argv.slice(2);

async function open(): Promise<DiskStore> {
  return openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'few' },
    capacity: 0,
    whenFull: 'reject',
  });
}

const codeOf = (error: unknown): string => {
  const { code, message } = error as Error & { code?: string };
  return `${code ?? 'none'} ${message}`;
};

/** All there are, but `spare`. */
function exhaust(spare: number): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    for (let freed = 0; freed < spare; freed++) closeSync(taken.pop() as number);
  }
  return taken;
}

async function run(): Promise<void> {
  // What Node itself opens at its first use is not what is tested.
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  connect((server.address() as { port: number }).port)
    .on('error', () => undefined)
    .destroy();
  server.close();
  process.stdout.write('');
  if (loaded) await loadLmdb();
  const lines: string[] = [];
  let taken = exhaust(Number(left));
  try {
    const store = await open();
    lines.push('opened');
    await store.close();
  } catch (error) {
    lines.push(codeOf(error));
  }
  for (const fd of taken) closeSync(fd);
  try {
    const store = await open();
    lines.push('opened later');
    // None left while it is open.
    taken = exhaust(0);
    await store.queue.enqueue([item('m')]);
    await store.compact().then(
      () => lines.push('compacted'),
      (error: unknown) => lines.push(codeOf(error)),
    );
    await store.queue.enqueue([item('n')]);
    const leases = await store.queue.take(2, { signal: AbortSignal.timeout(5000) });
    await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease })));
    lines.push(`settled ${leases.length}`);
    for (const fd of taken) closeSync(fd);
    await store.compact();
    await store.close();
    lines.push('closed');
  } catch (error) {
    lines.push(`later: ${codeOf(error)}`);
  }
  process.stdout.write(`${JSON.stringify(lines)}\n`);
}

void run();
