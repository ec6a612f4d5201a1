import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  decodePdu,
  encodePdu,
  explain,
  maskPdu,
  type CommandName,
  type ExplainedField,
  type FieldSpec,
  type PduInput,
} from '../../src/protocol';
import { pduOf } from '../support/pdus';

const anyPdu = fc.oneof(
  ...(Object.keys(COMMANDS) as CommandName[]).map((name) => pduOf(name) as fc.Arbitrary<PduInput>),
);
/** Names and places of all fields, whatever they say. */
const shape = (fields: readonly ExplainedField[] = []): unknown =>
  fields
    .filter(({ kind }) => kind !== 'udh')
    .map(({ name, offset, length, fields: parts }) => [name, offset, length, shape(parts)]);
const submit = (fields: object): Buffer => encodePdu({ command: 'submit_sm', sequence_number: 7, ...fields });
const messageOf = (octets: Buffer): Buffer => decodePdu(octets)['short_message' as never];

describe('a masked PDU', () => {
  it('has the same length, and the same fields in the same places', () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        const octets = encodePdu(pdu);
        const masked = maskPdu(octets);
        assert.equal(masked.length, octets.length);
        assert.deepEqual(shape(explain(masked).fields), shape(explain(octets).fields));
        assert.equal(explain(masked).fault, undefined);
      }),
    );
  });

  it('shows nothing of what the command table says is a number, a text or a secret', () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        const { command } = pdu;
        const shown = decodePdu(maskPdu(encodePdu(pdu))) as unknown as Record<string, unknown>;
        for (const { name, tells, type } of COMMANDS[command as CommandName].fields as readonly FieldSpec[]) {
          if (tells === undefined || type !== 'cstring') continue;
          assert.match(String(shown[name]), /^\**$/);
        }
      }),
    );
  });

  it('shows a password to nobody', () => {
    const octets = encodePdu({
      command: 'bind_transceiver',
      system_id: 'me',
      password: 'geheim',
      sequence_number: 1,
    });
    const shown = maskPdu(octets, { numbers: true, texts: true });
    const pdu = decodePdu(shown) as unknown as Record<string, unknown>;
    assert.equal(pdu['password'], '******');
    assert.equal(pdu['system_id'], 'me');
    assert.ok(!shown.includes('geheim'));
  });

  it('shows numbers or texts where they are asked for, each by itself', () => {
    const octets = submit({
      source_addr: 'Shop',
      destination_addr: '4915112345678',
      short_message: Buffer.from('hello'),
    });
    const fieldsOf = (shown: Buffer) => decodePdu(shown) as unknown as Record<string, unknown>;
    const numbers = fieldsOf(maskPdu(octets, { numbers: true }));
    assert.deepEqual(
      [numbers['destination_addr'], String(numbers['short_message'])],
      ['4915112345678', '*****'],
    );
    const texts = fieldsOf(maskPdu(octets, { texts: true }));
    assert.deepEqual([texts['destination_addr'], String(texts['short_message'])], ['*************', 'hello']);
    assert.deepEqual(maskPdu(octets, { numbers: true, texts: true }), octets);
  });

  it('is not the octets that were given', () => {
    const octets = submit({ destination_addr: '4915112345678' });
    const before = Buffer.from(octets);
    maskPdu(octets);
    assert.deepEqual(octets, before);
  });

  it('keeps the user data header, but for elements that hold an address', () => {
    const concatenation = '0003aa0201';
    const reply = '22040b91aabb';
    const header = Buffer.from(`0b${concatenation}${reply}`, 'hex');
    const short_message = Buffer.concat([header, Buffer.from('secret text')]);
    const masked = messageOf(maskPdu(submit({ esm_class: 0x40, short_message })));
    assert.equal(masked.toString('hex'), `0b${concatenation}22042a2a2a2a${'2a'.repeat(11)}`);
  });

  it('hides a message whose user data header is malformed whole', () => {
    for (const header of ['ff0003aa0201', '060003aa0201', '']) {
      const short_message = Buffer.concat([Buffer.from(header, 'hex'), Buffer.from('text')]);
      const masked = messageOf(maskPdu(submit({ esm_class: 0x40, short_message })));
      assert.match(masked.toString('latin1'), /^\*+$/, header);
    }
  });

  it('is of stars where the text is UCS2', () => {
    const short_message = Buffer.from('grüße', 'utf16le').swap16();
    const masked = messageOf(maskPdu(submit({ data_coding: 8, short_message })));
    assert.equal(Buffer.from(masked).swap16().toString('utf16le'), '*****');
  });

  it('keeps of a receipt what is no text', () => {
    const text =
      'id:0A1b-7 sub:001 dlvrd:001 submit date:2611270200 done date:2611270201 stat:DELIVRD err:000 text:Your code is 1234';
    const masked = messageOf(maskPdu(submit({ esm_class: 4, short_message: Buffer.from(text) })));
    assert.equal(masked.toString(), text.replace('Your code is 1234', '*'.repeat(17)));
    // What stands in the place of a field may be anything.
    const other = text.replace('stat:DELIVRD', 'stat:4915112345678');
    assert.match(messageOf(maskPdu(submit({ short_message: Buffer.from(other) }))).toString(), /^\*+$/);
  });

  it('masks destinations, refused destinations and TLVs', () => {
    const dest_address = [
      { dest_flag: 1, dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '4915112345678' },
      { dest_flag: 2, dl_name: 'customers' },
    ];
    const tlvs = {
      callback_num: Buffer.from('\x01\x01\x014915112345678', 'latin1'),
      message_payload: Buffer.from('a long text'),
      user_message_reference: 513,
      '0x1403': Buffer.from('4915112345678'),
    };
    const octets = encodePdu({ command: 'submit_multi', sequence_number: 1, dest_address, tlvs } as PduInput);
    const shown = maskPdu(octets);
    for (const secret of ['49151', 'customers', 'a long text']) assert.ok(!shown.includes(secret), secret);
    const { tlvs: seen } = decodePdu(shown);
    assert.equal(seen['callback_num']?.toString('latin1'), `\x01\x01\x01${'*'.repeat(13)}`);
    assert.equal(seen['user_message_reference'], 513);
    const numbers = maskPdu(octets, { numbers: true });
    assert.ok(numbers.includes('customers') && !numbers.includes('a long text'));
    // Whether it is a number or a text is not known.
    assert.equal(decodePdu(numbers).tlvs['0x1403']?.toString(), '*'.repeat(13));
    const failed = [
      { dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '4915112345678', error_status_code: 11 },
    ];
    const response = encodePdu({
      command: 'submit_multi_resp',
      message_id: 'm1',
      unsuccess_sme: failed,
    });
    assert.ok(!maskPdu(response).includes('49151'));
    assert.ok(maskPdu(response).includes('m1'));
  });

  it("shows a vendor's TLV where it is an integer", () => {
    const vendorTlvs = [
      { tag: 0x1400, name: 'class', type: 'int16' },
      { tag: 0x1401, name: 'template', type: 'cstring' },
    ] as const;
    const octets = encodePdu(
      { command: 'submit_sm', tlvs: { class: 513, template: '1234567890' } },
      { vendorTlvs },
    );
    const { tlvs } = decodePdu(maskPdu(octets, { vendorTlvs }), { vendorTlvs });
    assert.deepEqual({ ...tlvs }, { class: 513, template: '**********' });
  });

  it('shows nothing but the header of what cannot be read, or is not known', () => {
    const octets = submit({ destination_addr: '4915112345678', short_message: Buffer.from('hello') });
    const cut = octets.subarray(0, 40);
    const unknown = Buffer.from(octets);
    unknown.writeUInt32BE(0x00010200, 4);
    for (const odd of [cut, unknown]) {
      const masked = maskPdu(odd);
      assert.deepEqual(masked.subarray(0, 16), odd.subarray(0, 16));
      assert.match(masked.subarray(16).toString('latin1'), /^\*+$/);
    }
  });

  it('has the length of whatever octets it is made of, and never shows a password in them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (given, numbers) => {
        const octets = Buffer.from(given);
        if (octets.length >= 8) octets.writeUInt32BE(9, 4);
        if (octets.length >= 4) octets.writeUInt32BE(octets.length, 0);
        const masked = maskPdu(octets, { numbers, texts: true });
        assert.equal(masked.length, octets.length);
        const end = octets.indexOf(0, 16);
        const password = octets.subarray(end + 1, octets.indexOf(0, end + 1));
        if (end >= 16 && password.length > 4)
          assert.ok(!masked.includes(password) || /^\*+$/.test(password.toString('latin1')));
      }),
    );
  });
});
