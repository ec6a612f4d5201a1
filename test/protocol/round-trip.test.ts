import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  decodeHeader,
  decodePdu,
  encodeBody,
  encodePdu,
  HEADER_LENGTH,
  stripTlvs,
  TlvTable,
  writeHeader,
  type CommandName,
  type PduInput,
} from '../../src/protocol';
import { asciiText, buffers, pduOf, pdus, plain } from '../support/pdus';

function subset(of: object, like: object): unknown {
  return plain(Object.fromEntries(Object.keys(like).map((name) => [name, of[name as keyof typeof of]])));
}

describe('a PDU that is encoded and decoded', () => {
  for (const command of Object.keys(COMMANDS) as CommandName[]) {
    it(`is the same as before: ${command}`, () => {
      fc.assert(
        fc.property(pduOf(command) as fc.Arbitrary<PduInput>, (pdu) => {
          const octets = encodePdu(pdu);
          const decoded = decodePdu(octets);
          assert.deepEqual(subset(decoded, pdu), plain(pdu));
          assert.equal(decoded.flaws, undefined);
          assert.deepEqual(encodePdu(decoded as PduInput), octets);
        }),
        { numRuns: 40 },
      );
    });
  }

  it('has the length of its octets in its header', () => {
    fc.assert(
      fc.property(pdus(), (pdu) => {
        const octets = encodePdu(pdu);
        const header = decodeHeader(octets);
        assert.equal(header.command_length, octets.length);
        assert.equal(header.command_id, COMMANDS[pdu.command as CommandName].id);
        assert.equal(header.sequence_number, pdu.sequence_number);
      }),
    );
  });

  it('is its header and its body', () => {
    fc.assert(
      fc.property(pdus(), (pdu) => {
        const octets = encodePdu(pdu);
        const body = encodeBody(pdu);
        assert.deepEqual(body, octets.subarray(HEADER_LENGTH));
        const whole = Buffer.concat([Buffer.alloc(HEADER_LENGTH), body]);
        const { command_length, command_id, command_status, sequence_number } = decodeHeader(octets);
        writeHeader(whole, 0, command_length, command_id, command_status, sequence_number);
        assert.deepEqual(whole, octets);
      }),
    );
  });

  it('loses its TLVs and nothing else for a peer of SMPP 3.3', () => {
    fc.assert(
      fc.property(pdus(), (pdu) => {
        const without = encodeBody({ ...pdu, command_status: 0, tlvs: {} });
        const id = COMMANDS[pdu.command as CommandName].id;
        assert.deepEqual(stripTlvs(id, encodeBody({ ...pdu, command_status: 0 })), without);
      }),
    );
  });

  it('keeps TLVs of a vendor under their names', () => {
    const vendorTlvs = new TlvTable([
      { tag: 0x1403, name: 'mblox_operator', type: 'string' },
      { tag: '0x1501', name: 'agent', type: 'cstring' },
      { tag: 0x2150, name: 'billing', type: 'buffer' },
      { tag: 0x2151, name: 'tariff', type: 'int16' },
      { tag: 0x3fff, name: '__proto__', type: 'int8' },
    ]);
    fc.assert(
      fc.property(asciiText(0, 30), asciiText(0, 30), buffers(0, 30), (operator, agent, billing) => {
        const tlvs = { mblox_operator: operator, agent, billing, tariff: 65535, ['__proto__']: 3 };
        const octets = encodePdu({ command: 'submit_sm', tlvs }, { vendorTlvs });
        const decoded = decodePdu(octets, { vendorTlvs });
        assert.deepEqual(Object.entries(decoded.tlvs), Object.entries(tlvs));
        assert.deepEqual(Object.keys(decodePdu(octets).tlvs), [
          '0x1403',
          '0x1501',
          '0x2150',
          '0x2151',
          '0x3fff',
        ]);
      }),
    );
  });

  it('takes a command that no specification defines as it is', () => {
    const octets = Buffer.from('00000012' + '00000110' + '00000000' + '00000007' + 'cafe', 'hex');
    const decoded = decodePdu(octets);
    assert.deepEqual(plain(decoded), {
      command: '0x00000110',
      command_id: 0x110,
      command_status: 0,
      sequence_number: 7,
      tlvs: {},
      body: Buffer.from('cafe', 'hex'),
    });
    assert.deepEqual(encodePdu(decoded as PduInput), octets);
  });
});

describe('a decoded PDU', () => {
  it('has no prototype, and neither have the objects within', () => {
    const pdu = decodePdu(
      encodePdu({
        command: 'submit_multi',
        dest_address: [{ destination_addr: '1' }, { dl_name: 'all' }],
        tlvs: { user_message_reference: 1 },
      }),
    );
    assert(pdu.command === 'submit_multi');
    for (const object of [pdu, pdu.tlvs, ...pdu.dest_address]) {
      assert.equal(Object.getPrototypeOf(object), null);
    }
  });

  it('has its properties in the order of the specification', () => {
    const names = Object.keys(decodePdu(encodePdu({ command: 'query_sm_resp', message_id: 'x' })));
    assert.deepEqual(names, [
      'command',
      'command_id',
      'command_status',
      'sequence_number',
      'message_id',
      'final_date',
      'message_state',
      'error_code',
      'tlvs',
    ]);
  });

  it('tells the counts that encoding derives', () => {
    const short = decodePdu(encodePdu({ command: 'submit_sm', short_message: Buffer.from('four') }));
    assert(short.command === 'submit_sm');
    assert.equal(short.sm_length, 4);
    const longer = decodePdu(encodePdu({ ...short, short_message: Buffer.from('longer') }));
    assert(longer.command === 'submit_sm');
    assert.equal(longer.sm_length, 6);
  });

  it('does not copy its octets', () => {
    const octets = encodePdu({ command: 'submit_sm', short_message: Buffer.from('text') });
    const pdu = decodePdu(octets);
    assert(pdu.command === 'submit_sm');
    assert.equal(pdu.short_message.buffer, octets.buffer);
  });
});

describe('a response', () => {
  it('is without body when it is negative and says nothing', () => {
    assert.equal(encodePdu({ command: 'submit_sm_resp', command_status: 'ESME_RTHROTTLED' }).length, 16);
    assert.equal(encodePdu({ command: 'submit_sm_resp', command_status: 88, message_id: '' }).length, 16);
    assert.equal(encodePdu({ command: 'bind_transceiver_resp', command_status: 0x0e }).length, 16);
  });

  it('has a body when it is negative and says something', () => {
    assert.equal(encodePdu({ command: 'submit_sm_resp', command_status: 88, message_id: 'x' }).length, 18);
    const octets = encodePdu({
      command: 'data_sm_resp',
      command_status: 'ESME_RDELIVERYFAILURE',
      tlvs: { delivery_failure_reason: 0 },
    });
    assert.equal(octets.length, 16 + 1 + 5);
  });

  it('has a body when it is positive', () => {
    assert.equal(encodePdu({ command: 'submit_sm_resp' }).length, 17);
  });
});
