import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import { Inbox, deploy, helper, load, until, useHelper, type FlowNode } from './support/helper';
import { Centre } from './support/smsc';

type Facts = Record<string, unknown>;
const smppOf = (msg: NodeMessage): Facts => msg.smpp as Facts;

describe('msg.action ack', () => {
  useHelper();
  let centre: Centre;
  let result: Inbox;
  let failed: Inbox;
  let completed: Inbox;
  const phone = { source_addr: '447700900123', destination_addr: '70123', text: 'Hi' };

  async function start(config: Facts = {}, events: unknown = ['message', 'receipt']): Promise<FlowNode[]> {
    const nodes = [
      centre.in({ events }),
      centre.out({ wires: [['sent']] }),
      { id: 'sent', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
      { id: 'complete', type: 'complete', scope: ['out'], wires: [['completed']] },
      { id: 'completed', type: 'helper' },
    ];
    const flow = centre.flow(nodes, { acknowledge: 'manual', ...config });
    await load(flow);
    result = new Inbox('result');
    failed = new Inbox('caught');
    completed = new Inbox('completed');
    await until(() => centre.smsc.sessions.length === 1, 'a session');
    return flow;
  }
  const act = (msg: object): void => {
    helper.getNode('out').receive({ ...msg, action: 'ack' });
  };

  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  it('answers a message that is held, with what smpp-in had sent as it is', async () => {
    await start();
    let answered: unknown;
    const delivered = centre.smsc.deliver(phone).then(([response]) => (answered = response?.command_status));
    const msg = await result.next();
    assert.equal(typeof smppOf(msg).ack_id, 'string');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(answered, undefined);
    act(msg);
    assert.equal(await delivered, 0);
    await completed.next();
  });

  it('answers with the status that the flow has set, by name or number', async () => {
    await start();
    for (const [command_status, code] of [
      ['ESME_RX_R_APPN', 0x66],
      [0x65, 0x65],
    ] as const) {
      const delivered = centre.smsc.deliver(phone);
      const msg = await result.next();
      act({ payload: 'whatever', smpp: { ack_id: smppOf(msg).ack_id, command_status } });
      assert.equal((await delivered)[0]?.command_status, code);
    }
  });

  it('a second time, or too late, is the error ACK_GONE', async () => {
    await start();
    const delivered = centre.smsc.deliver(phone);
    const msg = await result.next();
    act(msg);
    await delivered;
    act(msg);
    const { error, smpp } = (await failed.next()) as { error: Facts; smpp: Facts };
    assert.deepEqual([error.code, smpp.code], ['ACK_GONE', 'ACK_GONE']);
    assert.match(String(error.message), /acknowledged before/);
  });

  it('of a receipt answers it', async () => {
    await start();
    helper.getNode('out').receive({ payload: 'x', topic: '447700900123' });
    const answered = new Promise((resolve) =>
      centre.smsc.on('receipt', ({ command_status }) => {
        resolve(command_status);
      }),
    );
    const msg = await result.next();
    assert.equal(smppOf(msg).event, 'receipt');
    act(msg);
    assert.equal(await answered, 'ESME_ROK');
  });

  it('passes over what was answered already, and refuses what has no ack_id at all', async () => {
    await start({ acknowledge: 'auto' });
    await centre.smsc.deliver(phone);
    act(await result.next());
    await completed.next();
    act({ payload: 'x' });
    const { smpp } = await failed.next();
    const { code, field } = smpp as Facts;
    assert.deepEqual([code, field], ['INVALID_FIELD', 'ack_id']);
  });

  it('with a status that is none names it, and the message can still be acknowledged', async () => {
    await start();
    const delivered = centre.smsc.deliver(phone);
    const msg = await result.next();
    for (const command_status of ['ESME_NONSENSE', true]) {
      act({ smpp: { ...smppOf(msg), command_status } });
      const { smpp } = await failed.next();
      assert.deepEqual([(smpp as Facts).code, (smpp as Facts).field], ['INVALID_FIELD', 'command_status']);
    }
    act(msg);
    assert.equal((await delivered)[0]?.command_status, 0);
  });

  it('is not waited for where no node listens', async () => {
    await start({}, ['session']);
    const [response] = await centre.smsc.deliver(phone);
    assert.equal(response?.command_status, 0);
  });

  it('of what a deploy comes in between: the centre repeats it, and the next instance has it', async () => {
    const flow = await start();
    const delivered = centre.smsc.deliver(phone, { repeat: 5 });
    const first = await result.next();
    await deploy(flow, 'full');
    result = new Inbox('result');
    const again = await result.next();
    failed = new Inbox('caught');
    assert.equal(again.payload, 'Hi');
    act(first);
    assert.equal(((await failed.next()).smpp as Facts).code, 'ACK_GONE');
    act(again);
    assert.equal((await delivered)[0]?.command_status, 0);
  });

  it('of a message that nobody acknowledges: the centre is asked to repeat it', async () => {
    await start({ ackTimeout: 0.1, ackTimeoutStatus: 'ESME_RX_T_APPN' });
    const [response] = await centre.smsc.deliver(phone);
    assert.equal(response?.command_status, 0x64);
  });
});

describe('an smpp-in node and what cannot be read', () => {
  useHelper();
  let centre: Centre;
  beforeEach(async () => {
    centre = await Centre.start();
  });
  afterEach(() => centre.smsc.stop());

  it('sends it as a Buffer, with the reason and all octets, raw PDU or not', async () => {
    await load(centre.flow([centre.in()], { decodeErrorStatus: 'ESME_RX_P_APPN' }));
    const result = new Inbox('result');
    await until(() => centre.smsc.sessions.length === 1, 'a session');
    const short_message = Buffer.from([200, 1, 2]);
    const [response] = await centre.smsc.deliver({
      source_addr: '447700900123',
      destination_addr: '70123',
      esm_class: 0x40,
      short_message,
    });
    assert.equal(response?.command_status, 0x65);
    const { payload, smpp } = await result.next();
    assert.deepEqual(payload, short_message);
    assert.equal(typeof (smpp as Facts).problem, 'string');
    assert.ok(Buffer.isBuffer((smpp as Facts).pdu));
  });

  it('names the TLVs of its vendor', async () => {
    const vendorTlvs = '[{"tag": "0x1403", "name": "operator", "type": "string"}]';
    await load(centre.flow([centre.in()], { vendorTlvs }));
    const result = new Inbox('result');
    await until(() => centre.smsc.sessions.length === 1, 'a session');
    await centre.smsc.deliver({
      source_addr: '447700900123',
      destination_addr: '70123',
      text: 'Hi',
      tlvs: { '0x1403': Buffer.from('23415'), '0x1404': Buffer.from([1]) },
    });
    const { tlvs } = smppOf(await result.next());
    assert.deepEqual({ ...(tlvs as Facts) }, { operator: '23415', '0x1404': Buffer.from([1]) });
  });
});
