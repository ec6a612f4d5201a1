import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  TextError,
  formatUserDataHeader,
  parseUserDataHeader,
  portElement,
  readUserData,
  type UdhElement,
} from '../../src/text';
import { rounds } from '../support/rounds';

const parse = (hex: string): ReturnType<typeof parseUserDataHeader> =>
  parseUserDataHeader(Buffer.from(hex, 'hex'));

describe('user data headers', () => {
  it('tell the place in a long message, by eight or sixteen bits', () => {
    assert.deepEqual(parse('050003000302').concatenation, { reference: 0, total: 3, part: 2, bits: 8 });
    assert.deepEqual(parse('0608040000ffff').concatenation, {
      reference: 0,
      total: 255,
      part: 255,
      bits: 16,
    });
  });

  it('tell ports of eight or sixteen bits, and shift tables', () => {
    assert.deepEqual(parse('040402f0f1').ports, { destination: 0xf0, source: 0xf1 });
    assert.deepEqual(parse('0605040b8423f0').ports, { destination: 2948, source: 9200 });
    const { singleShift, lockingShift } = parse('06240101250103');
    assert.deepEqual([singleShift, lockingShift], [1, 3]);
  });

  it('end where their first octet says', () => {
    const header = parse('0500030c0201616263');
    assert.equal(header.length, 6);
    assert.deepEqual(header.elements, [{ id: 0, data: Buffer.from([12, 2, 1]) }]);
    assert.deepEqual(parse('00'), { elements: [], length: 1 });
  });

  it('keep elements that nobody knows', () => {
    assert.deepEqual(parse('0470020102').elements, [{ id: 0x70, data: Buffer.from([1, 2]) }]);
  });

  it('count the last of repeated elements', () => {
    assert.equal(parse('0a00030102010003020202').concatenation?.reference, 2);
    assert.equal(parse('0b000301020108040102020102'.slice(0, 24)).concatenation?.bits, 16);
  });

  it('ignore a place that cannot be, as the specification demands', () => {
    for (const hex of ['050003010200', '050003010203', '050003010001']) {
      assert.equal(parse(hex).concatenation, undefined, hex);
    }
  });

  it('are refused where they are malformed, with the reason and the place', () => {
    const reasons: readonly (readonly [hex: string, position: number, message: RegExp])[] = [
      ['', 0, /empty/],
      ['05000301', 0, /says 5, 3 octets follow/],
      ['0100', 1, /ends within/],
      ['0504158a0000', 1, /0x04 of 21 octets runs past/],
      ['040002010203', 1, /0x00 has 2 octets in place of 3/],
      ['03240200', 1, /0x24 of 2 octets runs past/],
      ['0424020101', 1, /0x24 has 2 octets in place of 1/],
    ];
    for (const [hex, position, message] of reasons) {
      assert.throws(
        () => parse(hex),
        { code: 'MALFORMED_UDH', field: 'short_message', position, message },
        hex,
      );
    }
  });

  it('are written as they are read', () => {
    const element: fc.Arbitrary<UdhElement> = fc.record(
      {
        id: fc.integer({ min: 0x70, max: 0xff }),
        data: fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), (elements) => {
        const octets = formatUserDataHeader(elements);
        if (elements.length === 0) assert.equal(octets.length, 0);
        else assert.deepEqual(parseUserDataHeader(octets), { elements, length: octets.length });
      }),
    );
    assert.equal(formatUserDataHeader([portElement(2948, 9200)]).toString('hex'), '0605040b8423f0');
    assert.throws(() => formatUserDataHeader([{ id: 1, data: Buffer.alloc(138) }]), {
      code: 'MALFORMED_UDH',
    });
  });

  it('raise nothing but TextError on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (octets) => {
        try {
          const { length, elements } = parseUserDataHeader(octets);
          assert.equal(formatUserDataHeader(elements).length, elements.length === 0 ? 0 : length);
        } catch (error) {
          assert.ok(error instanceof TextError);
        }
      }),
      { numRuns: rounds(1000) },
    );
  });
});

describe('the user data of an incoming message', () => {
  const body = Buffer.from('hello');

  it('is short_message, else message_payload', () => {
    assert.deepEqual(readUserData({ short_message: body }), { octets: body });
    assert.deepEqual(
      readUserData({ short_message: Buffer.alloc(0), tlvs: { message_payload: body } }).octets,
      body,
    );
    assert.deepEqual(readUserData({ tlvs: { message_payload: [body, Buffer.from('x')] } }).octets, body);
    assert.deepEqual(readUserData({}).octets.length, 0);
  });

  it('is what follows a header, where esm_class announces one', () => {
    const header = Buffer.from('0500030c0201', 'hex');
    const short_message = Buffer.concat([header, body]);
    const data = readUserData({ esm_class: 0x40, short_message });
    assert.deepEqual([data.octets, data.header], [body, header]);
    assert.deepEqual(data.part, { method: 'udh8', reference: 12, total: 2, part: 1 });
    assert.deepEqual(readUserData({ esm_class: 0, short_message }).octets, short_message);
    const payload = readUserData({ esm_class: 0x40, tlvs: { message_payload: short_message } });
    assert.deepEqual(payload.octets, body);
  });

  it('has its place by TLVs too', () => {
    const sar = { sar_msg_ref_num: 0, sar_total_segments: 2, sar_segment_seqnum: 2 };
    const data = readUserData({ short_message: body, tlvs: sar });
    assert.deepEqual(data.part, { method: 'sar', reference: 0, total: 2, part: 2 });
    for (const wrong of [
      { sar_segment_seqnum: 3 },
      { sar_total_segments: undefined },
      { sar_segment_seqnum: 0 },
    ]) {
      assert.equal(readUserData({ short_message: body, tlvs: { ...sar, ...wrong } }).part, undefined);
    }
  });

  it('comes whole, with the reason, where the header is malformed', () => {
    const short_message = Buffer.from('ff00', 'hex');
    const data = readUserData({ esm_class: 0x40, short_message });
    assert.deepEqual(data.octets, short_message);
    assert.equal(data.problem?.code, 'MALFORMED_UDH');
    assert.equal(readUserData({ esm_class: 0x40 }).problem?.code, 'MALFORMED_UDH');
  });
});
