import assert from 'node:assert/strict';
import {
  encodeBody,
  encodePdu,
  PduError,
  statusName,
  TlvTable,
  SmppError,
  type PduInput,
  type VendorTlv,
} from '../../src/protocol';

interface Refusal {
  pdu: Record<string, unknown>;
  code?: string;
  status: string;
  field: string;
  says: RegExp;
}

const submit = (fields: object): Record<string, unknown> => ({ command: 'submit_sm', ...fields });
const withTlv = (tlvs: object): Record<string, unknown> => submit({ tlvs });

const refusals: Record<string, Refusal> = {
  'an over-long source_addr': {
    pdu: submit({ source_addr: '1'.repeat(21) }),
    status: 'ESME_RINVSRCADR',
    field: 'source_addr',
    says: /source_addr "1{21}" has 21 characters: at most 20/,
  },
  'an over-long destination_addr': {
    pdu: submit({ destination_addr: '1'.repeat(21) }),
    status: 'ESME_RINVDSTADR',
    field: 'destination_addr',
    says: /at most 20/,
  },
  'an over-long service_type': {
    pdu: submit({ service_type: 'ABCDEF' }),
    status: 'ESME_RINVSERTYP',
    field: 'service_type',
    says: /at most 5/,
  },
  'an over-long system_id': {
    pdu: { command: 'bind_transceiver', system_id: 'x'.repeat(16) },
    status: 'ESME_RINVSYSID',
    field: 'system_id',
    says: /at most 15/,
  },
  'an address that is not ASCII': {
    pdu: submit({ source_addr: 'Caf\u00e9' }),
    status: 'ESME_RINVSRCADR',
    field: 'source_addr',
    says: /"\u00e9" at position 4/,
  },
  'an address with an emoji': {
    pdu: submit({ source_addr: 'Hi\u{1F600}' }),
    status: 'ESME_RINVSRCADR',
    field: 'source_addr',
    says: /"\u{1F600}" at position 3/u,
  },
  'an address with a NUL': {
    pdu: submit({ destination_addr: '12\u000034' }),
    status: 'ESME_RINVDSTADR',
    field: 'destination_addr',
    says: /a NUL at position 3/,
  },
  'an address that is a number': {
    pdu: submit({ destination_addr: 447700900123 }),
    status: 'ESME_RINVDSTADR',
    field: 'destination_addr',
    says: /447700900123 is not text.*quotes/,
  },
  'a null': {
    pdu: submit({ destination_addr: null }),
    status: 'ESME_RINVDSTADR',
    field: 'destination_addr',
    says: /null is not text/,
  },
  'a message of text': {
    pdu: submit({ short_message: 'hello' }),
    status: 'ESME_RINVMSGLEN',
    field: 'short_message',
    says: /encodeText/,
  },
  'a message of another type': {
    pdu: submit({ short_message: [1, 2] }),
    status: 'ESME_RINVMSGLEN',
    field: 'short_message',
    says: /not a Buffer/,
  },
  'an over-long message': {
    pdu: submit({ short_message: Buffer.alloc(256) }),
    status: 'ESME_RINVMSGLEN',
    field: 'short_message',
    says: /\(256 octets\) is too long: at most 255.*message_payload/,
  },
  'an integer beyond its octet': {
    pdu: submit({ esm_class: 256 }),
    status: 'ESME_RINVESMCLASS',
    field: 'esm_class',
    says: /esm_class 256 .* 0 to 255/,
  },
  'a negative integer': {
    pdu: submit({ data_coding: -1 }),
    status: 'ESME_RINVDCS',
    field: 'data_coding',
    says: /-1/,
  },
  'a fraction': {
    pdu: submit({ priority_flag: 1.5 }),
    status: 'ESME_RINVPRTFLG',
    field: 'priority_flag',
    says: /1\.5/,
  },
  'a number written as text': {
    pdu: submit({ registered_delivery: '1' }),
    status: 'ESME_RINVREGDLVFLG',
    field: 'registered_delivery',
    says: /"1"/,
  },
  'not a number': {
    pdu: submit({ source_addr_ton: NaN }),
    status: 'ESME_RINVSRCTON',
    field: 'source_addr_ton',
    says: /NaN/,
  },
  'a time of the wrong length': {
    pdu: submit({ validity_period: '240102030405' }),
    status: 'ESME_RINVEXPIRY',
    field: 'validity_period',
    says: /"240102030405" is not a time.*YYMMDDhhmmsstnnp/,
  },
  'a schedule of the wrong length': {
    pdu: submit({ schedule_delivery_time: '1' }),
    status: 'ESME_RINVSCHED',
    field: 'schedule_delivery_time',
    says: /not a time/,
  },
  'a sequence_number beyond 32 bits': {
    pdu: submit({ sequence_number: 2 ** 32 }),
    status: 'ESME_RINVPARLEN',
    field: 'sequence_number',
    says: /4294967296/,
  },
  'an unknown status': {
    pdu: submit({ command_status: 'ESME_RTHROTLED' }),
    code: 'UNKNOWN_STATUS',
    status: 'ESME_RSYSERR',
    field: 'command_status',
    says: /did you mean "ESME_RTHROTTLED"/,
  },
  'an unknown command': {
    pdu: { command: 'submit_smm' },
    code: 'UNKNOWN_COMMAND',
    status: 'ESME_RINVCMDID',
    field: 'command',
    says: /did you mean "submit_sm"/,
  },
  'no command': {
    pdu: {},
    code: 'UNKNOWN_COMMAND',
    status: 'ESME_RINVCMDID',
    field: 'command',
    says: /"undefined" is not a command/,
  },
  'an unknown field': {
    pdu: submit({ source_adr: '1' }),
    code: 'UNKNOWN_FIELD',
    status: 'ESME_RINVCMDLEN',
    field: 'source_adr',
    says: /submit_sm has no field "source_adr" \(did you mean "source_addr"\?\); it has: service_type, /,
  },
  'a field of another command': {
    pdu: { command: 'enquire_link', message_id: '1' },
    code: 'UNKNOWN_FIELD',
    status: 'ESME_RINVCMDLEN',
    field: 'message_id',
    says: /it has: none/,
  },
  'a body of an unknown command that is text': {
    pdu: { command: '0x00000110', body: 'x' },
    status: 'ESME_RINVPARLEN',
    field: 'body',
    says: /not a Buffer/,
  },
  'both short_message and message_payload': {
    pdu: submit({ short_message: Buffer.from('a'), tlvs: { message_payload: Buffer.from('b') } }),
    code: 'TWO_MESSAGES',
    status: 'ESME_ROPTPARNOTALLWD',
    field: 'message_payload',
    says: /leave one out/,
  },
  'both, with the payload by its tag': {
    pdu: submit({ short_message: Buffer.from('a'), tlvs: { '0x0424': Buffer.from('b') } }),
    code: 'TWO_MESSAGES',
    status: 'ESME_ROPTPARNOTALLWD',
    field: 'message_payload',
    says: /leave one out/,
  },
  'a destination that is no object': {
    pdu: { command: 'submit_multi', dest_address: ['447700900123'] },
    status: 'ESME_RINVNUMDESTS',
    field: 'dest_address',
    says: /at 0 is not an object/,
  },
  'destinations that are no list': {
    pdu: { command: 'submit_multi', dest_address: { destination_addr: '1' } },
    status: 'ESME_RINVNUMDESTS',
    field: 'dest_address',
    says: /not a list/,
  },
  'too many destinations': {
    pdu: { command: 'submit_multi', dest_address: Array(256).fill({ dl_name: 'x' }) },
    status: 'ESME_RINVNUMDESTS',
    field: 'dest_address',
    says: /\(a list of 256\) is too long: at most 255/,
  },
  'an invalid part of a destination': {
    pdu: { command: 'submit_multi', dest_address: [{}, { destination_addr: '1'.repeat(21) }] },
    status: 'ESME_RINVDSTADR',
    field: 'dest_address[1].destination_addr',
    says: /at most 20/,
  },
  'a misspelt part of a destination': {
    pdu: { command: 'submit_multi', dest_address: [{ destination: '1' }] },
    status: 'ESME_RINVNUMDESTS',
    field: 'dest_address',
    says: /"destination" at 0: it may have dest_addr_ton, dest_addr_npi, destination_addr/,
  },
  'a dest_flag that contradicts': {
    pdu: { command: 'submit_multi', dest_address: [{ dest_flag: 2, destination_addr: '1' }] },
    status: 'ESME_RINVDESTFLAG',
    field: 'dest_address[0].dest_flag',
    says: /2 with a dl_name/,
  },
  'an over-long message_id in a list': {
    pdu: { command: 'query_last_msgs_resp', message_ids: ['x'.repeat(65)] },
    status: 'ESME_RINVMSGID',
    field: 'message_ids[0]',
    says: /at most 64/,
  },
  'an unknown TLV': {
    pdu: withTlv({ mesage_payload: Buffer.of(1) }),
    code: 'UNKNOWN_TLV',
    status: 'ESME_ROPTPARNOTALLWD',
    field: 'mesage_payload',
    says: /did you mean "message_payload"/,
  },
  'a TLV integer beyond its size': {
    pdu: withTlv({ user_message_reference: 65536 }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVOPTPARAMVAL',
    field: 'user_message_reference',
    says: /user_message_reference \(0x0204\) 65536 .* 0 to 65535/,
  },
  'a TLV of the wrong length': {
    pdu: withTlv({ network_error_code: Buffer.alloc(2) }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVPARLEN',
    field: 'network_error_code',
    says: /takes 2 octets: it must be 3/,
  },
  'an over-long TLV text': {
    pdu: withTlv({ receipted_message_id: 'x'.repeat(65) }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVPARLEN',
    field: 'receipted_message_id',
    says: /66 octets with its NUL: it must be 1 to 65/,
  },
  'a TLV beyond all lengths': {
    pdu: withTlv({ '0x1400': Buffer.alloc(65536) }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVPARLEN',
    field: '0x1400',
    says: /0 to 65535/,
  },
  'a TLV text that is not ASCII': {
    pdu: withTlv({ receipted_message_id: '\u00e9' }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVOPTPARAMVAL',
    field: 'receipted_message_id',
    says: /position 1 that is not ASCII/,
  },
  'a TLV of octets that is text': {
    pdu: withTlv({ message_payload: 'hello' }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVOPTPARAMVAL',
    field: 'message_payload',
    says: /not a Buffer/,
  },
  'a TLV of text that is a number': {
    pdu: withTlv({ receipted_message_id: 12 }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVOPTPARAMVAL',
    field: 'receipted_message_id',
    says: /12 is not text/,
  },
  'one bad value of several': {
    pdu: withTlv({ callback_num_pres_ind: [1, 300] }),
    code: 'INVALID_TLV',
    status: 'ESME_RINVOPTPARAMVAL',
    field: 'callback_num_pres_ind',
    says: /300/,
  },
  'TLVs that are no object': {
    pdu: submit({ tlvs: null }),
    status: 'ESME_RINVPARLEN',
    field: 'tlvs',
    says: /not an object/,
  },
};

describe('encoding refuses', () => {
  for (const [what, { pdu, code = 'INVALID_FIELD', status, field, says }] of Object.entries(refusals)) {
    it(what, () => {
      for (const encode of [encodePdu, encodeBody]) {
        if (field === 'sequence_number' && encode === encodeBody) continue;
        assert.throws(
          () => encode(pdu as unknown as PduInput),
          (error: unknown) => {
            assert(error instanceof PduError, String(error));
            assert.equal(error.code, code);
            assert.equal(statusName(error.command_status), status);
            assert.equal(error.field, field);
            assert.match(error.message, says);
            return true;
          },
        );
      }
    });
  }

  it('without showing a password', () => {
    assert.throws(
      () => encodePdu({ command: 'bind_transceiver', password: 'geh\u00e9im' }),
      (error: Error) => error.message.includes('password (not shown)') && !error.message.includes('geh'),
    );
  });

  it('without repeating a long value', () => {
    assert.throws(
      () => encodePdu({ command: 'submit_sm', destination_addr: '1'.repeat(100000) }),
      (error: Error) => error.message.length < 200,
    );
  });
});

describe('encoding takes', () => {
  it('a password of more than 8 characters, for centres exist that want one', () => {
    const octets = encodePdu({ command: 'bind_transceiver', password: 'x'.repeat(20) });
    assert.equal(octets.length, 16 + 1 + 21 + 6 - 1);
  });

  it('fields that are undefined as if they were not there', () => {
    const pdu = {
      command: 'submit_sm',
      source_addr: undefined,
      colour: undefined,
      tlvs: { none: undefined },
    };
    assert.deepEqual(encodePdu(pdu as PduInput), encodePdu({ command: 'submit_sm' }));
  });

  it('counts, but derives its own', () => {
    const short_message = Buffer.from('four');
    assert.deepEqual(
      encodePdu({ command: 'submit_sm', sm_length: 99, short_message }),
      encodePdu({ command: 'submit_sm', short_message }),
    );
  });

  it('a status by name, by its name of 5.0, by number and in hexadecimal', () => {
    for (const command_status of ['ESME_RINVOPTPARAMVAL', 'ESME_RINVTLVVAL', 0xc4, '0x000000c4'] as const) {
      const octets = encodePdu({ command: 'submit_sm_resp', command_status });
      assert.equal(octets.readUInt32BE(8), 0xc4);
    }
  });

  it('a sequence_number of a peer that is beyond the limit, to echo it', () => {
    const octets = encodePdu({ command: 'enquire_link_resp', sequence_number: 0xffffffff });
    assert.equal(octets.toString('hex'), '00000010800000150000000' + '0ffffffff');
  });

  it('TLVs by tag and by other names', () => {
    const expected = encodeBody({ command: 'submit_sm', tlvs: { destination_port: 9200 } }).toString('hex');
    for (const name of ['0x020b', '0x20B', 'dest_port']) {
      assert.equal(encodeBody({ command: 'submit_sm', tlvs: { [name]: 9200 } }).toString('hex'), expected);
    }
  });

  it('an empty short_message beside a message_payload', () => {
    const tlvs = { message_payload: Buffer.from('text') };
    assert.equal(encodeBody({ command: 'submit_sm', short_message: Buffer.alloc(0), tlvs }).length, 17 + 8);
  });

  it('any Uint8Array as octets', () => {
    const octets = encodePdu({ command: 'submit_sm', short_message: Uint8Array.of(1, 2) });
    assert.equal(octets.subarray(-3).toString('hex'), '020102');
  });

  it('the shortest form of a TLV that has several', () => {
    const hex = (tlvs: object): string =>
      encodeBody({ command: 'unbind', tlvs: tlvs as Record<string, number> }).toString('hex');
    assert.equal(hex({ ms_validity: 2 }), '1204000102');
    assert.equal(hex({ ms_validity: 0x04090005 }), '1204000404090005');
    assert.equal(hex({ alert_on_message_delivery: 0 }), '130c0000');
    assert.equal(hex({ alert_on_message_delivery: 3 }), '130c000103');
    assert.equal(hex({ source_telematics_id: 300 }), '00100002012c');
  });
});

describe('a definition of a vendor TLV is refused', () => {
  const bad: Record<string, [VendorTlv | VendorTlv[], RegExp]> = {
    'with a tag beyond 16 bits': [{ tag: 0x10000, name: 'x', type: 'int8' }, /0x0000 to 0xffff/],
    'with a tag that is no number': [{ tag: 'abc', name: 'x', type: 'int8' }, /0x0000 to 0xffff/],
    'without name': [{ tag: 0x1400, name: '', type: 'int8' }, /name is empty/],
    'with the name of another TLV': [{ tag: 0x1400, name: 'message_payload', type: 'octets' }, /0x0424/],
    'with an unknown type': [{ tag: 0x1400, name: 'x', type: 'int64' as 'int8' }, /int8, int16/],
    'with bounds of a number': [{ tag: 0x1400, name: 'x', type: 'int8', max: 1 }, /int8 has its own/],
    'with bounds that are none': [
      { tag: 0x1400, name: 'x', type: 'string', max: 1.5 },
      /its max is no whole/,
    ],
    'with more octets than a TLV has': [
      { tag: 0x1400, name: 'x', type: 'cstring', max: 65_535 },
      /0 to 65534/,
    ],
    'with bounds that leave nothing': [
      { tag: 0x1400, name: 'x', type: 'string', min: 20, max: 19 },
      /its min is above its max/,
    ],
    'with a repetition that is neither': [
      { tag: 0x1400, name: 'x', type: 'string', multiple: 'yes' as never },
      /neither true nor false/,
    ],
    twice: [
      [
        { tag: 0x1400, name: 'x', type: 'int8' },
        { tag: 0x1400, name: 'y', type: 'int8' },
      ],
      /occurs twice/,
    ],
  };
  for (const [what, [definitions, says]] of Object.entries(bad)) {
    it(what, () => {
      assert.throws(
        () => new TlvTable([definitions].flat()),
        (error: unknown) =>
          error instanceof SmppError && error.code === 'INVALID_VENDOR_TLV' && says.test(error.message),
      );
    });
  }
});
