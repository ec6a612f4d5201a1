import assert from 'node:assert/strict';
import { encodeText, parseUserDataHeader, readUserData, segment, type SegmentOptions } from '../../src/text';

const udh8: SegmentOptions = { method: 'udh8', reference: 7 };

describe('segmentation of octets', () => {
  it('counts septets of the GSM alphabet and of ASCII, octets of all others', () => {
    const count = (data_coding: number, size: number, defaultAlphabet?: string): number =>
      segment({ octets: Buffer.alloc(size, 0x31), data_coding }, { ...udh8, defaultAlphabet }).segments
        .length;
    for (const data_coding of [0, 1, 0xf0]) {
      assert.deepEqual([count(data_coding, 160), count(data_coding, 161)], [1, 2], String(data_coding));
    }
    assert.deepEqual([count(0, 160, 'latin1'), count(0, 161, 'latin1')], [1, 2]);
    for (const data_coding of [3, 4, 9, 13]) {
      assert.deepEqual([count(data_coding, 140), count(data_coding, 141)], [1, 2], String(data_coding));
    }
    assert.deepEqual([count(0, 140, 'gsm0338-packed'), count(0, 141, 'gsm0338-packed')], [1, 2]);
  });

  it('takes an esm_class without a header as it is', () => {
    const { segments } = segment(Buffer.from([5, 0, 3]), { ...udh8, esm_class: 0x03 });
    assert.deepEqual(segments, [{ esm_class: 3, data_coding: 4, short_message: Buffer.from([5, 0, 3]) }]);
    assert.throws(() => segment(Buffer.alloc(500), { ...udh8, maxParts: 2 }), { code: 'TEXT_TOO_LONG' });
    assert.throws(() => segment(Buffer.alloc(134 * 256), { ...udh8, maxParts: 300 }), {
      code: 'TEXT_TOO_LONG',
    });
  });

  it('leaves short ones as they are', () => {
    const octets = Buffer.from('1b3c80ff', 'hex');
    const made = segment({ octets, data_coding: 0 }, udh8);
    assert.deepEqual(made.segments, [{ esm_class: 0, data_coding: 0, short_message: octets }]);
    assert.equal(segment(octets, udh8).data_coding, 4);
    assert.equal(segment(octets, { ...udh8, data_coding: 2 }).data_coding, 2);
    assert.equal(segment(octets, { ...udh8, messageClass: 1 }).data_coding, 0xf5);
  });

  it('cuts encoded text as text', () => {
    const text = `${'a'.repeat(152)}€${'a'.repeat(10)}`;
    const made = segment({ octets: encodeText(text).octets, data_coding: 0 }, udh8);
    assert.deepEqual(made.segments, segment(text, udh8).segments);
    const wide = `${'ж'.repeat(66)}😀${'ж'.repeat(10)}`;
    const { segments } = segment({ octets: encodeText(wide).octets, data_coding: 8 }, udh8);
    assert.deepEqual(segments, segment(wide, udh8).segments);
  });

  it('cuts anywhere what is no text after all', () => {
    const octets = Buffer.alloc(200, 0xff);
    const { segments } = segment({ octets, data_coding: 0 }, udh8);
    assert.deepEqual(
      segments.map((fields) => readUserData(fields).octets.length),
      [153, 47],
    );
  });

  it('cuts anywhere, and never replaces, what is read but cannot be written', () => {
    const half = Buffer.alloc(200, 0xd8);
    const addition = Buffer.concat([Buffer.alloc(149, 0x41), Buffer.from('8141', 'hex')]);
    for (const unencodable of ['strict', 'replace', 'transliterate'] as const) {
      for (const [octets, data_coding] of [
        [half, 8],
        [addition, 14],
      ] as const) {
        const { segments } = segment({ octets, data_coding }, { ...udh8, unencodable });
        assert.equal(segments.length, 2);
        assert.deepEqual(Buffer.concat(segments.map((one) => readUserData(one).octets)), octets);
      }
    }
  });

  it('says of text that is too long that it is, as of octets', () => {
    assert.throws(() => segment({ octets: Buffer.alloc(153 * 255 + 1, 'a'), data_coding: 0 }, udh8), {
      code: 'TEXT_TOO_LONG',
      message: /39016 septets/,
    });
  });

  it('keeps the elements of a header that they begin with', () => {
    const header = Buffer.from('0605040b8423f0', 'hex');
    const options = { ...udh8, esm_class: 0x40 };
    const short = Buffer.concat([header, Buffer.alloc(133)]);
    assert.deepEqual(segment(short, options).segments[0]?.short_message, short);
    const { segments } = segment(Buffer.concat([header, Buffer.alloc(134)]), options);
    assert.deepEqual(
      segments.map((fields) => readUserData(fields).udh?.ports?.destination),
      [2948, 2948],
    );
    assert.deepEqual(
      segments.map(({ short_message }) => short_message.length),
      [140, 18],
    );
    const part = Buffer.concat([Buffer.from('050003010201', 'hex'), Buffer.alloc(140)]);
    assert.throws(() => segment(part, options), { code: 'TEXT_TOO_LONG', message: /one part/ });
    assert.throws(() => segment(Buffer.from([9, 1]), options), {
      code: 'MALFORMED_UDH',
      field: 'short_message',
      position: 0,
      message: /length octet says 9, 1 octets follow\. Correct it, or leave 0x40/,
    });
  });

  it('writes anew a long text that has shift tables', () => {
    const { octets, udh } = encodeText('ş'.repeat(200), { language: 'turkish' });
    assert.ok(udh);
    const message = { octets: Buffer.concat([udh, octets]), data_coding: 0 };
    const { segments } = segment(message, { ...udh8, esm_class: 0x40 });
    assert.deepEqual(
      segments,
      segment('ş'.repeat(200), { ...udh8, language: 'turkish', data_coding: 0 }).segments,
    );
  });

  it('are counted in septets wherever the centre makes septets of them', () => {
    const octets = Buffer.alloc(150, 'a');
    const parts = (data_coding: number, options = {}): number[] =>
      segment({ octets, data_coding }, { method: 'udh8', ...options }).segments.map(
        ({ short_message }) => short_message.length,
      );
    for (const data_coding of [0, 1, 0xf0, 0x10])
      assert.deepEqual(parts(data_coding), [150], String(data_coding));
    for (const data_coding of [3, 4, 0xf4])
      assert.deepEqual(parts(data_coding), [140, 22], String(data_coding));
    const packed = { defaultAlphabet: 'gsm0338-packed' };
    assert.equal(parts(0xf0, packed).length, 2);
    assert.deepEqual(parts(0, { defaultAlphabet: 'latin1' }), [150]);
  });

  it('keep all other elements of their header in each part, and their language', () => {
    const header = Buffer.from('0a05040b8423f025010124 0101'.replace(' ', ''), 'hex');
    header[0] = header.length - 1;
    const octets = Buffer.concat([header, Buffer.alloc(200, 0x0b)]);
    const { segments, language } = segment({ octets, data_coding: 0 }, { method: 'udh8', esm_class: 0x40 });
    assert.equal(language, 'turkish');
    for (const { short_message } of segments) {
      const { ports, lockingShift, concatenation } = parseUserDataHeader(short_message);
      assert.deepEqual(ports, { destination: 0x0b84, source: 0x23f0 });
      assert.deepEqual([lockingShift, concatenation?.total], [1, segments.length]);
    }
  });
});
