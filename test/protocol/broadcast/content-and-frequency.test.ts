import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CONTENT_TYPES,
  decodeContentType,
  decodeFrequencyInterval,
  encodeContentType,
  encodeFrequencyInterval,
} from '../../../src/protocol';

describe('the content of a broadcast', () => {
  it('is a name, a number, or both with a network', () => {
    const hex = (type: unknown): string => encodeContentType(type as string).toString('hex');
    assert.equal(hex('emergency_broadcasts'), '000001');
    assert.equal(hex('Weather'), '000033');
    assert.equal(hex(0x0100), '000100');
    assert.equal(hex('0x85'), '000085');
    assert.equal(hex({ network_type: 'gsm', content_type: 'entertainment_news_international' }), '010020');
    assert.equal(hex({ network_type: 3, content_type: 0 }), '030000');
    assert.equal(hex(Buffer.of(9, 9, 9)), '090909');
  });

  it('is read by the names of the specification, and what has none as a number', () => {
    assert.deepEqual(decodeContentType(Buffer.from('010010', 'hex')), {
      network_type: 'gsm',
      content_type: 'news_flashes',
    });
    assert.deepEqual(decodeContentType(Buffer.from('09ffff', 'hex')), {
      network_type: 9,
      content_type: 65535,
    });
    assert.equal(decodeContentType(Buffer.of(1)), undefined);
  });

  it('has a number of its own for every name', () => {
    const codes = Object.values(CONTENT_TYPES);
    assert.equal(new Set(codes).size, codes.length);
    assert.equal(codes.length, 44);
  });

  it('of any three octets is written as it was read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (given) => {
        const octets = Buffer.from(given);
        assert.deepEqual(encodeContentType(decodeContentType(octets) ?? ''), octets);
      }),
    );
  });

  it('that cannot be is refused, with what was meant', () => {
    assert.throws(() => encodeContentType('wether'), /content_type "wether".*weather.*give a name/);
    assert.throws(() => encodeContentType(65536), /content_type 65536/);
    assert.throws(() => encodeContentType({}), /content_type undefined/);
    assert.throws(() => encodeContentType(null as never), /content_type null/);
    assert.throws(
      () => encodeContentType({ network_type: 'lte', content_type: 1 }),
      /network_type "lte"; give generic, gsm, tdma, cdma or a number/,
    );
  });
});

describe('how often a broadcast comes', () => {
  it('is a text or an object', () => {
    const hex = (interval: unknown): string => encodeFrequencyInterval(interval as string).toString('hex');
    assert.equal(hex('10 minutes'), '09000a');
    assert.equal(hex('every 1 hour'), '0a0001');
    assert.equal(hex('30seconds'), '08001e');
    assert.equal(hex('as frequently as possible'), '000000');
    assert.equal(hex({ unit: 'days', value: 2 }), '0b0002');
    assert.equal(hex({ unit: 'Week', value: '3' }), '0c0003');
    assert.equal(hex({ unit: 14, value: 1 }), '0e0001');
    assert.equal(hex({ unit: 'as_frequently_as_possible' }), '000000');
    assert.equal(hex(Buffer.of(1, 2, 3)), '010203');
  });

  it('of any three octets is written as it was read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (given) => {
        const octets = Buffer.from(given);
        assert.deepEqual(encodeFrequencyInterval(decodeFrequencyInterval(octets) ?? ''), octets);
      }),
    );
    assert.equal(decodeFrequencyInterval(Buffer.of(1)), undefined);
  });

  it('that cannot be read is refused, with the forms', () => {
    for (const bad of ['', 'soon', '10 parsecs', '70000 seconds', 7, null, { unit: 'minutes' }, { value: 3 }])
      assert.throws(
        () => encodeFrequencyInterval(bad as string),
        /broadcast_frequency_interval cannot be read: .*; give a text such as "10 minutes"/,
        JSON.stringify(bad),
      );
  });
});
