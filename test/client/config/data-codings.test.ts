import assert from 'node:assert/strict';
import { findProblems, type SmppClientOptions } from '../../../src/index';
import { segment, type TextCodec } from '../../../src/text';
import { until } from '../../support/until';
import { HELLO, Scenes } from '../setup';

const FROM = { command: 'deliver_sm', source_addr: '491511234567', destination_addr: '1234' } as const;

describe('data codings of the SMSC', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('are how messages are read, whole or in parts', async () => {
    const { peer, told } = await scenes.bound({}, { dataCodings: { 1: 'gsm0338' } });
    const link = await peer.link();
    await link.response(link.send({ ...FROM, data_coding: 1, short_message: Buffer.from('hola }') }));
    const text = 'ñ€ '.repeat(60);
    const { segments } = segment(text, { encoding: 'gsm0338', data_coding: 1, reference: 3 });
    for (const fields of segments) await link.response(link.send({ ...FROM, ...fields }));
    await until(() => told('message').length === 2);
    assert.deepEqual(
      told('message').map(({ payload, flaws }) => [payload, flaws]),
      [
        ['hola ñ', undefined],
        [text, undefined],
      ],
    );
  });

  it('are how messages go out', async () => {
    const { client, peer } = await scenes.bound({}, { dataCodings: '{"0x18": "ucs2", "1": "gsm0338"}' });
    for (const fields of [
      { short_message: 'ж' },
      { encoding: 'gsm0338' },
      {},
      { data_coding: 8, short_message: 'ж' },
    ])
      await client.send({ ...HELLO, ...fields });
    const sent = (peer.submits as unknown as { data_coding: number }[]).map(({ data_coding }) => data_coding);
    assert.deepEqual(sent, [24, 1, 0, 8]);
  });

  it('say what receipts repeat of the message', async () => {
    const { peer, told } = await scenes.bound({}, { dataCodings: { 1: 'gsm0338' }, receiptHoldTime: 0 });
    const link = await peer.link();
    const short_message = Buffer.from('id:77 stat:DELIVRD err:000 text:Pi}a');
    await link.response(link.send({ ...FROM, esm_class: 4, data_coding: 1, short_message }));
    await until(() => told('receipt').length === 1);
    assert.equal((told('receipt')[0]?.payload as { text: string }).text, 'Piña');
  });

  it('need not be said where octets cannot be IA5: flaws tell', async () => {
    const { peer, told } = await scenes.bound();
    const link = await peer.link();
    await link.response(link.send({ ...FROM, data_coding: 1, short_message: Buffer.from('Pi}a 5 \x1be') }));
    await link.response(link.send({ ...FROM, data_coding: 1, short_message: Buffer.from('a } b') }));
    await until(() => told('message').length === 2);
    const [gsm, ia5] = told('message');
    assert.equal(gsm?.payload, 'Piña 5 €');
    assert.match(String(gsm['flaws']), /data_coding 1.*0x1b.*GSM 03\.38.*dataCodings/);
    assert.deepEqual([gsm['problem'], ia5?.payload, ia5?.['flaws']], [undefined, 'a } b', undefined]);
  });

  it('are checked: numbers, names, and that 0 is one thing', () => {
    const codec: TextCodec = {
      name: 'mine',
      data_coding: 9,
      encode: (text) => Buffer.from(text),
      decode: String,
    };
    const problems = (dataCodings: unknown, others: object = {}): string[] =>
      findProblems({ dataCodings, ...others } as SmppClientOptions).map(
        ({ field, remedy }) => `${field}: ${remedy}`,
      );
    for (const fine of [
      {},
      '{}',
      '',
      { 1: 'gsm0338' },
      '{"255": "latin_1", "0xf5": "binary"}',
      { 0: 'latin1' },
    ])
      assert.deepEqual(problems(fine), []);
    assert.deepEqual(problems({ 9: 'mine' }, { codecs: [codec] }), []);
    assert.deepEqual(problems({ 9: 'theirs' }, { codecs: ['plugin'], resolvePlugin: () => undefined }), []);
    assert.deepEqual(problems({ 0: 'latin1' }, { defaultAlphabet: 'latin_1' }), []);
    for (const [wrong, message, others] of [
      [{ 1: 'klingon' }, /^dataCodings\.1: there is no such encoding/],
      [{ 1: 'theirs' }, /^dataCodings\.1: there is no such encoding/, { codecs: [codec] }],
      [{ 256: 'ucs2' }, /^dataCodings: "256" is no number from 0 to 255/],
      [{ '-1': 'ucs2' }, /no number from 0 to 255/],
      [{ x: 'ucs2' }, /no number from 0 to 255/],
      [{ 1: 2 }, /no name of an encoding/],
      [{ 1: '' }, /no name of an encoding/],
      ['{"1": "ucs2", "0x01": "latin1"}', /1 is there twice/],
      ['[1]', /JSON object/],
      ['nonsense', /JSON object/],
      [{ 0: 'latin1' }, /^dataCodings\.0: .*defaultAlphabet/, { defaultAlphabet: 'ascii' }],
    ] as const) {
      const [problem, ...more] = problems(wrong, others);
      assert.deepEqual(more, []);
      assert.match(problem ?? '', message);
    }
  });
});

describe("A queue item of naz with one of naz's names for octets", () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const [encoding, data_coding] of [
    ['octet_unspecified_I', 2],
    ['octet_unspecified_II', 4],
    ['iso2022_jp', 5],
    ['iso2022jp', 10],
  ] as const) {
    it(`${encoding} goes out with data_coding ${data_coding}`, async () => {
      const { client, peer } = await scenes.bound();
      await client.send({ ...HELLO, encoding, smpp_command: 'submit_sm', version: 1, log_id: 'x' });
      const [pdu] = peer.submits as unknown as { data_coding: number; short_message: Buffer }[];
      assert.deepEqual([pdu?.data_coding, String(pdu?.short_message)], [data_coding, HELLO.short_message]);
    });
  }
});
