/** Opens a store in a directory of another user. argv: directory, user id. */
import { openDiskStore } from '../../../src/store';
import { loadLmdb } from '../../../src/store/disk/lmdb/lmdb';
import { say } from '../../support/say';

async function run(directory: string, user: number): Promise<void> {
  await loadLmdb();
  process.setgid?.(user);
  process.setuid?.(user);
  const store = await openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'exposed' },
    capacity: 0,
    whenFull: 'reject',
    onExposed: ({ text }) => say(`exposed ${text}`),
  });
  say('opened');
  await store.close();
}

void run(process.argv[2] ?? '', Number(process.argv[3]));
