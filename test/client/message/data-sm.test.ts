import assert from 'node:assert/strict';
import { SmppClient, type MessageEvent, type ReceiptEvent } from '../../../src/index';
import { Smsc, type SmscEvents } from '../../../src/simulator';
import { until } from '../../support/until';

const LONG = 'A long text. '.repeat(20);

describe('data_sm', () => {
  let smsc: Smsc;
  let client: SmppClient;
  const submits: SmscEvents['submit'][] = [];

  before(async () => {
    smsc = new Smsc({ receiptDelay: 0 });
    smsc.on('submit', (event) => submits.push(event));
    const { port } = await smsc.start();
    client = new SmppClient({ host: '127.0.0.1', port, systemId: 'a', password: 'b', log: () => undefined });
    await client.start();
  });
  after(async () => {
    await client.stop();
    await smsc.stop();
  });
  beforeEach(() => submits.splice(0));

  const message = { command: 'data_sm' as const, source_addr: 'Shop', destination_addr: '447700900123' };

  for (const [long_messages, segments] of [
    ['auto', 1],
    ['payload', 1],
    ['payload-always', 1],
    ['udh8', 2],
    ['udh16', 2],
    ['sar', 2],
  ] as const) {
    it(`carries a long text by ${long_messages} in message_payload, and its receipts complete it`, async () => {
      const options = { completeWhen: 'delivered', deliveredTimeout: 20 } as const;
      const outcome = await client.send({ ...message, short_message: LONG, long_messages }, options);
      assert.deepEqual(
        [outcome.event, outcome.segments, outcome.receipts?.length],
        ['delivered', segments, segments],
      );
      assert.equal(submits.length, segments);
      for (const { command, tlvs } of submits) {
        assert.equal(command, 'data_sm');
        assert.ok(Buffer.isBuffer(tlvs['message_payload']));
      }
      assert.equal(submits.at(-1)?.text, LONG);
    });
  }

  it('that may not be long is refused where it is', async () => {
    await assert.rejects(client.send({ ...message, short_message: LONG, long_messages: 'reject' }), {
      code: 'TEXT_TOO_LONG',
    });
  });

  it('asks for a receipt as the message says, and carries TLVs of its own', async () => {
    await client.send({ ...message, short_message: 'x', registered_delivery: 'none', qos_time_to_live: 60 });
    const [{ registered_delivery, tlvs } = assert.fail()] = submits;
    assert.deepEqual([registered_delivery, tlvs['qos_time_to_live']], [0, 60]);
  });

  it('from the SMSC is a message, or a receipt, as a deliver_sm is', async () => {
    const messages: MessageEvent[] = [];
    const receipts: ReceiptEvent[] = [];
    client
      .on('message', (event) => void messages.push(event))
      .on('receipt', (event) => void receipts.push(event));
    const [session = assert.fail()] = smsc.sessions as unknown as {
      session: { request(pdu: object): Promise<unknown> };
    }[];
    const { message_id } = await client.send({ ...message, short_message: 'x', registered_delivery: 'none' });
    const head = { command: 'data_sm', source_addr: '447700900123', destination_addr: 'Shop' };
    await session.session.request({ ...head, tlvs: { message_payload: Buffer.from('From a phone') } });
    const tlvs = { receipted_message_id: message_id, message_state: 2 };
    await session.session.request({ ...head, esm_class: 4, tlvs });
    await until(() => messages.length === 1 && receipts.length === 1);
    assert.deepEqual([messages[0]?.command, messages[0]?.payload], ['data_sm', 'From a phone']);
    assert.deepEqual([receipts[0]?.state, receipts[0]?.matched], ['DELIVRD', true]);
  });
});
