import assert from 'node:assert/strict';
import type { DeliveryError } from '../../../src/index';
import { silence, type Script } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, type Scene } from '../setup';

const NO_SESSION = { command_status: 'ESME_RINVBNDSTS' };
const refusing = { submit_sm: () => NO_SESSION };
const quiet = { enquireLinkInterval: 0, random: () => 1 } as const;

/** The first link has been forgotten by the centre, the others are all right. */
const firstForgotten =
  (script: Script) =>
  (link: number): Script =>
    link === 0 ? script : {};

const lost = ({ told }: Scene) => told('session').filter(({ code }) => code === 'SESSION_UNKNOWN');

describe('A session that the centre has forgotten', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const answers: [name: string, response: Record<string, unknown>][] = [
    ['a response', {}],
    ['a generic_nack', { command: 'generic_nack' }],
    ['a generic_nack without a number', { command: 'generic_nack', sequence_number: 0 }],
  ];
  for (const [name, response] of answers) {
    it(`and says so by ${name} is bound anew, and the message goes again, without counting an attempt`, async () => {
      const script: Script = { submit_sm: () => ({ ...NO_SESSION, ...response }) };
      const scene = await scenes.bound(firstForgotten(script), quiet);
      const sent = scene.client.send(HELLO);
      await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
      const { attempts, redelivered } = await sent;
      // A nack without a number refuses no message: what was on the wire may have been accepted.
      assert.deepEqual([attempts, redelivered], [1, response.sequence_number === 0]);
      const [event] = lost(scene);
      assert.deepEqual([event?.command_status, event?.command_status_code], ['ESME_RINVBNDSTS', 4]);
      assert.match(event?.reason ?? '', /the SMSC knows no session of ours any more: ESME_RINVBNDSTS to /);
      assert.equal(scene.peer.links[0]?.requests('unbind').length, 0);
    });
  }

  it('and is not used is bound anew, when it says so to enquire_link', async () => {
    const script: Script = { enquire_link: () => NO_SESSION };
    const options = { random: () => 0, enquireLinkInterval: 20, bindType: 'receiver' } as const;
    const scene = await scenes.bound(firstForgotten(script), options);
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2, 1000);
    await until(() => scene.client.state === 'bound');
    assert.match(lost(scene)[0]?.reason ?? '', /to enquire_link/);
  });

  it('that held and took messages is bound anew at once', async () => {
    let forgotten = false;
    const script: Script = { submit_sm: () => (forgotten ? NO_SESSION : { message_id: '1' }) };
    const scene = await scenes.bound(firstForgotten(script), quiet);
    await scene.client.send(HELLO);
    await scene.clock.advance(10_000);
    forgotten = true;
    await scene.client.send(HELLO);
    assert.deepEqual(
      lost(scene).map(({ retry_in }) => retry_in),
      [0],
    );
  });

  it('takes all of its window with it: what was refused so goes again unmarked, what got no answer as of a lost link', async () => {
    let count = 0;
    const script: Script = { submit_sm: () => (++count === 5 ? undefined : NO_SESSION) };
    const scene = await scenes.bound(firstForgotten(script), { ...quiet, windowSize: 5 });
    const sent = scene.client.sendBatch(numbered(5));
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    const outcomes = await sent;
    const marks = outcomes.map(
      (one) => one.status === 'fulfilled' && [one.value.attempts, one.value.redelivered],
    );
    assert.deepEqual(marks, [...Array.from({ length: 4 }, () => [1, false]), [1, true]]);
  });

  it('again and again is refused: the waits grow, no attempt is counted, and the message expires in time', async () => {
    const scene = await scenes.bound(refusing, { ...quiet, messageTtl: 200 });
    const sent = scene.client.send(HELLO);
    const failed = assert.rejects(sent, (error: DeliveryError) => {
      const { code, attempts, redelivered, command_status } = error.outcome;
      assert.deepEqual([code, attempts, redelivered], ['EXPIRED', 0, false]);
      assert.equal(command_status, 'ESME_RINVBNDSTS');
      return true;
    });
    await advanceUntil(scene.clock, () => lost(scene).length === 7, 1000);
    assert.deepEqual(
      lost(scene).map(({ retry_in }) => retry_in),
      [1, 2, 4, 8, 16, 32, 60],
    );
    await scene.clock.advance(200_000);
    await failed;
  });

  it('each time after it has taken something comes back soon', async () => {
    const script = (): Script => {
      let count = 0;
      return { submit_sm: () => (++count % 2 === 0 ? NO_SESSION : { message_id: '1' }) };
    };
    const scene = await scenes.bound(script, { ...quiet, windowSize: 1 });
    const sent = scene.client.sendBatch(numbered(5));
    await advanceUntil(scene.clock, () => scene.peer.links.length === 5);
    for (const one of await sent) assert.equal(one.status, 'fulfilled');
    assert.deepEqual(
      lost(scene).map(({ retry_in }) => retry_in),
      [1, 1, 1, 1],
    );
  });

  it('is one of several: the others go on with what it had', async () => {
    const scene = await scenes.idle(firstForgotten(refusing), { ...quiet, sessions: 2 });
    await scene.client.start();
    await until(() => scene.peer.links.length === 2);
    for (const one of await scene.client.sendBatch(numbered(30))) {
      assert.equal(one.status === 'fulfilled' && one.value.attempts, 1);
    }
    assert.equal(scene.peer.links[1]?.ended, false);
    await until(() => lost(scene).length === 1);
    assert.equal(scene.client.state, 'bound');
  });

  it('is the transmitter of a pair: the receiver stays', async () => {
    const receiver = await scenes.peer();
    const options = { ...quiet, bindType: 'pair', receiverPort: receiver.port } as const;
    const scene = await scenes.bound(firstForgotten(refusing), options);
    await until(() => scene.client.state === 'bound');
    const sent = scene.client.send(HELLO);
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    assert.equal((await sent).attempts, 1);
    assert.equal(receiver.links.length, 1);
  });

  it('refuses a query, whose sender is told; the session is bound anew', async () => {
    const scene = await scenes.bound(firstForgotten({ query_sm: () => NO_SESSION }), quiet);
    await assert.rejects(scene.client.send({ command: 'query_sm', message_id: '1', source_addr: '1' }), {
      code: 'REFUSED',
    });
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
  });

  it('with at-most-once sends what was refused so again, and not what got no answer', async () => {
    let count = 0;
    const script: Script = { submit_sm: () => (++count === 2 ? undefined : NO_SESSION) };
    const options = { ...quiet, windowSize: 2, delivery: 'at-most-once' } as const;
    const scene = await scenes.bound(firstForgotten(script), options);
    const sent = scene.client.sendBatch(numbered(2));
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    const [first, second] = await sent;
    assert.equal(first?.status, 'fulfilled');
    assert.equal(second?.status === 'rejected' && (second.reason as DeliveryError).code, 'OUTCOME_UNKNOWN');
  });

  it('is bound anew also where statusPolicy says what becomes of the message', async () => {
    const statusPolicy = '{"ESME_RINVBNDSTS": "fail"}';
    const scene = await scenes.bound(firstForgotten(refusing), { ...quiet, statusPolicy });
    await assert.rejects(scene.client.send(HELLO), { code: 'REFUSED' });
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    assert.equal((await scene.client.send(HELLO)).attempts, 1);
  });

  it('keeps its long message in one piece: only the segments that were not accepted go again', async () => {
    let count = 0;
    const script: Script = { submit_sm: () => (++count === 1 ? { message_id: 'a' } : NO_SESSION) };
    const scene = await scenes.bound(firstForgotten(script), { ...quiet, windowSize: 1 });
    const sent = scene.client.send({ ...HELLO, short_message: 'x'.repeat(200) });
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    const { message_ids, redelivered } = await sent;
    assert.equal(message_ids[0], 'a');
    assert.equal(redelivered, false);
    assert.equal(scene.peer.submits.length, 3);
  });

  it('does not hold on to what it waits for in vain', async () => {
    const scene = await scenes.bound({ submit_sm: silence }, quiet);
    const sent = scene.client.send(HELLO);
    sent.catch(() => undefined);
    const link = await scene.peer.link();
    await link.until('submit_sm');
    link.send({ command: 'generic_nack', sequence_number: 0, ...NO_SESSION });
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2, 100);
  });
});
