import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openDiskStore, type SmppClientOptions, type Store } from '../../src/index';
import { FakeClock } from '../support/clock';
import { Peer, silence } from '../support/peer';
import { rounds, sampled } from '../support/rounds';
import {
  Case,
  OPERATIONS,
  assertNone,
  failuresOf,
  lateStore,
  pass,
  type Distance,
  type Operation,
} from './interleaving';
import { store } from './setup';

const MICROTASKS = sampled(Array.from({ length: 41 }, (_, microtasks) => microtasks));

describe('Operations in any order, at any distance', function () {
  this.timeout(120_000);
  let peer: Peer;
  let silent: Peer;
  let refusing: Peer;
  let folder: string;
  const rejections: unknown[] = [];
  const rejected = (reason: unknown): void => void rejections.push(reason);

  before(async () => {
    peer = await Peer.start();
    silent = await Peer.start({ submit_sm: silence });
    refusing = await Peer.start({ bind_transceiver: () => ({ command_status: 'ESME_RBINDFAIL' }) });
    folder = await mkdtemp(join(tmpdir(), 'smpp-interleavings-'));
    process.on('unhandledRejection', rejected);
  });
  after(async () => {
    process.off('unhandledRejection', rejected);
    await peer.stop();
    await silent.stop();
    await refusing.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(() => {
    assert.deepEqual(rejections.splice(0), []);
    for (const { links } of [peer, silent, refusing]) {
      const open = links.splice(0).filter(({ ended }) => !ended);
      assert.equal(open.length, 0, 'a socket is open');
    }
  });

  async function pair(first: Operation, second: Operation, microtasks: number, isBound: boolean) {
    const clock = new FakeClock();
    const one = new Case(microtasks % 2 ? peer : silent, store(clock), clock);
    if (isBound) await one.client.connect();
    one.do('enqueue');
    one.do('send short-lived');
    await pass({ unit: 'macrotasks', count: 1 });
    one.do(first);
    await pass({ unit: 'microtasks', count: microtasks });
    one.do(second);
    await pass({ unit: 'microtasks', count: microtasks % 7 });
    const wrong = await one.stop();
    return wrong.length === 0 ? '' : `${first}, ${microtasks} microtasks, ${second}: ${wrong.join('; ')}`;
  }

  for (const isBound of [false, true])
    for (const first of OPERATIONS)
      it(`${isBound ? 'bound' : 'not started'}: ${first}, and any other at every microtask after it, then stop`, async () => {
        const cases = OPERATIONS.flatMap((second) =>
          MICROTASKS.map((n) => () => pair(first, second, n, isBound)),
        );
        assertNone(await failuresOf(cases, MICROTASKS.length));
      });

  const distance: fc.Arbitrary<Distance> = fc.oneof(
    fc.record({ unit: fc.constant('microtasks' as const), count: fc.nat(30) }),
    fc.record({ unit: fc.constant('macrotasks' as const), count: fc.nat(8) }),
    fc.record({ unit: fc.constant('ms' as const), count: fc.nat(6) }),
  );
  const steps = fc.array(fc.tuple(fc.constantFrom(...OPERATIONS), distance), { minLength: 2, maxLength: 12 });

  type Open = (
    clock: FakeClock,
    delays: readonly Distance[],
  ) => Promise<{ store: Store; end?: () => Promise<void> }>;
  const kinds: Record<
    string,
    { open: Open; runs: number; handlerTimeout?: number; options?: SmppClientOptions }
  > = {
    'a memory store': { runs: 400, open: async (clock) => ({ store: store(clock) }) },
    'a disk store': {
      runs: 60,
      handlerTimeout: 1000,
      open: async (clock) => {
        const directory = await mkdtemp(join(folder, 'store-'));
        const disk = await openDiskStore({
          directory,
          account: { host: '127.0.0.1', systemId: 'a' },
          capacity: 0,
          whenFull: 'reject',
          clock,
        });
        return { store: disk, end: () => disk.close() };
      },
    },
    'a store that answers late': {
      runs: 100,
      handlerTimeout: 1000,
      open: async (clock, delays) => {
        let at = 0;
        return { store: lateStore(store(clock), () => delays[at++ % delays.length] as Distance) };
      },
    },
    'a window of one, and at most once': {
      runs: 150,
      open: async (clock) => ({ store: store(clock) }),
      options: { windowSize: 1, delivery: 'at-most-once' },
    },
  };
  for (const [kind, { open, runs, handlerTimeout = 0, options }] of Object.entries(kinds))
    it(`${kind}: nothing is left running or lent, and each message is told or queued`, async () => {
      const property = fc.asyncProperty(
        steps,
        fc.array(distance, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 1, 2),
        async (operations, delays, which) => {
          const clock = new FakeClock();
          const { store, end } = await open(clock, delays);
          const one = new Case([peer, silent, refusing][which] as Peer, store, clock, options);
          for (const [operation, after] of operations) {
            one.do(operation);
            await pass(after);
          }
          const wrong = await one.stop(handlerTimeout);
          await end?.();
          assert.deepEqual(wrong, []);
        },
      );
      await fc.assert(property, { numRuns: rounds(runs) });
    });
});
