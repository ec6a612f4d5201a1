import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findProblems, type Message, type SmppClientOptions } from '../../../src/index';
import { SourcePrefixes, type SourcePrefix } from '../../../src/client/config/source-prefixes';
import { parseMessage } from '../../../src/client/message/message';
import { putSourceByPrefix } from '../../../src/client/message/source-by-prefix';
import { normalise } from '../../../src/client/plugins/normalise';
import { Scenes } from '../setup';

const SENDERS: SourcePrefix[] = [
  { prefix: '+44', source: 'UK' },
  { prefix: '4479', source: '447900' },
  { prefix: '49', source: '+491511111111' },
  { prefix: '*', source: 'Others' },
];

describe('The sender by the prefix of the recipient', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** Source, ton and npi of what each message goes out with. */
  async function sent(options: SmppClientOptions, messages: Message[]): Promise<unknown[][]> {
    const { client, peer } = await scenes.bound(undefined, options as object);
    for (const message of messages) await client.send({ short_message: 'x', ...message });
    const link = await peer.link();
    return link.received
      .filter(({ command }) => ['submit_sm', 'data_sm', 'submit_multi', 'cancel_sm'].includes(command))
      .map((pdu) => [pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi]);
  }
  const to = (destination_addr: string, more: Message = {}): Message => ({ destination_addr, ...more });

  it('is that of the longest prefix, with or without +, or the one for all others', async () => {
    const messages = [
      '447911123456',
      '+447911123456',
      '442071234567',
      '491511234567',
      '33123456789',
      '12345',
    ].map((number) => to(number));
    const own = [
      ['447900', 3, 0],
      ['447900', 3, 0],
      ['UK', 5, 0],
      ['491511111111', 1, 1],
      ['Others', 5, 0],
      ['Others', 5, 0],
    ];
    // Twice, by templates the second time.
    assert.deepEqual(await sent({ sourceByPrefix: SENDERS }, [...messages, ...messages]), [...own, ...own]);
  });

  it('counts only where neither the message nor the defaults name one', async () => {
    const messages = [to('447911123456', { source_addr: 'Own' }), to('447911123456', { source_addr: '' })];
    const [own, blank] = await sent({ sourceByPrefix: SENDERS }, messages);
    assert.deepEqual([own?.[0], blank?.[0]], ['Own', '447900']);
    const defaults = { source_addr: 'Default' };
    const [first] = await sent({ sourceByPrefix: SENDERS, defaults }, [to('447911123456')]);
    assert.equal(first?.[0], 'Default');
  });

  it('has no sender where no prefix fits and none is for all others', async () => {
    const [only] = await sent({ sourceByPrefix: SENDERS.slice(0, 3) }, [to('33123456789')]);
    assert.deepEqual(only, ['', 0, 0]);
  });

  it('takes the type of number that the connection says', async () => {
    const options = { sourceByPrefix: [{ prefix: '49', source: '12345' }], sourceTon: 2, sourceNpi: 8 };
    assert.deepEqual(await sent(options, [to('491511234567')]), [['12345', 2, 8]]);
  });

  it('holds for data_sm, for a cancel by numbers, and for a list whose recipients all have the same', async () => {
    const messages: Message[] = [
      to('447911123456', { command: 'data_sm' }),
      { command: 'submit_multi', destination_addr: ['447911123456', '+447911123457'] },
      {
        command: 'submit_multi',
        dest_address: [
          { dest_flag: 2, dl_name: 'staff' },
          { dest_flag: 1, destination_addr: '33123456789' },
        ],
      },
    ];
    const sources = (await sent({ sourceByPrefix: SENDERS }, messages)).map(([source]) => source);
    assert.deepEqual(sources, ['447900', '447900', 'Others']);
  });

  it('is refused for a list whose recipients have several', async () => {
    const { client } = await scenes.idle(undefined, { sourceByPrefix: SENDERS });
    const list: Message = {
      command: 'submit_multi',
      short_message: 'x',
      destination_addr: '447911123456,4930123456',
    };
    await assert.rejects(client.enqueue(list), (error: { code: string; field: string; message: string }) => {
      assert.deepEqual([error.code, error.field], ['INVALID_FIELD', 'source_addr']);
      assert.match(error.message, /4479, 49.*a list for each/);
      assert.doesNotMatch(error.message, /447911|4930/);
      return true;
    });
    await client.enqueue({ ...list, source_addr: 'Own' });
  });

  it('is checked, and says which entry is wrong and what to give', () => {
    const told = (sourceByPrefix: unknown): string =>
      findProblems({ sourceByPrefix } as SmppClientOptions)
        .map(({ field, remedy }) => `${field}: ${remedy}`)
        .join();
    const wrong: [unknown, RegExp][] = [
      ['{', /give a JSON array/],
      [{ 44: 'UK' }, /give a JSON array/],
      [['44'], /entry 1: give an object with prefix and source/],
      [[{ prefix: '4x', source: 'A' }], /entry 1: prefix \("4x"\): give 1 to 15 digits/],
      [[{ prefix: '1'.repeat(16), source: 'A' }], /1 to 15 digits/],
      [[{ prefix: '44' }], /entry 1: it has no source/],
      [[{ prefix: '44', source: {} }], /entry 1: source .*give a text/],
      [[{ prefix: '44', source: 'A', to: 1 }], /no field to/],
      [
        [
          { prefix: '44', source: 'A' },
          { prefix: '+44', source: 'B' },
        ],
        /entry 2: prefix 44 is there already, in entry 1/,
      ],
      [
        [
          { prefix: '', source: 'A' },
          { prefix: '*', source: 'B' },
        ],
        /entry 2: prefix for all others is there/,
      ],
      [[{ prefix: '44', source: 'much too long a name' }], /sourceByPrefix: source of prefix 44: /],
      [[{ prefix: '44', source: '${SENDER}' }], /entry 1: source .*process\.env\.SENDER/],
      [Array.from({ length: 10_001 }, (_, n) => ({ prefix: String(n), source: 'A' })), /at most 10000/],
    ];
    for (const [given, remedy] of wrong)
      assert.match(told(given), remedy, JSON.stringify(given).slice(0, 80));
    for (const right of [
      [],
      '[]',
      '',
      SENDERS,
      JSON.stringify(SENDERS),
      [{ source: 'A' }],
      [{ prefix: 44, source: 12345 }],
    ])
      assert.equal(told(right), '', JSON.stringify(right));
    assert.deepEqual(normalise({ sourceByPrefix: [{ prefix: ' +44 ', source: 'A' }] }).sourceByPrefix, [
      { prefix: '44', source: 'A' },
    ]);
  });

  it('is found as by comparing each prefix, for any table and number', () => {
    const digits = fc.string({ unit: fc.constantFrom('1', '2', '3'), maxLength: 6 });
    const table = fc.uniqueArray(digits).map((all) => all.map((prefix) => ({ prefix, source: prefix })));
    const number = fc
      .tuple(fc.constantFrom('', '+'), digits, fc.constantFrom('', 'x', ' 1'))
      .map((one) => one.join(''));
    fc.assert(
      fc.property(table, number, (entries, given) => {
        const plain = given.replace('+', '');
        const fitting = entries.filter(({ prefix }) => plain.startsWith(prefix));
        const longest = fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
        assert.equal(new SourcePrefixes(entries).find(given), longest);
      }),
    );
  });

  it('leaves alone what has no recipient, such as a broadcast', () => {
    const settings = normalise({ sourceByPrefix: SENDERS });
    const pdu = { command: 'broadcast_sm', source_addr: '' };
    putSourceByPrefix(new SourcePrefixes(settings.sourceByPrefix), parseMessage(pdu as never), pdu, settings);
    assert.equal(pdu.source_addr, '');
  });
});
