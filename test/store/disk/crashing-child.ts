import { openDiskStore } from '../../../src/store';
import { entry, item } from '../../../src/store/conformance/harness';
import { say } from '../../support/say';
import { expectedTrace, wrongTrace } from './expected-trace';

const CALLERS = 30;

/**
 * Queues and sends until it is killed, and tells of each step before or after it:
 *
 *   queued <id>   enqueue has resolved        sending <id> <redelivered>   the centre sees it now
 *   done <id>     settle has resolved         damage <text>
 */
async function run(directory: string, run: string): Promise<void> {
  const tell = (...words: string[]): void => say(words.join(' '));
  const store = await openDiskStore({
    directory,
    account: { host: 'localhost', systemId: 'crash' },
    capacity: 0,
    whenFull: 'reject',
    onDamage: ({ text }) => tell('damage', text),
  });
  const { signal } = new AbortController();
  let count = 0;

  async function produce(): Promise<void> {
    for (;;) {
      const batch = Array.from({ length: 1 + (count % 4) }, () => {
        const id = `${run}-${count++}`;
        return item(id, {
          priority: (count % 5) as 0,
          metadata: { long: 'x'.repeat(count % 3000) },
          trace: expectedTrace(id),
        });
      });
      for (const id of await store.queue.enqueue(batch)) tell('queued', id);
      if (count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** One message at a time, with many others at the same time. */
  async function call(): Promise<void> {
    for (;;) {
      const id = `${run}-${count++}`;
      const message = item(id, { trace: expectedTrace(id) });
      await store.queue.enqueue([message]);
      tell('queued', message.id);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async function consume(): Promise<void> {
    for (;;) {
      const leases = await store.queue.take(8, { signal });
      for (const { item: taken, state } of leases) {
        tell('sending', taken.id, String(state.redelivered));
        if (wrongTrace(taken)) tell('damage', `${taken.id} has another trace`);
      }
      const entries = leases.map((lease) => entry(`receipt-${lease.item.id}`, { id: lease.item.id }));
      await store.settle(
        entries,
        leases.map((lease) => ({ outcome: 'done', lease })),
      );
      for (const { item: taken } of leases) tell('done', taken.id);
    }
  }

  const callers = Array.from({ length: CALLERS }, call);
  await Promise.all([...callers, produce(), produce(), consume(), consume()]);
}

void run(process.argv[2] ?? '', process.argv[3] ?? '');
