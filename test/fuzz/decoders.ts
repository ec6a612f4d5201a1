import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PduError, PduFramer, decodePdu, encodePdu } from '../../src/protocol';
import {
  ENCODING_NAMES,
  Reassembler,
  TextError,
  compileReceiptPattern,
  decodeParts,
  decodeText,
  encodeText,
  formatUserDataHeader,
  languageNames,
  parseReceipt,
  parseSmppTime,
  parseUserDataHeader,
  readUserData,
  segment,
  type ReassemblyEntry,
} from '../../src/text';
import type { Random } from './random';

/** What is fed with octets that are nearly right. */
export interface Decoder {
  readonly name: string;
  /** Octets that are right. */
  readonly seeds: readonly Buffer[];
  /** Throws where something is wrong with the decoder, and only then. */
  run(octets: Buffer, random: Random): void;
}

interface Fixture {
  readonly hex: string;
  readonly text: string;
}
const fixtures = (...path: string[]): Fixture[] =>
  JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', ...path), 'utf8')) as Fixture[];

const PDUS = fixtures('protocol', 'pdus.json').map(({ hex }) => Buffer.from(hex, 'hex'));
const RECEIPTS = fixtures('text', 'receipts.json').map(({ text }) => text);
const TEXTS = [
  '',
  'Hello @£$',
  '€[{}]~\\^|',
  'Grüße ñ',
  'Привет',
  'שלום',
  '日本ｱ',
  '한국',
  '😀👨‍👩‍👧',
  'şğı',
  '\u0000\u001b',
];
const latin1 = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

const HEADERS = [
  ...['050003070201', '06080400070301', '0605040b8423f0', '03240101', '03250106', '06250106240106', '00'],
  '0a00030702012401012501 01'.replace(' ', ''),
].map((hex) => Buffer.from(hex, 'hex'));

/** The error of the room, or none. */
function only(kind: typeof PduError | typeof TextError, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

const PATTERNS = [
  'id:(?<id>\\S+) state:(?<stat>\\w+)',
  '(?i)^msg (?<id>[0-9a-f]{8,}) (?:ok|(?<err>\\d+))$',
  '(?<id>(a+)+)$|(?<stat>[^;]*;)*',
];

const TIMES = ['260314140500000+', '000000003000000R', '', '991231235959948-', '260314140500008-'];

const text = (encoding: string): Decoder => ({
  name: `text-${encoding}`,
  seeds: TEXTS.flatMap((one) => {
    const { octets } = encodeText(one, { encoding, unencodable: 'replace' });
    return [octets, Buffer.concat([octets, octets, octets])];
  }),
  run(octets, random) {
    const udh = random.below(3) === 0 ? random.of(HEADERS) : undefined;
    only(TextError, () => {
      const decoded = decodeText(octets, random.below(256), { encoding, udh });
      assert.ok(decoded.length <= octets.length * 2, 'more characters than octets can hold');
    });
  },
});

/** A long message, some of its parts changed, and what a disk might hold of it. */
function reassemble(octets: Buffer, random: Random): void {
  const bounds = { maxMessages: 4, maxOctets: 4000, timeout: 1000 };
  const reassembler = new Reassembler(bounds);
  for (let now = 0, at = 0; at + 8 <= octets.length; now += random.below(400)) {
    const size = 8 + ((octets[at] ?? 0) % 40);
    const {
      part,
      octets: body,
      header,
    } = readUserData({ esm_class: 0x40, short_message: octets.subarray(at, at + size) });
    at += size;
    if (!part) continue;
    const { key } = reassembler.add(
      { ...part, source: '1', destination: '2', data_coding: random.of([0, 4, 8]), octets: body, header },
      now,
    );
    for (const given of reassembler.expire(now))
      assert.equal(decodeParts(given.parts).octets.length <= octets.length, true);
    assert.ok(
      reassembler.size <= bounds.maxMessages && reassembler.octets <= bounds.maxOctets + 400,
      'its bounds',
    );
    const entry = reassembler.exportEntry(key);
    if (entry) only(TextError, () => new Reassembler(bounds).importEntry(spoilt(entry, random)));
  }
}

function spoilt(entry: ReassemblyEntry, random: Random): ReassemblyEntry {
  const json = Buffer.from(JSON.stringify(entry));
  json[random.below(json.length)] = random.of([...Buffer.from('09-"\\,:{}[]az')]);
  try {
    const parsed = JSON.parse(json.toString()) as ReassemblyEntry;
    return typeof parsed === 'object' ? parsed : entry;
  } catch {
    return entry;
  }
}

export const DECODERS: readonly Decoder[] = [
  {
    name: 'pdu',
    seeds: PDUS,
    run(octets) {
      if (octets.length >= 4) octets.writeUInt32BE(octets.length, 0);
      only(PduError, () => {
        const pdu = decodePdu(octets);
        only(PduError, () => decodePdu(encodePdu(pdu)));
      });
    },
  },
  {
    name: 'framer',
    seeds: PDUS.map((octets, at) => Buffer.concat([octets, PDUS[(at + 1) % PDUS.length] ?? octets])),
    run(octets, random) {
      const framer = new PduFramer({ maxPduLength: 2000 });
      let framed = 0;
      only(PduError, () => {
        for (let at = 0; at < octets.length;) {
          const size = 1 + random.below(40);
          for (const pdu of framer.push(octets.subarray(at, at + size))) framed += pdu.length;
          at += size;
        }
      });
      assert.ok(framed <= octets.length, 'more octets than came');
    },
  },
  {
    name: 'udh',
    seeds: HEADERS.map((header) => Buffer.concat([header, Buffer.from('abc')])),
    run(octets) {
      readUserData({ esm_class: 0x40, short_message: octets });
      only(TextError, () => {
        const { elements, length } = parseUserDataHeader(octets);
        assert.deepEqual(formatUserDataHeader(elements).length, elements.length === 0 ? 0 : length);
      });
    },
  },
  ...ENCODING_NAMES.filter((name) => name !== 'binary').map(text),
  {
    name: 'receipt',
    seeds: latin1(RECEIPTS),
    run(octets, random) {
      const tlvs = { receipted_message_id: octets.toString('latin1', 0, 9), message_state: random.below(12) };
      const esm_class = random.of([undefined, 0, 4, 0x20, random.below(256)]);
      const receipt = parseReceipt(octets, random.below(2) === 0 ? tlvs : {}, {
        esm_class,
        data_coding: random.below(256),
      });
      for (const date of [receipt?.submit_date, receipt?.done_date]) {
        if (date !== undefined) assert.equal(new Date(date).toISOString(), date);
      }
    },
  },
  {
    name: 'pattern',
    seeds: latin1(PATTERNS),
    run(octets, random) {
      only(TextError, () => {
        compileReceiptPattern(octets.toString('latin1')).match(
          random.of(RECEIPTS) + 'a'.repeat(random.below(900)) + '!',
        );
      });
    },
  },
  {
    name: 'time',
    seeds: latin1(TIMES),
    run(octets) {
      only(TextError, () => parseSmppTime(octets.toString('latin1')));
    },
  },
  {
    name: 'reassembler',
    seeds: languageNames()
      .slice(0, 3)
      .map((language) => segment('şñã '.repeat(60), { language, reference: 7 }).segments)
      .map((segments) => Buffer.concat(segments.map(({ short_message }) => short_message))),
    run: reassemble,
  },
];
