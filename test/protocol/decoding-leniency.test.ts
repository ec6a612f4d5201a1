import assert from 'node:assert/strict';
import {
  COMMANDS,
  TLVS,
  decodePdu,
  encodeBody,
  PduError,
  type CommandName,
  type Pdu,
} from '../../src/protocol';

/** A PDU of a command with the octets of its body. */
function pduWith(command: CommandName, body: Buffer | string, command_status = 0): Buffer {
  const octets = Buffer.isBuffer(body) ? body : Buffer.from(body.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + octets.length, 0);
  header.writeUInt32BE(COMMANDS[command].id, 4);
  header.writeUInt32BE(command_status, 8);
  header.writeUInt32BE(7, 12);
  return Buffer.concat([header, octets]);
}

function decode(command: CommandName, body: Buffer | string, command_status?: number): Pdu {
  return decodePdu(pduWith(command, body, command_status));
}

const empty = '00'.repeat(17);

describe('decoding puts up with', () => {
  it('a positive response without body', () => {
    const pdu = decode('submit_sm_resp', '');
    assert(pdu.command === 'submit_sm_resp');
    assert.equal(pdu.message_id, '');
    assert.deepEqual(pdu.flaws, ['the PDU ends before message_id, which is mandatory']);
  });

  it('every response without body, and finds nothing wrong with it when it is negative', () => {
    for (const command of Object.keys(COMMANDS) as CommandName[]) {
      if (COMMANDS[command].id < 0x80000000) continue;
      assert.equal(decode(command, '', 8).flaws, undefined);
      assert.equal(decode(command, '').command, command);
    }
  });

  it('a negative response with body', () => {
    const pdu = decode('submit_sm_resp', '696400', 0x58);
    assert(pdu.command === 'submit_sm_resp');
    assert.equal(pdu.message_id, 'id');
    assert.equal(pdu.flaws, undefined);
  });

  it('a message_id without its NUL in a response', () => {
    const pdu = decode('submit_sm_resp', '616263');
    assert(pdu.command === 'submit_sm_resp');
    assert.equal(pdu.message_id, 'abc');
    assert.equal(pdu.flaws?.length, 1);
  });

  it('a response that is cut anywhere', () => {
    const body = encodeBody({
      command: 'submit_multi_resp',
      message_id: '99',
      unsuccess_sme: [{ destination_addr: '1', error_status_code: 11 }, { destination_addr: '22' }],
      tlvs: { additional_status_info_text: 'text' },
    });
    for (let length = 1; length < body.length; length++) {
      const pdu = decode('submit_multi_resp', body.subarray(0, length));
      assert(pdu.command === 'submit_multi_resp');
      assert(Array.isArray(pdu.unsuccess_sme));
    }
  });

  it('strings beyond their limit', () => {
    const pdu = decode('deliver_sm', `00 0101 ${'31'.repeat(64)}00 0101 3200 00000000000000000000`);
    assert(pdu.command === 'deliver_sm');
    assert.equal(pdu.source_addr.length, 64);
    assert.deepEqual(pdu.flaws, ['source_addr has 64 octets, at most 20 are allowed']);
  });

  it('octets that are not ASCII in a string', () => {
    const pdu = decode('deliver_sm', `00 0500 e900 0101 3200 00000000000000000000`);
    assert(pdu.command === 'deliver_sm');
    assert.equal(pdu.source_addr, '\u00e9');
    assert.deepEqual(pdu.flaws, ['source_addr has octets that are not ASCII']);
  });

  it('times of a length of their own', () => {
    const pdu = decode('query_sm_resp', `3100 ${Buffer.from('240102030405').toString('hex')}00 0200`);
    assert(pdu.command === 'query_sm_resp');
    assert.equal(pdu.final_date, '240102030405');
    assert.equal(pdu.flaws?.length, 1);
  });

  it('up to three stray octets at the end', () => {
    for (const stray of ['00', '0000', '000000', 'ff', 'ffffff']) {
      assert.match(String(decode('deliver_sm', empty + stray).flaws), /stray octets? at the end/);
      assert.match(String(decode('unbind', stray).flaws), /stray octets? at the end/);
    }
  });

  const unusual: [string, string, unknown][] = [
    ['0204000105', 'user_message_reference', 5],
    ['02040000', 'user_message_reference', 0],
    ['0204000400000102', 'user_message_reference', 0x102],
    ['0204000800010000000000ff', 'user_message_reference', 1],
    ['0427000200 02', 'message_state', 2],
    ['001e0003 616263', 'receipted_message_id', 'abc'],
    ['001e0005 6162630000', 'receipted_message_id', 'abc'],
    ['001e0000', 'receipted_message_id', ''],
    ['04230002 0300', 'network_error_code', Buffer.of(3, 0)],
    ['0609000131', 'broadcast_end_time', '1'],
    [`001e0042${'31'.repeat(65)}00`, 'receipted_message_id', '1'.repeat(65)],
  ];
  for (const [tlv, name, value] of unusual) {
    it(`a TLV ${tlv.slice(0, 24)}, of unusual length`, () => {
      const pdu = decode('deliver_sm', empty + tlv);
      assert.deepEqual(pdu.tlvs[name], value);
      assert.equal(pdu.flaws?.length, 1);
      assert(pdu.flaws[0]?.includes(name));
    });
  }

  it('a TLV that is there more than once', () => {
    const pdu = decode('deliver_sm', empty + '0204000200010204000200020204000200 03');
    assert.deepEqual(pdu.tlvs.user_message_reference, [1, 2, 3]);
    assert.deepEqual(pdu.flaws, ['the TLV user_message_reference occurs more than once']);
  });

  it('a TLV that overruns a response', () => {
    const pdu = decode('submit_sm_resp', '616200 0428 0005 01');
    assert(pdu.command === 'submit_sm_resp');
    assert.equal(pdu.message_id, 'ab');
    assert.equal(pdu.flaws?.length, 1);
  });

  it('a PDU of nothing but flaws, without listing them all', () => {
    const pdu = decode('deliver_sm', empty + '04270000'.repeat(5000));
    assert.equal((pdu.tlvs.message_state as number[]).length, 512);
    assert.equal(pdu.flaws?.length, 20);
  });
});

describe('decoding keeps of thousands of TLVs', () => {
  const empty = (tag: number): Buffer => Buffer.from([tag >> 8, tag & 0xff, 0, 0]);
  const junk = Buffer.concat(Array.from({ length: 30_000 }, (_, at) => empty(0x1400 + at)));

  it('no more than 512, and says so', () => {
    const pdu = decode('enquire_link_resp', junk);
    assert.equal(Object.keys(pdu.tlvs).length, 512);
    assert.deepEqual(pdu.flaws, ['it has 30000 TLVs; 29488 beyond the first 512 are left out']);
  });

  it('and one that is known wherever it is', () => {
    const payload = Buffer.from('04240002414204240001' + '43' + '0427000102', 'hex');
    const pdu = decode('enquire_link_resp', Buffer.concat([junk, payload]));
    assert.deepEqual(pdu.tlvs.message_payload, Buffer.from('AB'));
    assert.equal(pdu.tlvs.message_state, 2);
    assert.equal(Object.keys(pdu.tlvs).length, 514);
  });
});

describe('decoding finds nothing wrong with', () => {
  const fine: [string, string, unknown][] = [
    ['12040001 02', 'ms_validity', 2],
    ['12040004 04090005', 'ms_validity', 0x04090005],
    ['130c0000', 'alert_on_message_delivery', 0],
    ['130c0001 02', 'alert_on_message_delivery', 2],
    ['00100001 05', 'source_telematics_id', 5],
    ['00100002 0105', 'source_telematics_id', 0x105],
    [`06090011${'31'.repeat(16)}00`, 'broadcast_end_time', '1'.repeat(16)],
    ['03020001 01 03020001 02', 'callback_num_pres_ind', [1, 2]],
  ];
  for (const [tlv, name, value] of fine) {
    it(`the TLV ${tlv}`, () => {
      const pdu = decode('deliver_sm', empty + tlv.replaceAll(' ', ''));
      assert.deepEqual(pdu.tlvs[name], value);
      assert.equal(pdu.flaws, undefined);
    });
  }
});

describe('decoding refuses', () => {
  interface Refusal {
    octets: Buffer;
    code: string;
    status: number;
    field?: string;
    header: boolean;
  }
  const refusals: Record<string, Refusal> = {
    'less than a header': {
      octets: Buffer.alloc(15),
      code: 'PDU_TOO_SHORT',
      status: 2,
      header: false,
    },
    'a command_length that is not the number of octets': {
      octets: Buffer.concat([pduWith('unbind', ''), pduWith('unbind', '')]),
      code: 'PDU_LENGTH',
      status: 2,
      header: false,
    },
    'a request without body': {
      octets: pduWith('bind_receiver', ''),
      code: 'PDU_TRUNCATED',
      status: 2,
      field: 'system_id',
      header: true,
    },
    'a request that ends within a string': {
      octets: pduWith('submit_sm', '41414141'),
      code: 'PDU_TRUNCATED',
      status: 2,
      field: 'service_type',
      header: true,
    },
    'a request that ends before an integer': {
      octets: pduWith('submit_sm', '00'),
      code: 'PDU_TRUNCATED',
      status: 2,
      field: 'source_addr_ton',
      header: true,
    },
    'a sm_length beyond the PDU': {
      octets: pduWith('deliver_sm', `${'00'.repeat(16)}05616263`),
      code: 'PDU_TRUNCATED',
      status: 1,
      field: 'short_message',
      header: true,
    },
    'a TLV beyond the PDU': {
      octets: pduWith('deliver_sm', `${empty}0424000561`),
      code: 'TLV_OVERRUN',
      status: 0xc0,
      field: '0x0424',
      header: true,
    },
    'a list that is cut': {
      octets: pduWith('submit_multi', `00 0000 00 02 01 0101 3100`),
      code: 'PDU_TRUNCATED',
      status: 0x33,
      field: 'dest_address',
      header: true,
    },
    'a dest_flag that is none': {
      octets: pduWith('submit_multi', `00 0000 00 01 03 0101 3100`),
      code: 'INVALID_DEST_FLAG',
      status: 0x40,
      field: 'dest_flag',
      header: true,
    },
  };
  for (const [what, { octets, code, status, field, header }] of Object.entries(refusals)) {
    it(what, () => {
      assert.throws(
        () => decodePdu(octets),
        (error: unknown) => {
          assert(error instanceof PduError);
          assert.equal(error.code, code);
          assert.equal(error.command_status, status);
          assert.equal(error.field, field);
          assert.equal(error.header !== undefined, header);
          if (error.header) assert.equal(error.header.sequence_number, 7);
          return true;
        },
      );
    });
  }
});

describe('decoding cuts what is longer than anybody could mean, and says so,', () => {
  const LONG = 120_000;
  /** One request or response of every command, whose texts all have LONG characters. */
  function longest(command: CommandName): Buffer {
    const parts: Buffer[] = [];
    const text = Buffer.concat([Buffer.alloc(LONG, 'x'), Buffer.of(0)]);
    const write = (type: string): void => {
      if (type === 'cstring' || type === 'time') parts.push(text);
      else if (type === 'int32') parts.push(Buffer.alloc(4));
      else if (type === 'int8' || type === 'count') parts.push(Buffer.of(type === 'count' ? 1 : 0));
      else if (type === 'octets') parts.push(Buffer.of(1));
      else if (type === 'destinations') parts.push(Buffer.of(2), text);
      else if (type === 'failures') parts.push(Buffer.of(0, 0), text, Buffer.alloc(4));
      else parts.push(text);
    };
    for (const { type } of COMMANDS[command].fields) write(type);
    return Buffer.concat(parts);
  }

  /** Characters of the longest text in a value, however deep. */
  function lengthOf(value: unknown): number {
    if (typeof value === 'string') return value.length;
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return 0;
    return Math.max(0, ...Object.values(value).map(lengthOf));
  }

  for (const command of Object.keys(COMMANDS) as CommandName[]) {
    const texts = COMMANDS[command].fields.filter(
      ({ type }) => !['int8', 'int32', 'count', 'octets'].includes(type),
    );
    if (texts.length === 0) continue;
    it(`in every field of ${command}`, () => {
      const pdu = decode(command, longest(command));
      const { flaws = [], ...fields } = pdu as unknown as Record<string, unknown> & { flaws?: string[] };
      for (const { name } of texts) {
        const most = lengthOf({ name: fields[name] });
        assert.ok(most > 0 && most <= 255, `${name} has ${most} characters`);
      }
      assert.equal(flaws.length, Math.min(20, texts.length), flaws.join('\n'));
      assert.match(flaws[0] ?? '', /has 120000 octets, at most \d+ are allowed; it is cut after \d+$/);
    });
  }

  it('a message_id after 255 characters, in a response and in a receipt alike', () => {
    for (const [length, kept] of [
      [64, 64],
      [65, 65],
      [255, 255],
      [256, 255],
      [60_000, 255],
    ] as const) {
      const id = '0123456789'.repeat(length).slice(0, length);
      const response = decode('submit_sm_resp', Buffer.from(`${id}\0`));
      assert(response.command === 'submit_sm_resp');
      assert.equal(response.message_id, id.slice(0, kept));
      assert.equal(response.flaws?.length, length > 64 ? 1 : undefined);
      const tlv = Buffer.alloc(4);
      tlv.writeUInt16BE(0x001e, 0);
      tlv.writeUInt16BE(length + 1, 2);
      const body = Buffer.concat([Buffer.from(empty, 'hex'), tlv, Buffer.from(`${id}\0`)]);
      assert.equal(decode('deliver_sm', body).tlvs.receipted_message_id, response.message_id);
    }
  });

  it('in every TLV of the specifications', () => {
    for (const [name, { tag, type, ...sizes }] of Object.entries(TLVS)) {
      if (type !== 'cstring' && type !== 'string' && type !== 'octets') continue;
      const most = (sizes as { max?: number }).max ?? 0;
      if (most > 60_000) continue;
      const octets = Buffer.alloc(60_000, 'x');
      octets[octets.length - 1] = 0;
      const head = Buffer.alloc(4);
      head.writeUInt16BE(tag, 0);
      head.writeUInt16BE(octets.length, 2);
      const pdu = decode('deliver_sm', Buffer.concat([Buffer.from(empty, 'hex'), head, octets]));
      const value = (pdu.tlvs as Record<string, string | Buffer>)[name];
      assert.ok(value && value.length <= Math.max(most, 255), `${name}: ${value?.length}`);
      assert.match(
        pdu.flaws?.[0] ?? '',
        new RegExp(`${name} has 60000 octets .*; the last \\d+ are cut off`),
      );
    }
  });
});
