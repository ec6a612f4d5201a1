import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromNaz, openMemoryStore, type Lease, type Message, type Store } from '../../../src/index';
import { guardQueue } from '../../../src/client/plugins/store-guard';
import { ids, items } from '../../../src/store/conformance/harness';
import { silence } from '../../support/peer';
import { bound } from '../../support/queue';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, numbered, textsOf } from '../setup';

const LIMITS = { capacity: 0, whenFull: 'reject' } as const;
const LONG: Message = { ...HELLO, short_message: `long ${'x'.repeat(300)}` };

/** The store, with another one's reference numbers. */
function counting(store: Store, increment: Store['state']['increment']): Store {
  const { state } = store;
  return {
    ...store,
    state: {
      get: (key) => state.get(key),
      set: (key, value, ttl) => state.set(key, value, ttl),
      delete: (keys) => state.delete(keys),
      list: (prefix) => state.list(prefix),
      increment,
    },
  };
}

describe('What is given first is queued first', () => {
  const scenes = new Scenes();
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    await scenes.end();
    for (const end of ends.splice(0)) await end();
  });

  /** The start of each first segment, in the order of coming. */
  const firsts = (submits: readonly object[]): string[] =>
    textsOf(submits).flatMap((text) => /^(?:.{6})?(long|\d+)/s.exec(text)?.[1] ?? []);

  for (const [queue, settings] of [
    ['in memory', () => ({})],
    ['on disk', (queueDirectory: string) => ({ queueDirectory })],
  ] as const)
    it(`a long one before short ones, one by one and in arrays, all in one tick, with a queue ${queue}`, async () => {
      const queueDirectory = await mkdtemp(join(tmpdir(), 'smpp-order-'));
      ends.push(() => rm(queueDirectory, { recursive: true }));
      const { client, peer } = await scenes.idle({}, { windowSize: 1, ...settings(queueDirectory) });
      const [a, b, c, d, e] = numbered(5) as [Message, Message, Message, Message, Message];
      const sent = Promise.all([
        client.send(LONG),
        client.send(a),
        client.sendBatch([b, LONG, c]),
        client.enqueue(d),
        client.enqueue([LONG]),
        client.send(e),
      ]);
      await client.start();
      await sent;
      await until(() => firsts(peer.submits).length === 8);
      assert.deepEqual(firsts(peer.submits), ['long', '0', '1', 'long', '2', '3', 'long', '4']);
    });

  it('where the state store takes its time, and where it fails, which only the long one hears of', async () => {
    const inner = openMemoryStore(LIMITS);
    let answers: ((failure?: Error) => void)[] = [];
    const queue = counting(
      inner,
      (key, modulo, start) =>
        new Promise((resolve, reject) => {
          answers.push((failure) =>
            failure ? reject(failure) : resolve(inner.state.increment(key, modulo, start)),
          );
        }),
    );
    const { client, peer } = await scenes.bound({}, { queue });
    const lost = client.send({ ...LONG, destination_addr: '1' });
    const late = client.send({ ...LONG, destination_addr: '2' });
    const short = client.sendBatch(numbered(3));
    await assert.rejects(client.send({ ...HELLO, source_addr: 'x'.repeat(30) }), { code: 'INVALID_ADDRESS' });
    await pass();
    assert.equal(peer.submits.length, 0);
    // The later one is answered first.
    const [first, second] = answers as [(failure?: Error) => void, () => void];
    answers = [];
    second();
    await pass();
    assert.equal(peer.submits.length, 0);
    first(new Error('no state'));
    await assert.rejects(lost, /no state/);
    await late;
    assert.deepEqual(
      (await short).map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(firsts(peer.submits), ['long', '0', '1', '2']);
  });

  it('and what still waits for its turn at a stop is refused', async () => {
    const inner = openMemoryStore(LIMITS);
    const queue = counting(inner, () => new Promise(() => undefined));
    const { client } = await scenes.bound({}, { queue });
    const refused = [client.send(LONG), ...numbered(20).map((message) => client.send(message))].map((sent) =>
      assert.rejects(sent, { code: 'NOT_QUEUED' }),
    );
    await pass(5);
    await client.stop();
    await Promise.all(refused);
    assert.equal((await inner.queue.stats()).queued, 0);
  });

  it('behind what is taken over from another store meanwhile', async () => {
    const before = openMemoryStore(LIMITS);
    const earlier = await scenes.idle({}, { queue: before });
    await earlier.client.enqueue(numbered(1200));
    await earlier.client.stop();
    const queueDirectory = await mkdtemp(join(tmpdir(), 'smpp-order-'));
    ends.push(() => rm(queueDirectory, { recursive: true }));
    const { client, peer } = await scenes.idle({}, { queueDirectory, windowSize: 50 });
    const moved = client.takeOver(before);
    const given = client.enqueue(['new 1', 'new 2'].map((text) => ({ ...HELLO, short_message: text })));
    assert.deepEqual(await moved, { moved: 1200, left: 0, correlations: 0, deadLetters: 0 });
    await given;
    await client.start();
    const texts = textsOf(await peer.untilSubmits(1202));
    assert.deepEqual(texts, [...numbered(1200).map(({ short_message }) => short_message), 'new 1', 'new 2']);
  });

  it('and told in that order: requests as they go, results as they were given, whatever the order of the answers', async () => {
    const { client, peer, told } = await scenes.bound({ submit_sm: silence }, { windowSize: 20 });
    const [a, b, c, d] = numbered(4) as [Message, Message, Message, Message];
    const array = client.sendBatch([a, LONG, b]);
    const others = [client.send(LONG), client.send(c), client.send(d)];
    // A long one has two segments.
    const submits = await peer.untilSubmits(8);
    for (const one of [...submits].reverse())
      peer.links[0]?.answer(one, { message_id: `id ${one.sequence_number}` });
    const results = (await array).map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    const outcomes = [...results, ...(await Promise.all(others))];
    const expected = submits.flatMap(({ sequence_number }, at) =>
      [2, 5].includes(at) ? [] : `id ${sequence_number}`,
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.message_id),
      expected,
    );
    const requests = told('request').map(({ id }) => id);
    assert.deepEqual(
      [...new Set(requests)],
      outcomes.map((outcome) => outcome?.id),
    );
  });

  it('by a broker of naz that takes its time for each', async () => {
    const got: string[] = [];
    const broker = {
      enqueue: async (item: unknown) => {
        await pass(0);
        got.push(JSON.stringify(item));
      },
      dequeue: () => new Promise<never>(() => undefined),
    };
    const { client } = await scenes.idle({}, { queue: fromNaz.broker(broker) });
    const labels = [1, 2, 3, 4, 5, 6, 7].map((at) => `label-${at}`);
    const [a, b, c, d, e, f, g] = labels.map((correlation_id) => ({ ...HELLO, correlation_id })) as Message[];
    await Promise.all([
      client.enqueue([a, b, c] as Message[]),
      client.enqueue(d as Message),
      client.enqueue(e as Message),
      client.enqueue([f, g] as Message[]),
    ]);
    assert.deepEqual(
      got.map((item) => labels.find((label) => item.includes(label))),
      labels,
    );
  });
});

describe('A queue that knows of no signal', () => {
  const never = (): AbortSignal => new AbortController().signal;

  function deaf(): { inner: Store; queue: ReturnType<typeof guardQueue>; takes: () => number } {
    const inner = openMemoryStore(LIMITS);
    let takes = 0;
    const take = async (max: number): Promise<Lease[]> => {
      takes++;
      return inner.queue.take(max, { signal: never() });
    };
    return { inner, queue: guardQueue({ ...bound(inner.queue), take }), takes: () => takes };
  }

  async function givenUp(queue: ReturnType<typeof guardQueue>, max = 1): Promise<void> {
    const stop = new AbortController();
    const taken = queue.take(max, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(async () => taken, /enough/);
  }

  it('gives what a taker was given that gave up to the next one, who is not overtaken', async () => {
    const { queue, takes } = deaf();
    await givenUp(queue);
    await givenUp(queue);
    const next = queue.take(1, { signal: never() });
    await queue.enqueue(items('m', 3));
    assert.deepEqual(ids(await next), ['m0']);
    assert.deepEqual(ids(await queue.take(5, { signal: never() })), ['m1', 'm2']);
    assert.equal(takes(), 2);
  });

  it('gets back what nobody wants, before anything else is taken', async () => {
    const { inner, queue } = deaf();
    await givenUp(queue, 2);
    await queue.enqueue(items('m', 3));
    await pass(5);
    assert.equal((await inner.queue.stats()).leased, 0);
    assert.deepEqual(ids(await queue.take(1, { signal: never() })), ['m0']);
  });

  it('gives no more than was asked for this time', async () => {
    const { inner, queue } = deaf();
    await givenUp(queue, 9);
    const next = queue.take(2, { signal: never() });
    await queue.enqueue(items('m', 5));
    assert.deepEqual(ids(await next), ['m0', 'm1']);
    assert.deepEqual(ids(await queue.take(9, { signal: never() })), ['m2', 'm3', 'm4']);
    assert.equal((await inner.queue.stats()).leased, 5);
  });
});

describe('What goes back goes first', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('also where the store is slow to settle what was before it', async () => {
    const inner = openMemoryStore(LIMITS);
    const held: (() => void)[] = [];
    const queue: Store = {
      ...inner,
      settle: async (entries, settlements) => {
        await new Promise<void>((resolve) => held.push(resolve));
        inner.settle(entries, settlements);
      },
    };
    const { client, peer, clock } = await scenes.bound((link) => (link === 0 ? { submit_sm: silence } : {}), {
      queue,
      windowSize: 2,
    });
    await client.enqueue(numbered(4));
    const [first] = await peer.untilSubmits(2);
    peer.links[0]?.answer(first as never, { message_id: 'a' });
    await until(() => held.length === 1);
    // Its settlement is under way when the link is lost: the second one goes back, the third one may be lent already.
    peer.links[0]?.socket.destroy();
    const ticking = setInterval(() => void clock.advance(500), 2);
    await until(() => peer.links.length === 2);
    await pass();
    while (held.length > 0) {
      held.splice(0).forEach((go) => go());
      await pass();
    }
    await until(() => (peer.links[1]?.requests('submit_sm').length ?? 0) >= 3);
    clearInterval(ticking);
    held.push = (...go) => (go.forEach((one) => one()), 0);
    assert.deepEqual(textsOf(peer.links[1]?.requests('submit_sm') ?? []), ['1', '2', '3']);
  });
});
