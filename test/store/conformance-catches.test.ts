import assert from 'node:assert/strict';
import {
  openMemoryStore,
  storeConformance,
  type ConformanceOptions,
  type Lease,
  type OutboundQueue,
  type Store,
  type StoreCapabilities,
} from '../../src/store';
import { sleep } from '../../src/store/conformance/harness';
import { bound } from '../support/queue';

type Break = (store: Store, options: ConformanceOptions) => Partial<Store>;

/** A store of which only the queue is another. */
const queue =
  (change: (queue: OutboundQueue) => Partial<OutboundQueue>): Break =>
  ({ queue: whole }) => ({ queue: { ...bound(whole), ...change(whole) } });

/** Leases run out after `leaseTime`; `extend` begins it anew, if it `extends`. */
const runningOut =
  (extendsLoans: boolean): Break =>
  (store, { leaseTime = 60_000 }) => {
    const timers = new Map<Lease, NodeJS.Timeout>();
    const end = (leases: readonly Lease[]): void =>
      leases.forEach((lease) => clearTimeout(timers.get(lease)));
    const begin = (leases: readonly Lease[]): void => {
      end(leases);
      for (const lease of leases) {
        const over = (): void => {
          lease.state.redelivered = true;
          void Promise.resolve(store.queue.release([lease])).catch(() => undefined);
        };
        timers.set(lease, setTimeout(over, leaseTime));
      }
    };
    return {
      capabilities: { ...store.capabilities, extend: true },
      close: () => (end([...timers.keys()]), store.close()),
      ...queue((whole) => ({
        take: async (max, options) => {
          const leases = await whole.take(max, options);
          begin(leases);
          return leases;
        },
        settle: (settlements) => (end(settlements.map(({ lease }) => lease)), whole.settle(settlements)),
        release: (leases) => (end(leases), whole.release(leases)),
        extend: async (leases) => {
          if (extendsLoans) begin(leases);
        },
      }))(store, {} as ConformanceOptions),
    };
  };

const says = (capabilities: Partial<StoreCapabilities>): Break => {
  return (store) => ({ capabilities: { ...store.capabilities, ...capabilities } });
};

/** What is wrong with a store, the check that must find it, and how it is made so. */
const WRONG: readonly [what: string, check: string, Break][] = [
  [
    'last in first out',
    'order: first in',
    queue((q) => ({ enqueue: (all) => q.enqueue([...all].reverse()) })),
  ],
  [
    'no ids',
    'order: enqueue returns the ids',
    queue((q) => ({ enqueue: async (all) => (await q.enqueue(all), []) })),
  ],
  [
    'one priority for all',
    'priorities: 0',
    queue((q) => ({ enqueue: (all) => q.enqueue(all.map((item) => ({ ...item, priority: 2 }))) })),
  ],
  [
    'a message leased twice',
    'leases: what is leased is given to nobody',
    queue((q) => {
      let before: Lease[] | undefined;
      return { take: async (max, options) => (before ??= await q.take(max, options)) };
    }),
  ],
  [
    'more leased than asked for',
    'leases: never more',
    queue((q) => ({ take: (max, options) => q.take(max + 1, options) })),
  ],
  [
    'settled messages that come again',
    'settle: what is done is gone',
    queue((q) => ({ settle: (all) => q.release(all.map(({ lease }) => lease)) })),
  ],
  [
    'retries at once',
    'delay: a message put off',
    queue((q) => ({
      settle: (all) => q.settle(all.map((one) => (one.outcome === 'retry' ? { ...one, notBefore: 0 } : one))),
    })),
  ],
  [
    'released messages at the end',
    'release: messages come again before',
    queue((q) => ({
      release: async (leases) => {
        await q.settle(leases.map((lease) => ({ outcome: 'done', lease })));
        await q.enqueue(leases.map(({ item }) => item));
      },
    })),
  ],
  [
    'small batches that overtake large ones',
    'order: what is enqueued without waiting',
    queue((q) => ({
      enqueue: async (all, options) => {
        if ((all[0]?.segments[0]?.length ?? 0) > 1000) await sleep(5);
        return q.enqueue(all, options);
      },
    })),
  ],
  [
    'batches of many that are overtaken by single ones',
    'order: what is enqueued without waiting',
    queue((q) => ({
      enqueue: async (all, options) => {
        for (const _ of all) await Promise.resolve();
        return q.enqueue(all, options);
      },
    })),
  ],
  [
    'the last who waits served first',
    'order: who waits for messages',
    queue((q) => {
      let left = 3;
      return { take: async (max, options) => (await sleep(5 * left--), q.take(max, options)) };
    }),
  ],
  [
    'a release that takes a while, so that others are taken meanwhile',
    'release: what is on its way back',
    queue((q) => ({ release: async (leases) => (await sleep(5), q.release(leases)) })),
  ],
  [
    'a release that gives its messages back one after the other',
    'release: who waits gets',
    queue((q) => ({
      release: async (leases) => {
        for (const lease of leases) await q.release([lease]);
      },
    })),
  ],
  [
    'a release that waits for its state to be written before anybody sees it',
    'release: who waits gets',
    queue((q) => ({ release: async (leases) => (await sleep(5), q.release(leases)) })),
  ],
  [
    'a taker who gives up while a message comes, and keeps it',
    'take: what is given up while messages come',
    queue((q) => ({
      take: (max, { signal }) =>
        new Promise((resolve, reject) => {
          signal.throwIfAborted();
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          Promise.resolve(q.take(max, { signal: new AbortController().signal })).then(resolve, reject);
        }),
    })),
  ],
  [
    'dead letters that are replayed in the order of their failing',
    'dead letters: replayed in the order',
    ({ deadLetters }) => ({
      deadLetters: deadLetters && {
        list: (options) => deadLetters.list(options),
        replay: (ids, options) => deadLetters.replay([...ids].sort(), options),
        purge: () => deadLetters.purge(),
      },
    }),
  ],
  [
    'a release that forgets what happened',
    'release: the state is written back',
    queue((q) => ({
      release: (leases) => (leases.forEach(({ state }) => (state.attempts = 0)), q.release(leases)),
    })),
  ],
  [
    'segments that are forgotten',
    'segment state: accepted segments',
    queue((q) => ({
      release: (leases) => (leases.forEach(({ state }) => state.accepted.fill(null)), q.release(leases)),
    })),
  ],
  ['leases that run out although they are renewed', 'extend: a lease', runningOut(false)],
  ['leases that never run out', 'extend: a lease', says({ extend: true })],
  [
    'half a batch in a full queue',
    'capacity: a full queue',
    queue((q) => ({
      enqueue: async (all, options) => {
        for (const one of all) await q.enqueue([one], options);
        return all.map(({ id }) => id);
      },
    })),
  ],
  [
    'room made by what is leased',
    'whenFull wait: a batch larger',
    (_, options) => openMemoryStore({ ...options, capacity: 0 }),
  ],
  [
    'a purge of nothing',
    'purge: removes all',
    queue(() => ({ purge: async () => ({ removed: 0, items: [] }) })),
  ],
  [
    'a purge that only counts what it removes beyond some',
    'purge: hands over or returns all',
    queue((q) => ({
      purge: async () => {
        const { removed, items } = await q.purge();
        return { removed, items: items.slice(0, 10_000) };
      },
    })),
  ],
  [
    'a taker who gives up with a message',
    'take: given up',
    queue((q) => ({
      take: (max, { signal }) =>
        new Promise((resolve, reject) => {
          signal.throwIfAborted();
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          Promise.resolve(q.take(max, { signal: new AbortController().signal })).then(resolve, reject);
        }),
    })),
  ],
  [
    'calls after closing',
    'close: every later call',
    (store) => ({
      close: async () => undefined,
      queue: { ...bound(store.queue), close: async () => undefined },
    }),
  ],
  [
    'correlations that never end',
    'expiry: an entry',
    ({ correlator }) => ({
      correlator: {
        put: (all) => correlator.put(all.map((one) => ({ ...one, expiresAt: one.expiresAt + 60_000 }))),
        get: (id) => correlator.get(id),
        expire: () => correlator.expire(),
      },
    }),
  ],
  [
    'claims that are passed over',
    'claims: at the same time',
    queue((q) => ({ enqueue: (all, options) => q.enqueue(all, { ...options, claims: undefined }) })),
  ],
  [
    'claims of what does not fit',
    'claims: are known also where there is no room',
    (store, options) =>
      queue((q) => ({
        enqueue: async (all, { claims = [], ...rest } = {}) => {
          for (const claim of claims) await store.state.claim?.(claim);
          return q.enqueue(all, rest);
        },
      }))(store, options),
  ],
  [
    "updates of what is another's",
    'claims: by the state alone',
    ({ state }) => {
      const changed = Object.create(state) as typeof state;
      for (const name of ['get', 'set', 'delete', 'list', 'increment', 'claim'] as const)
        Object.assign(changed, { [name]: (state[name] as (...args: unknown[]) => unknown).bind(state) });
      return {
        state: Object.assign(changed, { update: (key: string, value: Buffer) => state.set(key, value) }),
      };
    },
  ],
  ['a settlement in two steps where one is promised', 'atomic settle', () => ({ settle: undefined })],
  ['nothing durable', 'durable: correlation, state and counters', says({ durable: true })],
  ['nobody to share with', 'shared: a message comes with the instance', says({ shared: true })],
];

describe('the suite for stores finds out', () => {
  const checks = storeConformance();
  for (const [what, name, change] of WRONG)
    it(what, async function () {
      this.timeout(40_000);
      const [check, ...others] = checks.filter((one) => one.name.startsWith(name));
      assert.ok(check && others.length === 0, `one check named ${name}`);
      const open = (options: ConformanceOptions): Promise<Store> => {
        const whole = openMemoryStore(options);
        return Promise.resolve({ ...whole, ...change(whole, options) });
      };
      const { capabilities } = await open({ capacity: 1, whenFull: 'reject' } as ConformanceOptions);
      assert.ok(check.needs?.(capabilities) ?? true, 'the check applies');
      await assert.rejects(check.run(open), what);
    });

  it('nothing in a store whose leases run out unless they are renewed', async () => {
    const check = checks.find(({ name }) => name.startsWith('extend: '));
    const open = async (options: ConformanceOptions): Promise<Store> => {
      const whole = openMemoryStore(options);
      return { ...whole, ...runningOut(true)(whole, options) };
    };
    await check?.run(open);
  });
});
