import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeliveryError } from '../../../src/index';
import { openDiskStore, openMemoryStore, type Store } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import type { PeerLink } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, store, type SceneOptions } from '../setup';

const OPTIONS = { responseTimeout: 10, enquireLinkInterval: 0, reconnectMin: 0.1 } as const;
const REFUSED = { command_status: 'ESME_RINVDSTADR' };
const KINDS = ['memory', 'disk'] as const;

describe('A message that failed and may have been delivered', function () {
  this.timeout(60_000);
  const scenes = new Scenes();
  const directories: string[] = [];
  const stores: Store[] = [];
  afterEach(async () => {
    await scenes.end();
    for (const one of stores.splice(0)) await one.close();
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
  });

  async function directory(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'smpp-maybe-'));
    directories.push(made);
    return made;
  }

  async function disk(at: string, clock: FakeClock): Promise<Store> {
    const account = { host: '127.0.0.1', systemId: 'a' };
    const made = await openDiskStore({ directory: at, account, clock, capacity: 0, whenFull: 'reject' });
    stores.push(made);
    return made;
  }

  async function made(kind: (typeof KINDS)[number], clock: FakeClock): Promise<Store> {
    return kind === 'memory' ? store(clock) : disk(await directory(), clock);
  }

  /** A client of a centre that answers transmission n as `answers` says, and those behind with nothing. */
  async function scene(answers: (Record<string, unknown> | undefined)[], options: SceneOptions = {}) {
    let n = 0;
    const one = await scenes.bound({ submit_sm: () => answers[n++] }, { ...OPTIONS, ...options });
    return one;
  }

  it('says so where an earlier transmission got no answer and the next is refused: event, error, log and dead letter', async () => {
    const { client, clock, told, lines } = await scene([undefined, REFUSED]);
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    const [failure] = told('failure');
    assert.deepEqual([failure?.code, failure?.maybe_delivered], ['REFUSED', true]);
    assert.match(String(failure?.payload), /refused it with ESME_RINVDSTADR.*may have been delivered/);
    await assert.rejects(sent, (error: DeliveryError) => {
      assert.equal(error.outcome.maybe_delivered, true);
      assert.match(error.message, /may have been delivered/);
      return true;
    });
    const { letters } = await client.deadLetters();
    assert.deepEqual([letters[0]?.maybe_delivered, letters[0]?.reason], [true, failure?.payload]);
    const [line] = lines.filter(({ event }) => event === 'failure');
    assert.equal(line?.maybe_delivered, true);
  });

  it('says nothing of it where every transmission was refused', async () => {
    const { client, clock, told } = await scene([{ command_status: 'ESME_RSYSERR' }, REFUSED]);
    client.send(HELLO).catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    assert.ok(!('maybe_delivered' in (told('failure')[0] ?? {})));
  });

  it('says so where it expires, is given up, or is never answered', async () => {
    for (const [code, answers, options, expires] of [
      ['EXPIRED', [undefined, { command_status: 'ESME_RSYSERR' }], {}, 11_000],
      ['MAX_ATTEMPTS', [undefined, { command_status: 'ESME_RSYSERR' }], { maxAttempts: 1 }, undefined],
      ['OUTCOME_UNKNOWN', [], { maxRedeliveries: 1 }, undefined],
      ['OUTCOME_UNKNOWN', [], { delivery: 'at-most-once' }, undefined],
    ] as const) {
      const { client, clock, told } = await scene([...answers], options);
      client
        .send(expires === undefined ? HELLO : { ...HELLO, expires: clock.now() + expires })
        .catch(() => undefined);
      await advanceUntil(clock, () => told('failure').length === 1);
      assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], [code, true]);
    }
  });

  for (const delivery of ['at-least-once', 'at-most-once'] as const) {
    for (const how of ['is never answered', 'was on a link that is lost'] as const) {
      it(`says so where it expires between its segments, of which one ${how}: ${delivery}`, async () => {
        const limits = { delivery, windowSize: 2 };
        const { client, clock, peer, told } = await scene([], limits);
        const long = { ...HELLO, short_message: 'x'.repeat(300), expires: clock.now() + 5000 };
        await client.enqueue([HELLO, long]);
        const [first] = await peer.untilSubmits(2);
        await clock.advance(6000);
        (await peer.link()).answer(first as never);
        await until(() => told('response').length === 1);
        if (how === 'is never answered') await advanceUntil(clock, () => told('failure').length === 1);
        else {
          (await peer.link()).socket.destroy();
          await until(() => told('failure').length === 1);
        }
        assert.equal(peer.submits.length, 2);
        assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['EXPIRED', true]);
      });
    }
  }

  it('says so where one of its segments is refused, and another never answered', async () => {
    const { client, clock, told } = await scene([undefined, REFUSED]);
    await client.enqueue({ ...HELLO, short_message: 'x'.repeat(300) });
    await advanceUntil(clock, () => told('failure').length === 1);
    assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['REFUSED', true]);
  });

  it('says so where the link was lost before', async () => {
    const { client, clock, told, peer } = await scenes.bound(
      (link) => ({
        submit_sm: (_, on) => {
          if (link > 0) return REFUSED;
          on.socket.destroy();
          return undefined;
        },
      }),
      OPTIONS,
    );
    client.send(HELLO).catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    assert.deepEqual([told('failure')[0]?.maybe_delivered, peer.links.length], [true, 2]);
  });

  for (const kind of KINDS) {
    it(`says so where it is purged: ${kind}`, async () => {
      const clock = new FakeClock();
      const queue = await made(kind, clock);
      const { client, peer, told } = await scene([], { clock, queue, windowSize: 1 });
      const ids = await client.enqueue(numbered(3));
      await peer.untilSubmits(1);
      client.pause();
      await clock.advance(10_010);
      await pass();
      await client.purge();
      await until(() => told('failure').length === 3);
      const marked = told('failure').map(({ id, code, redelivered, maybe_delivered }) => [
        ids.indexOf(id ?? ''),
        code,
        redelivered,
        maybe_delivered,
      ]);
      assert.deepEqual(marked.sort(), [
        [0, 'REMOVED', true, true],
        [1, 'REMOVED', false, undefined],
        [2, 'REMOVED', false, undefined],
      ]);
    });

    it(`says so where it makes room for others: ${kind}`, async () => {
      const clock = new FakeClock();
      const { client, peer, told } = await scene([], {
        clock,
        queueCapacity: 2,
        whenFull: 'drop-oldest',
        ...(kind === 'disk' ? { queue: 'disk', queueDirectory: await directory() } : { queue: 'memory' }),
      });
      await client.enqueue(HELLO);
      await peer.untilSubmits(1);
      client.pause();
      await clock.advance(10_010);
      await pass();
      await client.enqueue(numbered(2));
      await until(() => told('failure').length === 1);
      assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['QUEUE_FULL', true]);
    });
  }

  it('says so after a replay, with the message_ids of before', async () => {
    const long = { ...HELLO, short_message: 'x'.repeat(200) };
    const { client, clock, told } = await scene([{ message_id: 'a' }, REFUSED, REFUSED, REFUSED]);
    client.send(long).catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    assert.deepEqual(
      [told('failure')[0]?.message_ids, told('failure')[0]?.maybe_delivered],
      [['a'], undefined],
    );
    await client.replay();
    await advanceUntil(clock, () => told('failure').length === 2);
    assert.deepEqual([told('failure')[1]?.message_ids, told('failure')[1]?.maybe_delivered], [['a'], true]);
  });

  describe('in an earlier life of the process', () => {
    /** The files as a kill leaves them; then a client on them. */
    async function killed(
      before: (peerLink: PeerLink) => void,
      after: Record<string, unknown>,
      wrapped: (whole: Store) => Store = (whole) => whole,
    ) {
      const clock = new FakeClock();
      const [first, second] = [await directory(), await directory()];
      const queue = await disk(first, clock);
      const scripted = {
        submit_sm: (_: unknown, link: PeerLink): undefined => {
          before(link);
          return undefined;
        },
      };
      const earlier = await scenes.bound(scripted, { ...OPTIONS, clock, queue: wrapped(queue) });
      const message = { ...HELLO, correlation_id: 'c', expires: clock.now() + 60_000 };
      await earlier.client.enqueue(message);
      await earlier.peer.untilSubmits(1);
      await pass(60);
      await cp(first, second, { recursive: true, filter: (file) => !file.endsWith('.sock') });
      const later = await scenes.idle(
        { submit_sm: () => after },
        { ...OPTIONS, clock, queue: await disk(second, clock) },
      );
      return later;
    }

    it('says so where its repeat is refused', async () => {
      const { client, told } = await killed(() => undefined, REFUSED);
      await client.start();
      await until(() => told('failure').length === 1);
      const { code, redelivered, maybe_delivered } = told('failure')[0] ?? {};
      assert.deepEqual([code, redelivered, maybe_delivered], ['REFUSED', true, true]);
    });

    it('says so where it expires before it can go again', async () => {
      const { client, told, clock } = await killed(() => undefined, REFUSED);
      await clock.advance(61_000);
      await client.start();
      await until(() => told('failure').length === 1);
      assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['EXPIRED', true]);
    });

    it('says so where it is purged before it can go again', async () => {
      const { client, told } = await killed(() => undefined, REFUSED);
      client.pause();
      await client.start();
      await client.purge();
      await until(() => told('failure').length === 1);
      assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['REMOVED', true]);
    });

    it('is still found by its receipt, where the kill came between correlating and settling', async () => {
      // Not in one transaction, and the second never comes to be.
      const torn = (whole: Store): Store => {
        const queue = Object.assign(Object.create(whole.queue) as Store['queue'], {
          enqueue: whole.queue.enqueue.bind(whole.queue),
          take: whole.queue.take.bind(whole.queue),
          release: whole.queue.release.bind(whole.queue),
          stats: whole.queue.stats.bind(whole.queue),
          extend: whole.queue.extend.bind(whole.queue),
          settle: () => Promise.reject(new Error('killed')),
        });
        const { correlator, state, capabilities } = whole;
        return { queue, correlator, state, capabilities, close: () => whole.close() };
      };
      const answer = (link: PeerLink): void =>
        link.answer(link.requests('submit_sm')[0]!, { message_id: 'a' });
      const { client, told, peer } = await killed(answer, REFUSED, torn);
      await client.start();
      await until(() => told('failure').length === 1);
      assert.deepEqual([told('failure')[0]?.code, told('failure')[0]?.maybe_delivered], ['REFUSED', true]);
      peer.links[0]?.receipt('a');
      await until(() => told('receipt').length === 1);
      const { matched, correlation_id, id } = told('receipt')[0] ?? {};
      assert.deepEqual([matched, correlation_id, id], [true, 'c', told('failure')[0]?.id]);
    });
  });

  it('keeps what its receipts find, also when dead letters are purged', async () => {
    const clock = new FakeClock();
    const queue = openMemoryStore({ clock, capacity: 0, whenFull: 'reject' });
    let first: Parameters<PeerLink['answer']>[0] | undefined;
    const { client, peer, told } = await scenes.bound(
      { submit_sm: (pdu) => (first ? REFUSED : ((first = pdu), undefined)) },
      { ...OPTIONS, clock, queue },
    );
    client.send({ ...HELLO, correlation_id: 'c' }).catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    const link = await peer.link();
    link.answer(first!, { message_id: 'late' });
    await pass();
    await client.purgeDeadLetters();
    link.receipt('late');
    await until(() => told('receipt').length === 1);
    assert.deepEqual([told('receipt')[0]?.matched, told('receipt')[0]?.correlation_id], [true, 'c']);
  });
});
