import assert from 'node:assert/strict';
import type { DeliveryError } from '../../../src/index';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

describe('A status policy', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('gives up what the table would retry', async () => {
    const { client, peer } = await scenes.bound(
      { submit_sm: () => ({ command_status: 'ESME_RSYSERR' }) },
      { statusPolicy: { ESME_RSYSERR: 'fail' } as never },
    );
    await assert.rejects(client.send(HELLO), { code: 'REFUSED' });
    assert.equal(peer.submits.length, 1);
  });

  it('retries what the table would give up, and does not hold up the others', async () => {
    let refused = false;
    const { client, peer, clock } = await scenes.bound(
      {
        submit_sm: () => {
          if (refused) return { message_id: 'x' };
          refused = true;
          return { command_status: 'ESME_RINVDSTADR' };
        },
      },
      { windowSize: 1, statusPolicy: '{"ESME_RINVDSTADR": "retry"}' },
    );
    const sent = client.sendBatch(numbered(2));
    await advanceUntil(clock, () => peer.submits.length === 3);
    const [first] = await sent;
    assert.deepEqual(textsOf(peer.submits), ['0', '1', '0']);
    assert.equal(first?.status === 'fulfilled' && first.value.attempts, 2);
  });

  it("pauses the road for a vendor's status, tells it, and counts no attempt", async () => {
    let n = 0;
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: () => (++n === 1 ? { command_status: 0x401 } : { message_id: 'x' }) },
      { windowSize: 1, statusPolicy: { '0x00000401': 'throttle' } as never },
    );
    const sent = client.sendBatch(numbered(2));
    await until(() => client.state === 'throttled');
    await pass(10);
    assert.equal(peer.submits.length, 1);
    await advanceUntil(clock, () => peer.submits.length === 3);
    const [first] = await sent;
    assert.deepEqual(textsOf(peer.submits), ['0', '0', '1']);
    assert.equal(first?.status === 'fulfilled' && first.value.attempts, 1);
    assert.equal(told('throttle')[0]?.command_status, '0x00000401');
    assert.ok((await client.status()).allowed_rate >= 10);
  });

  it('makes of throttling an ordinary refusal where it says so', async () => {
    const { client, clock, told } = await scenes.bound(
      { submit_sm: () => ({ command_status: 'ESME_RTHROTTLED' }) },
      { maxAttempts: 2, statusPolicy: { ESME_RTHROTTLED: 'retry' } as never },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    await assert.rejects(sent, { code: 'MAX_ATTEMPTS' });
    assert.equal(told('throttle').length, 0);
    assert.equal((await client.status()).allowed_rate, 0);
  });
});

describe('A failure', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('says what the centre said last, by name and number, also where it expired', async () => {
    const { client, clock, peer, told } = await scenes.bound({
      submit_sm: () => ({ command_status: 'ESME_RTHROTTLED' }),
    });
    const sent = client.send({ ...HELLO, expires: clock.now() + 10_000 });
    sent.catch(() => undefined);
    await peer.untilSubmits(1);
    await advanceUntil(clock, () => told('failure').length === 1);
    await assert.rejects(sent, (error: DeliveryError) => {
      const { code, command_status, command_status_code } = error.outcome;
      assert.deepEqual([code, command_status, command_status_code], ['EXPIRED', 'ESME_RTHROTTLED', 0x58]);
      return true;
    });
    const [failure] = told('failure');
    assert.deepEqual([failure?.command_status, failure?.command_status_code], ['ESME_RTHROTTLED', 0x58]);
  });

  it('keeps the latest twenty of a long history', async () => {
    let n = 0;
    const { client, clock, told } = await scenes.bound(
      { submit_sm: () => ({ command_status: ++n <= 30 ? 'ESME_RTHROTTLED' : 'ESME_RINVDSTADR' }) },
      { throttleWait: 1 },
    );
    client.send(HELLO).catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1);
    const { history, attempts } = told('failure')[0]!;
    assert.deepEqual([history.length, attempts], [20, 1]);
    assert.equal(history.at(-1)?.reason, 'ESME_RINVDSTADR');
  });
});
