/** Takes and settles, and says each id: url, prefix, lease time, pause between take and settle (ms), how many it takes at once. */
import { done, sleep } from '../../../../src/store/conformance/harness';
import { openRedis } from '../setup';

async function main(): Promise<void> {
  const [url = '', keyPrefix = '', leaseTime = '', pause = '', max = ''] = process.argv.slice(2);
  const store = await openRedis({ url, keyPrefix, leaseTime: Number(leaseTime) });
  const stop = new AbortController();
  process.stdin.once('end', () => stop.abort()).resume();
  process.stdout.write('ready\n');
  for (;;) {
    let leases;
    try {
      leases = await store.queue.take(Number(max), { signal: stop.signal });
    } catch {
      break;
    }
    for (const { item } of leases) process.stdout.write(`took ${item.id}\n`);
    const end = Date.now() + Number(pause);
    while (Date.now() < end) {
      await sleep(Math.min(100, end - Date.now()));
      await store.queue.extend(leases);
    }
    await store.queue.settle(leases.map(done));
    for (const { item, state } of leases)
      process.stdout.write(`done ${item.id} ${state.redelivered ? 'again' : ''}\n`);
  }
  await store.close();
}

void main();
