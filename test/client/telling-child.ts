import { SmppClient, openDiskStore, type Store } from '../../src/index';
import { Peer } from '../support/peer';
import { say } from '../support/say';
import { HELLO } from './setup';

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/**
 * A client on a disk queue that is killed where `at` says, and tells of what it was given and heard before that:
 *
 *   queued <id>   failed <id> <code>   accepted <id>   idle
 *
 * `refused`, `expired`: when a failure is settled and before it is told. `purge <n>`: before the n-th part of a purge is
 * told; `purge after <n>`: when it is told and before it goes. `look`: not at all.
 */
async function run(directory: string, at: string, count: number): Promise<void> {
  const [what, point = '0'] = at.split('-');
  const peer = await Peer.start({ submit_sm: () => ({ command_status: 'ESME_RINVDSTADR' }) });
  const disk = await openDiskStore({
    directory,
    account: { host: '127.0.0.1', systemId: 'a' },
    capacity: 0,
    whenFull: 'reject',
  });
  let parts = 0;
  const queue = new Proxy(disk.queue, {
    get(target, name) {
      const member = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (name !== 'purge') return member.bind(target);
      return (options: { onRemoved: (items: unknown) => unknown }) =>
        disk.queue.purge({
          onRemoved: async (items) => {
            parts++;
            if (what === 'purge' && parts === Number(point)) die();
            await options.onRemoved(items);
            if (what === 'told' && parts === Number(point)) die();
          },
        });
    },
  });
  const store = new Proxy(disk, {
    get(target, name) {
      if (name === 'queue') return queue;
      const member: unknown = Reflect.get(target, name);
      if (name !== 'settle') return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      return async (...args: Parameters<NonNullable<Store['settle']>>) => {
        await target.settle(...args);
        if (what === 'settled' && args[1].some(({ outcome }) => outcome === 'dead')) die();
      };
    },
  });
  const client = new SmppClient({
    port: peer.port,
    systemId: 'a',
    queue: store,
    logLevel: 'silent',
    windowSize: 50,
  });
  client.on('failure', ({ id, code }) => say(`failed ${id} ${code}`));
  if (what === 'look') {
    await client.connect();
    await client.purge();
    const { queued } = await client.status();
    say(`left ${queued}`);
    die();
  }
  const expires = what === 'expired' ? Date.now() + 1500 : undefined;
  const messages = Array.from({ length: count }, () => ({ ...HELLO, ...(expires ? { expires } : {}) }));
  for (let from = 0; from < count; from += 1000)
    for (const id of await client.enqueue(messages.slice(from, from + 1000))) say(`queued ${id}`);
  say('all');
  if (what === 'settled') await client.connect();
  else await client.purge();
  say('over');
}

const [directory = '', at = '', count = '0'] = process.argv.slice(2);
void run(directory, at, Number(count));
