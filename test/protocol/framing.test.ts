import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_MAX_PDU_LENGTH, encodePdu, PduError, PduFramer } from '../../src/protocol';
import { computing } from '../support/computing';
import { pdus } from '../support/pdus';

const enquire = encodePdu({ command: 'enquire_link', sequence_number: 1 });
const submit = encodePdu({ command: 'submit_sm', sequence_number: 2, short_message: Buffer.from('hello') });
const response = encodePdu({ command: 'submit_sm_resp', sequence_number: 3, message_id: 'abc' });

function isLengthError(error: unknown): boolean {
  assert(error instanceof PduError);
  assert.equal(error.code, 'PDU_LENGTH');
  assert.equal(error.command_status, 2);
  assert.equal(error.header, undefined);
  return true;
}

describe('a stream of PDUs', () => {
  it('is cut right wherever it is torn in two', () => {
    const stream = Buffer.concat([enquire, submit, response]);
    for (let at = 0; at <= stream.length; at++) {
      const framer = new PduFramer();
      const pdus = [...framer.push(stream.subarray(0, at)), ...framer.push(stream.subarray(at))];
      assert.deepEqual(pdus, [enquire, submit, response], `torn at ${at}`);
      assert.equal(framer.pending, 0);
    }
  });

  it('is cut right when it comes octet by octet', () => {
    const framer = new PduFramer();
    const pdus: Buffer[] = [];
    for (const octet of Buffer.concat([enquire, submit, response])) {
      pdus.push(...framer.push(Buffer.of(octet)));
    }
    assert.deepEqual(pdus, [enquire, submit, response]);
  });

  it('is cut right however it is torn', () => {
    const property = fc.property(
      fc.array(pdus(), { maxLength: 5 }),
      fc.array(fc.integer({ min: 0, max: 60 })),
      (inputs, sizes) => {
        const expected = inputs.map((pdu) => encodePdu(pdu));
        const framer = new PduFramer();
        const got: Buffer[] = [];
        let rest = Buffer.concat(expected);
        for (const size of sizes) {
          got.push(...framer.push(rest.subarray(0, size)));
          rest = rest.subarray(size);
        }
        got.push(...framer.push(rest));
        assert.deepEqual(got, expected);
      },
    );
    fc.assert(property);
  });

  it('is not copied where a chunk has whole PDUs', () => {
    const chunk = Buffer.concat([enquire, submit]);
    for (const pdu of new PduFramer().push(chunk)) assert.equal(pdu.buffer, chunk.buffer);
  });

  it('is taken even if nobody reads the result', () => {
    const framer = new PduFramer();
    framer.push(Buffer.concat([enquire, submit.subarray(0, 20)]));
    assert.equal(framer.pending, 20);
    assert.deepEqual([...framer.push(submit.subarray(20))], [submit]);
  });

  it('costs the same per octet, however slowly it comes', () => {
    const long = Buffer.alloc(DEFAULT_MAX_PDU_LENGTH);
    encodePdu({ command: 'enquire_link' }).copy(long);
    long.writeUInt32BE(long.length);
    const framer = new PduFramer();
    const took = computing();
    let pdus = 0;
    for (let at = 0; at < long.length; at++) {
      for (const pdu of framer.push(long.subarray(at, at + 1))) pdus += pdu.length === long.length ? 1 : 0;
    }
    assert.equal(pdus, 1);
    // Copying all that is pending with every octet would move 8 GiB.
    assert(took() < 2000);
  });
});

describe('an impossible command_length', () => {
  const impossible = {
    'of 0': '00000000',
    'below the header': '0000000f',
    'beyond the limit': '00020001',
    'with the highest bit': 'ffffffff',
    'that is "HTTP"': '48545450',
    'that is a TLS ClientHello': '16030102',
  };
  for (const [what, length] of Object.entries(impossible)) {
    it(`${what} is refused with its fourth octet, before anything is buffered`, () => {
      const framer = new PduFramer();
      const octets = Buffer.from(length, 'hex');
      framer.push(octets.subarray(0, 3));
      assert.throws(() => framer.push(octets.subarray(3)), isLengthError);
    });
  }

  it('shows text that came instead', () => {
    assert.throws(() => new PduFramer().push(Buffer.from('HTTP/1.1 400')), /"HTTP"/);
  });

  it('shows that it is TLS', () => {
    const alert = Buffer.from('15030100020246', 'hex');
    assert.throws(() => new PduFramer().push(alert), /the peer speaks TLS here/);
  });

  it('ends the stream, after the good PDUs before it', () => {
    const framer = new PduFramer();
    const pdus: Buffer[] = [];
    const chunk = Buffer.concat([enquire, submit, Buffer.alloc(4), response]);
    assert.throws(() => {
      for (const pdu of framer.push(chunk)) pdus.push(pdu);
    }, isLengthError);
    assert.deepEqual(pdus, [enquire, submit]);
    assert.throws(() => framer.push(enquire), isLengthError);
  });

  it('is what the limit says', () => {
    const long = Buffer.alloc(64);
    long.writeUInt32BE(64);
    assert.equal([...new PduFramer({ maxPduLength: 64 }).push(long)].length, 1);
    assert.throws(() => new PduFramer({ maxPduLength: 63 }).push(long), isLengthError);
    assert.throws(() => new PduFramer().push(Buffer.from('00020001', 'hex')), /131072/);
  });
});
