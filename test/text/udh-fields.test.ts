import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  Reassembler,
  TextError,
  decodeParts,
  encodeText,
  formatUserDataHeader,
  headerOfParts,
  measure,
  parseUserDataHeader,
  readUdh,
  readUserData,
  segment,
  udhFields,
  type GivenUdh,
  type LongMessageMethod,
  type SegmentOptions,
  type SubmitSmFields,
  type UdhElement,
} from '../../src/text';
import { needs } from '../support/skip';
import { rounds } from '../support/rounds';
import { anyText, gsmText } from './alphabets';

const header = (given: unknown): string => formatUserDataHeader(readUdh(given as GivenUdh)).toString('hex');
const fields = (hex: string) => udhFields(parseUserDataHeader(Buffer.from(hex, 'hex')).elements);

const SIZES = new Map([
  [0x04, 2],
  [0x05, 4],
  [0x01, 2],
]);

/** Any elements but those that cutting and encoding make. */
const elements = (most: number): fc.Arbitrary<UdhElement[]> =>
  fc
    .array(
      fc.record({
        id: fc.constantFrom(0x04, 0x05, 0x01, 0x09, 0x0a, 0x0b, 0x20, 0x22, 0x70, 0xa1),
        data: fc.uint8Array({ maxLength: 20 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((all) =>
      all.map(({ id, data }) => {
        const size = SIZES.get(id);
        return { id, data: size === undefined ? Buffer.from(data) : Buffer.alloc(size, data[0] ?? 7) };
      }),
    )
    .filter((all) => formatted(all) <= most);
const formatted = (all: readonly UdhElement[]): number =>
  all.reduce((sum, { data }) => sum + 2 + data.length, 1);

describe('a user data header in fields', () => {
  it('has ports, of sixteen bits unless it says eight', () => {
    const wap = '0605040b8423f0';
    assert.equal(header({ ports: { destination: 2948, source: 9200 } }), wap);
    assert.equal(header({ ports: { destination: '9204' } }), '06050423f40000');
    assert.equal(header({ ports: { destination: 240, source: 241, bits: 8 } }), '040402f0f1');
    assert.deepEqual(fields(wap), { ports: { destination: 2948, source: 9200 } });
    assert.deepEqual(fields('040402f0f1'), { ports: { destination: 240, source: 241, bits: 8 } });
  });

  it('has signs that messages wait, one or several', () => {
    assert.equal(header({ message_waiting: { kind: 'voicemail', count: 3 } }), '0401020003');
    const two = [
      { kind: 'email', count: 0, store: true },
      { kind: 'videomail', count: 255, profile: 4 },
    ];
    assert.equal(header({ message_waiting: two }), '080102820001026' + '7ff');
    assert.deepEqual(fields('0801028200010267ff'), { message_waiting: two });
    // Reserved: extended indication 2.
    assert.deepEqual(fields('0401020b01'), { elements: [{ iei: 1, hex: '0b01' }] });
  });

  it('has the place in a long message, and shift tables, where somebody makes parts himself', () => {
    assert.equal(header({ concatenation: { reference: 7, total: 2, part: 1 } }), '050003070201');
    assert.equal(header({ concatenation: { reference: 258, total: 3, part: 1 } }), '06080401020301');
    assert.deepEqual(fields('06080401020301'), {
      concatenation: { reference: 258, total: 3, part: 1, bits: 16 },
    });
    assert.equal(header({ single_shift: 1, locking_shift: 3 }), '06240101250103');
    assert.deepEqual(fields('06240101250103'), { single_shift: 1, locking_shift: 3 });
  });

  it('has any other elements by their identifier', () => {
    const given = {
      elements: [
        { iei: 0x22, hex: '0b91947106004034' },
        { iei: 10, data: [0, 5, 16] },
      ],
    };
    const hex = '0f22080b919471060040340a03000510';
    assert.equal(header(given), hex);
    assert.deepEqual(fields(hex), {
      elements: [
        { iei: 0x22, hex: '0b91947106004034' },
        { iei: 10, hex: '000510' },
      ],
    });
  });

  it('is also a list, octets, or their hexadecimal digits in the spellings of others', () => {
    const octets = Buffer.from('0605040b8423f0', 'hex');
    for (const given of [
      octets,
      new Uint8Array(octets),
      octets.toJSON(),
      { hex: octets.toString('hex') },
      '06 05 04 0B 84 23 F0',
      '%06%05%04%0B%84%23%F0',
      [{ iei: 5, hex: '0b8423f0' }],
      [{ id: '0x05', data: octets.subarray(3) }],
    ])
      assert.equal(header(given), octets.toString('hex'));
    for (const nothing of ['', [], {}, Buffer.alloc(0)]) assert.equal(header(nothing), '');
  });

  it('shows of repeated ports the last, and keeps the others', () => {
    const hex = '0c05040b8423f0050423f40000';
    const shown = { elements: [{ iei: 5, hex: '0b8423f0' }], ports: { destination: 9204, source: 0 } };
    assert.deepEqual(fields(hex), shown);
    assert.equal(header(shown), hex);
  });

  it('says where it is wrong, and what would be right', () => {
    const wrong: readonly (readonly [given: unknown, field: string, message: RegExp])[] = [
      [7, 'udh', /udh \(7\): give fields such as/],
      [true, 'udh', /give fields/],
      [null, 'udh', /give fields/],
      ['0g', 'udh', /no octets in hexadecimal/],
      ['05040b8423f0', 'udh', /first octet says 5?.*length octet first|runs past/],
      ['040b8423f0', 'udh', /element 0x0b at octet 1 runs past its end/],
      ['0605040b8423f000', 'udh', /first octet says 6, and 7 follow/],
      ['03050100', 'udh', /element 0x05 has 1 octets; it must have 4/],
      [{ port: 1 }, 'udh.port', /there are elements, concatenation, message_waiting, ports/],
      [{ ports: 2948 }, 'udh.ports', /give an object of destination, source, bits/],
      [{ ports: {} }, 'udh.ports.destination', /whole number from 0 to 65535/],
      [{ ports: { destination: 65536 } }, 'udh.ports.destination', /\(65536\)/],
      [{ ports: { destination: 256, bits: 8 } }, 'udh.ports.destination', /from 0 to 255/],
      [{ ports: { destination: 1, bits: 12 } }, 'udh.ports.bits', /8 or 16/],
      [{ ports: { destination: 1, sorce: 2 } }, 'udh.ports.sorce', /no such field/],
      [{ message_waiting: { kind: 'pigeon', count: 1 } }, 'udh.message_waiting.kind', /voicemail, fax/],
      [{ message_waiting: { kind: 'fax' } }, 'udh.message_waiting.count', /from 0 to 255/],
      [
        { message_waiting: { kind: 'fax', count: 1, store: 1 } },
        'udh.message_waiting.store',
        /true or false/,
      ],
      [{ concatenation: { reference: 1, total: 2, part: 3 } }, 'udh.concatenation.part', /from 1 to 2/],
      [
        { concatenation: { reference: 300, total: 2, part: 1, bits: 8 } },
        'udh.concatenation.bits',
        /at most 255/,
      ],
      [{ elements: 7 }, 'udh.elements', /give a list/],
      [[{ hex: '00' }], 'udh[0].iei', /from 0 to 255/],
      [[{ iei: 256, hex: '00' }], 'udh[0].iei', /from 0 to 255/],
      [[{ iei: 10 }], 'udh[0].data', /Buffer or a list/],
      [[{ iei: 10, data: [1, 300] }], 'udh[0].data[1]', /\(300\)/],
      [[{ iei: 10, hex: '00', more: 1 }], 'udh[0].more', /there are iei, id, hex, data/],
      [[{ iei: 0x70, data: Buffer.alloc(139) }], 'udh', /take 141 octets; 139 fit/],
    ];
    for (const [given, field, message] of wrong) {
      assert.throws(
        () => readUdh(given as GivenUdh),
        (error: TextError) => {
          assert.ok(error instanceof TextError);
          assert.deepEqual([error.code, error.field], ['MALFORMED_UDH', field], error.message);
          assert.match(error.message, message);
          return true;
        },
      );
    }
  });

  it('never fails otherwise, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        try {
          const made = readUdh(given as GivenUdh);
          assert.deepEqual(readUdh(formatUserDataHeader(made)), made);
        } catch (error) {
          assert.ok(error instanceof TextError, String(error));
        }
      }),
      { numRuns: rounds(2000) },
    );
  });

  it('comes back as the same elements, from fields, a list and octets', () => {
    fc.assert(
      fc.property(elements(140), (all) => {
        assert.deepEqual(readUdh(all), all);
        assert.deepEqual(readUdh(formatUserDataHeader(all)), all);
        const again = readUdh(udhFields(all) ?? {});
        const key = ({ id, data }: UdhElement): string => `${id}/${data.toString('hex')}`;
        assert.deepEqual(again.map(key).sort(), all.map(key).sort());
        const { elements: _others, ...said } = udhFields(again) ?? {};
        const { elements: _all, ...meant } = udhFields(all) ?? {};
        assert.deepEqual(said, meant);
      }),
      { numRuns: rounds(1000) },
    );
  });

  it('is that of independent vectors', function () {
    const folder = needs(this, 'vectors');
    const all = JSON.parse(readFileSync(path.join(folder, 'udh.json'), 'utf8')) as {
      hex?: string;
      expect?: Record<string, number | string>;
    }[];
    for (const { hex, expect } of all) {
      if (hex === undefined || !expect || 'note' in expect) continue;
      const shown = fields(hex);
      assert.equal(header(shown), hex);
      if ('ref' in expect)
        assert.deepEqual(shown?.concatenation, {
          reference: expect['ref'],
          total: expect['total'],
          part: expect['part'],
          bits: expect['ref_bits'],
        });
      if ('dest_port' in expect)
        assert.deepEqual(shown?.ports, { destination: expect['dest_port'], source: expect['src_port'] });
      if ('locking_shift' in expect) assert.equal(shown?.locking_shift, expect['locking_shift']);
    }
  });
});

/** What the receiver makes of segments. */
function received(segments: readonly SubmitSmFields[], defaultAlphabet?: string) {
  const reassembler = new Reassembler();
  const [first] = segments as [SubmitSmFields];
  const alone = readUserData(first);
  const address = { source: 'a', destination: 'b' };
  const only = { ...address, method: 'sar', reference: 0, total: 1, part: 1 } as const;
  let parts = [{ ...only, data_coding: first.data_coding, octets: alone.octets, header: alone.header }];
  if (segments.length > 1)
    for (const one of segments) {
      const { octets, header: own, part } = readUserData(one);
      assert.ok(part);
      const added = reassembler.add(
        { ...part, ...address, data_coding: one.data_coding, octets, header: own },
        0,
      );
      if (added.message) parts = added.message.parts as typeof parts;
    }
  const decoded = decodeParts(parts, { defaultAlphabet });
  return { ...decoded, udh: headerOfParts(parts, decoded.text !== undefined) };
}

describe('a message with a user data header of its own', () => {
  const ports = { ports: { destination: 2948, source: 9200 } };

  it('has it in every segment, beside what says which part it is', () => {
    const { segments, perSegment } = segment(Buffer.alloc(300, 0xaa), { udh: ports, reference: 9 });
    assert.equal(perSegment, 128);
    assert.deepEqual(
      segments.map(({ short_message, esm_class, data_coding }) => [
        short_message.subarray(0, 12).toString('hex'),
        short_message.length,
        esm_class,
        data_coding,
      ]),
      [
        ['0b00030903010' + '5040b8423f0', 140, 0x40, 4],
        ['0b00030903020' + '5040b8423f0', 140, 0x40, 4],
        ['0b00030903030' + '5040b8423f0', 56, 0x40, 4],
      ],
    );
  });

  it('takes its room from the text: septets with fill bits, UCS2, octets', () => {
    const per = (text: string | Buffer, options: SegmentOptions = {}): number[] => {
      const all = { udh: ports, ...options };
      const short = typeof text === 'string' ? text.slice(0, 1) : text.subarray(0, 1);
      return [segment(short, all).perSegment, segment(text, all).perSegment];
    };
    // 7 octets are 56 bits: 152 septets beside the ports; 12 octets are 96 bits, 110 with fill bits: 146.
    assert.deepEqual(per('x'.repeat(400)), [152, 146]);
    assert.deepEqual(per('x'.repeat(400), { defaultAlphabet: 'gsm0338-packed' }), [152, 146]);
    assert.deepEqual(per('ж'.repeat(400)), [133, 128]);
    assert.deepEqual(per(Buffer.alloc(400)), [133, 128]);
    assert.deepEqual(per('x'.repeat(400), { method: 'udh16' }), [152, 145]);
    assert.deepEqual(per('x'.repeat(400), { method: 'sar' }), [152, 146]);
  });

  it('costs what measuring says', () => {
    const methods: LongMessageMethod[] = ['udh8', 'udh16', 'sar'];
    fc.assert(
      fc.property(
        fc.oneof(gsmText(), anyText(300)),
        elements(60),
        fc.constantFrom(...methods),
        (text, udh, method) => {
          const options = { udh, method, unencodable: 'replace' } as const;
          const made = segment(text, options);
          const counted = measure(text, options);
          assert.deepEqual(
            [counted.segments, counted.units, counted.perSegment],
            [made.segments.length, made.units, made.perSegment],
          );
        },
      ),
      { numRuns: rounds(300) },
    );
    assert.equal(measure('x'.repeat(160), { udh: ports }).segments, 2);
    assert.equal(measure('x'.repeat(160), { udh: 'nonsense' }).segments, 1);
  });

  it('arrives as it was sent, text and elements, joined from its parts', () => {
    const alphabets = ['gsm0338', 'gsm0338-packed', 'latin1'];
    const long = fc.oneof(gsmText(), anyText(300));
    fc.assert(
      fc.property(
        long,
        elements(60),
        fc.constantFrom(...alphabets),
        fc.constantFrom<LongMessageMethod>('udh8', 'udh16', 'sar'),
        (text, udh, defaultAlphabet, method) => {
          const { segments } = segment(text, { udh, defaultAlphabet, method, reference: 77 });
          for (const { short_message, esm_class } of segments) {
            assert.ok(esm_class & 0x40);
            if (defaultAlphabet !== 'gsm0338') assert.ok(short_message.length <= 160);
          }
          const got = received(segments, defaultAlphabet);
          assert.equal(got.text, text);
          // Of the same element twice one is told.
          assert.deepEqual(got.udh, headerOfParts([{ header: formatUserDataHeader(udh) }], true));
        },
      ),
      { numRuns: rounds(300) },
    );
  });

  it('arrives as it was sent, octets and elements', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), elements(60), (given, udh) => {
        const octets = Buffer.from(given);
        const { segments } = segment(octets, { udh });
        for (const { short_message } of segments) assert.ok(short_message.length <= 140);
        const got = received(segments);
        assert.equal(got.text, undefined);
        assert.deepEqual(got.octets, octets);
        assert.deepEqual(got.udh, headerOfParts([{ header: formatUserDataHeader(udh) }], false));
      }),
      { numRuns: rounds(300) },
    );
  });

  it('goes whole in message_payload with its header before it', () => {
    const { segments } = segment('x'.repeat(200), { udh: ports, method: 'payload' });
    const [one] = segments as [SubmitSmFields];
    assert.equal(one.esm_class, 0x40);
    assert.equal(
      one.tlvs?.message_payload?.toString('latin1'),
      `\x06\x05\x04\x0b\x84\x23\xf0${'x'.repeat(200)}`,
    );
    assert.deepEqual(readUserData(one).udh?.ports, ports.ports);
  });

  it('is encoded beside its shift tables, with the fill bits of both', () => {
    const options = { udh: ports, language: 'turkish', defaultAlphabet: 'gsm0338-packed' } as const;
    const { udh, octets } = encodeText('Işık', options);
    assert.match(udh?.toString('hex') ?? '', /^..05040b8423f02[45]01/);
    const [one] = segment('Işık', options).segments as [SubmitSmFields];
    assert.deepEqual(one.short_message, Buffer.concat([udh ?? Buffer.alloc(0), octets]));
    assert.equal(received([one], 'gsm0338-packed').text, 'Işık');
    assert.equal(encodeText('x', { udh: ports }).udh?.toString('hex'), '0605040b8423f0');
    assert.equal(encodeText(Buffer.from('x'), { udh: ports }).udh?.toString('hex'), '0605040b8423f0');
  });

  it('is refused where it says what is ours to say, or leaves no room', () => {
    const part = { concatenation: { reference: 1, total: 2, part: 1 } };
    assert.equal(segment('x', { udh: part }).segments.length, 1);
    assert.throws(() => segment('x'.repeat(200), { udh: part }), { code: 'TEXT_TOO_LONG' });
    for (const make of [segment, encodeText])
      assert.throws(() => make('x', { udh: { single_shift: 1 } }), { code: 'INVALID_OPTION', field: 'udh' });
    const wide = { elements: [{ iei: 0x70, data: Buffer.alloc(130) }] };
    assert.equal(segment('x'.repeat(8), { udh: wide }).segments.length, 1);
    assert.throws(() => segment('x'.repeat(20), { udh: wide }), {
      code: 'INVALID_OPTION',
      field: 'udh',
      message: /no room/,
    });
  });

  it('may have octets that are written with shift tables', () => {
    const udh = { single_shift: 1, ...ports };
    const octets = Buffer.from('1b73'.repeat(100), 'hex');
    const { segments } = segment({ octets, data_coding: 0 }, { udh });
    assert.equal(received(segments).text, 'ş'.repeat(100));
  });
});
