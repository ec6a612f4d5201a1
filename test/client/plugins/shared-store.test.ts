import assert from 'node:assert/strict';
import { openMemoryStore, type Notice, type QueueItem, type SmppClientOptions } from '../../../src/index';
import { encodeNotice } from '../../../src/client/outbound/notices';
import type { Home, SharedLimiter, Store } from '../../../src/store';
import { FakeClock, settle } from '../../support/clock';
import { HELLO, Scenes } from '../setup';

describe('A store of the user’s that several instances share', () => {
  const scenes = new Scenes();
  let clock: FakeClock;
  let items: QueueItem[];
  let acquired: number;
  let calmed: number[];
  let hearCalm: (seconds: number) => void;
  let heard: (notices: readonly Notice[]) => unknown;
  let opens: (() => void) | undefined;

  const make = (): Store => {
    const store = openMemoryStore({ capacity: 100, whenFull: 'reject', clock });
    const home: Home = { instance: 'me', tell: async () => [], listen: (handler) => (heard = handler) };
    const limiter: SharedLimiter = {
      acquire: () => (acquired++, 1),
      giveBack: () => undefined,
      setRate: () => undefined,
      rate: 5,
      calm: (seconds) => void calmed.push(seconds),
      onCalm: (handler) => (hearCalm = handler),
    };
    return {
      ...store,
      queue: {
        enqueue: (given, options) => (items.push(...given), store.queue.enqueue(given, options)),
        take: (max, options) => store.queue.take(max, options),
        settle: (settlements) => store.queue.settle(settlements),
        extend: (leases) => store.queue.extend(leases),
        release: (leases) => store.queue.release(leases),
        stats: () => store.queue.stats(),
        purge: (options) => store.queue.purge(options),
        close: () => store.queue.close(),
      },
      home,
      limiter,
      capabilities: { ...store.capabilities, shared: true },
    };
  };

  /** By a plugin that takes its time, or given as it is. */
  const ways: Record<string, () => SmppClientOptions> = {
    'given as an object': () => ({ queue: make() }),
    'made by a plugin': () => ({
      queue: {
        type: 'smpp-store',
        apiVersion: 1,
        create: () => new Promise<Store>((resolve) => (opens = () => resolve(make()))),
      } as never,
    }),
  };

  beforeEach(() => {
    clock = new FakeClock();
    [items, acquired, calmed, opens] = [[], 0, [], undefined];
  });
  afterEach(() => scenes.end());

  for (const [way, queue] of Object.entries(ways)) {
    it(`is told who gave each message, and for what, by their order: ${way}`, async () => {
      const { client } = await scenes.idle({}, { ...queue(), clock });
      const calls = [
        client.enqueue([HELLO, HELLO]),
        client.send(HELLO),
        client.send({ ...HELLO, short_message: 'x'.repeat(300) }, { completeWhen: 'delivered' }),
        client.send(HELLO, { completeWhen: 'queued' }),
      ];
      for (const call of calls) call.catch(() => undefined);
      await settle();
      opens?.();
      await calls[3];
      assert.deepEqual(
        items.map(({ home }) => [home?.instance, home?.until]),
        ['queued', 'queued', 'accepted', 'delivered', 'queued'].map((until) => ['me', until]),
      );
    });

    it(`tells what became of them, and keeps the rate: ${way}`, async () => {
      const { client } = await scenes.idle({}, { ...queue(), clock });
      const sent = client.send(HELLO);
      await settle();
      opens?.();
      await settle();
      const { id = '' } = items[0] ?? {};
      const state = { attempts: 1, redeliveries: 0, lostLinks: 0, redelivered: true, history: [] };
      const octets = encodeNotice({ event: 'accepted', id, state: { ...state, accepted: ['m1'] } });
      heard([{ instance: 'me', octets }]);
      const { message_id, attempts, redelivered } = await sent;
      assert.deepEqual([message_id, attempts, redelivered], ['m1', 2, true]);
      assert.equal((await client.status()).send_rate, 5);
      await client.start();
      await settle();
      assert.ok(acquired > 0);
    });

    it(`tells of the pauses of others, also who asked before the store was open: ${way}`, async () => {
      const { client, told } = await scenes.idle({}, { ...queue(), clock });
      const started = client.start();
      await settle();
      opens?.();
      await started;
      hearCalm(3);
      assert.deepEqual(
        told('throttle').map(({ state }) => state),
        ['throttled'],
      );
      assert.deepEqual(calmed, [], 'and not to those who told it');
    });
  }

  it('that does not open fails messages as an open one that is away does', async () => {
    const create = (): Promise<Store> => Promise.reject(new Error('no route'));
    const queue = { type: 'smpp-store', apiVersion: 1, create } as never;
    const { client, told } = await scenes.idle({}, { queue, clock });
    await assert.rejects(client.send(HELLO), /no route/);
    await assert.rejects(client.enqueue(HELLO), /no route/);
    assert.equal(client.state, 'disconnected');
    assert.equal(told('failure').length, 0);
  });

  it('lets no more wait for it to open than may wait for an outcome', async () => {
    const create = (): Promise<Store> => new Promise((resolve) => (opens = () => resolve(make())));
    const queue = { type: 'smpp-store', apiVersion: 1, create } as never;
    const { client } = await scenes.idle({}, { queue, clock, maxWaiting: 2 });
    const two = [client.send(HELLO), client.send(HELLO)];
    for (const one of two) one.catch(() => undefined);
    await assert.rejects(client.send(HELLO), { code: 'WAITING_FULL' });
    await settle();
    opens?.();
    await settle();
    assert.equal(items.length, 2);
  });
});
