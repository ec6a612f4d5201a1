/** Opens a store with little address space left, and fills it. argv: directory, MiB. Says how that went. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { openDiskStore } from '../../../src/store';
import { item } from '../../../src/store/conformance/harness';
import { loadLmdb } from '../../../src/store/disk/lmdb/lmdb';
import { say } from '../../support/say';

async function run(directory: string, mib: number): Promise<void> {
  await loadLmdb();
  // By then what makes TypeScript run has all the memory that it wants.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const used = 4096 * Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${used + mib * 2 ** 20}`]);
  let written = 0;
  try {
    const store = await openDiskStore({
      directory,
      account: { host: 'localhost', systemId: 'space' },
      capacity: 0,
      whenFull: 'reject',
    });
    say('opened');
    for (; written < 400; written++) {
      const body = Buffer.alloc(1000);
      await store.queue.enqueue(
        Array.from({ length: 1000 }, (_, at) => item(`${written}-${at}`, { segments: [body] })),
      );
    }
    say('written');
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    say(`${code} ${message}`);
  }
  process.exit(0);
}

void run(process.argv[2] ?? '', Number(process.argv[3]));
