import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Protocol from '../../src/protocol';
import type * as Text from '../../src/text';

const root = join(__dirname, '..', '..');
const required = createRequire(join(root, 'package.json'));
const hex = (octets: string): Buffer => Buffer.from(octets.replaceAll(' ', ''), 'hex');

describe('the library as it is built, by its exports', function () {
  this.timeout(120_000);
  let protocol: typeof Protocol;
  let text: typeof Text;
  before(() => {
    execFileSync(process.execPath, [join(root, '.ci', 'build.mjs')]);
    protocol = required('@nazjs/node-red-smpp/protocol') as typeof Protocol;
    text = required('@nazjs/node-red-smpp/text') as typeof Text;
  });

  it('encodes and decodes PDUs, names what is wrong, and frames a stream', () => {
    const { encodePdu, decodePdu, PduFramer, PduError } = protocol;
    const tlvs = { user_message_reference: 7, '0x1403': hex('0102') };
    const octets = encodePdu({
      command: 'submit_sm',
      sequence_number: 5,
      destination_addr: '447700900123',
      short_message: Buffer.from('Hi'),
      tlvs,
    });
    assert.equal(octets.readUInt32BE(0), octets.length);
    const pdu = decodePdu(octets) as Protocol.PduOf<'submit_sm'>;
    assert.deepEqual(
      [pdu.command, pdu.command_status, pdu.sequence_number, pdu.destination_addr, pdu.short_message],
      ['submit_sm', 0, 5, '447700900123', Buffer.from('Hi')],
    );
    assert.deepEqual({ ...pdu.tlvs }, tlvs);
    assert.equal(Object.getPrototypeOf(pdu.tlvs), null);
    assert.throws(
      () => decodePdu(hex('00000014 00000004 00000000 00000009 41424344')),
      (error) => {
        assert.ok(error instanceof PduError);
        assert.deepEqual(
          [error.code, error.command_status, error.header?.sequence_number],
          ['PDU_TRUNCATED', 2, 9],
        );
        return true;
      },
    );
    const framer = new PduFramer({ maxPduLength: 1024 });
    assert.deepEqual([...framer.push(octets.subarray(0, 9))], []);
    assert.deepEqual([...framer.push(Buffer.concat([octets.subarray(9), octets]))], [octets, octets]);
    assert.throws(() => [...framer.push(Buffer.from('HTTP/1.1 400 Bad Request'))], PduError);
  });

  it('writes and reads texts', () => {
    const { encodeText, decodeText } = text;
    const plain = encodeText('a€', { encoding: 'auto' });
    assert.deepEqual(plain, { data_coding: 0, octets: hex('611b65'), encoding: 'gsm0338' });
    const turkish = encodeText('ş', { encoding: 'auto', language: 'turkish' });
    assert.deepEqual([turkish.data_coding, turkish.udh], [0, hex('03250101')]);
    assert.equal(decodeText(turkish.octets, 0, { udh: turkish.udh }), 'ş');
    assert.equal(encodeText('ж', {}).data_coding, 8);
    assert.equal(
      encodeText('a“b', { encoding: 'gsm0338', unencodable: 'transliterate' }).octets.toString(),
      'a"b',
    );
    assert.equal(decodeText(hex('fffe6100'), 8), 'a');
    assert.equal(decodeText(hex('e9'), 0, { defaultAlphabet: 'latin1' }), 'é');
    assert.equal(
      decodeText(hex('e8329bfd4697d9ec37'), 0, { defaultAlphabet: 'gsm0338-packed' }),
      'hellohello',
    );
    for (const encoding of 'gsm0338 gsm0338-packed ascii latin1 ucs2 iso2022jp shift_jis euc-kr iso8859-5 iso8859-8'.split(
      ' ',
    )) {
      const { octets, data_coding } = encodeText('abc', { encoding });
      const defaultAlphabet = encoding === 'gsm0338-packed' ? encoding : undefined;
      assert.equal(decodeText(octets, data_coding, { defaultAlphabet }), 'abc', encoding);
    }
  });

  it('cuts long messages, and joins them', () => {
    const { segment, Reassembler, decodeParts, parseUserDataHeader, readUserData } = text;
    const long = 'x'.repeat(200);
    const { segments, encoding, characters } = segment(long, { method: 'udh8', reference: 0 });
    assert.deepEqual([segments.length, encoding, characters], [2, 'gsm0338', 200]);
    assert.deepEqual(parseUserDataHeader(segments[1]!.short_message).concatenation, {
      reference: 0,
      total: 2,
      part: 2,
      bits: 8,
    });
    const reassembler = new Reassembler();
    const results = [...segments].reverse().map((one) => {
      const { octets, header, part } = readUserData(one);
      return reassembler.add(
        { ...part!, source: '1', destination: '2', data_coding: one.data_coding, octets, header },
        0,
      );
    });
    assert.deepEqual(
      results.map(({ status }) => status),
      ['waiting', 'joined'],
    );
    assert.equal(decodeParts(results[1]!.message!.parts).text, long);
    const sar = segment({ text: long }, { method: 'sar', reference: 300 }).segments[1]!;
    assert.deepEqual(sar.tlvs, { sar_msg_ref_num: 300, sar_total_segments: 2, sar_segment_seqnum: 2 });
    assert.equal(segment(long, { method: 'payload' }).segments[0]!.tlvs?.message_payload?.length, 200);
    assert.throws(() => segment(long, { method: 'reject' }), { code: 'TEXT_TOO_LONG' });
  });

  it('reads user data headers, receipts and times', () => {
    const { parseUserDataHeader, parseReceipt, parseSmppTime, TextError } = text;
    const header = parseUserDataHeader(hex('0b 05040b8423f0 0003ff0201'));
    assert.deepEqual(header.ports, { destination: 0x0b84, source: 0x23f0 });
    assert.deepEqual(header.concatenation, { reference: 255, total: 2, part: 1, bits: 8 });
    const { singleShift, lockingShift } = parseUserDataHeader(hex('06 240103 250101'));
    assert.deepEqual([singleShift, lockingShift], [3, 1]);
    assert.throws(() => parseUserDataHeader(hex('050003')), TextError);
    const receipt = parseReceipt(
      Buffer.from(
        'id:7 sub:001 dlvrd:001 submit date:2603041405 done date:260304140601 stat:DELIVRD err:000 text:Hi',
      ),
      { message_state: 2 },
      { esm_class: 4 },
    );
    assert.deepEqual(receipt, {
      message_id: '7', state: 'DELIVRD', final: true, sub: 1, dlvrd: 1, err: '000', text: 'Hi',
      submit_date: '2026-03-04T14:05:00.000Z', done_date: '2026-03-04T14:06:01.000Z',
    }); // prettier-ignore
    assert.equal(parseReceipt('Hello', {}, { esm_class: 0 }), undefined);
    assert.deepEqual(parseSmppTime('260304140500000+'), { absolute: new Date('2026-03-04T14:05:00Z') });
    assert.deepEqual(parseSmppTime('000000003000000R'), {
      relative: { years: 0, months: 0, days: 0, hours: 0, minutes: 30, seconds: 0 },
    });
    assert.equal(parseSmppTime(''), undefined);
  });
});
