import assert from 'node:assert/strict';
import {
  ConfigError,
  SmppClient,
  findProblems,
  type Message,
  type SmppClientOptions,
} from '../../../src/index';
import { languageNames, parseUserDataHeader } from '../../../src/text';
import { HELLO, Scenes } from '../setup';

const TURKISH = 'ş'.repeat(100);

interface OnTheWire {
  readonly data_coding: number;
  readonly esm_class: number;
  readonly short_message: Buffer;
}

describe('National languages', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function wire(message: Message, options: SmppClientOptions = {}): Promise<OnTheWire[]> {
    const { client, peer } = await scenes.bound({}, options as object);
    await client.send({ ...HELLO, ...message });
    return peer.submits as unknown as OnTheWire[];
  }

  const headers = (pdus: readonly OnTheWire[]): (string | undefined)[] =>
    pdus.map(({ esm_class, short_message }) =>
      esm_class & 0x40
        ? short_message.subarray(0, parseUserDataHeader(short_message).length).toString('hex')
        : undefined,
    );

  it('are used where the connection allows them and they save segments, and not otherwise', async () => {
    const plain = await wire({ short_message: TURKISH });
    assert.deepEqual([plain.length, plain[0]?.data_coding], [2, 8]);
    const allowed = { languages: 'turkish' };
    const [only, ...rest] = await wire({ short_message: TURKISH }, allowed);
    assert.deepEqual([rest.length, only?.data_coding, only?.esm_class], [0, 0, 0x40]);
    assert.deepEqual(headers([only!]), ['03250101']);
    const short = await wire({ short_message: 'ş' }, allowed);
    assert.deepEqual([short.length, short[0]?.data_coding], [1, 8]);
  });

  it('go beside the number of each part', async () => {
    const parts = await wire({ short_message: TURKISH.repeat(2) }, { languages: ['turkish'] });
    assert.equal(parts.length, 2);
    for (const { short_message } of parts) {
      const { concatenation, lockingShift } = parseUserDataHeader(short_message);
      assert.deepEqual([concatenation?.total, lockingShift], [2, 1]);
    }
  });

  it('are what the message says, rather than what the connection says', async () => {
    const own = await wire({ short_message: TURKISH, languages: ['turkish'] });
    assert.deepEqual([own.length, own[0]?.data_coding], [1, 0]);
    for (const languages of [[], '', 'spanish', '["hindi"]']) {
      const pdus = await wire({ short_message: TURKISH, languages }, { languages: 'turkish' });
      assert.deepEqual([pdus.length, pdus[0]?.data_coding], [2, 8], JSON.stringify(languages));
    }
  });

  it('come before UCS2 for a message that names its language', async () => {
    const [pdu] = await wire({ short_message: 'ş', language: 'turkish' });
    assert.deepEqual([pdu?.data_coding, headers([pdu!])], [0, ['03250101']]);
  });

  it('are joined from parts that come in', async () => {
    const { client, peer } = await scenes.bound();
    const got = new Promise<{ payload: unknown }>((resolve) => client.on('message', resolve));
    for (const part of [2, 1]) {
      const header = Buffer.from([8, 0x00, 3, 7, 2, part, 0x24, 1, 1]);
      const body = Buffer.from(part === 1 ? '1b73' : '1b67', 'hex');
      (await peer.link()).send({
        command: 'deliver_sm',
        sequence_number: part,
        source_addr: '1',
        destination_addr: '2',
        esm_class: 0x40,
        short_message: Buffer.concat([header, body]),
      });
    }
    assert.equal((await got).payload, 'şğ');
  });

  it('that there are none of are refused, by the connection and by the message', async () => {
    for (const languages of [
      'klingon',
      'turkish, elvish',
      '["turkish", 7]',
      { turkish: true },
      7,
      [''],
      '[',
    ]) {
      const [problem, ...more] = findProblems({ languages } as SmppClientOptions);
      assert.deepEqual([problem?.field, more.length], ['languages', 0], JSON.stringify(languages));
      assert.match(problem?.remedy ?? '', /turkish/);
    }
    assert.throws(() => new SmppClient({ languages: 'klingon' }), ConfigError);
    const { client } = await scenes.idle();
    await assert.rejects(client.enqueue({ ...HELLO, languages: 'klingon' }), {
      code: 'INVALID_FIELD',
      field: 'languages',
      message: /"klingon".* turkish, spanish/,
    });
  });

  it('are written in any of the usual ways', () => {
    const ways = [
      'Turkish, SPANISH',
      'turkish,spanish,',
      ['turkish', 'spanish'],
      '["turkish","spanish"]',
      ' ',
    ];
    for (const languages of ways) assert.deepEqual(findProblems({ languages } as SmppClientOptions), []);
    assert.deepEqual(findProblems({ languages: languageNames().join(',') }), []);
  });
});

describe('Long messages cut at words', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('have no part that ends within one, where the message asks for it', async () => {
    const text = 'hello '.repeat(60);
    const partsWith = async (fields: Message): Promise<string[]> => {
      const { client, peer } = await scenes.bound();
      await client.send({ ...HELLO, short_message: text, ...fields });
      return (peer.submits as unknown as OnTheWire[]).map(({ short_message }) =>
        short_message.subarray(6).toString('latin1'),
      );
    };
    const whole = await partsWith({ whole_words: true });
    assert.equal(whole.join(''), text);
    for (const part of whole) assert.match(part, /^hello .* $/);
    const plain = await partsWith({});
    assert.equal(plain.join(''), text);
    assert.ok(plain.some((part) => !part.endsWith(' ')));
    const { client } = await scenes.idle();
    await assert.rejects(client.enqueue({ ...HELLO, whole_words: 'perhaps' as never }), {
      code: 'INVALID_FIELD',
      field: 'whole_words',
    });
  });
});
