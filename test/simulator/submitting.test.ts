import assert from 'node:assert/strict';
import { commandId, encodeBody, type Pdu } from '../../src/protocol';
import type { ResponseView } from '../../src/session';
import { Smsc } from '../../src/simulator';
import { segment, type LongMessageMethod } from '../../src/text';
import { Scene, collect, next } from './setup';

describe('the simulator takes messages', () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.close());

  it('answers submit_sm with an id and tells fields, text and session', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submit = next(smsc, 'submit');
    const response = await esme.submit({ short_message: Buffer.from('Hello') });
    assert.equal(response.command, 'submit_sm_resp');
    assert.equal(response.command_status, 0);
    assert.match(response.message_id, /^\d{16}$/);
    const event = await submit;
    assert.equal(event.message_id, response.message_id);
    assert.equal(event.text, 'Hello');
    assert.equal(event.source_addr, '1234');
    assert.equal(event.destination_addr, '491510001');
    assert.equal(event.system_id, 'esme');
    assert.equal(event.session.bind_type, 'transceiver');
  });

  it('gives every message an id of its own, also after a restart', async () => {
    const ids = new Set<unknown>();
    for (let run = 0; run < 2; run++) {
      const smsc = await scene.smsc();
      const esme = await scene.esme(smsc);
      for (let n = 0; n < 5; n++) ids.add((await esme.submit()).message_id);
    }
    assert.equal(ids.size, 10);
  });

  it('takes ids from the function that it is given', async () => {
    const smsc = await scene.smsc({ messageId: (n) => `ab-${n}` });
    const esme = await scene.esme(smsc);
    assert.equal((await esme.submit()).message_id, 'ab-1');
    assert.equal((await esme.submit()).message_id, 'ab-2');
  });

  it('answers ESME_RSYSERR where that function gives no message_id', async () => {
    const smsc = await scene.smsc({ messageId: () => 'x'.repeat(65) });
    const esme = await scene.esme(smsc);
    assert.equal((await esme.submit()).command_status, 0x08);
    assert.equal((await esme.ask({ command: 'enquire_link' })).command_status, 0);
  });

  for (const method of ['udh8', 'udh16', 'sar'] satisfies LongMessageMethod[]) {
    it(`joins the text of a long message that comes by ${method}, in any order`, async () => {
      const smsc = await scene.smsc();
      const esme = await scene.esme(smsc);
      const submits = collect(smsc, 'submit');
      const text = 'Schöne Grüße €🙂 '.repeat(20);
      const { segments } = segment(text, { method, reference: 7 });
      assert.ok(segments.length > 2);
      for (const part of segments.toReversed()) await esme.submit(part);
      assert.deepEqual(
        submits.map((event) => event.text),
        [...segments.slice(1).map(() => undefined), text],
      );
      assert.equal(submits[0]?.part?.part, segments.length);
    });
  }

  it('tells the user data header of each PDU, and none where there is none', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submits = collect(smsc, 'submit');
    const ports = { destination: 2948, source: 9200 };
    for (const part of segment('x'.repeat(200), { udh: { ports }, reference: 7 }).segments)
      await esme.submit(part);
    await esme.submit();
    assert.deepEqual(
      submits.map(({ udh }) => udh),
      [
        { ports, concatenation: { reference: 7, total: 2, part: 1, bits: 8 } },
        { ports, concatenation: { reference: 7, total: 2, part: 2, bits: 8 } },
        undefined,
      ],
    );
    assert.equal('udh' in (submits[2] ?? {}), false);
  });

  it('joins a long message again that comes once more', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submits = collect(smsc, 'submit');
    const text = 'x'.repeat(200);
    const { segments } = segment(text, { method: 'udh8', reference: 7 });
    for (const part of [...segments, ...segments]) await esme.submit(part);
    assert.deepEqual(
      submits.map((event) => event.text),
      [undefined, text, undefined, text],
    );
  });

  it('does not mix the parts of two clients', async () => {
    const smsc = await scene.smsc();
    const one = await scene.esme(smsc);
    const other = await scene.esme(smsc, { fields: { system_id: 'other' } });
    const submits = collect(smsc, 'submit');
    const { segments } = segment('y'.repeat(200), { method: 'udh8', reference: 7 });
    await one.submit(segments[0]);
    await other.submit(segments[1]);
    assert.deepEqual(
      submits.map((event) => event.text),
      [undefined, undefined],
    );
  });

  it('has no text of a binary message, but its octets', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submit = next(smsc, 'submit');
    await esme.submit({ short_message: Buffer.from([0, 1, 255]), data_coding: 4 });
    const { text, octets } = await submit;
    assert.equal(text, undefined);
    assert.deepEqual(octets, Buffer.from([0, 1, 255]));
  });

  it('reads the text of message_payload', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submit = next(smsc, 'submit');
    const message_payload = Buffer.from('p'.repeat(1000));
    await esme.submit({ short_message: Buffer.alloc(0), tlvs: { message_payload } });
    assert.equal((await submit).text, 'p'.repeat(1000));
  });

  it('takes data_sm', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const submit = next(smsc, 'submit');
    const tlvs = { message_payload: Buffer.from('data') };
    const response = await esme.ask({ command: 'data_sm', destination_addr: '4915', tlvs });
    assert.equal(response.command, 'data_sm_resp');
    assert.equal((await submit).text, 'data');
    assert.equal((await submit).message_id, response.message_id);
  });

  it('takes submit_multi for numbers and the members of lists, each once, and lists what it does not take', async () => {
    const smsc = await scene.smsc({
      distributionLists: { staff: ['447700900123', '+44 7700 900124'] },
      rules: [{ type: 'refuse-destination', status: 'ESME_RMSGQFUL', destination: '+4477009009', times: 1 }],
    });
    const esme = await scene.esme(smsc);
    const submit = (dest_address: object[]): Promise<Pdu> =>
      esme.ask({ command: 'submit_multi', dest_address, registered_delivery: 1 } as never);
    const listOf = (pdu: Pdu): unknown[] =>
      (
        pdu as unknown as { unsuccess_sme: { destination_addr: string; error_status_code: number }[] }
      ).unsuccess_sme.map((one) => [one.destination_addr, one.error_status_code]);
    const number = (destination_addr: string): object => ({ destination_addr });
    const taken = await submit([
      number('447700900123'),
      { dl_name: 'staff' },
      { dl_name: 'nobody' },
      number('447700900900'),
    ]);
    assert.equal(taken.command_status, 0);
    assert.deepEqual(listOf(taken), [
      ['nobody', 0x34],
      ['447700900900', 0x14],
    ]);
    const receipts = await esme.until(2);
    assert.deepEqual(receipts.map(({ source_addr }) => source_addr).sort(), ['447700900123', '447700900124']);
    const unknown = await submit([{ dl_name: 'nobody' }]);
    assert.deepEqual([unknown.command_status, listOf(unknown)], [0x34, [['nobody', 0x34]]]);
    assert.equal((await submit([])).command_status, 0x33);
    assert.equal((await submit([number('447700900900')])).command_status, 0);
  });

  it('refuses lists that are none', () => {
    for (const distributionLists of [
      [],
      'staff',
      { staff: 'x' },
      { staff: [1] },
      { staff: ['x'] },
      { ['x'.repeat(21)]: [] },
    ])
      assert.throws(() => new Smsc({ distributionLists: distributionLists as never }), /distributionLists/);
  });

  it('refuses a message without a recipient, and tells so', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const refused = next(smsc, 'refused');
    assert.equal((await esme.submit({ destination_addr: '' })).command_status, 0x0b);
    assert.equal((await refused).command_status, 'ESME_RINVDSTADR');
  });

  it('takes the longer addresses of data_sm, but none that a receipt could not name', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const destination_addr = 'sip:somebody@somewhere.example';
    const data = { command: 'data_sm', source_addr: '1234', registered_delivery: 1 } as const;
    const { message_id } = await esme.ask({ ...data, destination_addr });
    const [receipt] = await esme.until(1);
    assert.deepEqual([receipt?.command, receipt?.source_addr], ['data_sm', destination_addr]);
    assert.ok(receipt);
    assert.equal(receipt.tlvs.receipted_message_id, message_id);
    assert.match(String(receipt.tlvs.message_payload), /stat:DELIVRD/);
  });

  it('refuses a submit of a client that is bound to receive only', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc, { bind: 'bind_receiver' });
    await assert.rejects(esme.submit(), { code: 'INVALID_STATE' });
  });

  it('goes on when a handler throws', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    smsc.on('submit', () => {
      throw new Error('a fault of the test');
    });
    assert.equal((await esme.submit()).command_status, 0);
  });

  it('answers what came before an unbind in the same write', async () => {
    const smsc = await scene.smsc();
    const esme = await scene.esme(smsc);
    const body = encodeBody({ command: 'submit_sm', destination_addr: '4915' });
    const status = new Promise<number>((resolve, reject) => {
      const onResponse = (view: ResponseView): void => resolve(view.command_status);
      const onLost = (reason: string): void => reject(new Error(reason));
      esme.session.submit([{ commandId: commandId('submit_sm'), body, handler: { onResponse, onLost } }]);
    });
    await esme.close();
    assert.equal(await status, 0);
  });
});
