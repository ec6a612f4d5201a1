import assert from 'node:assert/strict';
import { COMMANDS, decodePdu, encodeBody, PduError, type CommandName, type Pdu } from '../../src/protocol';

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
    assert.equal((pdu.tlvs.message_state as number[]).length, 5000);
    assert.equal(pdu.flaws?.length, 20);
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
