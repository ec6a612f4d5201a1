import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Reassembler,
  decodeParts,
  encodeText,
  readUserData,
  segment,
  type AddResult,
  type MessagePart,
  type ReassemblyEntry,
  type SegmentOptions,
} from '../../src/text';

interface From {
  source?: string;
  destination?: string;
}

function partsOf(text: string, options: Partial<SegmentOptions> = {}, from: From = {}): MessagePart[] {
  const { segments } = segment(text, { method: 'udh8', reference: 0, ...options });
  return segments.map((fields) => {
    const { octets, header, part } = readUserData(fields);
    assert.ok(part);
    return {
      source: '491',
      destination: '55',
      ...from,
      ...part,
      data_coding: fields.data_coding,
      octets,
      header,
    };
  });
}

const long = (character: string): string => character.repeat(400);

function feed(reassembler: Reassembler, parts: readonly MessagePart[], now = 0): AddResult[] {
  return parts.map((part) => reassembler.add(part, now));
}

const statuses = (results: readonly AddResult[]): string[] => results.map(({ status }) => status);

function textOf(result: AddResult | undefined): string | undefined {
  return result?.message && decodeParts(result.message.parts).text;
}

describe('joining long messages', () => {
  for (const method of ['udh8', 'udh16', 'sar'] as const) {
    it(`joins parts marked by ${method}, with reference 0, out of order`, () => {
      const reassembler = new Reassembler();
      const results = feed(reassembler, partsOf(long('a'), { method }).reverse());
      assert.deepEqual(statuses(results), ['waiting', 'waiting', 'joined']);
      const message = results[2]?.message;
      assert.equal(message?.complete, true);
      assert.deepEqual(message.missing, []);
      assert.equal(textOf(results[2]), long('a'));
      assert.deepEqual([reassembler.size, reassembler.octets], [0, 0]);
    });
  }

  it('joins whatever comes in whatever order', () => {
    const text = fc.string({ unit: 'binary', minLength: 200, maxLength: 600 });
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.nat()), (written, order) => {
        fc.pre(!/[\ufeff\ufffe]/.test(written));
        const parts = partsOf(written).map((part) => ({ part, rank: order.next().value as number }));
        parts.sort((one, other) => one.rank - other.rank);
        const results = feed(
          new Reassembler(),
          parts.map(({ part }) => part),
        );
        assert.equal(textOf(results.at(-1)), written);
      }),
      { numRuns: 50 },
    );
  });

  it('joins a message of one part at once', () => {
    const [part] = partsOf(long('a'));
    assert.ok(part);
    const result = new Reassembler().add({ ...part, total: 1, part: 1 }, 0);
    assert.equal(result.status, 'joined');
  });

  it('keeps apart senders, recipients, ways of marking, references and totals', () => {
    const reassembler = new Reassembler();
    const messages = [
      partsOf(long('a')),
      partsOf(long('b'), {}, { source: '492' }),
      partsOf(long('c'), {}, { destination: '56' }),
      partsOf(long('d'), { method: 'udh16' }),
      partsOf(long('e'), { method: 'sar' }),
      partsOf(long('f'), { reference: 1 }),
      partsOf('g'.repeat(200)),
      partsOf(long('h'), {}, { source: '49/1', destination: '55' }),
      partsOf(long('i'), {}, { source: '49', destination: '1/55' }),
    ];
    const texts: (string | undefined)[] = [];
    for (let index = 0; index < 3; index++) {
      for (const parts of messages) {
        const part = parts[index];
        if (!part) continue;
        const result = reassembler.add(part, 0);
        if (result.status === 'joined') texts.push(textOf(result)?.charAt(0));
      }
    }
    assert.deepEqual(texts.sort(), Array.from('abcdefghi'));
  });

  it('knows a repeated part, while waiting and for a while after', () => {
    const reassembler = new Reassembler({ duplicateWindow: 60_000 });
    const [first, second, third] = partsOf(long('a'));
    assert.ok(first && second && third);
    assert.deepEqual(statuses(feed(reassembler, [first, first, second, third, second, first])), [
      'waiting',
      'duplicate',
      'waiting',
      'joined',
      'duplicate',
      'duplicate',
    ]);
    assert.equal(reassembler.size, 0);
    assert.equal(reassembler.add(first, 60_000).status, 'waiting');
  });

  it('takes another part of the same number for a new message', () => {
    const reassembler = new Reassembler();
    const old = partsOf(long('a'));
    const fresh = partsOf(long('b'));
    feed(reassembler, old.slice(0, 2));
    const results = feed(reassembler, fresh);
    assert.deepEqual(statuses(results), ['waiting', 'waiting', 'joined']);
    const [superseded] = results[0]?.incomplete ?? [];
    assert.deepEqual(
      [superseded?.complete, superseded?.reason, superseded?.missing],
      [false, 'superseded', [3]],
    );
    assert.equal(textOf(results[2]), long('b'));
  });

  it('starts anew with a reference that was used before', () => {
    const reassembler = new Reassembler();
    feed(reassembler, partsOf(long('a')));
    const results = feed(reassembler, partsOf(long('b')));
    assert.equal(textOf(results[2]), long('b'));
  });

  it('gives up after the time-out, with what came', () => {
    const reassembler = new Reassembler({ timeout: 1000 });
    const [first, , third] = partsOf(long('a'));
    assert.ok(first && third);
    reassembler.add(first, 0);
    reassembler.add(third, 600);
    assert.equal(reassembler.nextExpiry(), 1600);
    assert.deepEqual(reassembler.expire(1599), []);
    const [given, ...others] = reassembler.expire(1600);
    assert.equal(others.length, 0);
    assert.deepEqual(
      [given?.complete, given?.reason, given?.total, given?.missing, given?.firstAt, given?.lastAt],
      [false, 'timeout', 3, [2], 0, 600],
    );
    assert.equal(decodeParts(given?.parts ?? []).text?.length, 153 + 94);
    assert.deepEqual([reassembler.size, reassembler.octets, reassembler.nextExpiry()], [0, 0, undefined]);
  });

  it('is bounded in messages and in octets, the oldest go first', () => {
    const few = new Reassembler({ maxMessages: 2 });
    const firsts = ['1', '2', '3'].map((source) => partsOf(long('a'), {}, { source })[0]);
    const dropped = firsts.flatMap((part) => (part ? few.add(part, 0).incomplete : []));
    assert.deepEqual(
      dropped.map(({ reason, parts }) => [reason, parts[0]?.source]),
      [['capacity', '1']],
    );
    const small = new Reassembler({ maxOctets: 600 });
    const given = firsts.flatMap((part) => (part ? small.add(part, 0).incomplete : []));
    assert.equal(given.length, 1);
    assert.ok(small.octets <= 600);
    const tiny = new Reassembler({ maxOctets: 10 });
    const [part] = firsts;
    assert.ok(part);
    assert.equal(tiny.add(part, 0).incomplete.length, 1);
    assert.deepEqual([tiny.size, tiny.octets], [0, 0]);
  });

  it('remembers joined messages within its bound', () => {
    const reassembler = new Reassembler({ maxMessages: 2 });
    const messages = ['1', '2', '3'].map((source) => partsOf(long('a'), {}, { source }));
    for (const parts of messages) feed(reassembler, parts);
    const again = messages.map(([first]) => first && reassembler.add(first, 1).status);
    assert.deepEqual(again, ['waiting', 'duplicate', 'duplicate']);
    reassembler.expire(60_000);
    const [first] = messages[2] ?? [];
    assert.ok(first);
    assert.equal(reassembler.add(first, 2).status, 'waiting');
  });
});

describe('what waits', () => {
  it('can be stored as JSON and taken back', () => {
    const before = new Reassembler();
    const [first, second, third] = partsOf(long('ж'), { languages: [] }).map((part, index) => ({
      ...part,
      context: { sequence_number: index },
    }));
    assert.ok(first && second && third);
    const { key } = before.add(first, 5);
    before.add(second, 9);
    const stored = JSON.stringify(before.exportEntry(key));
    const after = new Reassembler();
    assert.deepEqual(after.importEntry(JSON.parse(stored) as ReassemblyEntry), []);
    assert.deepEqual(JSON.stringify(after.exportEntry(key)), stored);
    assert.equal(after.octets, before.octets);
    assert.equal(after.nextExpiry(), before.nextExpiry());
    feed(before, partsOf(long('ж')).slice(2));
    const results = feed(after, partsOf(long('ж')).slice(2), 20);
    assert.equal(results.at(-1)?.status, 'joined');
    assert.equal(textOf(results.at(-1)), long('ж'));
    assert.deepEqual(results.at(-1)?.message?.parts[0]?.context, { sequence_number: 0 });
    assert.equal(before.exportEntry('none'), undefined);
  });

  it('keeps headers, and has nothing where there is none', () => {
    const before = new Reassembler();
    const [headed] = partsOf(long('ş'), { language: 'turkish' });
    const [bare] = partsOf(long('a'), { method: 'sar' });
    assert.ok(headed?.header && bare);
    for (const part of [headed, bare]) {
      const { key } = before.add(part, 0);
      const entry = before.exportEntry(key);
      assert.ok(entry);
      const after = new Reassembler();
      after.importEntry(entry);
      const [stored] = after.expire(1e9)[0]?.parts ?? [];
      assert.deepEqual({ header: undefined, ...stored }, part);
      assert.equal(stored && 'context' in stored, false);
      assert.equal('header' in (entry.parts[0] ?? {}), part.header !== undefined);
    }
  });

  it('does not replace what came meanwhile', () => {
    const [first, second] = partsOf(long('a'));
    assert.ok(first && second);
    const before = new Reassembler();
    const { key } = before.add(first, 1);
    const entry = before.exportEntry(key);
    assert.ok(entry);
    const after = new Reassembler();
    after.add(first, 50);
    after.add(second, 50);
    after.importEntry(entry);
    assert.deepEqual(after.exportEntry(key)?.parts.length, 2);
    assert.equal(after.exportEntry(key)?.lastAt, 50);
  });

  it('is refused where it was damaged', () => {
    const before = new Reassembler();
    const [first] = partsOf(long('a'));
    assert.ok(first);
    const entry = before.exportEntry(before.add(first, 1).key);
    assert.ok(entry);
    const [part] = entry.parts;
    const damaged: unknown[] = [
      { ...entry, parts: undefined },
      { ...entry, parts: [] },
      { ...entry, parts: [null] },
      { ...entry, parts: ['part'] },
      { ...entry, parts: [{ ...part, source: 1 }] },
      { ...entry, parts: [{ ...part, destination: null }] },
      { ...entry, parts: [{ ...part, total: 256 }] },
      { ...entry, parts: [{ ...part, part: 0 }] },
      { ...entry, parts: [{ ...part, reference: -1 }] },
      { ...entry, parts: [{ ...part, data_coding: 256 }] },
      { ...entry, parts: [{ ...part, method: 'x' }] },
      { ...entry, parts: [{ ...part, part: 4 }] },
      { ...entry, parts: [{ ...part, reference: 1.5 }] },
      { ...entry, parts: [{ ...part, octets: undefined }] },
    ];
    for (const one of damaged) {
      assert.throws(() => new Reassembler().importEntry(one as ReassemblyEntry), { code: 'MALFORMED_ENTRY' });
    }
  });
});

describe('decoding joined parts', () => {
  const base = { source: 'a', destination: 'b', method: 'udh8', reference: 0, data_coding: 0 } as const;
  const make = (octets: Buffer, part: number, total: number, data_coding = 0): MessagePart => ({
    ...base,
    data_coding,
    octets,
    part,
    total,
  });

  it('heals an escape that the sender has cut in two', () => {
    const parts = [make(Buffer.from('611b', 'hex'), 1, 2), make(Buffer.from('6562', 'hex'), 2, 2)];
    assert.equal(decodeParts(parts).text, 'a€b');
  });

  it('heals a surrogate pair, and half a character', () => {
    const octets = encodeText('ж😀').octets;
    for (const at of [3, 4]) {
      const parts = [make(octets.subarray(0, at), 1, 2, 8), make(octets.subarray(at), 2, 2, 8)];
      assert.equal(decodeParts(parts).text, 'ж😀');
    }
  });

  it('reads a byte order mark in each part', () => {
    const octets = Buffer.from('feff0041', 'hex');
    assert.equal(decodeParts([make(octets, 1, 2, 8), make(octets, 2, 2, 8)]).text, 'AA');
  });

  it('reads parts of different codings', () => {
    const parts = [make(Buffer.from('a'), 1, 2), make(encodeText('ж').octets, 2, 2, 8)];
    assert.equal(decodeParts(parts).text, 'aж');
  });

  it('reads packed parts, each from its own septet boundary', () => {
    const defaultAlphabet = 'gsm0338-packed';
    for (const text of ['@'.repeat(400), 'a€'.repeat(150), 'abc@'.repeat(90)]) {
      const parts = partsOf(text, { defaultAlphabet });
      assert.equal(decodeParts(parts, { defaultAlphabet }).text, text);
      assert.equal(decodeParts(parts, { encoding: 'GSM packed' }).text, text);
    }
  });

  it('does not join across a part that is missing', () => {
    const parts = [make(Buffer.from('611b', 'hex'), 1, 3), make(Buffer.from('6562', 'hex'), 3, 3)];
    assert.equal(decodeParts(parts).text, 'a eb');
  });

  it('gives the octets of binary parts, and the reason where a text cannot be read', () => {
    const binary = decodeParts([make(Buffer.from([1]), 1, 2, 4), make(Buffer.from([2]), 2, 2, 4)]);
    assert.deepEqual(binary, { octets: Buffer.from([1, 2]) });
    const broken = decodeParts([make(Buffer.from([0xff]), 1, 1)]);
    assert.deepEqual([broken.octets, broken.problem?.code], [Buffer.from([0xff]), 'UNDECODABLE']);
    assert.equal(decodeParts([]).text, '');
  });
});
