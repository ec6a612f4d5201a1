import assert from 'node:assert/strict';
import type { Pdu } from '../../src/protocol';
import { decodeText, readUserData } from '../../src/text';
import { FakeClock } from '../support/clock';
import { Scene, pause } from './setup';

describe('the simulator delivers messages from mobiles', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  const message = { source_addr: '+491510001', destination_addr: '1234', text: 'Grüße' };

  it('to a bound client, and resolves with its answer', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const responses = await smsc.deliver(message);
    assert.deepEqual(
      responses.map(({ command, command_status }) => [command, command_status]),
      [['deliver_sm_resp', 0]],
    );
    const [pdu] = esme.received;
    assert.ok(pdu);
    assert.deepEqual([pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi], ['491510001', 1, 1]);
    assert.equal(pdu.destination_addr, '1234');
    assert.equal(decodeText(pdu.short_message, pdu.data_coding), 'Grüße');
  });

  it('in parts when the text is long, all to one client', async () => {
    const smsc = await scene.smsc();
    const esmes = [await scene.esme(smsc), await scene.esme(smsc)];
    const text = 'Кириллица '.repeat(20);
    const responses = await smsc.deliver({ ...message, text });
    assert.equal(responses.length, 3);
    const received = esmes.flatMap((esme) => esme.received);
    assert.equal(Math.max(...esmes.map((esme) => esme.received.length)), 3);
    const parts = received.map((pdu) => readUserData(pdu));
    assert.deepEqual(
      parts.map(({ part }) => [part?.method, part?.part, part?.total]),
      [1, 2, 3].map((part) => ['udh8', part, 3]),
    );
    assert.equal(parts.map(({ octets }) => decodeText(octets, 8)).join(''), text);
  });

  it('with a user data header, of texts and octets, short and long, and as data_sm', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const udh = { ports: { destination: 9204, source: 0 } };
    await smsc.deliver({ ...message, udh });
    await smsc.deliver({ ...message, text: undefined, short_message: Buffer.from('card'), udh });
    await smsc.deliver({ ...message, command: 'data_sm', udh: '06050423f40000' });
    await smsc.deliver({ ...message, text: 'z'.repeat(200), udh });
    const parts = esme.received.map((pdu) => readUserData(pdu));
    assert.equal(parts.length, 5);
    for (const part of parts) assert.deepEqual(part.udh?.ports, udh.ports);
    assert.deepEqual([parts[0]?.octets, parts[1]?.octets, esme.received[1]?.data_coding].map(String), [
      'Gr~\x1ee',
      'card',
      '4',
    ]);
    assert.deepEqual(
      parts.slice(3).map(({ part }) => part?.part),
      [1, 2],
    );
    await assert.rejects(smsc.deliver({ ...message, udh: { ports: { destination: 70_000 } } }), {
      code: 'MALFORMED_UDH',
      field: 'udh.ports.destination',
    });
  });

  it('part by part where its window is one', async () => {
    const smsc = await scene.smsc({ windowSize: 1 });
    let open = 0;
    const esme = await scene.esme(smsc, {
      answer: async () => {
        assert.equal(++open, 1);
        await pause(2);
        open--;
        return { command_status: 0 };
      },
    });
    await smsc.deliver({ ...message, text: 'z'.repeat(500) });
    assert.equal(esme.received.length, 4);
  });

  it('to each receiver in its turn, and never to a transmitter', async () => {
    const smsc = await scene.smsc();
    const transmitter = await scene.esme(smsc, { bind: 'bind_transmitter' });
    const receivers = [await scene.esme(smsc, { bind: 'bind_receiver' }), await scene.esme(smsc)];
    for (let n = 0; n < 4; n++) await smsc.deliver(message);
    assert.deepEqual(
      [...receivers, transmitter].map((esme) => esme.received.length),
      [2, 2, 0],
    );
  });

  it('to the account that is asked for', async () => {
    const smsc = await scene.smsc();
    const one = await scene.esme(smsc, { fields: { system_id: 'one' } });
    const two = await scene.esme(smsc, { fields: { system_id: 'two' } });
    for (let n = 0; n < 3; n++) await smsc.deliver(message, { system_id: 'two' });
    assert.deepEqual([one.received.length, two.received.length], [0, 3]);
    await assert.rejects(smsc.deliver(message, { system_id: 'three' }), {
      code: 'NOT_BOUND',
      message: 'no client of three is bound to receive; bind one as receiver or transceiver first',
    });
  });

  it('not when nobody is bound', async () => {
    const smsc = await scene.smsc();
    await assert.rejects(smsc.deliver(message), { code: 'NOT_BOUND' });
  });

  it('as octets, with any field and TLV', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const short_message = Buffer.from([5, 0, 3, 1, 2, 1, 0xff]);
    const fields = { esm_class: 0x40, data_coding: 4, protocol_id: 9, tlvs: { user_message_reference: 77 } };
    await smsc.deliver({ source_addr: '1', destination_addr: '', short_message, ...fields });
    const [pdu] = esme.received;
    assert.deepEqual([pdu?.short_message, pdu?.esm_class, pdu?.protocol_id], [short_message, 0x40, 9]);
    assert.equal(pdu?.tlvs.user_message_reference, 77);
  });

  it('as data_sm', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const [response] = await smsc.deliver({
      ...message,
      command: 'data_sm',
      text: 'q'.repeat(300),
      protocol_id: 1,
    });
    assert.equal(response?.command, 'data_sm_resp');
    assert.equal(String(esme.received[0]?.tlvs.message_payload), 'q'.repeat(300));
  });

  it('always in message_payload, where that is asked for', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    await smsc.deliver({ ...message, text: 'Hi', long_messages: 'payload-always' });
    const [pdu] = esme.received as (Pdu & { short_message?: Buffer })[];
    assert.deepEqual([pdu?.short_message?.length, String(pdu?.tlvs.message_payload)], [0, 'Hi']);
  });

  it('not when the message is wrong, and says why', async () => {
    const smsc = await scene.smsc();
    await scene.esme(smsc);
    await assert.rejects(smsc.deliver({ ...message, text: 'жук', encoding: 'gsm0338' }), {
      code: 'UNENCODABLE',
    });
    const unknown = { ...message, colour: 'red' };
    await assert.rejects(smsc.deliver(unknown), { code: 'UNKNOWN_FIELD' });
  });

  it('resolves with a refusal, and repeats it only when asked to', async () => {
    const clock = new FakeClock();
    const smsc = await scene.smsc({ clock });
    const answers = ['ESME_RX_T_APPN', 'ESME_RX_T_APPN', 'ESME_ROK', 'ESME_RX_P_APPN'];
    const esme = await scene.esme(smsc, {
      answer: () => ({ command_status: answers.shift() ?? 'ESME_ROK' }),
    });
    assert.equal((await smsc.deliver(message))[0]?.command_status, 0x64);
    const repeated = smsc.deliver(message, { repeat: 5 });
    await esme.until(2);
    await pause(10);
    await clock.advance(1010);
    assert.equal((await repeated)[0]?.command_status, 0);
    assert.equal((await smsc.deliver(message, { repeat: 5 }))[0]?.command_status, 0x65);
    assert.equal(esme.received.length, 4);
  });

  it('rejects when the link goes, or goes on over the next one when asked to', async () => {
    const clock = new FakeClock();
    const smsc = await scene.smsc({ clock });
    const dumb = await scene.esme(smsc, { answer: () => new Promise(() => undefined) });
    const once = assert.rejects(smsc.deliver(message), { code: 'SESSION_CLOSED' });
    const repeated = smsc.deliver(message, { repeat: 5 });
    await dumb.until(2);
    dumb.session.destroy();
    await once;
    const back = await scene.esme(smsc);
    await clock.advance(1010);
    assert.equal((await repeated)[0]?.command_status, 0);
    assert.equal(back.received.length, 1);
  });

  it('rejects what waits to be repeated when it stops', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc, { answer: () => ({ command_status: 'ESME_RX_T_APPN' }) });
    const stopped = assert.rejects(smsc.deliver(message, { repeat: 5 }), { code: 'STOPPED' });
    await esme.until(1);
    await pause(10);
    await smsc.stop();
    await stopped;
  });
});
