import assert from 'node:assert/strict';
import type { DeliveryError, SmppClientOptions } from '../../../src/index';
import { needs } from '../../support/skip';
import { pass, until } from '../../support/until';
import type { Script } from '../../support/peer';
import { HELLO, numbered } from '../setup';
import { Instances, refusing, sharedOptions, type Instance } from './setup';

/** For what is not to happen. */
const A_WHILE = 300;

describe('Messages that another instance sends', () => {
  const world = new Instances();
  let shared: SmppClientOptions;

  const share = async (context: Mocha.Context): Promise<void> => {
    shared = await sharedOptions(context);
  };
  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    await share(this);
  });
  afterEach(() => world.end());

  /** One that gives messages and sends none. */
  const giver = (options: SmppClientOptions = {}): Instance => world.make({ ...shared, ...options });

  /** One that is bound, and its SMSC. */
  const sender = (script?: Script, options: SmppClientOptions = {}) =>
    world.bound({ ...shared, ...options }, script);

  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const LABELS = { correlation_id: 'order 7', metadata: { cart: [1, 2] }, traceparent };

  it('complete accepted where they were given', async () => {
    const a = giver();
    const sent = a.client.send({ ...HELLO, ...LABELS }, { msgid: 'm1' });
    const b = await sender();
    const outcome = await sent;
    const { payload, topic, event, message_id, message_ids, segments, attempts, redelivered } = outcome;
    assert.deepEqual(
      { payload, topic, event, message_id, message_ids, segments, attempts, redelivered },
      {
        payload: '1',
        topic: HELLO.destination_addr,
        event: 'accepted',
        message_id: '1',
        message_ids: ['1'],
        segments: 1,
        attempts: 1,
        redelivered: false,
      },
    );
    assert.deepEqual(outcome.metadata, LABELS.metadata);
    assert.equal(outcome.correlation_id, LABELS.correlation_id);
    assert.equal(outcome.traceparent, traceparent);
    assert.equal(outcome.msgid, 'm1');
    await until(() => b.told('response').length === 1);
    assert.equal(a.told('response').length, 0, 'told where it is heard');
  });

  it('complete delivered by a receipt that the other hears, which tells of it', async () => {
    const a = giver();
    const sent = a.client.send({ ...HELLO, ...LABELS }, { completeWhen: 'delivered' });
    const b = await sender();
    await until(() => b.told('response').length === 1);
    const link = await b.peer.link();
    const number = link.receipt('1');
    const outcome = await sent;
    assert.equal(outcome.event, 'delivered');
    assert.equal(outcome.receipt?.['state'], 'DELIVRD');
    assert.equal(outcome.receipts?.length, 1);
    await link.response(number);
    assert.equal(b.told('receipt')[0]?.correlation_id, LABELS.correlation_id);
    assert.equal(b.told('receipt')[0]?.traceparent, traceparent);
    assert.equal((await sent).traceparent, traceparent);
    assert.equal(a.told('receipt').length, 0);
    assert.equal(a.client.state, 'disconnected');
  });

  it('complete delivered by a receipt that the giver hears itself', async () => {
    const b = await sender();
    const a = await sender(undefined, { bindType: 'receiver' });
    const sent = a.client.send(HELLO, { completeWhen: 'delivered' });
    await until(() => b.told('response').length === 1);
    (await a.peer.link()).receipt('1');
    assert.equal((await sent).event, 'delivered');
    assert.equal(a.told('receipt').length, 1);
    assert.equal(b.told('receipt').length, 0);
  });

  it('are undelivered by a bad receipt, and rejected with it', async () => {
    const a = giver();
    const sent = a.client.send(HELLO, { completeWhen: 'delivered' });
    sent.catch(() => undefined);
    const b = await sender();
    await until(() => b.told('response').length === 1);
    (await b.peer.link()).receipt('1', 'UNDELIV');
    await assert.rejects(sent, { code: 'UNDELIVERED' });
  });

  it('complete by all receipts of a long message, once', async () => {
    const a = giver();
    const text = 'x'.repeat(400);
    const sent = a.client.send({ ...HELLO, short_message: text }, { completeWhen: 'delivered' });
    const b = await sender();
    await until(() => b.told('response').length === 3);
    const link = await b.peer.link();
    for (const id of ['1', '2', '2', '3']) link.receipt(id);
    const outcome = await sent;
    assert.deepEqual(outcome.message_ids, ['1', '2', '3']);
    assert.equal(outcome.receipts?.length, 3);
    assert.equal(outcome.segments, 3);
  });

  it('fail where they were given, as if they had been sent there', async function () {
    const failures: unknown[] = [];
    for (const alone of [true, false]) {
      await share(this);
      const a = alone ? await sender(refusing) : giver();
      const sent = a.client.send({ ...HELLO, ...LABELS }, { msgid: 'm1' });
      sent.catch(() => undefined);
      const b = alone ? undefined : await sender(refusing);
      const error = await sent.then(
        () => assert.fail('it was accepted'),
        (reason: unknown) => reason as DeliveryError,
      );
      await until(() => a.told('failure').length === 1);
      const told = a.told('failure')[0];
      const { id } = error.outcome;
      assert.equal(b?.told('failure').length ?? 0, 0, 'told at home');
      const plain = JSON.stringify({ message: error.message, outcome: error.outcome, told });
      failures.push(
        JSON.parse(plain.replaceAll(id, 'ID').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')) as unknown,
      );
      await world.end();
    }
    assert.deepEqual(failures[1], failures[0]);
    assert.ok(JSON.stringify(failures[0]).includes('ESME_RINVDSTADR'));
    assert.ok(JSON.stringify(failures[0]).includes(traceparent));
  });

  it('that nobody waits for fail as an event where they were given', async () => {
    const a = giver();
    const id = await a.client.enqueue({ ...HELLO, ...LABELS });
    const b = await sender(refusing);
    await until(() => a.told('failure').length === 1);
    const [told] = a.told('failure');
    assert.equal(told?.id, id);
    assert.equal(told?.code, 'REFUSED');
    assert.deepEqual(told?.metadata, LABELS.metadata);
    assert.equal(told?.traceparent, traceparent);
    await pass(A_WHILE);
    assert.equal(b.told('failure').length, 0);
    assert.equal(a.told('failure').length, 1);
  });

  it('complete as a batch, each with its own outcome', async () => {
    const a = giver();
    const odd: Script = {
      submit_sm: (pdu) => {
        const text = (pdu as unknown as { short_message: Buffer }).short_message.toString();
        return Number(text) % 2 === 1 ? { command_status: 0x0b } : { message_id: `id${text}` };
      },
    };
    const sent = a.client.sendBatch(numbered(100));
    await sender(odd);
    await sender(odd);
    const outcomes = await sent;
    outcomes.forEach((one, at) => {
      assert.equal(one.status, at % 2 === 1 ? 'rejected' : 'fulfilled');
      if (one.status === 'fulfilled') assert.equal(one.value.message_id, `id${at}`);
    });
    await until(() => a.told('failure').length === 50);
  });

  it('that are sent once at most fail where they were given', async () => {
    const a = giver({ delivery: 'at-most-once' });
    const sent = a.client.send(HELLO);
    sent.catch(() => undefined);
    const b = await sender({ submit_sm: () => undefined }, { delivery: 'at-most-once' });
    await b.peer.untilSubmits(1);
    for (const { socket } of b.peer.links) socket.destroy();
    await assert.rejects(sent, { code: 'OUTCOME_UNKNOWN' });
    assert.equal(b.told('failure').length, 0);
    assert.equal(b.peer.submits.length, 1);
  });

  it('that were purged by another fail where they were given', async () => {
    const a = giver();
    const sent = a.client.send(HELLO);
    sent.catch(() => undefined);
    const b = giver();
    await until(() => a.client.state === 'disconnected');
    await pass(A_WHILE);
    assert.equal(await b.client.purge(), 1);
    await assert.rejects(sent, { code: 'REMOVED' });
    assert.equal(a.told('failure').length, 1);
    assert.equal(b.told('failure').length, 0);
  });

  it('whose giver has stopped are told of once, by who learned it', async () => {
    const a = giver();
    const id = await a.client.enqueue({ ...HELLO, ...LABELS });
    const waiting = a.client.send(HELLO);
    waiting.catch(() => undefined);
    await pass(A_WHILE);
    await a.client.stop();
    await assert.rejects(waiting, { code: 'STOPPED' });
    const others = [await sender(refusing), await sender(refusing)];
    const told = () => others.flatMap((other) => other.told('failure'));
    await until(() => told().length === 2);
    await pass(A_WHILE);
    assert.equal(told().length, 2);
    assert.deepEqual(told().find((one) => one.id === id)?.metadata, LABELS.metadata);
    assert.equal(a.told('failure').length, 0);
  });

  it('of an earlier run are the later run’s own', async () => {
    const before = giver();
    await before.client.enqueue(numbered(2));
    await before.client.stop();
    const after = await sender(refusing);
    await until(() => after.told('failure').length === 2);
    await pass(A_WHILE);
    assert.equal(after.told('failure').length, 2);
  });
});
