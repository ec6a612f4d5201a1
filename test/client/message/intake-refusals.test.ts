import assert from 'node:assert/strict';
import { MessageError, type Message } from '../../../src/index';
import { Scenes, type SceneOptions } from '../setup';

const TO = { destination_addr: '491511234567' };
const SELF: { me?: unknown } = {};
SELF.me = SELF;

/** message, code, field, and what the text must say. */
type Refusal = readonly [
  name: string,
  message: unknown,
  code: string,
  field: string,
  text?: RegExp,
  options?: SceneOptions,
];

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(491510000000 + at));

const REFUSALS: readonly Refusal[] = [
  ['nothing', undefined, 'INVALID_FIELD', 'payload', /must be an object/],
  ['null', null, 'INVALID_FIELD', 'payload'],
  ['a text', 'Hello', 'INVALID_FIELD', 'payload'],
  ['a Buffer', Buffer.from('x'), 'INVALID_FIELD', 'payload'],
  ['an unknown command', { ...TO, command: 'submit' }, 'UNKNOWN_COMMAND', 'command', /submit_sm, data_sm/],
  ['a command that cannot be sent', { ...TO, command: 'bind_receiver' }, 'UNKNOWN_COMMAND', 'command'],
  [
    'an unknown field',
    { ...TO, short_message: 'x', destination_adr: '1' },
    'UNKNOWN_FIELD',
    'destination_adr',
    /no field of submit_sm .*did you mean "destination_addr"/,
  ],
  [
    'an unknown field that is nearly one of ours',
    { ...TO, short_message: 'x', long_mesages: 'sar' },
    'UNKNOWN_FIELD',
    'long_mesages',
    /did you mean "long_messages".*of this package encoding, long_messages/,
  ],
  [
    'a field of another command',
    { ...TO, short_message: 'x', message_id: '1' },
    'UNKNOWN_FIELD',
    'message_id',
  ],
  [
    'a name that all objects have',
    { ...TO, short_message: 'x', constructor: 1 },
    'UNKNOWN_FIELD',
    'constructor',
  ],
  [
    '__proto__',
    JSON.parse('{"destination_addr":"491511234567","short_message":"x","__proto__":1}'),
    'UNKNOWN_FIELD',
    '__proto__',
  ],
  ['no recipient', { short_message: 'x' }, 'MISSING_DESTINATION', 'destination_addr', /destination_addr/],
  [
    'an empty recipient',
    { short_message: 'x', destination_addr: '' },
    'MISSING_DESTINATION',
    'destination_addr',
  ],
  [
    'a recipient that is no number',
    { short_message: 'x', destination_addr: 'x!' },
    'INVALID_ADDRESS',
    'destination_addr',
    /"x!"/,
  ],
  [
    'a recipient that is an object',
    { short_message: 'x', destination_addr: {} },
    'INVALID_ADDRESS',
    'destination_addr',
    /not object/,
  ],
  [
    'a recipient with too many digits',
    { short_message: 'x', destination_addr: '1'.repeat(16) },
    'INVALID_ADDRESS',
    'destination_addr',
    /15 at most/,
  ],
  [
    'a recipient too long for its field',
    { short_message: 'x', destination_addr: '1'.repeat(21), dest_addr_ton: 0 },
    'INVALID_ADDRESS',
    'destination_addr',
    /holds 20/,
  ],
  [
    'a sender too long',
    { ...TO, short_message: 'x', source_addr: 'Twelve chars' },
    'INVALID_ADDRESS',
    'source_addr',
    /11 characters at most/,
  ],
  [
    'a sender with a character that no alphabet has',
    { ...TO, short_message: 'x', source_addr: 'Привет' },
    'INVALID_ADDRESS',
    'source_addr',
  ],
  [
    'an address type out of range',
    { ...TO, short_message: 'x', dest_addr_ton: 256 },
    'INVALID_FIELD',
    'dest_addr_ton',
    /0 to 255/,
  ],
  [
    'an address type that is a word',
    { ...TO, short_message: 'x', source_addr_npi: 'isdn' },
    'INVALID_FIELD',
    'source_addr_npi',
  ],
  ['no text', { ...TO }, 'MISSING_TEXT', 'short_message', /an empty text is possible/],
  ['a text that is an object', { ...TO, short_message: {} }, 'INVALID_FIELD', 'short_message', /not object/],
  ['a text that is true', { ...TO, short_message: true }, 'INVALID_FIELD', 'short_message'],
  [
    'two texts',
    { ...TO, short_message: 'x', message_payload: 'y' },
    'INVALID_FIELD',
    'message_payload',
    /not both/,
  ],
  [
    'two texts, one as a TLV',
    { ...TO, short_message: 'x', tlvs: { message_payload: Buffer.from('y') } },
    'INVALID_FIELD',
    'short_message',
    /not both/,
  ],
  [
    'a text that its coding lacks',
    { ...TO, short_message: 'a日', encoding: 'gsm0338' },
    'UNENCODABLE',
    'short_message',
    /"日"/,
  ],
  [
    'an unknown encoding',
    { ...TO, short_message: 'x', encoding: 'utf-9' },
    'UNKNOWN_ENCODING',
    'encoding',
    /utf-9/,
  ],
  [
    'a text too long to cut',
    { ...TO, short_message: 'x'.repeat(161), long_messages: 'reject' },
    'TEXT_TOO_LONG',
    'short_message',
  ],
  [
    'a text of more than 255 parts',
    { ...TO, short_message: 'x'.repeat(153 * 256) },
    'TEXT_TOO_LONG',
    'short_message',
  ],
  [
    'an unknown way to cut',
    { ...TO, short_message: 'x', long_messages: 'udh9' },
    'INVALID_FIELD',
    'long_messages',
    /udh8, udh16/,
  ],
  [
    'an unknown receipt',
    { ...TO, short_message: 'x', registered_delivery: 'yes' },
    'INVALID_FIELD',
    'registered_delivery',
    /none, final/,
  ],
  [
    'a receipt out of range',
    { ...TO, short_message: 'x', registered_delivery: 256 },
    'INVALID_FIELD',
    'registered_delivery',
  ],
  [
    'an unknown acknowledgement',
    { ...TO, short_message: 'x', sme_acknowledgement: 'yes' },
    'INVALID_FIELD',
    'sme_acknowledgement',
    /delivery, manual/,
  ],
  [
    'a lane that is none',
    { ...TO, short_message: 'x', priority: 5 },
    'INVALID_FIELD',
    'priority',
    /0 \(first\) to 4/,
  ],
  ['an empty lane', { ...TO, short_message: 'x', priority: ' ' }, 'INVALID_FIELD', 'priority'],
  ['a lane that is true', { ...TO, short_message: 'x', priority: true }, 'INVALID_FIELD', 'priority'],
  [
    'an expiry that is no time',
    { ...TO, short_message: 'x', expires: 'soon' },
    'INVALID_FIELD',
    'expires',
    /ISO 8601/,
  ],
  ['an invalid Date', { ...TO, short_message: 'x', expires: new Date(NaN) }, 'INVALID_FIELD', 'expires'],
  [
    'an expiry that no Date can hold',
    { ...TO, short_message: 'x', expires: -1e20 },
    'INVALID_FIELD',
    'expires',
  ],
  ['an expiry that is a bigint', { ...TO, short_message: 'x', expires: 10n }, 'INVALID_FIELD', 'expires'],
  [
    'metadata that refers to itself',
    { ...TO, short_message: 'x', metadata: SELF },
    'INVALID_FIELD',
    'metadata',
    /refers to itself/,
  ],
  [
    'metadata that is a function',
    { ...TO, short_message: 'x', metadata: () => 1 },
    'INVALID_FIELD',
    'metadata',
  ],
  [
    'metadata too large',
    { ...TO, short_message: 'x', metadata: 'x'.repeat(8191) },
    'INVALID_FIELD',
    'metadata',
    /8193 octets/,
  ],
  [
    'a part by its own TLVs that takes several',
    {
      ...TO,
      short_message: 'x'.repeat(161),
      sar_msg_ref_num: 1,
      sar_total_segments: 2,
      sar_segment_seqnum: 1,
    },
    'TEXT_TOO_LONG',
    'short_message',
    /sar_msg_ref_num says .* takes 2 segments: leave/,
  ],
  [
    'a time that is an object',
    { ...TO, short_message: 'x', validity_period: {} },
    'INVALID_TIME',
    'validity_period',
    /validity_period: object is no time .* pass a Date/,
  ],
  [
    'a message class in an encoding that has none',
    { ...TO, short_message: 'x', message_class: 0, encoding: 'latin1' },
    'INVALID_OPTION',
    'message_class',
    /leave message_class away/,
  ],
  [
    'a time that is none',
    { ...TO, short_message: 'x', validity_period: 'tomorrow' },
    'INVALID_TIME',
    'validity_period',
  ],
  [
    'a service type too long',
    { ...TO, short_message: 'x', service_type: 'a'.repeat(21) },
    'INVALID_FIELD',
    'service_type',
  ],
  ['a number out of range', { ...TO, short_message: 'x', protocol_id: 256 }, 'INVALID_FIELD', 'protocol_id'],
  [
    'an unknown TLV',
    { ...TO, short_message: 'x', tlvs: { nonsense: 1 } },
    'INVALID_FIELD',
    'nonsense',
    /no TLV/,
  ],
  [
    'a TLV of the wrong type',
    { ...TO, short_message: 'x', user_message_reference: 'seven' },
    'INVALID_FIELD',
    'user_message_reference',
  ],
  [
    'a TLV of the wrong length',
    { ...TO, short_message: 'x', tlvs: { callback_num: 'abc' } },
    'INVALID_FIELD',
    'callback_num',
    /4 to 19/,
  ],
  ['TLVs that are a list', { ...TO, short_message: 'x', tlvs: [1] }, 'INVALID_FIELD', 'tlvs'],
  [
    "a version of naz's that is not known",
    { ...TO, short_message: 'x', version: 2 },
    'INVALID_FIELD',
    'version',
  ],
  [
    'no recipients',
    { command: 'submit_multi', short_message: 'x', destination_addr: ' , ' },
    'MISSING_DESTINATION',
    'destination_addr',
    /1 to 254/,
  ],
  [
    'too many recipients',
    { command: 'submit_multi', short_message: 'x', destination_addr: numbers(255) },
    'INVALID_FIELD',
    'destination_addr',
    /255 recipients, and 254 at most/,
  ],
  [
    'more than SMPP 5.0 has room for',
    { command: 'submit_multi', short_message: 'x', dest_address: numbers(256) },
    'INVALID_FIELD',
    'dest_address',
    /256 recipients, and 255 at most/,
    { interfaceVersion: '5.0' },
  ],
  ...(
    [
      [
        'a list whose name is too long',
        { dl_name: 'x'.repeat(21) },
        /entry 2 .* 21 characters, the field holds 20/,
      ],
      ['a list whose name is no ASCII', { dl_name: 'Gäste' }, /entry 2 .* ASCII only/],
      ['a list whose name is no text', { dl_name: ['staff'] }, /entry 2 .* no text/],
      ['a destination that is both', { dl_name: 'staff', destination_addr: '4915' }, /one of the two/],
      ['a destination that is nothing', { dest_flag: 1 }, /one of the two/],
      ['a destination with a part that there is not', { number: '4915' }, /"number": it may have/],
      [
        'a destination whose flag is the other one',
        { dl_name: 'staff', dest_flag: 1 },
        /dest_flag 1: 1 goes/,
      ],
    ] as const
  ).map(([name, wrong, text]): Refusal => [
    name,
    { command: 'submit_multi', short_message: 'x', dest_address: ['491511234567', wrong] },
    'INVALID_FIELD',
    'dest_address',
    text,
  ]),
  [
    'a type of number of a destination that is none',
    {
      command: 'submit_multi',
      short_message: 'x',
      dest_address: [{ destination_addr: '4915112345', dest_addr_ton: 'x' }],
    },
    'INVALID_FIELD',
    'dest_addr_ton',
  ],
  [
    'a priority_flag of data_sm',
    { ...TO, command: 'data_sm', short_message: 'x', priority_flag: 1 },
    'UNKNOWN_FIELD',
    'priority_flag',
    /data_sm has no priority_flag.*leave it out, or send it as submit_sm/,
  ],
  [
    'a validity_period of data_sm',
    { ...TO, command: 'data_sm', short_message: 'x', validity_period: 60 },
    'UNKNOWN_FIELD',
    'validity_period',
    /qos_time_to_live/,
  ],
  [
    'a schedule_delivery_time of data_sm',
    { ...TO, command: 'data_sm', short_message: 'x', schedule_delivery_time: 60 },
    'UNKNOWN_FIELD',
    'schedule_delivery_time',
  ],
  [
    'one bad recipient of many',
    { command: 'submit_multi', short_message: 'x', destination_addr: '491511234567,x!' },
    'INVALID_ADDRESS',
    'destination_addr',
  ],
];

describe('Intake refuses', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const [name, message, code, field, text = /./, options = {}] of REFUSALS) {
    it(`${name}: ${code} (${field}), and queues nothing`, async () => {
      const { client } = await scenes.idle({}, options);
      await assert.rejects(client.enqueue(message as Message), (error: MessageError) => {
        assert.ok(error instanceof MessageError, String(error));
        assert.deepEqual([error.code, error.field, error.index], [code, field, undefined]);
        assert.match(error.message, text);
        return true;
      });
      assert.equal((await client.status()).queued, 0);
      await assert.rejects(client.send(message as Message), { code });
    });
  }
});
