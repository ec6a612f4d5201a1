import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, helper, load, logged, until, useHelper } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;
const smppOf = (msg: NodeMessage): Facts => msg.smpp as Facts;

describe('an smpp-in node', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  const bound = (): Promise<void> => until(() => centre.smsc.sessions.length > 0, 'a session');
  const phone = { source_addr: '447700900123', destination_addr: '70123', text: 'Hi' };

  it('sends on a message, and the centre gets its answer', async () => {
    await load(centre.flow([centre.in()]));
    const result = new Inbox('result');
    await bound();
    const [response] = await centre.smsc.deliver(phone);
    assert.equal(response?.command_status, 0);
    const { payload, topic, smpp } = await result.next();
    assert.deepEqual([payload, topic], ['Hi', '447700900123']);
    const { event, command, command_status, command_status_code, source_addr, destination_addr, tlvs } =
      smpp as Facts;
    assert.deepEqual(
      { event, command, command_status, command_status_code, source_addr, destination_addr },
      {
        event: 'message',
        command: 'deliver_sm',
        command_status: 'ESME_ROK',
        command_status_code: 0,
        source_addr: '447700900123',
        destination_addr: '70123',
      },
    );
    assert.equal(typeof tlvs, 'object');
    assert.equal('pdu' in (smpp as Facts), false);
  });

  it('adds the raw PDU if asked to', async () => {
    await load(centre.flow([centre.in({ rawPdu: true })]));
    const result = new Inbox('result');
    await bound();
    await centre.smsc.deliver(phone);
    const { pdu } = smppOf(await result.next());
    assert.ok(Buffer.isBuffer(pdu) && pdu.readUInt32BE(0) === pdu.length);
  });

  it('gives a receipt the id of the message it belongs to', async () => {
    await load(centre.flow([centre.out({ wires: [[]] }), centre.in()]));
    const result = new Inbox('result');
    helper
      .getNode('out')
      .receive({ _msgid: 'm1', payload: 'x', topic: '447700900123', smpp: { metadata: { order: 7 } } });
    const msg = await result.next();
    const { state, message_id } = msg.payload as Facts;
    const { event, final, correlation_id, metadata } = smppOf(msg);
    assert.deepEqual(
      {
        _msgid: msg._msgid,
        topic: msg.topic,
        state,
        event,
        final,
        correlation_id,
        metadata,
        id: typeof message_id,
      },
      {
        _msgid: 'm1',
        topic: '447700900123',
        state: 'DELIVRD',
        event: 'receipt',
        final: true,
        correlation_id: 'm1',
        metadata: { order: 7 },
        id: 'string',
      },
    );
  });

  it('tells of the events that it is asked for, and of no others', async () => {
    const events = ['request', 'response', 'failure', 'session', 'queue'];
    await load(centre.flow([centre.out({ wires: [[]] }), centre.in({ events })], { autoConnect: false }));
    const result = new Inbox('result');
    const out = helper.getNode('out');
    out.receive({ action: 'purge' });
    const purged = await result.next();
    assert.deepEqual([smppOf(purged).event, (purged.payload as Facts).state], ['queue', 'purged']);
    out.receive({ action: 'connect' });
    const states: unknown[] = [];
    while (states.at(-1) !== 'bound') states.push(((await result.next()).payload as Facts).state);
    assert.deepEqual(states, ['connecting', 'bound']);
    out.receive({ _msgid: 'm1', payload: 'x', topic: '447700900123' });
    const request = await result.next();
    assert.deepEqual([smppOf(request).event, smppOf(request).command], ['request', 'submit_sm']);
    const response = await result.next();
    assert.deepEqual(
      [smppOf(response).event, response.payload, response._msgid],
      ['response', 'ESME_ROK', 'm1'],
    );
    await centre.smsc.deliver(phone);
    assert.deepEqual(result.messages, []);
  });

  it('tells of failures with the reason', async () => {
    const out = centre.out({ completeWhen: 'queued', wires: [['queued']] });
    const nodes = [out, { id: 'queued', type: 'helper' }, centre.in({ events: 'failure' })];
    await load(centre.flow(nodes, { autoConnect: false }));
    const result = new Inbox('result');
    const queued = new Inbox('queued');
    helper.getNode('out').receive({ payload: 'x', topic: '447700900123' });
    await queued.next();
    helper.getNode('out').receive({ action: 'purge' });
    const { payload, topic, smpp } = await result.next();
    assert.match(String(payload), /removed/);
    const { event, code } = smpp as Facts;
    assert.deepEqual([topic, event, code], ['447700900123', 'failure', 'REMOVED']);
  });

  it('gives each of several nodes a message of its own', async () => {
    const nodes = ['one', 'two'].map((name) => centre.in({ id: name, wires: [[`${name}-result`]] }));
    const results = ['one-result', 'two-result'].map((id) => ({ id, type: 'helper' }));
    await load(centre.flow([...nodes, ...results]));
    const [one, two] = results.map(({ id }) => new Inbox(id));
    await bound();
    await centre.smsc.deliver(phone);
    const first = await one?.next();
    const second = await two?.next();
    assert.ok(first && second);
    assert.notEqual(first.smpp, second.smpp);
    assert.notEqual(smppOf(first).tlvs, smppOf(second).tlvs);
  });

  it('is missed once when messages come and nobody takes them', async () => {
    await load(centre.flow([centre.in({ events: ['receipt'] })]));
    await bound();
    for (let i = 0; i < 2; i++) {
      const [response] = await centre.smsc.deliver(phone);
      assert.equal(response?.command_status, 0);
    }
    const warnings = logged('WARN', centre.id);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /no smpp-in node takes messages.*add an smpp-in/);
  });

  it('refuses events that there are not', async () => {
    await load(
      centre.flow([centre.in({ events: ['message', 'news'] }), centre.in({ id: 'none', events: [] })]),
    );
    assert.match(logged('ERROR', 'in').join(), /events \(\["news"\]\): give some of message, receipt/);
    assert.match(logged('ERROR', 'none').join(), /choose at least one/);
  });
});
