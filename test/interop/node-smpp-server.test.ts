import assert from 'node:assert/strict';
import { SmppClient, type ClientEvents, type EventName, type SmppClientOptions } from '../../src';
import {
  addTlv,
  ask,
  startPeerServer,
  type PeerPdu,
  type PeerServer,
  type PeerSession,
} from '../support/node-smpp';
import { identity, pem } from '../support/tls';

const ROK = 0;
const RTHROTTLED = 0x58;

describe('npm smpp, as a server of the client', () => {
  let server: PeerServer;
  let client: SmppClient;
  /** What the server took, in order. */
  let submits: PeerPdu[];
  /** What it does with each submit; the status to answer with. */
  let onSubmit: (pdu: PeerPdu, session: PeerSession) => number;

  beforeEach(async () => {
    submits = [];
    onSubmit = () => ROK;
    server = await startPeerServer((session) => serve(session));
  });
  afterEach(async () => {
    await client.stop();
    await server.stop();
  });

  function serve(session: PeerSession): void {
    session.on('bind_transceiver', (pdu) => {
      const command_status = pdu.password === 'secret' ? ROK : 0x0e;
      session.send(pdu.response({ command_status, system_id: 'peer' }));
    });
    session.on('submit_sm', (pdu) => {
      const command_status = onSubmit(pdu, session);
      if (command_status === ROK) submits.push(pdu);
      session.send(pdu.response({ command_status, message_id: `peer-${submits.length}` }));
    });
    session.on('submit_multi', (pdu) => {
      submits.push(pdu);
      const refused = {
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        destination_addr: '447700900124',
        error_status_code: 0x0b,
      };
      session.send(pdu.response({ message_id: 'multi', unsuccess_sme: [refused] }));
    });
    session.on('data_sm', (pdu) => {
      submits.push(pdu);
      session.send(pdu.response({ message_id: 'data' }));
    });
    session.on('enquire_link', (pdu) => void session.send(pdu.response()));
    session.on('unbind', (pdu) => {
      session.send(pdu.response());
      session.close();
    });
  }

  async function start(options: SmppClientOptions = {}): Promise<SmppClient> {
    client = new SmppClient({
      port: server.port,
      systemId: 'us',
      password: 'secret',
      reconnectMin: 0.01,
      reconnectMax: 0.05,
      throttleWait: 0.02,
      logLevel: 'silent',
      ...options,
    });
    await client.start({ failFast: true });
    return client;
  }

  const nextEvent = <E extends EventName>(name: E): Promise<ClientEvents[E]> =>
    new Promise((resolve) => client.on(name, resolve));
  const live = (): PeerSession => {
    const session = server.sessions.at(-1);
    assert.ok(session);
    return session;
  };

  it('reads our submit_multi to numbers and a list, and we what it refuses', async () => {
    const bound = await start();
    const dest_address = ['447700900123, 447700900124', { dl_name: 'staff' }];
    const outcome = await bound.send({
      command: 'submit_multi',
      source_addr: 'Shop',
      short_message: 'Hi',
      dest_address,
    });
    const [{ dest_address: read } = assert.fail()] = submits;
    assert.deepEqual(
      (read as { destination_addr?: string; dl_name?: string }[]).map(
        (one) => one.destination_addr ?? one.dl_name,
      ),
      ['447700900123', '447700900124', 'staff'],
    );
    assert.deepEqual(
      [outcome.message_id, outcome.unsuccess_sme?.map((one) => [one.destination_addr, one.error_status])],
      ['multi', [['447700900124', 'ESME_RINVDSTADR']]],
    );
  });

  it('reads our data_sm, a long one in parts', async () => {
    const bound = await start();
    const text = 'A text of more than one part. '.repeat(10);
    const { message_ids } = await bound.send({
      ...{ command: 'data_sm', destination_addr: '447700900123', short_message: text, long_messages: 'sar' },
    });
    assert.deepEqual(message_ids, ['data', 'data']);
    assert.deepEqual(
      submits.map((pdu) => [pdu.destination_addr, pdu.sar_total_segments, pdu.sar_segment_seqnum]),
      [
        ['447700900123', 2, 1],
        ['447700900123', 2, 2],
      ],
    );
  });

  it('takes our submit as we meant it', async () => {
    await start();
    const outcome = await client.send({
      source_addr: 'Sender',
      destination_addr: '+491510001',
      short_message: 'Grüße: {[€]} @ §5',
    });
    assert.equal(outcome.message_id, 'peer-1');
    const [submit] = submits;
    assert.equal(submit?.short_message?.message, 'Grüße: {[€]} @ §5');
    assert.deepEqual([submit.source_addr, submit.source_addr_ton], ['Sender', 5]);
    assert.deepEqual(
      [submit.destination_addr, submit.dest_addr_ton, submit.dest_addr_npi],
      ['491510001', 1, 1],
    );
    assert.equal(submit.registered_delivery, 1);
  });

  it('refuses our bind with a wrong password', async () => {
    await assert.rejects(start({ password: 'wrong' }), {
      code: 'BIND_REFUSED',
      command_status: 'ESME_RINVPASWD',
    });
  });

  it('returns a receipt, which is matched by its text alone', async () => {
    onSubmit = (_pdu, session) => {
      setImmediate(() => {
        const text = `id:peer-1 sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:DELIVRD err:000 text:Hi`;
        const fields = {
          source_addr: '491510001',
          destination_addr: 'us',
          esm_class: 4,
          short_message: text,
        };
        session.deliver_sm(fields, () => undefined);
      });
      return ROK;
    };
    await start();
    const receipt = nextEvent('receipt');
    const message = { destination_addr: '491510001', short_message: 'Hi', correlation_id: 'order 7' };
    const outcome = await client.send(message, { completeWhen: 'delivered', deliveredTimeout: 20 });
    assert.equal(outcome.event, 'delivered');
    const { state, matched, correlation_id, message_id } = await receipt;
    assert.deepEqual([state, matched, correlation_id, message_id], ['DELIVRD', true, 'order 7', 'peer-1']);
  });

  it('returns a receipt before the response, which is matched by its TLVs', async () => {
    onSubmit = (_pdu, session) => {
      const fields = { source_addr: '491510001', destination_addr: 'us', esm_class: 4, short_message: '' };
      session.deliver_sm({ ...fields, receipted_message_id: 'peer-1', message_state: 5 }, () => undefined);
      return ROK;
    };
    await start();
    const receipt = nextEvent('receipt');
    await client.send({ destination_addr: '491510001', short_message: 'Hi', correlation_id: 'early' });
    const { state, matched, correlation_id } = await receipt;
    assert.deepEqual([state, matched, correlation_id], ['UNDELIV', true, 'early']);
  });

  it('takes a long message in parts that it can read', async () => {
    await start();
    const text = 'Ein langer Text mit Umlauten: äöü. '.repeat(12);
    const outcome = await client.send({ destination_addr: '4915', short_message: text });
    assert.equal(outcome.segments, 3);
    assert.deepEqual(outcome.message_ids, ['peer-1', 'peer-2', 'peer-3']);
    assert.equal(submits.map((pdu) => String(pdu.short_message?.message)).join(''), text);
    assert.ok(submits.every((pdu) => pdu.short_message?.udh?.length === 1));
  });

  it('sees our user data header and the TLVs of a vendor as we mean them', async () => {
    const vendorTlvs = [{ tag: '0x1401', name: 'template_id', type: 'string' }] as const;
    await start({ vendorTlvs });
    const octets = Buffer.alloc(200, 0x5a);
    await client.send({
      destination_addr: '4915',
      short_message: octets,
      udh: { ports: { destination: 2948, source: 9200 } },
      template_id: '1107161234567890123',
      language_indicator: 2,
    });
    assert.equal(submits.length, 2);
    const elements = submits.map((pdu) => pdu.short_message?.udh?.map((one) => one.toString('hex')));
    assert.deepEqual(
      elements.map((one) => [one?.[0]?.slice(0, 4), one?.[0]?.slice(6), ...(one?.slice(1) ?? [])]),
      [
        ['0003', '0201', '05040b8423f0'],
        ['0003', '0202', '05040b8423f0'],
      ],
    );
    assert.deepEqual(
      Buffer.concat(submits.map((pdu) => pdu.short_message?.message as unknown as Buffer)),
      octets,
    );
    // It has no name for the tag, and tells the octets by its number.
    assert.equal(String(submits[1]?.[0x1401]), '1107161234567890123');
    assert.equal(submits[1]?.language_indicator, 2);
  });

  it('sends us a user data header and TLVs, which we tell by name', async () => {
    await start({ vendorTlvs: [{ tag: 0x1501, name: 'mo_id', type: 'cstring' }] });
    addTlv('mo_id', 0x1501);
    const message = nextEvent('message');
    await ask(live(), 'deliver_sm', {
      source_addr: '491510001',
      destination_addr: 'us',
      data_coding: 4,
      esm_class: 0x40,
      short_message: { udh: Buffer.from('06050423f40000', 'hex'), message: Buffer.from('card') },
      mo_id: 'abc',
    });
    const { payload, udh, tlvs } = await message;
    assert.deepEqual(
      [payload, udh, tlvs],
      [Buffer.from('card'), { ports: { destination: 9204, source: 0 } }, { mo_id: 'abc' }],
    );
  });

  it('sends us messages, and hears that we took them', async () => {
    await start();
    const message = nextEvent('message');
    const response = await ask(live(), 'deliver_sm', {
      source_addr: '491510001',
      destination_addr: 'us',
      data_coding: 8,
      short_message: 'Слово 🙂',
    });
    assert.equal(response.command_status, ROK);
    const { payload, topic } = await message;
    assert.deepEqual([payload, topic], ['Слово 🙂', '491510001']);
  });

  it('is asked about a message, replaces its text and cancels it, by our id', async () => {
    const states = new Map<unknown, number>();
    const texts: unknown[] = [];
    await start({ defaults: { source_addr: 'Other' } });
    const session = live();
    const known = ({ message_id, source_addr, source_addr_ton }: PeerPdu): boolean =>
      submits.some(
        (one, at) =>
          `peer-${at + 1}` === message_id &&
          one.source_addr === source_addr &&
          one.source_addr_ton === source_addr_ton,
      );
    const underWay = (pdu: PeerPdu): boolean => known(pdu) && !states.has(pdu.message_id);
    session.on('query_sm', (pdu) => {
      const message_state = states.get(pdu.message_id) ?? 1;
      const fields = { message_id: pdu.message_id, final_date: '', message_state, error_code: 0 };
      session.send(pdu.response(known(pdu) ? fields : { command_status: 0x67 }));
    });
    session.on('cancel_sm', (pdu) => {
      const isOk = underWay(pdu);
      if (isOk) states.set(pdu.message_id, 5);
      session.send(pdu.response({ command_status: isOk ? ROK : 0x11 }));
    });
    session.on('replace_sm', (pdu) => {
      texts.push(pdu.short_message);
      session.send(pdu.response({ command_status: underWay(pdu) ? ROK : 0x13 }));
    });
    const message = { source_addr: 'Shop', destination_addr: '491510001' };
    const { id } = await client.send({ ...message, short_message: 'Hi' });
    const long = await client.send({ ...message, short_message: 'x'.repeat(200) });
    await client.send({ command: 'replace_sm', id, short_message: 'Bye @' });
    // Of what coding it is, only the original says; "@" is 0x00 in GSM 03.38.
    assert.deepEqual(texts, [Buffer.from('Bye \0')]);
    await client.send({ command: 'cancel_sm', id });
    await assert.rejects(client.send({ command: 'cancel_sm', id }), /ESME_RCANCELFAIL/);
    await assert.rejects(client.send({ command: 'replace_sm', id, short_message: 'x' }), /ESME_RREPLACEFAIL/);
    assert.equal((await client.send({ command: 'query_sm', id })).state, 'UNDELIV');
    await client.send({ command: 'cancel_sm', message_id: long.message_ids[1] as string });
    const told = await client.send({ command: 'query_sm', id: long.id });
    assert.deepEqual(
      [told.states?.map(({ state }) => state), told.state],
      [['ENROUTE', 'UNDELIV'], 'UNDELIV'],
    );
  });

  it('throttles us, and gets all messages in order', async () => {
    let seen = 0;
    onSubmit = () => (seen++ % 3 === 1 ? RTHROTTLED : ROK);
    await start({ windowSize: 1 });
    const texts = ['one', 'two', 'three', 'four'];
    await Promise.all(texts.map((short_message) => client.send({ destination_addr: '4915', short_message })));
    assert.deepEqual(
      submits.map((pdu) => pdu.short_message?.message),
      texts,
    );
  });

  it('loses the link, and gets what was not answered over the next one', async () => {
    onSubmit = (_pdu, session) => {
      if (server.sessions.length === 1) session.destroy();
      return ROK;
    };
    await start();
    const outcome = await client.send({ destination_addr: '4915', short_message: 'again' });
    assert.equal(outcome.redelivered, true);
    assert.equal(server.sessions.length, 2);
  });

  it('asks whether we live, and unbinds us; we come back', async () => {
    await start();
    const first = live();
    assert.equal((await ask(first, 'enquire_link')).command, 'enquire_link_resp');
    assert.equal((await ask(first, 'unbind')).command, 'unbind_resp');
    await client.send({ destination_addr: '4915', short_message: 'back' });
    assert.equal(server.sessions.length, 2);
  });

  it('answers our questions whether it lives', async () => {
    await start({ enquireLinkInterval: 1 });
    const asked = new Promise<void>((resolve) => live().on('enquire_link', () => resolve()));
    await asked;
    assert.equal(client.state, 'bound');
  });
});

describe('npm smpp, as a server that speaks TLS', () => {
  it('takes messages over TLS, verified by its CA', async () => {
    const texts: string[] = [];
    const server = await startPeerServer((session) => {
      session.on('bind_transceiver', (pdu) => void session.send(pdu.response()));
      session.on('submit_sm', (pdu) => {
        texts.push(String(pdu.short_message?.message));
        session.send(pdu.response({ message_id: 'safe' }));
      });
      session.on('unbind', (pdu) => void session.send(pdu.response()));
    }, identity());
    const client = new SmppClient({
      host: 'localhost',
      port: server.port,
      useTls: true,
      tls: { ca: pem('ca.cert') },
      logLevel: 'silent',
    });
    await client.start({ failFast: true });
    const outcome = await client.send({ destination_addr: '491510001', short_message: 'over TLS' });
    assert.deepEqual([outcome.message_id, texts], ['safe', ['over TLS']]);
    await client.stop();
    await server.stop();
  });
});
