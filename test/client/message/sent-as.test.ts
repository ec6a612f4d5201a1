import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSentAs, sentAs } from '../../../src/client/message/sent-as';
import { encodeBody } from '../../../src/protocol';

const octet = fc.integer({ min: 0, max: 255 });
const ascii = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '0', '9', ' ', '+'), maxLength });

describe('How a message was sent', () => {
  it('is read from the body of any request that has a text', () => {
    const fields = fc.record({
      command: fc.constantFrom('submit_sm', 'data_sm'),
      service_type: ascii(5),
      source_addr_ton: octet,
      source_addr_npi: fc.integer({ min: 0, max: 127 }),
      source_addr: ascii(20),
      destination_addr: ascii(20),
      esm_class: octet,
      data_coding: octet,
    });
    fc.assert(
      fc.property(fields, (pdu) => {
        const given = sentAs(pdu.command, encodeBody(pdu));
        assert.notEqual(given, undefined);
        assert.deepEqual(readSentAs(given as number), {
          sourceTon: pdu.source_addr_ton,
          sourceNpi: pdu.source_addr_npi,
          dataCoding: pdu.data_coding,
          hasHeader: (pdu.esm_class & 0x40) !== 0,
        });
      }),
    );
  });

  it('is not known of octets that are no body, which harm nobody', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom('submit_sm', 'submit_multi'),
        (octets, command) => {
          const given = sentAs(command, Buffer.from(octets));
          assert.ok(given === undefined || Number.isInteger(given));
        },
      ),
    );
    assert.equal(sentAs('submit_sm', Buffer.alloc(3)), undefined);
  });
});
