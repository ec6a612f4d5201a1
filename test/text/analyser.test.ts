import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { encodePdu } from '../../src/protocol';
import { readUserData, segment, type SegmentOptions, type SubmitSmFields } from '../../src/text';
import { needs } from '../support/skip';
import { BASIC, EXTENDED } from './alphabets';

const FIELDS = [
  'smpp.data_coding',
  'smpp.dcs.class',
  'gsm_sms.udh.mm.msg_id',
  'gsm_sms.udh.mm.msg_parts',
  'gsm_sms.udh.mm.msg_part',
  'smpp.sar_msg_ref_num',
  'smpp.sar_total_segments',
  'smpp.sar_segment_seqnum',
  'smpp.message_text',
] as const;

type Row = Record<(typeof FIELDS)[number], string>;

/** What a protocol analyser makes of the segments: one run for all. */
function dissect(segments: readonly SubmitSmFields[]): Row[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'analyser-'));
  try {
    const dump = segments.map((fields, index) => {
      const octets = encodePdu({
        command: 'submit_sm',
        command_status: 0,
        sequence_number: index + 1,
        destination_addr: '1',
        ...fields,
        tlvs: { ...fields.tlvs },
      });
      return `0000 ${octets.toString('hex').replace(/../g, '$& ')}\n`;
    });
    const [text, capture] = ['segments.txt', 'segments.pcap'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    writeFileSync(text, dump.join('\n'));
    execFileSync('text2pcap', ['-q', '-T', '2775,2775', text, capture], { stdio: 'ignore' });
    const options = ['-d', 'tcp.port==2775,smpp', '-o', 'smpp.decode_sms_over_smpp:GSM 7-bit'];
    const columns = FIELDS.flatMap((name) => ['-e', name]);
    const output = execFileSync(
      'tshark',
      ['-r', capture, ...options, '-T', 'fields', '-E', 'separator=/t', ...columns],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const lines = output.split('\n').slice(0, -1);
    return lines.map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(FIELDS.map((name, index) => [name, values[index] ?? ''])) as Row;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const number = (value: number | undefined): string => (value === undefined ? '' : String(value));

describe('an independent analyser', () => {
  before(function () {
    needs(this, 'tshark');
  });

  it('reads from every segment what was written', function () {
    this.timeout(60_000);
    // It prints control characters in ways of its own, and no characters beyond the first plane.
    const gsm = fc.constantFrom(...BASIC, ...EXTENDED).filter((one) => !/[\n\r\f\\]/.test(one));
    const texts = (unit: fc.Arbitrary<string>, count: number): string[] =>
      fc.sample(fc.string({ unit, minLength: 1, maxLength: 500 }), { numRuns: count, seed: 38 });
    const of = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...Array.from(characters));
    const cases: readonly (readonly [options: SegmentOptions, texts: string[]])[] = [
      [{ reference: 7 }, texts(gsm, 15)],
      [{ reference: 300, method: 'udh16' }, texts(gsm, 15)],
      [{ reference: 5, method: 'sar' }, texts(gsm, 10)],
      [{ reference: 9 }, texts(of('Привет мир漢字ελ'), 15)],
      [{ encoding: 'latin1' }, texts(of('Ünïté café'), 5)],
      [{ encoding: 'iso8859-5' }, texts(of('Привет №'), 5)],
      [{ encoding: 'iso8859-8' }, texts(of('שלום abc'), 5)],
      [{ encoding: 'euc-kr' }, texts(of('한국 abc'), 5)],
      [{ messageClass: 1 }, texts(gsm, 5)],
    ];
    const made = cases.flatMap(([options, all]) => all.map((text) => ({ text, ...segment(text, options) })));
    const rows = dissect(made.flatMap(({ segments }) => segments));
    for (const { text, segments } of made) {
      const mine = rows.splice(0, segments.length);
      assert.equal(mine.map((row) => row['smpp.message_text']).join(''), text);
      for (const [index, fields] of segments.entries()) {
        const { part } = readUserData(fields);
        const row = mine[index];
        assert.ok(row);
        assert.equal(Number(row['smpp.data_coding']), fields.data_coding);
        const [inHeader, inTlvs] = part?.method === 'sar' ? [undefined, part] : [part, undefined];
        assert.equal(row['gsm_sms.udh.mm.msg_id'], number(inHeader?.reference));
        assert.equal(row['gsm_sms.udh.mm.msg_parts'], number(inHeader?.total));
        assert.equal(row['gsm_sms.udh.mm.msg_part'], number(inHeader?.part));
        assert.equal(row['smpp.sar_msg_ref_num'], number(inTlvs?.reference));
        assert.equal(row['smpp.sar_total_segments'], number(inTlvs?.total));
        assert.equal(row['smpp.sar_segment_seqnum'], number(inTlvs?.part));
        if (fields.data_coding === 0xf1) assert.equal(Number(row['smpp.dcs.class']), 1);
      }
    }
    assert.equal(rows.length, 0);
  });
});
