import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  TlvTable,
  USSD_DIALECTS,
  UssdCodec,
  decodePdu,
  encodePdu,
  type UssdDialect,
  type UssdDialectName,
} from '../../../src/protocol';

const NAMES = Object.keys(USSD_DIALECTS) as UssdDialectName[];
const dialectOf = (name: UssdDialectName): UssdDialect => USSD_DIALECTS[name];

/** What comes out at the other end. */
function sent(tlvs: Record<string, unknown>, vendorTlvs?: TlvTable): Readonly<Record<string, unknown>> {
  const options = vendorTlvs ? { vendorTlvs } : {};
  return decodePdu(encodePdu({ command: 'deliver_sm', tlvs } as never, options), options).tlvs;
}

describe('The TLVs of a USSD message', () => {
  it('come back with the answer, whatever they are, in each dialect', () => {
    const number = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), number, number, fc.boolean(), (name, info, reference, end) => {
        const dialect = dialectOf(name);
        const codec = new UssdCodec(dialect);
        const octets = Buffer.alloc(2);
        octets.writeUInt16BE(info);
        const came = sent({
          ussd_service_op: 1,
          its_session_info: octets,
          user_message_reference: reference,
        });
        const { session } = codec.read({ tlvs: came }, false);
        const answer = sent(codec.tlvs(2, session, end));
        assert.deepEqual(codec.sessionOf(answer), session);
        assert.equal(codec.isEnd(answer), end && dialect.endFlag !== undefined);
        if (dialect.session.some(({ tlv }) => tlv === 'user_message_reference'))
          assert.equal(answer['user_message_reference'], reference);
        if (dialect.endFlag)
          assert.deepEqual((answer['its_session_info'] as Buffer).readUInt16BE() & 0xfffe, info & 0xfffe);
      }),
    );
  });

  it('may be a TLV of a vendor, by its tag or the name it was given', () => {
    const table = new TlvTable([{ tag: 0x1501, name: 'ussd_session_id', type: 'int32' }]);
    for (const [tlv, vendor] of [
      ['0x1501', undefined],
      ['0x1501', table],
      ['ussd_session_id', table],
    ] as const) {
      const codec = new UssdCodec({ ...USSD_DIALECTS.standard, session: [{ tlv }] }, vendor);
      const value = vendor ? 0x01020304 : Buffer.from('01020304', 'hex');
      const came = sent({ [tlv]: value, ussd_service_op: 1 }, vendor);
      const session = codec.sessionOf(came);
      assert.deepEqual(session, { [tlv]: '01020304' });
      assert.deepEqual(codec.sessionOf(sent(codec.tlvs(2, session, false), vendor)), session);
    }
  });

  it('may be a text', () => {
    const table = new TlvTable([{ tag: 0x1502, name: 'dialog', type: 'cstring' }]);
    const codec = new UssdCodec({ ...USSD_DIALECTS.standard, session: [{ tlv: 'dialog' }] }, table);
    const session = codec.sessionOf(sent({ dialog: 'a7-13' }, table));
    assert.equal(codec.tlvs(2, session, false)['dialog'], 'a7-13');
  });

  for (const [name, operation, flag, kind] of [
    ['standard', 1, 0, 'new'],
    ['standard', 0, 0, 'new'],
    ['standard', 18, 0, 'continue'],
    ['standard', 18, 1, 'close'],
    ['standard', 19, 0, 'close'],
    ['standard', 129, 1, 'abort'],
    ['standard', 77, 0, 'continue'],
    ['tata', 1, 0, 'new'],
    ['tata', 2, 0, 'continue'],
    ['tata', 18, 0, 'continue'],
    ['tata', 17, 0, 'close'],
    ['tata', 18, 1, 'close'],
    ['tata', 77, 0, 'close'],
    ['mica', 1, 1, 'new'],
    ['mica', 18, 0, 'continue'],
    ['mica', 129, 0, 'abort'],
    ['mica', 77, 0, 'continue'],
    ['sixdee', 18, 1, 'close'],
    ['sixdee', 129, 0, 'abort'],
  ] as const)
    it(`mean "${kind}" in ${name}: operation ${operation}, last bit ${flag}`, () => {
      const tlvs = { ussd_service_op: operation, its_session_info: Buffer.of(0x12, 0x34 | flag) };
      assert.equal(new UssdCodec(dialectOf(name)).read({ tlvs }, true).kind, kind);
    });

  it('need not be there where the service_type says it', () => {
    const codec = new UssdCodec(USSD_DIALECTS.standard);
    const pdu = { service_type: 'USSD', tlvs: {} };
    assert.ok(codec.isUssd(pdu));
    assert.ok(!codec.isUssd({ service_type: '', tlvs: {} }));
    assert.equal(codec.read(pdu, false).kind, 'new');
    assert.equal(codec.read(pdu, true).kind, 'continue');
  });

  it('are read, whatever is in them', () => {
    const names = fc.constantFrom('ussd_service_op', 'its_session_info', 'user_message_reference', '0x1501');
    const octets = fc.uint8Array({ maxLength: 80 }).map((some) => Buffer.from(some));
    const value = fc.oneof(fc.nat(), octets, fc.string(), fc.array(octets), fc.constant(undefined));
    const dialect = { ...USSD_DIALECTS.standard, session: [{ tlv: '0x1501' }, { tlv: 'its_session_info' }] };
    const codec = new UssdCodec(dialect);
    fc.assert(
      fc.property(fc.dictionary(names, value), (tlvs) => {
        const { session } = codec.read({ tlvs }, true);
        codec.tlvs(2, session, true);
        for (const digits of Object.values(session)) assert.match(digits, /^([0-9a-f]{2}){1,32}$/);
      }),
    );
  });
});
