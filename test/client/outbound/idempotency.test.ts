import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { DeliveryError, type Message, type Outcome } from '../../../src/index';
import { decodeKeyRecord, encodeKeyRecord } from '../../../src/client/outbound/key-records';
import { readKey } from '../../../src/client/message/idempotency';
import { item } from '../../../src/store/conformance/harness';
import { silence, type Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, store, textsOf, untilStatus, type Scene, type SceneOptions } from '../setup';
import { FakeClock } from '../../support/clock';

const KEYED: Message = { ...HELLO, idempotency_key: 'order 17' };
const keyed = (key: string, text = key): Message => ({ ...HELLO, short_message: text, idempotency_key: key });

for (const queue of ['memory', 'disk'] as const) {
  describe(`Messages with an idempotency_key, in ${queue}`, () => {
    const scenes = new Scenes();
    let directory: string;
    let options: SceneOptions;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'keys-'));
      options = { idempotencyTtl: 60, queue, ...(queue === 'disk' ? { queueDirectory: directory } : {}) };
    });
    afterEach(async () => {
      await scenes.end();
      rmSync(directory, { recursive: true, force: true });
    });
    const bound = (script?: Script, more: SceneOptions = {}) => scenes.bound(script, { ...options, ...more });
    const submits = async ({ peer }: Scene): Promise<string[]> =>
      textsOf((await peer.link()).requests('submit_sm'));

    it('go to the SMSC once, and each call gets the id and message_id of the first', async () => {
      const scene = await bound();
      const first = await scene.client.send(KEYED);
      const second = await scene.client.send(KEYED);
      assert.equal(first.duplicate, undefined);
      assert.equal(second.duplicate, true);
      assert.deepEqual({ ...second, duplicate: undefined }, { ...first, duplicate: undefined });
      assert.equal(await scene.client.enqueue(KEYED), first.id);
      assert.deepEqual(await submits(scene), ['Hello']);
    });

    it('wait together for one outcome when they come at the same time', async () => {
      const scene = await bound();
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => scene.client.send(KEYED)));
      assert.equal(new Set(outcomes.map(({ id, message_id }) => `${id} ${message_id}`)).size, 1);
      assert.equal(outcomes.filter(({ duplicate }) => duplicate).length, 19);
      assert.deepEqual(await submits(scene), ['Hello']);
      assert.equal((await scene.client.status()).waiting, 0);
    });

    it('have labels of their own: a repeat is told with those of the repeat', async () => {
      const scene = await bound();
      await scene.client.send({ ...KEYED, correlation_id: 'a', metadata: { n: 1 } });
      const repeat = await scene.client.send({ ...KEYED, correlation_id: 'b' }, { msgid: 'm' });
      assert.deepEqual([repeat.correlation_id, repeat.metadata, repeat.msgid], ['b', undefined, 'm']);
    });

    it('with other content are refused, and nothing of it is kept in clear', async () => {
      const scene = await bound();
      await scene.client.send(KEYED);
      const others: Message[] = [
        { ...KEYED, short_message: 'Other' },
        { ...KEYED, destination_addr: '491519999999' },
        { ...KEYED, source_addr: 'Else' },
        { ...KEYED, command: 'data_sm' },
        { ...KEYED, short_message: Buffer.from('Hello') },
      ];
      for (const other of others)
        await assert.rejects(scene.client.send(other), {
          code: 'IDEMPOTENCY_CONFLICT',
          field: 'idempotency_key',
        });
      assert.deepEqual(await submits(scene), ['Hello']);
    });

    it('tell every call of a failure, and are free again only by another key', async () => {
      const scene = await bound({ submit_sm: () => ({ command_status: 0x0b }) });
      const failure = async (): Promise<DeliveryError> => {
        const error: unknown = await scene.client.send(KEYED).catch((thrown: unknown) => thrown);
        assert.ok(error instanceof DeliveryError);
        return error;
      };
      const first = await failure();
      const again = await failure();
      assert.equal(first.code, 'REFUSED');
      assert.equal(again.message, first.message);
      assert.deepEqual(
        { ...again.outcome, duplicate: undefined, history: [] },
        { ...first.outcome, duplicate: undefined, history: [] },
      );
      assert.equal(again.outcome.duplicate, true);
      assert.equal((await submits(scene)).length, 1);
      await assert.rejects(scene.client.send({ ...KEYED, idempotency_key: 'order 18' }), { code: 'REFUSED' });
      assert.equal((await submits(scene)).length, 2);
    });

    it('leave the key free where the message was never queued', async () => {
      const scene = await bound({ submit_sm: silence }, { queueCapacity: 1 });
      await assert.rejects(scene.client.send({ ...KEYED, destination_addr: '' }));
      const first = scene.client.send(keyed('a'));
      await assert.rejects(scene.client.send(KEYED), { code: 'QUEUE_FULL' });
      const same = scene.client.send(keyed('a'));
      const link = await scene.peer.link();
      link.answer(await link.until('submit_sm'), { message_id: 'x' });
      assert.deepEqual([(await first).message_id, (await same).message_id], ['x', 'x']);
      const then = scene.client.send(KEYED);
      link.answer(await link.until('submit_sm', 2), { message_id: 'y' });
      assert.equal((await then).duplicate, undefined);
    });

    it('are one in a list, and those known keep their place and their id', async () => {
      const scene = await bound();
      const known = await scene.client.send(keyed('a'));
      const list = [keyed('b'), keyed('a'), HELLO, keyed('b'), keyed('c')];
      const settled = await scene.client.sendBatch(list);
      const outcomes = settled.map((one) => (one as PromiseFulfilledResult<Outcome>).value);
      assert.deepEqual(
        outcomes.map(({ duplicate = false }) => duplicate),
        [false, true, false, true, false],
      );
      assert.deepEqual([outcomes[1]?.id, outcomes[3]?.id], [known.id, outcomes[0]?.id]);
      assert.deepEqual(await submits(scene), ['a', 'b', 'Hello', 'c']);
      assert.deepEqual(await scene.client.enqueue([keyed('c'), keyed('a')]), [outcomes[4]?.id, known.id]);
    });

    it('in a list of which one conflicts queue nothing, and the error says which', async () => {
      const scene = await bound();
      await scene.client.send(keyed('a'));
      for (const list of [
        [keyed('b'), keyed('a', 'other')],
        [keyed('c'), keyed('c', 'other')],
      ])
        await assert.rejects(scene.client.sendBatch(list), { code: 'IDEMPOTENCY_CONFLICT', index: 1 });
      assert.deepEqual(await submits(scene), ['a']);
      assert.equal((await scene.client.send(keyed('b'))).duplicate, undefined);
    });

    it('of a long message count as one, whatever its reference number', async () => {
      const scene = await bound();
      const long = keyed('long', 'a'.repeat(400));
      const first = await scene.client.send(long);
      const again = await scene.client.send(long);
      assert.deepEqual(again.message_ids, first.message_ids);
      assert.equal((await submits(scene)).length, 3);
    });

    it('are told of what was queued by a call that does not wait', async () => {
      const scene = await bound(undefined, { autoConnect: false });
      scene.client.pause();
      const [id, queued] = [
        await scene.client.enqueue(KEYED),
        await scene.client.send(KEYED, { completeWhen: 'queued' }),
      ];
      assert.deepEqual([queued.id, queued.event, queued.duplicate], [id, 'queued', true]);
      const outcome = scene.client.send(KEYED);
      await pass(20);
      scene.client.resume();
      const { id: same, event, duplicate } = await outcome;
      assert.deepEqual([same, event, duplicate], [id, 'accepted', true]);
    });

    it('wait for the receipts of the first, also when these have come', async () => {
      const scene = await bound();
      const message = { ...KEYED, registered_delivery: 'final' };
      const [first, second] = [
        scene.client.send(message, { completeWhen: 'delivered' }),
        scene.client.send(message, { completeWhen: 'delivered' }),
      ];
      const link = await scene.peer.link();
      await link.until('submit_sm');
      await until(() => scene.told('response').length === 1);
      const id = String(scene.told('response')[0]?.message_id);
      link.receipt(id, 'UNDELIV');
      for (const one of [first, second, scene.client.send(message, { completeWhen: 'delivered' })])
        await assert.rejects(one, (error: DeliveryError) => {
          assert.deepEqual([error.code, error.outcome.receipt?.state], ['UNDELIVERED', 'UNDELIV']);
          return true;
        });
      assert.equal((await scene.client.send(message)).message_id, id);
    });

    it('are free again when their time is over, by a clock that may be set', async () => {
      const scene = await bound();
      await scene.client.send(KEYED);
      scene.clock.step(3_600_000);
      assert.equal((await scene.client.send(KEYED)).duplicate, true);
      scene.clock.step(-7_200_000);
      assert.equal((await scene.client.send(KEYED)).duplicate, true);
      await scene.clock.advance(61_000);
      assert.equal((await scene.client.send(KEYED)).duplicate, undefined);
      assert.equal((await submits(scene)).length, 2);
    });

    it('tell of what a purge removed', async () => {
      const scene = await bound();
      scene.client.pause();
      const first = scene.client.send(KEYED);
      first.catch(() => undefined);
      await untilStatus(scene.client, ({ queued }) => queued === 1);
      await scene.client.purge();
      await assert.rejects(first, { code: 'REMOVED' });
      scene.client.resume();
      await assert.rejects(scene.client.send(KEYED), { code: 'REMOVED' });
    });

    it('given up waiting for keep no place', async () => {
      const scene = await bound({ submit_sm: silence });
      const abort = new AbortController();
      const first = scene.client.send(KEYED);
      const second = scene.client.send(KEYED, { signal: abort.signal });
      await (await scene.peer.link()).until('submit_sm');
      await untilStatus(scene.client, ({ waiting }) => waiting === 2);
      abort.abort(new Error('no more'));
      await assert.rejects(second, { message: 'no more' });
      assert.equal((await scene.client.status()).waiting, 1);
      const link = await scene.peer.link();
      link.answer(await link.until('submit_sm'), { message_id: 'x' });
      assert.equal((await first).message_id, 'x');
    });
  });
}

describe('Idempotency keys', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('are refused where the connection keeps none, where they are none, and with a query', async () => {
    const off = await scenes.idle();
    await assert.rejects(off.client.enqueue(KEYED), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'INVALID_FIELD');
      assert.match(error.message, /idempotencyTtl .* is 0.*set idempotencyTtl/);
      return true;
    });
    const on = await scenes.idle(undefined, { idempotencyTtl: 1 });
    for (const idempotency_key of ['', 'x'.repeat(256), 'ä'.repeat(128), {}, true, []] as unknown[])
      await assert.rejects(on.client.enqueue({ ...HELLO, idempotency_key } as Message), {
        field: 'idempotency_key',
      });
    await on.client.enqueue([keyed('ä'.repeat(127)), { ...HELLO, idempotency_key: 17 as never }]);
    const query: Message = { command: 'query_sm', message_id: 'x', idempotency_key: 'k' };
    await assert.rejects(on.client.send(query), { code: 'INVALID_FIELD', field: 'idempotency_key' });
  });

  it('do not hold up messages without one, and messages with keys are alike for templates', async () => {
    const { client, peer } = await scenes.bound(undefined, { idempotencyTtl: 60 });
    const texts = ['1', '2', '3', '1', '2', '4'];
    const sent = await Promise.all(texts.map((text) => client.send(keyed(text))));
    assert.deepEqual(
      sent.map(({ duplicate = false }) => duplicate),
      [false, false, false, true, true, false],
    );
    assert.deepEqual(textsOf((await peer.link()).requests('submit_sm')), ['1', '2', '3', '4']);
    const none = await client.send({ ...HELLO, idempotency_key: undefined });
    assert.equal(none.duplicate, undefined);
  });

  it('outlive a client with the messages, and the next one answers what became of them', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const options = { idempotencyTtl: 600, queue, clock };
    const first = await scenes.idle(undefined, options);
    const id = await first.client.enqueue(KEYED);
    await first.client.stop();
    const second = await scenes.bound(undefined, options, first.peer);
    const outcome = await second.client.send(KEYED);
    assert.deepEqual([outcome.id, outcome.event, outcome.duplicate], [id, 'accepted', true]);
    assert.equal((await second.peer.link()).requests('submit_sm').length, 1);
  });

  it('go by the store of a user only where its state can claim', async () => {
    const { claim: _claim, ...state } = { claim: undefined };
    const { queue, correlator, capabilities, close, state: full } = store(new FakeClock());
    const own = { queue, correlator, capabilities: { ...capabilities, claims: false }, close: () => close() };
    const bare = Object.fromEntries(
      (['get', 'set', 'delete', 'list', 'increment'] as const).map((name) => [name, full[name].bind(full)]),
    );
    const without = await scenes.idle(undefined, {
      idempotencyTtl: 60,
      queue: { ...own, state: { ...state, ...bare } } as never,
    });
    await assert.rejects(without.client.enqueue(KEYED), { code: 'NOT_SUPPORTED' });
    const apart = await scenes.bound(undefined, { idempotencyTtl: 60, queue: { ...own, state: full } });
    const [a, b] = await Promise.all([apart.client.send(KEYED), apart.client.send(KEYED)]);
    assert.deepEqual([a.id, b.duplicate], [b.id, true]);
  });

  it('are refused where as many octets of them are kept as may be, and a store in use goes on', async () => {
    const full = store(new FakeClock());
    const most = Buffer.alloc(64 * 1024 * 1024);
    await full.state.claim?.({ key: 'one', value: most, ttl: 1000 });
    const { client } = await scenes.idle(undefined, { idempotencyTtl: 60, queue: full });
    await full.state.set('two', most);
    await assert.rejects(client.enqueue(KEYED), { code: 'IDEMPOTENCY_FULL', retriable: true });
    await client.enqueue(HELLO);
    await full.state.delete(['two']);
    await client.enqueue(KEYED);
    assert.equal((await client.status()).queued, 2);
  });

  it('are read from anything, and nothing but a short text is one', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        let key: string;
        try {
          key = readKey(given);
        } catch (error) {
          assert.equal((error as { field?: string }).field, 'idempotency_key');
          return;
        }
        assert.ok(Buffer.byteLength(key) >= 1 && Buffer.byteLength(key) <= 255);
      }),
    );
  });

  it('have records that are read as they were written, and others that are read as none', () => {
    const one = item('id', { idempotency: { key: 'k', digest: 'd' } });
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), fc.boolean(), (message_ids, attempts, redelivered) => {
        const accepted = { message_ids, attempts, redelivered };
        const record = decodeKeyRecord(encodeKeyRecord(one, { accepted }));
        assert.deepEqual([record?.id, record?.digest], ['id', 'd']);
        if (JSON.stringify(message_ids).length < 8000) assert.deepEqual(record?.accepted, accepted);
      }),
    );
    const long = {
      message_ids: Array.from({ length: 255 }, () => 'x'.repeat(64)),
      attempts: 0,
      redelivered: false,
    };
    assert.ok(encodeKeyRecord(one, { accepted: long }).length <= 8192);
    fc.assert(fc.property(fc.uint8Array(), (octets) => void decodeKeyRecord(Buffer.from(octets))));
  });
});
