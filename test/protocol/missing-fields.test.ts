import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  TlvTable,
  decodePdu,
  encodePdu,
  type CommandName,
  type Pdu,
  type PduInput,
} from '../../src/protocol';

type Fields = Record<string, unknown>;

const SUBMIT_FAILED = 0x45;

function decode(
  command: CommandName,
  body: string | Buffer,
  command_status: number,
  vendorTlvs?: TlvTable,
): Pdu & Fields {
  const octets = Buffer.isBuffer(body) ? body : Buffer.from(body.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + octets.length, 0);
  header.writeUInt32BE(COMMANDS[command].id, 4);
  header.writeUInt32BE(command_status, 8);
  header.writeUInt32BE(7, 12);
  return decodePdu(Buffer.concat([header, octets]), { vendorTlvs }) as Pdu & Fields;
}

/** TLVs alone, as they go behind the fields of a response. */
function tlvsOf(tlvs: Record<string, unknown>): Buffer {
  return encodePdu({ command: 'generic_nack', tlvs } as PduInput).subarray(16);
}

const responses = (Object.keys(COMMANDS) as CommandName[]).filter((name) => COMMANDS[name].id >= 0x80000000);

const REFUSALS: Readonly<Record<string, unknown>> = {
  additional_status_info_text: 'no credit',
  delivery_failure_reason: 5,
  network_error_code: Buffer.of(3, 0, 69),
  congestion_state: 95,
  message_state: 8,
  receipted_message_id: '77',
  privacy_indicator: 0,
  ms_msg_wait_facilities: 1,
  its_session_info: Buffer.of(0, 0),
  alert_on_message_delivery: 0,
};

/** The mandatory fields of a command, empty. */
function empty(command: CommandName): Fields {
  const bodyless = decode(command, '', SUBMIT_FAILED);
  return Object.fromEntries(COMMANDS[command].fields.map(({ name }) => [name, bodyless[name]]));
}

function assertTlvsOnly(pdu: Pdu & Fields, tlvs: Fields): void {
  const { fields } = COMMANDS[pdu.command as CommandName];
  const read = Object.fromEntries(fields.map(({ name }) => [name, pdu[name]]));
  assert.deepEqual(read, empty(pdu.command as CommandName), pdu.command);
  assert.deepEqual({ ...pdu.tlvs }, tlvs, pdu.command);
}

describe('A response with TLVs in the place of its mandatory fields', () => {
  it('is read as these TLVs, whatever the command, when it is negative', () => {
    for (const command of responses) {
      for (const [name, value] of Object.entries(REFUSALS)) {
        const pdu = decode(command, tlvsOf({ [name]: value }), SUBMIT_FAILED);
        assertTlvsOnly(pdu, { [name]: value });
        assert.equal(pdu.flaws, undefined, `${command} ${name}`);
      }
      assertTlvsOnly(decode(command, tlvsOf(REFUSALS), SUBMIT_FAILED), REFUSALS);
    }
  });

  it('is read so when it is positive too, and says what is missing', () => {
    const pdu = decode('submit_sm_resp', tlvsOf({ congestion_state: 80 }), 0);
    assertTlvsOnly(pdu, { congestion_state: 80 });
    assert.deepEqual(pdu.flaws, ['submit_sm_resp has TLVs in the place of message_id']);
  });

  it('may have those of the vendor, and others of the vendor that are not known beside known ones', () => {
    const vendor = new TlvTable([{ tag: 0x3132, name: 'why', type: 'string' }]);
    assertTlvsOnly(decode('submit_sm_resp', '3132 0004 61626364', SUBMIT_FAILED, vendor), { why: 'abcd' });
    const mixed = decode('submit_sm_resp', '0425 0001 05 1403 0002 6162', SUBMIT_FAILED);
    assertTlvsOnly(mixed, { delivery_failure_reason: 5, '0x1403': Buffer.from('ab') });
  });

  it('may have TLVs of an unusual length, and NULs at the end', () => {
    const noNul = decode('submit_sm_resp', `001d 0004 ${Buffer.from('text').toString('hex')}`, 8);
    assertTlvsOnly(noNul, { additional_status_info_text: 'text' });
    assert.equal(noNul.flaws?.length, 1);
    assertTlvsOnly(decode('submit_sm_resp', '0425 0002 0005 00', 8), { delivery_failure_reason: 5 });
  });

  it('may have the first of its fields', () => {
    const pdu = decode('query_sm_resp', '373700 001d 0003 6e6f00', 0x67);
    assert.equal(pdu['message_id'], '77');
    assert.deepEqual([pdu['final_date'], pdu['message_state']], ['', 0]);
    assert.deepEqual({ ...pdu.tlvs }, { additional_status_info_text: 'no' });
  });
});

describe('A response keeps its mandatory fields', () => {
  it('where they are empty and TLVs follow', () => {
    for (const command of responses) {
      for (const command_status of [0, SUBMIT_FAILED]) {
        const octets = encodePdu({ command, command_status, tlvs: REFUSALS } as PduInput);
        const pdu = decodePdu(octets) as Pdu & Fields;
        assertTlvsOnly(pdu, REFUSALS);
        assert.equal(pdu.flaws, undefined);
      }
    }
  });

  it('where a message_id of printable characters is alone, though it could be a TLV of the vendor', () => {
    const vendor = new TlvTable([{ tag: 0x3031, name: 'none', type: 'octets' }]);
    for (const body of ['303100', '30310000', '3031000000']) {
      assert.equal(decode('submit_sm_resp', body, 0, vendor)['message_id'], '01', body);
    }
  });

  it('where what follows is no list of known TLVs', () => {
    for (const body of [
      '1403 0002 6162',
      '0425 0001',
      '0425 0003 05',
      '0425 0001 05 0425',
      '0425 0001 05 0002 0000',
    ]) {
      const pdu = decode('submit_sm_resp', body, SUBMIT_FAILED);
      assert.notEqual(pdu['message_id'], '', body);
    }
  });

  it('for any message_id and any TLVs behind it', () => {
    const id = fc.stringMatching(/^[ -~]{0,64}$/);
    fc.assert(
      fc.property(
        id,
        fc.subarray(Object.keys(REFUSALS)),
        fc.constantFrom(0, 8),
        (message_id, names, status) => {
          const tlvs = Object.fromEntries(names.map((name) => [name, REFUSALS[name]]));
          const octets = encodePdu({
            command: 'submit_sm_resp',
            command_status: status,
            message_id,
            tlvs,
          } as PduInput);
          const pdu = decodePdu(octets) as Pdu & Fields;
          assert.equal(pdu['message_id'], message_id);
          assert.deepEqual({ ...pdu.tlvs }, tlvs);
        },
      ),
    );
  });
});
