import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openDiskStore,
  openMemoryStore,
  type CorrelationEntry,
  type QueueItem,
  type Store,
} from '../../../src/store';
import { FakeClock, settle } from '../../support/clock';
import { until } from '../../support/until';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly (readonly [name: string, ms: number])[] = [
  ['an hour back', -HOUR],
  ['an hour ahead', HOUR],
  ['a day back', -DAY],
  ['a day ahead', DAY],
  ['a month back', -30 * DAY],
  ['ten years ahead', 3650 * DAY],
];

/** Counts the timers that are set. */
class CountedClock extends FakeClock {
  timers = 0;

  constructor() {
    super();
    const set = this.setTimeout;
    this.setTimeout = (callback, ms) => {
      this.timers++;
      assert.ok(ms >= 0 && ms <= 2 ** 31 - 1, `a timer of ${ms} ms`);
      return set(callback, ms);
    };
  }
}

const item = (clock: FakeClock, id: string): QueueItem => ({
  id,
  command: 'submit_sm',
  segments: [Buffer.from('body')],
  source: 'Shop',
  destination: '447700900123',
  priority: 2,
  enqueuedAt: clock.now(),
  receiptRequested: true,
});

const entry = (clock: FakeClock, messageId: string, lasts: number): CorrelationEntry => ({
  messageId,
  id: `of ${messageId}`,
  segment: 0,
  segments: 1,
  source: 'Shop',
  destination: '447700900123',
  acceptedAt: clock.now(),
  expiresAt: clock.now() + lasts,
});

for (const backend of ['memory', 'disk'] as const) {
  describe(`The ${backend} store, while the wall clock is set`, () => {
    let directory: string;
    let clock: CountedClock;
    let store: Store;

    const open = async (): Promise<Store> =>
      backend === 'memory'
        ? openMemoryStore({ clock, capacity: 0, whenFull: 'reject' })
        : openDiskStore({
            clock,
            capacity: 0,
            whenFull: 'reject',
            directory: join(directory, 'queue'),
            account: { host: 'h', systemId: 's' },
          });

    const take = async (): Promise<string[]> => {
      const { signal } = new AbortController();
      const leases = await store.queue.take(10, { signal });
      return leases.map((lease) => lease.item.id);
    };

    /** Puts one off by a minute. */
    const delay = async (id = 'a'): Promise<void> => {
      await store.queue.enqueue([item(clock, id)]);
      const [lease] = await store.queue.take(1, { signal: new AbortController().signal });
      assert.ok(lease);
      await store.queue.settle([{ outcome: 'retry', lease, notBefore: clock.now() + MINUTE }]);
    };

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'smpp-steps-'));
      clock = new CountedClock();
      store = await open();
    });

    afterEach(async () => {
      await store.close();
      await rm(directory, { recursive: true });
    });

    for (const [name, ms] of STEPS) {
      it(`what is put off comes after the pause that it was given, though the clock is set ${name}`, async () => {
        await delay();
        let taken: string[] | undefined;
        void take().then((ids) => (taken = ids));
        await clock.advance(10_000);
        clock.step(ms);
        const before = clock.timers;
        await clock.advance(MINUTE - 11_000);
        assert.equal(taken, undefined, 'it came early');
        assert.equal((await store.queue.stats()).delayed, 1);
        await clock.advance(2000);
        await until(() => taken !== undefined);
        assert.deepEqual(taken, ['a']);
        assert.ok(clock.timers - before <= 4, `${clock.timers - before} timers in a minute`);
      });

      it(`what is put off after the clock was set ${name} is put off by its own pause`, async () => {
        clock.step(ms);
        await delay();
        const taken = take();
        await clock.advance(MINUTE - 1000);
        assert.equal((await store.queue.stats()).delayed, 1);
        await clock.advance(2000);
        assert.deepEqual(await taken, ['a']);
      });

      it(`what is known of receipts, and facts with a lifetime, last as long as was said, though it is set ${name}`, async () => {
        await store.correlator.put([entry(clock, 'before', DAY)]);
        await store.state.set('before', Buffer.from('1'), DAY);
        clock.step(ms);
        await store.correlator.put([entry(clock, 'after', DAY)]);
        await store.state.set('after', Buffer.from('1'), DAY);
        await clock.advance(DAY - MINUTE);
        await store.correlator.expire();
        for (const id of ['before', 'after']) {
          assert.equal((await store.correlator.get(id)).length, 1, id);
          assert.ok(await store.state.get(id), id);
        }
        const [after] = await store.correlator.get('after');
        assert.ok(Math.abs((after?.expiresAt ?? 0) - clock.now() - MINUTE) <= 1000, 'as a date of today');
        await clock.advance(2 * MINUTE);
        for (const id of ['before', 'after']) {
          assert.equal((await store.correlator.get(id)).length, 0, id);
          assert.equal(await store.state.get(id), undefined, id);
        }
      });
    }

    it('an hour that it is ahead for a moment only releases nothing, and forgets nothing', async () => {
      await delay();
      await store.correlator.put([entry(clock, '1', MINUTE)]);
      clock.step(HOUR);
      assert.equal((await store.queue.stats()).delayed, 1);
      await store.correlator.expire();
      clock.step(-HOUR);
      assert.equal((await store.queue.stats()).delayed, 1);
      assert.equal((await store.correlator.get('1')).length, 1);
    });

    if (backend === 'memory') return;

    for (const [name, ms] of STEPS) {
      it(`a pause goes on after a restart, no longer than it was given, though the clock was set ${name} before`, async () => {
        clock.step(ms);
        await delay();
        await clock.advance(10_000);
        await store.close();
        store = await open();
        const taken = take();
        await clock.advance(MINUTE - 12_000);
        assert.equal((await store.queue.stats()).delayed, 1, 'it came early');
        await clock.advance(4000);
        assert.deepEqual(await taken, ['a']);
      });

      it(`nothing waits longer than it was given where the clock was set ${name} while the store was closed`, async () => {
        await delay();
        await store.correlator.put([entry(clock, '1', DAY)]);
        await store.close();
        clock.step(ms);
        store = await open();
        const taken = take();
        await clock.advance(MINUTE + 2000);
        assert.deepEqual(await taken, ['a']);
        await clock.advance(DAY + 2000);
        assert.equal((await store.correlator.get('1')).length, 0);
      });
    }

    it('what is put off by one that was killed waits no longer either, where the clock was set back after that', async () => {
      clock.step(DAY);
      await clock.advance(HOUR);
      await delay();
      // Whoever is killed says nothing more: a copy of its files is what is left.
      await cp(join(directory, 'queue'), join(directory, 'left'), {
        recursive: true,
        filter: (path) => !path.endsWith('.sock'),
      });
      clock.step(-DAY);
      const left = await openDiskStore({
        clock,
        capacity: 0,
        whenFull: 'reject',
        directory: join(directory, 'left'),
        account: { host: 'h', systemId: 's' },
      });
      try {
        const taken = left.queue.take(1, { signal: new AbortController().signal });
        await clock.advance(MINUTE + 2000);
        await settle();
        assert.equal((await taken)[0]?.item.id, 'a');
      } finally {
        await left.close();
      }
    });
  });
}
