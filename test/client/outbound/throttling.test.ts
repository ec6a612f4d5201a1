import assert from 'node:assert/strict';
import type { Message, ThrottleHandler } from '../../../src/index';
import { describeStatus } from '../../../src/protocol';
import type { Answering } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

/** Throttles the submits whose numbers (from 1, all counted) are given. */
function throttling(which: readonly number[], status = 'ESME_RTHROTTLED'): Answering {
  let n = 0;
  return () => (which.includes(++n) ? { command_status: status } : { message_id: `m${n}` });
}

describe('Throttling', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const status of ['ESME_RTHROTTLED', 'ESME_RMSGQFUL']) {
    it(`by ${status} pauses the whole road for throttleWait, then the throttled message goes first`, async () => {
      const { client, peer, clock, told } = await scenes.bound(
        { submit_sm: throttling([2], status) },
        { windowSize: 1, throttleWait: 3 },
      );
      const sent = client.sendBatch(numbered(4));
      await peer.untilSubmits(2);
      await until(() => client.state === 'throttled');
      await clock.advance(2_990);
      await pass(10);
      assert.equal(peer.submits.length, 2);
      await clock.advance(20);
      await peer.untilSubmits(3);
      // No burst after the pause: from now on ten go in a second.
      await clock.advance(50);
      await pass(10);
      assert.equal(peer.submits.length, 3);
      await advanceUntil(clock, () => peer.submits.length === 5, 50);
      assert.ok(clock.monotonic() >= 3_190, `${clock.monotonic()} ms`);
      assert.deepEqual(textsOf(peer.submits), ['0', '1', '1', '2', '3']);
      const attempts = (await sent).map((one) => one.status === 'fulfilled' && one.value.attempts);
      assert.deepEqual(attempts, [1, 1, 1, 1]);
      assert.deepEqual(
        told('throttle').map(({ state }) => state),
        ['throttled', 'normal'],
      );
      const facts = {
        state: 'throttled',
        command_status: status,
        command_status_code: describeStatus(status).code,
        wait: 3,
        rate: 10,
      };
      assert.deepEqual(told('throttle')[0], { event: 'throttle', ...facts, topic: '', payload: facts });
      const { allowed_rate, send_rate } = await client.status();
      assert.equal(send_rate, 0);
      assert.ok(allowed_rate >= 10 && allowed_rate < 12, `${allowed_rate}`);
      assert.equal(client.state, 'bound');
    });
  }

  it('of the only message there is does not leave it lying', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: throttling([1, 2]) });
    const sent = client.send(HELLO);
    await peer.untilSubmits(1);
    await advanceUntil(clock, () => peer.submits.length === 3);
    assert.equal((await sent).message_id, 'm3');
  });

  it('of several in one window sends them again in their order, before all others', async () => {
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: throttling([2, 3, 5]) },
      { windowSize: 5 },
    );
    const sent = client.sendBatch(numbered(8));
    await peer.untilSubmits(5);
    await until(() => client.state === 'throttled');
    await pass(10);
    const before = peer.submits.length;
    await advanceUntil(clock, () => peer.submits.length >= 11);
    await sent;
    const again = textsOf(peer.submits).slice(before);
    assert.deepEqual(again.slice(0, 3), ['1', '2', '4']);
    assert.deepEqual(again.slice(3), ['5', '6', '7'].slice(before - 5));
  });

  it('for an hour loses nothing and counts no attempt', async () => {
    let open = false;
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: () => (open ? { message_id: 'x' } : { command_status: 'ESME_RTHROTTLED' }) },
      { windowSize: 2, throttleWait: 60, maxAttempts: 2 },
    );
    const sent = client.sendBatch(numbered(3));
    await advanceUntil(clock, () => clock.monotonic() > 3_600_000, 10_000);
    const storm = peer.submits.length;
    assert.ok(storm > 50 && storm <= 124, `${storm} submits in the storm`);
    open = true;
    await advanceUntil(clock, () => peer.submits.length >= storm + 3, 10_000);
    for (const one of await sent) assert.equal(one.status === 'fulfilled' && one.value.attempts, 1);
    assert.deepEqual(textsOf(peer.submits).slice(-3), ['0', '1', '2']);
  });

  it('for an hour lets messages expire in time, wherever they wait, and sends the others in order', async () => {
    let open = false;
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: () => (open ? { message_id: 'x' } : { command_status: 'ESME_RTHROTTLED' }) },
      { windowSize: 3, throttleWait: 3600, messageTtl: 0 },
    );
    const soon = clock.now() + 60_000;
    // The first three are borrowed, the others wait in the queue.
    const messages = numbered(12).map((message, at) =>
      at % 2 === 0 ? { ...message, expires: soon } : message,
    );
    const sent = client.sendBatch(messages);
    await until(() => client.state === 'throttled');
    await pass(10);
    await advanceUntil(clock, () => told('failure').length === 6, 1000);
    assert.ok(clock.now() <= soon + 3000, `${clock.now() - soon} ms late`);
    assert.ok(told('failure').every(({ code }) => code === 'EXPIRED'));
    open = true;
    const before = peer.submits.length;
    await advanceUntil(clock, () => peer.submits.length === before + 6, 10_000);
    assert.deepEqual(textsOf(peer.submits).slice(before), ['1', '3', '5', '7', '9', '11']);
    assert.equal((await sent).filter(({ status }) => status === 'fulfilled').length, 6);
  });

  it('is not followed by a burst, however large burst is and whoever handles it', async () => {
    for (const throttleHandler of ['adaptive', 'sampling'] as const) {
      const { client, peer, clock } = await scenes.bound(
        { submit_sm: throttling([25]) },
        { windowSize: 50, sendRate: 10, burst: 20, throttleHandler },
      );
      await client.enqueue(numbered(60));
      await advanceUntil(clock, () => client.state === 'throttled');
      const before = peer.submits.length;
      await advanceUntil(clock, () => peer.submits.length > before);
      await clock.advance(1000);
      await pass(10);
      const within = peer.submits.length - before;
      assert.ok(within >= 8 && within <= 12, `${throttleHandler}: ${within} within a second`);
    }
  });

  const FULL = '491510000000';
  const oneFull: Answering = (pdu) =>
    pdu.destination_addr === FULL ? { command_status: 'ESME_RMSGQFUL' } : { message_id: 'x' };

  it('for one full mailbox only sets that message aside, and the others go on', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      { submit_sm: oneFull },
      { windowSize: 4, messageTtl: 600 },
    );
    const full = client.send({ ...HELLO, destination_addr: FULL, short_message: 'full' });
    full.catch(() => undefined);
    const tries = (): number => textsOf(peer.submits).filter((text) => text === 'full').length;
    const others = client.sendBatch(numbered(100));
    await advanceUntil(clock, () => peer.submits.length >= 100 + tries());
    for (const { status } of await others) assert.equal(status, 'fulfilled');
    assert.ok(tries() <= 8, `${tries()} tries`);
    assert.equal((await client.status()).delayed, 1);
    // Now and then it is tried again, at ever longer intervals, and holds up nobody.
    const sending = setInterval(() => void client.send(HELLO).catch(() => undefined), 3);
    await advanceUntil(clock, () => told('failure').length === 1, 500);
    clearInterval(sending);
    await assert.rejects(full, { code: 'EXPIRED' });
    assert.ok(tries() >= 5 && tries() <= 30, `${tries()} tries`);
  });

  it('for a mailbox that is known to be full does not pause again for each message to it', async () => {
    let isFull = true;
    const { client, peer, clock, told } = await scenes.bound({
      submit_sm: (pdu, link) => (isFull ? oneFull(pdu, link) : { message_id: 'y' }),
    });
    const toFull = (text: string): Message => ({ ...HELLO, destination_addr: FULL, short_message: text });
    await client.enqueue(toFull('first'));
    await client.enqueue(numbered(20));
    const accepted = (): number =>
      told('response').filter(({ command_status: status }) => status === 'ESME_ROK').length;
    await advanceUntil(clock, () => accepted() === 20);
    await advanceUntil(clock, () => client.state === 'bound');
    const pauses = told('throttle').length;
    const { allowed_rate: rate } = await client.status();
    for (let n = 0; n < 5; n++) {
      const before = peer.submits.length;
      await client.enqueue(toFull(`next ${n}`));
      const other = client.send(HELLO);
      await advanceUntil(clock, () => peer.submits.length >= before + 2);
      assert.equal((await other).attempts, 1);
      assert.equal(client.state, 'bound');
    }
    assert.equal(told('throttle').length, pauses);
    const status = await client.status();
    assert.ok(status.allowed_rate >= rate, `${status.allowed_rate} after ${rate}`);
    // When there is room again all get through, and then a full mailbox has to be found out anew.
    isFull = false;
    await advanceUntil(clock, () => told('response').filter(({ message_id: id }) => id === 'y').length >= 6);
    isFull = true;
    await client.enqueue(toFull('again'));
    await advanceUntil(clock, () => client.state === 'throttled');
  });

  it('for a full mailbox that fills the window tries others after a while', async () => {
    for (const windowSize of [1, 3]) {
      const { client, peer, clock } = await scenes.bound(
        { submit_sm: oneFull },
        { windowSize, throttleWait: 1 },
      );
      await client.enqueue(numbered(windowSize, { destination_addr: FULL }));
      const other = client.send({ ...HELLO, short_message: 'other' });
      await advanceUntil(clock, () => textsOf(peer.submits).includes('other'));
      assert.equal((await other).attempts, 1);
      assert.ok(clock.monotonic() < 15_000);
    }
  });

  it('for all of them is no full mailbox: the road stays paused and keeps the order', async () => {
    let open = false;
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: () => (open ? { message_id: 'x' } : { command_status: 'ESME_RMSGQFUL' }) },
      { windowSize: 1, throttleWait: 1 },
    );
    const sent = client.sendBatch(numbered(3));
    await advanceUntil(clock, () => peer.submits.length >= 8);
    assert.deepEqual([...new Set(textsOf(peer.submits))], ['0']);
    open = true;
    await advanceUntil(clock, () => peer.submits.length >= 11);
    await sent;
    assert.deepEqual(textsOf(peer.submits).slice(-3), ['0', '1', '2']);
  });

  it('of a message that is cut short by something worse pauses the road all the same', async () => {
    const statuses = ['ESME_RSYSERR', 'ESME_RTHROTTLED'];
    const { client, peer } = await scenes.bound({
      submit_sm: () => {
        const command_status = statuses.shift();
        return command_status ? { command_status } : { message_id: 'x' };
      },
    });
    client.send({ ...HELLO, short_message: 'x'.repeat(200) }).catch(() => undefined);
    await peer.untilSubmits(2);
    await until(() => client.state === 'throttled');
  });

  it("asks a handler of the user's own, tells it every answer, and survives its errors", async () => {
    const calls: string[] = [];
    let broken = false;
    const own: ThrottleHandler = {
      throttled: () => {
        calls.push('throttled');
        if (broken) throw new Error('broken');
      },
      notThrottled: () => {
        calls.push('notThrottled');
        if (broken) throw new Error('broken');
      },
      allowRequest: () => {
        if (broken) throw new Error('broken');
        return true;
      },
      throttleDelay: () => {
        if (broken) throw new Error('broken');
        return 1;
      },
    };
    const { client, peer, clock, lines } = await scenes.bound(
      { submit_sm: throttling([2]) },
      { throttleHandler: own, windowSize: 1 },
    );
    const outcomes = client.sendBatch(numbered(2));
    await advanceUntil(clock, () => peer.submits.length === 3);
    await outcomes;
    assert.deepEqual(calls, ['notThrottled', 'throttled', 'notThrottled']);
    const last = client.send(HELLO);
    await peer.untilSubmits(4);
    broken = true;
    await last;
    assert.equal(client.state, 'throttled');
    const stuck = client.send(HELLO);
    await pass(10);
    broken = false;
    await advanceUntil(clock, () => peer.submits.length === 5);
    await stuck;
    assert.ok(lines.some(({ level, method }) => level === 'error' && method === 'allowRequest'));
  });
});
