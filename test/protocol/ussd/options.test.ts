import assert from 'node:assert/strict';
import fc from 'fast-check';
import { USSD_DIALECTS, readUssdDialect, type UssdDialect } from '../../../src/protocol';

function read(given: unknown): UssdDialect {
  const result = readUssdDialect(given);
  if ('remedy' in result) assert.fail(result.remedy);
  return result.value;
}

function remedyOf(given: unknown): string {
  const result = readUssdDialect(given);
  if ('value' in result) assert.fail('it was taken');
  return result.remedy;
}

describe('A dialect of USSD', () => {
  it('is given by its name', () => {
    for (const [name, dialect] of Object.entries(USSD_DIALECTS)) assert.equal(read(name), dialect);
  });

  it('is given as what is other than in one that is built in, as an object or its JSON', () => {
    const changes = { base: 'mica', session: '0x1501', maxCharacters: 160, serviceType: 'CMT' };
    for (const given of [changes, JSON.stringify(changes)]) {
      const dialect = read(given);
      assert.deepEqual(dialect.session, [{ tlv: '0x1501' }]);
      assert.equal(dialect.maxCharacters, 160);
      assert.deepEqual(dialect.outgoing, USSD_DIALECTS.mica.outgoing);
    }
  });

  it('takes an operation away from the kind that had it', () => {
    const { incoming } = read({ incoming: { close: [129], timeout: '0x82' } });
    assert.deepEqual(incoming.close, [129]);
    assert.deepEqual(incoming.timeout, [0x82]);
    assert.ok(!incoming.abort.includes(129));
    assert.deepEqual(incoming.new, USSD_DIALECTS.standard.incoming.new);
  });

  it('may do without a session, and without a flag for the end', () => {
    const dialect = read({ session: 'none', endFlag: 'none' });
    assert.deepEqual(dialect.session, []);
    assert.equal(dialect.endFlag, undefined);
  });

  for (const [given, words] of [
    ['standart', /there is no such dialect.*standard/],
    ['{"base": ', /begins as JSON, but is none/],
    [7, /give one of standard, tata, mica, sixdee/],
    [{ base: 'huawei' }, /there is no such dialect/],
    [{ sessions: 'x' }, /there is no field sessions.*session/],
    [{ outgoing: { open: 1 } }, /outgoing: there is no open/],
    [{ outgoing: { close: 256 } }, /outgoing\.close \(256\): give a whole number from 0 to 255/],
    [{ incoming: { new: [1], close: [1] } }, /1 is new and close/],
    [{ session: 7 }, /session: give the TLV/],
    [{ session: 'no tlv' }, /is no TLV/],
    [{ endFlag: true }, /endFlag: give/],
    [{ code: 'source_addr' }, /code: give short_message or destination_addr/],
    [{ serviceType: 'TOO LONG' }, /serviceType: give up to 5/],
    [{ otherwise: 'end' }, /otherwise: give one of/],
    [{ dataCodings: { 15: 7 } }, /dataCodings\.15: give the name/],
    [{ severalReplies: 'yes' }, /severalReplies: give true or false/],
    [{ maxOctets: 0 }, /maxOctets \(0\)/],
  ] as const)
    it(`is refused with what to give instead: ${JSON.stringify(given)}`, () => {
      assert.match(remedyOf(given), words);
    });

  it('is read or refused, whatever it is', () => {
    const fields = fc.constantFrom(
      ...['base', 'incoming', 'outgoing', 'session', 'endFlag', 'code', 'dataCodings', 'maxOctets', 'x'],
    );
    const given = fc.oneof(fc.anything(), fc.json(), fc.dictionary(fields, fc.anything()));
    fc.assert(
      fc.property(given, (one) => {
        const result = readUssdDialect(one);
        assert.ok('value' in result ? result.value.outgoing.close >= 0 : result.remedy.length > 0);
      }),
    );
  });
});
