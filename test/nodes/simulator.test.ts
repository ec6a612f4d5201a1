import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { NodeMessage } from 'node-red';
import { mobileMessage, phoneAct } from '../../nodes/mobile';
import type { MessageError } from '../../src/index';
import {
  Inbox,
  deploy,
  freePort,
  helper,
  load,
  logged,
  statuses,
  until,
  useHelper,
  type FlowNode,
} from './support/helper';

type Facts = Record<string, unknown>;

describe('what a phone does in a USSD dialogue', () => {
  it('is said by msg.smpp.session', () => {
    const smpp = { session: 'new', source_addr: '447700900124', ussd_dialect: 'mica' };
    assert.deepEqual(phoneAct({ payload: '*100#', topic: '70123', smpp }), {
      act: 'new',
      number: '447700900124',
      text: '*100#',
      options: { destination_addr: '70123', dialect: 'mica' },
    });
    assert.equal(phoneAct({ payload: 'Hi', topic: '70123' }), undefined);
  });

  it('answers the screen that came out of the simulator', () => {
    const screen = {
      event: 'submit',
      session: 'continue',
      source_addr: '*100#',
      destination_addr: '447700900124',
    };
    const act = phoneAct({ payload: '1', topic: '447700900124', smpp: screen });
    assert.deepEqual(act, { act: 'continue', number: '447700900124', text: '1', options: {} });
    const hungUp = phoneAct({ smpp: { ...screen, session: 'abort' } });
    assert.deepEqual([hungUp?.act, hungUp?.text], ['abort', '']);
  });

  it('is one of three things', () => {
    const smpp = { session: 'close' };
    const error = { code: 'INVALID_FIELD', field: 'session' };
    assert.throws(() => phoneAct({ payload: 'x', smpp }), error);
  });
});

describe('what a phone sends', () => {
  it('is the payload, to the topic, from some number', () => {
    assert.deepEqual(mobileMessage({ payload: 'Hi', topic: '70123' }), {
      text: 'Hi',
      source_addr: '447700900123',
      destination_addr: '70123',
    });
  });

  it('has the fields that are given', () => {
    const smpp = { source_addr: '1', service_type: 'CMT' };
    const payload = { text: 'Hi', source_addr: '2', destination_addr: 3 };
    assert.deepEqual(mobileMessage({ payload, topic: '70123', smpp }), {
      text: 'Hi',
      source_addr: '2',
      destination_addr: '3',
      service_type: 'CMT',
    });
  });

  it('may be binary, or in the TLVs alone', () => {
    const octets = Buffer.from([1, 2]);
    assert.equal(mobileMessage({ payload: octets }).short_message, octets);
    const { text, tlvs } = mobileMessage({ payload: { tlvs: { message_payload: octets } } });
    assert.deepEqual([text, tlvs], [undefined, { message_payload: octets }]);
  });

  it('answers a message that the simulator took', () => {
    const smpp = { event: 'submit', source_addr: '70123', destination_addr: '447700900999', message_id: '1' };
    assert.deepEqual(mobileMessage({ payload: 'Thanks', topic: '447700900999', smpp }), {
      text: 'Thanks',
      source_addr: '447700900999',
      destination_addr: '70123',
    });
  });

  it('has a text', () => {
    assert.deepEqual({ ...mobileMessage({ payload: true }) }.text, 'true');
    for (const payload of [undefined, null, []]) {
      assert.throws(
        () => mobileMessage({ payload }),
        (error: MessageError) => error.field === 'payload',
      );
    }
  });
});

describe('an smpp-simulator node', () => {
  useHelper();
  let count = 0;
  let port = 0;

  beforeEach(async () => {
    port = await freePort();
  });

  function listen(at: number): Promise<Server> {
    const server = createServer((socket) => socket.destroy());
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(at, '127.0.0.1', () => resolve(server));
    });
  }

  function flow(simulator: Facts = {}): FlowNode[] {
    const at = { z: 'tab', x: 0, y: 0 };
    const connection = `simulated-${++count}`;
    return [
      { id: 'tab', type: 'tab' },
      { id: connection, type: 'smpp-config', queue: 'memory', port, reconnectMin: 0.05, reconnectMax: 0.1 },
      {
        id: 'simulator',
        type: 'smpp-simulator',
        ...at,
        port,
        receiptDelay: 0.02,
        wires: [['taken']],
        ...simulator,
      },
      { id: 'out', type: 'smpp-out', ...at, connection, wires: [['result']] },
      { id: 'in', type: 'smpp-in', ...at, connection, wires: [['received']] },
      { id: 'catch', type: 'catch', ...at, wires: [['caught']] },
      ...['taken', 'result', 'received', 'caught'].map((id) => ({ id, type: 'helper', ...at })),
    ];
  }

  const lastStatus = (): string => statuses('simulator').at(-1)?.text ?? '';
  const bound = (): Promise<void> => until(() => lastStatus() === 'smpp-simulator.status.bound', 'a session');

  it('takes messages, and sends on what it took', async () => {
    await load(flow());
    const taken = new Inbox('taken');
    const received = new Inbox('received');
    helper.getNode('out').receive({ payload: 'Hello', topic: '447700900123' });
    const { payload, topic, smpp } = await taken.next();
    const { event, command, message_id, session } = smpp as Facts;
    assert.deepEqual(
      [payload, topic, event, command, typeof message_id, session],
      ['Hello', '447700900123', 'submit', 'submit_sm', 'string', undefined],
    );
    assert.equal(((await received.next()).payload as Facts).message_id, message_id);
  });

  it('has user data headers both ways, as fields', async () => {
    await load(flow());
    const [taken, received] = [new Inbox('taken'), new Inbox('received')];
    const udh = { ports: { destination: 2948, source: 9200 } };
    helper.getNode('out').receive({ payload: Buffer.from('push'), topic: '447700900123', smpp: { udh } });
    const submit = await taken.next();
    assert.deepEqual([submit.payload, (submit.smpp as Facts).udh], [Buffer.from('push'), udh]);
    await received.next();
    helper.getNode('simulator').receive({ payload: Buffer.from('pull'), topic: '70123', smpp: { udh } });
    const message = await received.next();
    assert.deepEqual([message.payload, (message.smpp as Facts).udh], [Buffer.from('pull'), udh]);
  });

  it('gives of a long message the whole text with the last part', async () => {
    await load(flow());
    const taken = new Inbox('taken');
    const long = 'A long message. '.repeat(20);
    helper.getNode('out').receive({ payload: long, topic: '447700900123' });
    const messages: NodeMessage[] = [await taken.next(), await taken.next(), await taken.next()];
    assert.deepEqual(
      messages.map(({ payload }) => (Buffer.isBuffer(payload) ? 'octets' : payload)),
      ['octets', 'octets', long],
    );
  });

  it('sends what phones send, once somebody is bound', async () => {
    await load(flow());
    const received = new Inbox('received');
    const caught = new Inbox('caught');
    helper.getNode('simulator').receive({ payload: 'too early', topic: '70123' });
    assert.equal(((await caught.next()).error as Facts).code, 'NOT_BOUND');
    await bound();
    helper.getNode('simulator').receive({ payload: 'Hi', topic: '70123' });
    const { payload, topic, smpp } = await received.next();
    assert.deepEqual([payload, topic, (smpp as Facts).destination_addr], ['Hi', '447700900123', '70123']);
  });

  it('tells that a phone can be reached again, also the phone that a message was for', async () => {
    const nodes = flow();
    await load(nodes.map((one) => (one.id === 'in' ? { ...one, events: ['alert'] } : one)));
    await bound();
    const [received, taken] = [new Inbox('received'), new Inbox('taken')];
    const simulator = helper.getNode('simulator');
    const alert = { command: 'alert_notification', source_addr: '4915', ms_availability_status: 2 };
    simulator.receive({ payload: alert });
    const { payload, topic } = await received.next();
    assert.deepEqual([topic, (payload as Facts).availability], ['4915', 'unavailable']);
    helper
      .getNode('out')
      .receive({ payload: { short_message: 'x', source_addr: '77' }, topic: '447700900999' });
    const { smpp } = await taken.next();
    simulator.receive({ payload: {}, smpp: { ...(smpp as Facts), command: 'alert_notification' } });
    const told = (await received.next()).payload as Facts;
    assert.deepEqual([told.source_addr, told.esme_addr], ['447700900999', '77']);
  });

  it('calls a client that listens', async () => {
    const outbindPort = await freePort();
    const nodes = flow({ systemId: 'x' });
    const own = { outbindPort, bindType: 'receiver', autoConnect: true };
    await load(nodes.map((one) => (one.type === 'smpp-config' ? { ...one, ...own } : one)));
    await until(() => statuses('in').at(-1)?.text === 'smpp-config.status.listening', 'the port');
    const received = new Inbox('received');
    const simulator = helper.getNode('simulator');
    simulator.receive({ action: 'outbind', payload: { port: outbindPort } });
    await bound();
    simulator.receive({ payload: 'Hi', topic: '70123' });
    assert.equal((await received.next()).payload, 'Hi');
  });

  it('refuses an input that it cannot do, by the field', async () => {
    await load(flow());
    await bound();
    const caught = new Inbox('caught');
    const alert = { command: 'alert_notification' };
    const wrong: [object, string, string][] = [
      [{ action: 'dial' }, 'UNKNOWN_ACTION', 'action'],
      [{ action: 'outbind', payload: 'x' }, 'INVALID_FIELD', 'payload'],
      [{ action: 'outbind', payload: {} }, 'INVALID_FIELD', 'port'],
      [{ action: 'outbind', payload: { port: 70_000 } }, 'INVALID_FIELD', 'port'],
      [{ action: 'outbind', payload: { port: 1, user: 'x' } }, 'INVALID_FIELD', 'user'],
      [{ payload: { ...alert, short_message: 'x' } }, 'INVALID_FIELD', 'short_message'],
      [{ payload: { ...alert, source_addr: 7 } }, 'INVALID_ADDRESS', 'source_addr'],
      [{ payload: { ...alert, ms_availability_status: 300 } }, 'INVALID_TLV', 'ms_availability_status'],
    ];
    for (const [msg, code, field] of wrong) {
      helper.getNode('simulator').receive(msg as NodeMessage);
      const { message, ...error } = (await caught.next()).error as Facts;
      assert.equal(error.code, code, String(message));
      assert.match(String(message), new RegExp(field));
    }
  });

  it('fails on demand', async () => {
    await load(flow({ rules: [{ type: 'status', status: 'ESME_RINVDSTADR' }] }));
    const caught = new Inbox('caught');
    helper.getNode('out').receive({ payload: 'Hello', topic: '447700900123' });
    assert.equal(((await caught.next()).smpp as Facts).command_status, 'ESME_RINVDSTADR');
  });

  it('waits for its port', async () => {
    const other = await listen(port);
    await load(flow());
    await until(() => lastStatus() === 'smpp-simulator.status.port-in-use', 'the status');
    assert.match(logged('ERROR', 'simulator').join(), /port \d+ of 127\.0\.0\.1 is taken.*trying again/);
    await helper.clearFlows();
    await new Promise((resolve) => other.close(resolve));
  });

  it('says all that is wrong with it at once', async () => {
    await load(flow({ port: '${NO_SUCH_PORT}', receiptState: 'GONE', receiptDelay: -1 }));
    const [text = ''] = logged('ERROR', 'simulator');
    assert.match(text, /environment variable NO_SUCH_PORT is not set \(port\).*receiptDelay/);
    assert.equal(lastStatus(), 'smpp-simulator.status.error');
    const caught = new Inbox('caught');
    helper.getNode('simulator').receive({ payload: 'Hi', topic: '70123' });
    assert.equal(((await caught.next()).error as Facts).code, 'INVALID_CONFIG');
  });

  it('says what is wrong with its faults', async () => {
    await load(flow({ rules: [{ type: 'sleep' }], receiptState: 'GONE' }));
    assert.match(logged('ERROR', 'simulator').join(), /receiptState.*rules\[0\]\.type/);
    await helper.unload();
    await load(flow({ rules: '{' }));
    assert.match(logged('ERROR', 'simulator').join(), /rules: give JSON/);
  });

  it('listens again after a deploy', async () => {
    const nodes = flow();
    await load(nodes);
    await bound();
    await deploy(nodes, 'full');
    await bound();
    const taken = new Inbox('taken');
    helper.getNode('out').receive({ payload: 'again', topic: '447700900123' });
    assert.equal((await taken.next()).payload, 'again');
  });
});
