import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, helper, load, logged, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Smpp = Record<string, unknown>;
const smppOf = (msg: NodeMessage): Smpp => msg.smpp as Smpp;

describe('an smpp-out node', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  const catchAll = { id: 'catch', type: 'catch', wires: [['caught']] };
  const caught = { id: 'caught', type: 'helper' };
  const completeOut = { id: 'complete', type: 'complete', scope: ['out'], wires: [['completed']] };
  const completed = { id: 'completed', type: 'helper' };

  async function start(
    out: Record<string, unknown> = {},
    config: Record<string, unknown> = {},
  ): Promise<void> {
    await load(centre.flow([centre.out(out), catchAll, caught, completeOut, completed], config));
  }
  const send = (msg: NodeMessage): void => helper.getNode('out').receive(msg);

  it('sends its message on with what became of it, and completes', async () => {
    await start();
    const result = new Inbox('result');
    const done = new Inbox('completed');
    send({ _msgid: 'm1', payload: 'Hello', topic: '447700900123', other: 'stays' });
    const msg = await result.next();
    const { id, message_id, ...smpp } = smppOf(msg);
    assert.deepEqual(
      { ...msg, smpp },
      {
        _msgid: 'm1',
        payload: 'Hello',
        topic: '447700900123',
        other: 'stays',
        smpp: {
          event: 'accepted',
          correlation_id: 'm1',
          message_ids: [message_id],
          segments: 1,
          command_status: 'ESME_ROK',
          command_status_code: 0,
          attempts: 1,
          redelivered: false,
        },
      },
    );
    assert.ok(typeof id === 'string' && typeof message_id === 'string');
    assert.equal((await done.next())._msgid, 'm1');
  });

  it('sends in the order in which messages came, however long their expressions take', async () => {
    const message = 'payload > 0 ? $string(payload) & $substring($join($map([1..300], $string)), 0, 0) : "0"';
    await start({ message, messageType: 'jsonata' }, { windowSize: 1 });
    const result = new Inbox('result');
    for (const payload of [1, 0, 2, 0]) send({ _msgid: String(payload), payload, topic: '447700900123' });
    const payloads: unknown[] = [];
    while (payloads.length < 4) payloads.push((await result.next()).payload);
    assert.deepEqual(payloads, [1, 0, 2, 0]);
  });

  it('evaluates typed inputs', async () => {
    await start({
      message: '"Dear " & name',
      messageType: 'jsonata',
      destination: 'order.phone',
      destinationType: 'msg',
      source: 'SHOP_NUMBER_OF_TEST',
      sourceType: 'env',
    });
    process.env.SHOP_NUMBER_OF_TEST = '70123';
    const taken = new Promise<Smpp>((resolve) => centre.smsc.on('submit', resolve));
    send({ name: 'Ada', order: { phone: '447700900123' } });
    const { text, destination_addr, source_addr } = await taken;
    delete process.env.SHOP_NUMBER_OF_TEST;
    assert.deepEqual([text, destination_addr, source_addr], ['Dear Ada', '447700900123', '70123']);
  });

  it('says what cannot be evaluated', async () => {
    await start({ message: '$nonsense(', messageType: 'jsonata' });
    const failed = new Inbox('caught');
    send({ topic: '1' });
    const { error, smpp } = await failed.next();
    assert.equal((error as Smpp).code, 'INVALID_EXPRESSION');
    assert.equal((smpp as Smpp).code, 'INVALID_EXPRESSION');
  });

  it('takes a path through nothing for nothing', async () => {
    await start({ destination: 'a.b.c', destinationType: 'msg' });
    const failed = new Inbox('caught');
    send({ payload: 'x', topic: '447700900123' });
    assert.equal(smppOf(await failed.next()).code, 'MISSING_DESTINATION');
  });

  const bad: [string, NodeMessage, string, string][] = [
    ['without a recipient', { payload: 'x' }, 'MISSING_DESTINATION', 'destination_addr'],
    ['without a text', { topic: '447700900123' }, 'MISSING_TEXT', 'short_message'],
    [
      'of a field that there is not',
      { payload: { short_message: 'x', shrt: 1 }, topic: '1' },
      'UNKNOWN_FIELD',
      'shrt',
    ],
    ['of another kind than the node sends', { smpp: { command: 'query_sm' } }, 'COMMAND_MISMATCH', 'command'],
  ];
  for (const [what, msg, code, field] of bad) {
    it(`fails a message ${what} with code and field, and queues nothing`, async () => {
      await start({}, { autoConnect: false });
      const failed = new Inbox('caught');
      send({ _msgid: 'm1', ...msg });
      const { error, smpp, ...rest } = await failed.next();
      assert.equal((error as Smpp).code, code);
      assert.deepEqual((smpp as Smpp).event, 'failure');
      assert.deepEqual([(smpp as Smpp).code, (smpp as Smpp).field], [code, field]);
      assert.deepEqual(rest.payload, msg.payload);
      const result = new Inbox('result');
      send({ action: 'status' });
      assert.equal(((await result.next()).payload as Smpp).queued, 0);
    });
  }

  it('queues a list all together or not at all, and tells of each', async () => {
    await start();
    const result = new Inbox('result');
    const failed = new Inbox('caught');
    send({ _msgid: 'm1', payload: ['a', 'b'], topic: '447700900123' });
    const { event, results } = smppOf(await result.next());
    assert.equal(event, 'accepted');
    assert.deepEqual(
      (results as Smpp[]).map((one) => [one.event, one.correlation_id]),
      [
        ['accepted', 'm1.0'],
        ['accepted', 'm1.1'],
      ],
    );
    let submits = 0;
    centre.smsc.on('submit', () => submits++);
    send({
      payload: ['a', { short_message: 'b', destination_addr: 'far too long for any number' }],
      topic: '447700900123',
    });
    assert.equal(smppOf(await failed.next()).index, 1);
    assert.equal(submits, 0);
  });

  it('is done at once with an empty list', async () => {
    await start({}, { autoConnect: false });
    const result = new Inbox('result');
    send({ payload: [] });
    assert.deepEqual(smppOf(await result.next()).results, []);
  });

  it('tells of each message of a list when some fail', async () => {
    await centre.smsc.stop();
    centre = await Centre.start({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR', every: 2 }] });
    await start();
    const failed = new Inbox('caught');
    send({ payload: ['a', 'b', 'c'], topic: '447700900123' });
    const { error, smpp } = await failed.next();
    assert.match((error as Smpp).message as string, /1 of 3 messages failed.*ESME_RINVDSTADR/);
    const { event, code, results } = smpp as Smpp;
    assert.deepEqual([event, code], ['failure', 'REFUSED']);
    assert.deepEqual(
      (results as Smpp[]).map((one) => one.event),
      ['accepted', 'failure', 'accepted'],
    );
  });

  it('fails what the centre refuses, with its status', async () => {
    await centre.smsc.stop();
    centre = await Centre.start({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR' }] });
    await start();
    const failed = new Inbox('caught');
    send({ _msgid: 'm1', payload: 'x', topic: '447700900123' });
    const { error, smpp, payload } = await failed.next();
    assert.equal((error as Smpp).code, 'REFUSED');
    const { event, code, command_status, correlation_id, id } = smpp as Smpp;
    assert.deepEqual(
      [event, code, command_status, correlation_id, typeof id, payload],
      ['failure', 'REFUSED', 'ESME_RINVDSTADR', 'm1', 'string', 'x'],
    );
  });

  it('fails what does not fit into the queue', async () => {
    await start({}, { autoConnect: false, queueCapacity: 1 });
    const failed = new Inbox('caught');
    send({ payload: 'a', topic: '447700900123' });
    send({ payload: 'b', topic: '447700900123' });
    assert.equal(smppOf(await failed.next()).code, 'QUEUE_FULL');
  });

  it('completes when queued, or when delivered, if asked to', async () => {
    const queued = centre.out({ id: 'queued', completeWhen: 'queued' });
    const delivered = centre.out({ id: 'delivered', completeWhen: 'delivered', deliveredTimeout: 20 });
    await load(centre.flow([queued, delivered]));
    const result = new Inbox('result');
    helper.getNode('queued').receive({ payload: 'x', topic: '447700900123' });
    assert.equal(smppOf(await result.next()).event, 'queued');
    helper.getNode('delivered').receive({ payload: 'x', topic: '447700900123' });
    const { event, receipt } = smppOf(await result.next());
    assert.equal(event, 'delivered');
    assert.equal((receipt as Smpp).state, 'DELIVRD');
  });

  it('asks about a message straight away, or says that there is nobody to ask', async () => {
    const ask = centre.out({ id: 'ask', command: 'query_sm' });
    await load(centre.flow([centre.out(), ask, catchAll, caught], { autoConnect: false }));
    const result = new Inbox('result');
    const failed = new Inbox('caught');
    helper.getNode('ask').receive({ smpp: { message_id: '1', source_addr: '' } });
    assert.equal(smppOf(await failed.next()).code, 'NOT_BOUND');
    send({ payload: 'x', topic: '447700900123' });
    send({ action: 'connect' });
    const { message_id } = smppOf(await result.next());
    helper.getNode('ask').receive({ smpp: { message_id, source_addr: '' } });
    const answer = smppOf(await result.next());
    assert.equal(answer.event, 'accepted');
    assert.equal(answer.command, 'query_sm_resp');
  });

  it('asks about, cancels and replaces the message that another smpp-out has sent before it', async () => {
    const [query, cancel, replace] = (['query_sm', 'cancel_sm', 'replace_sm'] as const).map((command) =>
      centre.out({ id: command, command }),
    );
    await load(centre.flow([centre.out(), query, cancel, replace, catchAll, caught] as never));
    const result = new Inbox('result');
    const failed = new Inbox('caught');
    send({ payload: 'x', topic: '447700900123' });
    const sent = await result.next();
    const { id, message_id } = smppOf(sent);
    helper.getNode('query_sm').receive({ ...sent });
    const told = smppOf(await result.next());
    assert.deepEqual([told.id, told.message_id, told.final], [id, message_id, told.state === 'DELIVRD']);
    helper.getNode('cancel_sm').receive({ smpp: { id: 'nobody' } });
    const { code, field } = smppOf(await failed.next());
    assert.deepEqual([code, field], ['UNKNOWN_MESSAGE', 'id']);
    helper.getNode('replace_sm').receive({ payload: 'Привет', smpp: sent.smpp });
    assert.equal(smppOf(await failed.next()).code, 'UNENCODABLE');
  });

  it('keeps what is told later apart from what the flow does with its message', async () => {
    await load(centre.flow([centre.out(), centre.in({ events: ['receipt'] })]));
    const result = new Inbox('result');
    send({ payload: 'x', topic: '447700900123', smpp: { metadata: { order: 7 } } });
    const accepted = smppOf(await result.next());
    (accepted.metadata as Smpp).order = 'changed';
    assert.deepEqual(smppOf(await result.next()).metadata, { order: 7 });
  });

  it('waits in the queue while nothing is there to send to', async () => {
    const { port } = centre.smsc;
    await centre.smsc.stop();
    await start({}, { reconnectMin: 0.05, reconnectMax: 0.1 });
    const result = new Inbox('result');
    send({ payload: 'x', topic: '447700900123' });
    await until(() => logged('WARN', centre.id).length > 0, 'a warning');
    const back = await Centre.start({ port });
    assert.equal(smppOf(await result.next()).event, 'accepted');
    await helper.clearFlows();
    await back.smsc.stop();
  });

  it('never ends in a rejection, whatever comes in', async () => {
    await start();
    const failed = new Inbox('caught');
    const strange = [
      null,
      new Date(0),
      [[]],
      { tlvs: 1 },
      { metadata: 1n },
      { expires: {} },
      { encoding: 'klingon' },
      [null],
    ];
    for (const payload of strange) {
      send({ payload, topic: '447700900123' });
      const { error } = await failed.next();
      assert.equal(typeof (error as Smpp).code, 'string', JSON.stringify(error));
    }
  });
});
