import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message } from '../../../src/index';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, numbered, textsOf } from '../setup';

describe('The order of messages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is that of the queue, whatever the window', async () => {
    for (const windowSize of [1, 3, 100]) {
      const { client, peer } = await scenes.bound({}, { windowSize });
      await client.sendBatch(numbered(250));
      assert.deepEqual(
        textsOf(peer.submits),
        numbered(250).map(({ short_message }) => short_message),
      );
    }
  });

  it('is by priority first: 0 before 4, 2 where none is given', async () => {
    const { client, peer } = await scenes.idle({}, { windowSize: 1 });
    const given: Partial<Message>[] = [
      { priority: 4 },
      {},
      { priority: 0 },
      { priority: 3 },
      { priority: 1 },
      { priority: 2 },
    ];
    const sent = client.sendBatch(
      given.map((fields, n) => ({ ...HELLO, short_message: String(n), ...fields })),
    );
    await pass(5);
    await client.start();
    await sent;
    assert.deepEqual(textsOf(peer.submits), ['2', '4', '1', '5', '3', '0']);
  });

  it('lets an urgent message pass a backlog', async () => {
    const { client, peer } = await scenes.bound({ submit_sm: silence }, { windowSize: 1 });
    await client.enqueue(numbered(100));
    await peer.untilSubmits(1);
    await client.enqueue({ ...HELLO, short_message: 'urgent', priority: 0 });
    for (let n = 0; n < 3; n++) {
      const all = await peer.untilSubmits(n + 1);
      peer.links[0]?.answer(all[n] as never, { message_id: String(n) });
    }
    const texts = textsOf(await peer.untilSubmits(3));
    assert.ok(texts.slice(0, 3).includes('urgent'), texts.join());
  });

  it('is kept by a bound window with answers in any order, and each message is accepted once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }), async (choices) => {
        const { client, peer } = await scenes.bound({ submit_sm: silence }, { windowSize: 4 });
        const sent = client.sendBatch(numbered(30));
        const link = await peer.link();
        const answered = new Set<number>();
        for (const choice of choices) {
          await until(() => link.requests('submit_sm').length > answered.size);
          const open = link
            .requests('submit_sm')
            .filter(({ sequence_number }) => !answered.has(sequence_number));
          assert.ok(open.length <= 4);
          const next = open[choice % open.length];
          if (!next) continue;
          answered.add(next.sequence_number);
          link.answer(next, { message_id: `id ${textsOf([next])[0]}` });
        }
        const ids = (await sent).map((one) => (one.status === 'fulfilled' ? one.value.message_id : ''));
        assert.deepEqual(
          ids,
          numbered(30).map(({ short_message }) => `id ${String(short_message)}`),
        );
        assert.deepEqual(
          textsOf(peer.submits),
          numbered(30).map(({ short_message }) => short_message),
        );
        await client.stop();
      }),
      { numRuns: 10 },
    );
  });

  it('events of one message carry its identity', async () => {
    const { client, told } = await scenes.bound();
    const metadata = { order: 7 };
    const outcome = await client.send({ ...HELLO, correlation_id: 'mine', metadata }, { msgid: 'flow' });
    const identity = {
      id: outcome.id,
      topic: '491511234567',
      correlation_id: 'mine',
      metadata,
      msgid: 'flow',
    };
    for (const event of [outcome, told('request')[0], told('response')[0]]) {
      const { id, topic, correlation_id, metadata: given, msgid } = event ?? {};
      assert.deepEqual({ id, topic, correlation_id, metadata: given, msgid }, identity);
    }
    assert.deepEqual(outcome, {
      ...identity,
      event: 'accepted',
      payload: '1',
      message_id: '1',
      message_ids: ['1'],
      segments: 1,
      command_status: 'ESME_ROK',
      command_status_code: 0,
      attempts: 1,
      redelivered: false,
    });
    const [request] = told('request');
    assert.deepEqual(
      [request?.event, request?.command, request?.command_status],
      ['request', 'submit_sm', 'ESME_ROK'],
    );
    const [response] = told('response');
    assert.deepEqual(
      [response?.payload, response?.command, response?.message_id],
      ['ESME_ROK', 'submit_sm_resp', '1'],
    );
  });
});
