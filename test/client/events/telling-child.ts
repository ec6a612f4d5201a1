import { SmppClient, openDiskStore, type Store } from '../../../src/index';
import { Peer } from '../../support/peer';
import { say } from '../../support/say';
import { HELLO } from '../setup';

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/**
 * A client on a disk queue that is killed where `at` says, and tells of what it was given and heard before that:
 *
 *   queued <id>   failed <id> <code>   accepted <id>   idle   known <id> <message_ids> <maybe_delivered>
 *
 * `refused`, `expired`: when a failure is settled and before it is told. `purge <n>`: before the n-th part of a purge is
 * told; `purge after <n>`: when it is told and before it goes. `partly`: before the first part of a purge
 * is told, where the first message, of two segments, was accepted by half. `look`: not at all, and
 * `look stop` not before it has stopped in good order.
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
            if (what === 'partly') die();
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
  client.on('failure', ({ id, code, message_ids, maybe_delivered }) => {
    say(`failed ${id} ${code}`);
    if (message_ids.length > 0) say(`known ${id} ${message_ids.join()} ${maybe_delivered}`);
  });
  if (what === 'look') {
    await client.connect();
    await client.purge();
    // What was on the wire already is refused, settled and told first.
    let left = await client.status();
    for (let look = 0; look < 100 && left.queued + left.in_flight > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      left = await client.status();
    }
    say(`left ${left.queued}`);
    if (point === 'stop') {
      await client.stop();
      await disk.close();
    }
    die();
  }
  const expires = what === 'expired' ? Date.now() + 1500 : undefined;
  if (what === 'partly') {
    say(`queued ${await client.enqueue({ ...HELLO, short_message: 'x'.repeat(300) })}`);
    const leases = await disk.queue.take(1, { signal: new AbortController().signal });
    for (const { state } of leases) state.accepted[0] = 'm1';
    await disk.queue.extend(leases);
    await disk.queue.release(leases);
  }
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
