import assert from 'node:assert/strict';
import { Reassembler, decodeParts, readUserData, type MessagePart } from '../../src/text';

const part = (number: number, text: string, fields: Partial<MessagePart> = {}): MessagePart => ({
  ...{ source: '1', destination: '2', method: 'udh8', reference: 7, total: 2, part: number, data_coding: 0 },
  octets: Buffer.from(text),
  ...fields,
});

describe('a message that was joined', () => {
  it('is taken apart again but for one part, and joined by that', () => {
    const reassembler = new Reassembler({ timeout: 1000 });
    reassembler.add(part(1, 'a'), 10);
    const { message, key } = reassembler.add(part(2, 'b'), 20);
    assert.ok(message);
    reassembler.reopen(message, 2, 30);
    assert.deepEqual([reassembler.size, reassembler.octets, reassembler.nextExpiry()], [1, 101, 1030]);
    assert.deepEqual(reassembler.exportEntry(key)?.firstAt, 10);
    const again = reassembler.add(part(2, 'b'), 40);
    assert.equal(again.status, 'joined');
    assert.deepEqual([again.message?.firstAt, again.message?.lastAt], [10, 40]);
    assert.equal(decodeParts(again.message?.parts ?? []).text, 'ab');
  });

  it('is known for a while, also to another one that was told of it', () => {
    const one = new Reassembler({ duplicateWindow: 500 });
    one.add(part(1, 'a'), 0);
    const { key } = one.add(part(2, 'b'), 100);
    const entry = one.exportJoined(key);
    assert.ok(entry);
    assert.deepEqual([entry.key, entry.at, entry.fingerprints.map(([number]) => number)], [key, 100, [1, 2]]);
    assert.equal(one.exportJoined('another'), undefined);
    assert.equal(one.duplicateWindow, 500);
    const other = new Reassembler({ duplicateWindow: 500 });
    other.importJoined(JSON.parse(JSON.stringify(entry)) as typeof entry);
    other.importJoined({ ...entry, at: 0, fingerprints: [] });
    assert.equal(other.add(part(1, 'a'), 599).status, 'duplicate');
    assert.equal(other.add(part(1, 'c'), 599).status, 'waiting');
    assert.equal(other.add(part(2, 'b'), 600).status, 'joined');
  });
});

describe('parts of different kinds', () => {
  const header = (...octets: number[]): Buffer => Buffer.from([octets.length, ...octets]);

  it('have each its own shift table, and the default one without a header', () => {
    const turkish = header(0x25, 1, 1);
    const all = [
      part(1, '', { octets: Buffer.from([0x0b]), header: turkish, total: 3 }),
      part(2, '', { octets: Buffer.from([0x0b]), total: 3 }),
      part(3, '', { octets: Buffer.from([0x1b, 0x73]), header: header(0x24, 1, 1), total: 3 }),
    ];
    assert.equal(decodeParts(all).text, 'ĞØş');
  });

  it('are octets where one of them is no text', () => {
    const mixed = [part(1, 'a'), part(2, 'b', { data_coding: 4 })];
    assert.deepEqual(decodeParts(mixed), { octets: Buffer.from('ab') });
    const strange = decodeParts([part(1, 'a'), part(2, 'b', { data_coding: 0x0d })]);
    assert.match(strange.problem?.message ?? '', /no codec for data_coding 13/);
  });

  it('are read by the encoding that was named', () => {
    const parts = [part(1, '', { octets: Buffer.from([0xe9]), data_coding: 4 })];
    assert.equal(decodeParts(parts, { encoding: 'latin1' }).text, 'é');
  });
});

describe('signs of a long message', () => {
  const sar = { sar_msg_ref_num: 0, sar_total_segments: 2, sar_segment_seqnum: 1 };

  it('count only together', () => {
    assert.deepEqual(readUserData({ tlvs: sar }).part, { method: 'sar', reference: 0, total: 2, part: 1 });
    for (const name of Object.keys(sar)) {
      assert.equal(readUserData({ tlvs: { ...sar, [name]: undefined } }).part, undefined, name);
    }
    for (const sar_segment_seqnum of [0, 3]) {
      assert.equal(readUserData({ tlvs: { ...sar, sar_segment_seqnum } }).part, undefined);
    }
    assert.equal(readUserData({ tlvs: { ...sar, sar_segment_seqnum: 2 } }).part?.part, 2);
  });

  it('stand beside a text in short_message or in a TLV, of which the first counts', () => {
    const message_payload = Buffer.from('payload');
    const short_message = Buffer.from('short');
    assert.deepEqual(readUserData({ short_message, tlvs: { message_payload } }).octets, short_message);
    assert.deepEqual(readUserData({ tlvs: { message_payload: [message_payload] } }).octets, message_payload);
  });

  it('say how wide the reference is', () => {
    const octets = (hex: string): object => ({ esm_class: 0x40, short_message: Buffer.from(hex, 'hex') });
    assert.equal(readUserData(octets('050003070201')).part?.method, 'udh8');
    assert.equal(readUserData(octets('06080400070201')).part?.method, 'udh16');
  });
});
