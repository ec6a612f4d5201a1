import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextError, decodeParts, decodeText, encodeText, type MessagePart } from '../../src/text';
import { BASIC, EXTENDED, gsmText } from './alphabets';

const hex = (text: string, encoding = 'gsm0338'): string =>
  encodeText(text, { encoding }).octets.toString('hex');
const text = (octets: string, defaultAlphabet = 'gsm0338'): string =>
  decodeText(Buffer.from(octets, 'hex'), 0, { defaultAlphabet });

describe('GSM 03.38', () => {
  it('has the section sign at 0x5F, and no grave accent', () => {
    assert.equal(hex('§'), '5f');
    assert.equal(text('5f'), '§');
    assert.throws(() => hex('`'), { code: 'UNENCODABLE', character: '`', position: 0 });
  });

  it('has 127 characters and ten behind an escape', () => {
    assert.equal(BASIC.length, 127);
    assert.equal(EXTENDED.length, 10);
    for (const character of BASIC) assert.equal(hex(character).length, 2, character);
    for (const character of EXTENDED) assert.match(hex(character), /^1b..$/, character);
  });

  it('refuses an escape character as text', () => {
    assert.throws(() => hex('\x1b'), { code: 'UNENCODABLE' });
  });

  it('shows the basic character where the extension table has none', () => {
    assert.equal(text('1b61'), 'a');
  });

  it('shows a lone or doubled escape as a space', () => {
    assert.equal(text('611b'), 'a ');
    assert.equal(text('1b1b61'), ' a');
  });

  it('refuses octets beyond seven bits, and says where', () => {
    assert.throws(() => text('6180'), { code: 'UNDECODABLE', position: 1 });
    assert.throws(() => text('611bff'), { code: 'UNDECODABLE', position: 2 });
  });

  it('comes back as it went, unpacked', () => {
    fc.assert(
      fc.property(gsmText(), (written) => {
        assert.equal(decodeText(encodeText(written).octets, 0), written);
      }),
    );
  });

  it('decodes long texts too', () => {
    const written = 'é'.repeat(100_000);
    assert.equal(decodeText(encodeText(written).octets, 0), written);
  });
});

describe('packed GSM 03.38', () => {
  const defaultAlphabet = 'gsm0338-packed';

  it('puts eight septets into seven octets', () => {
    assert.equal(hex('12345678', defaultAlphabet), '31d98c56b3dd70');
    assert.equal(text('31d98c56b3dd70', defaultAlphabet), '12345678');
  });

  it('leaves spare bits zero, and does not read them as "@"', () => {
    assert.equal(hex('1234567', defaultAlphabet), '31d98c56b3dd00');
    assert.equal(text('31d98c56b3dd00', defaultAlphabet), '1234567');
  });

  it('does not read the carriage return with which others fill them up', () => {
    assert.equal(text('31d98c56b3dd1a', defaultAlphabet), '1234567');
    assert.equal(text('0d', defaultAlphabet), '\r');
    assert.equal(text('31d98c56b301', defaultAlphabet), '123456');
  });

  it('keeps a real "@" or carriage return in that place', () => {
    for (const last of ['@', '\r', '\r\r', '@\r']) {
      for (let size = 0; size <= 8; size++) {
        const written = 'x'.repeat(size) + last;
        assert.equal(text(hex(written, defaultAlphabet), defaultAlphabet), written);
      }
    }
  });

  it('keeps a carriage return at the end of a part that is not the last', () => {
    const header = Buffer.from('050003010201', 'hex');
    const part = (octets: Buffer, number: number): MessagePart => ({
      source: '1',
      destination: '2',
      method: 'udh8',
      reference: 1,
      total: 2,
      part: number,
      data_coding: 0,
      octets,
      header,
    });
    // As one who knows the number of septets packs it: one bit, 152 septets, the carriage return.
    const full = Buffer.alloc(134);
    full[133] = 0x0d << 1;
    const { text: joined } = decodeParts([part(full, 1), part(full, 2)], { defaultAlphabet });
    assert.deepEqual([joined?.length, joined?.indexOf('\r')], [153 + 152, 152]);
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(gsmText({ maxLength: 40 }), (written) => {
        const { octets, data_coding } = encodeText(written, { encoding: defaultAlphabet });
        assert.equal(data_coding, 0);
        assert.equal(decodeText(octets, 0, { defaultAlphabet }), written);
      }),
    );
  });

  it('begins at a septet boundary behind a header', () => {
    for (const size of [4, 5, 6, 7, 12]) {
      const udh = Buffer.concat([Buffer.from([size, 0x70, size - 2]), Buffer.alloc(size - 2)]);
      const fill = (7 - ((udh.length * 8) % 7)) % 7;
      const octets = Buffer.from([(0x41 << fill) & 0xff, 0x41 >> (8 - fill)].slice(0, fill > 1 ? 2 : 1));
      assert.equal(decodeText(octets, 0, { defaultAlphabet, udh }), 'A', `header of ${udh.length}`);
    }
  });

  it('decodes any octets, or says why not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        for (const alphabet of ['gsm0338', defaultAlphabet]) {
          try {
            decodeText(Buffer.from(octets), 0, { defaultAlphabet: alphabet });
          } catch (error) {
            assert.ok(error instanceof TextError);
          }
        }
      }),
    );
  });
});
