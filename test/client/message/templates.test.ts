import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Message, SmppClientOptions } from '../../../src/index';
import { Intake, type Origin } from '../../../src/client/message/intake';
import { Templates } from '../../../src/client/message/templates';
import { normalise } from '../../../src/client/plugins/normalise';
import { silentLog } from '../../../src/observability';
import { openMemoryStore, type QueueItem } from '../../../src/store';
import { FakeClock } from '../../support/clock';
import { dialoguesOf } from '../../support/dialogues';

const clock = new FakeClock();
const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
const { state } = store;

function intakeOf(options: SmppClientOptions): Intake {
  return new Intake({
    settings: normalise(options),
    // Of long messages each has the same number here.
    state: { ...state, increment: async () => 7 },
    clock,
    log: silentLog,
    random: () => 0.5,
    randomOctets: (count) => Buffer.alloc(count, 1),
    codecs: [],
    sessions: dialoguesOf(normalise(options), store, clock),
  });
}

type Result = Record<string, unknown>;

async function resultOf(intake: Intake, message: Message, origin: Origin): Promise<Result> {
  try {
    const { id, segments, ...item } = await intake.prepare(message, origin);
    assert.match(id, /^[0-9a-f]{24}$/);
    return { ...item, segments: segments.map((one) => one.toString('hex')) };
  } catch (error) {
    const { code, field, message: text } = error as { code?: string; field?: string; message: string };
    return { code, field, text };
  }
}

const oneOf = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const text = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 170 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: oneOf('a', '€', '[', '@', '\n', 'ä', 'Δ', '\f'), maxLength: 170 }),
  },
  oneOf<unknown>('Привет', '日本', 'x`y', '', 5, 10n, NaN, true, null, {}, Buffer.from('ab')),
);
const digits = fc.string({ unit: oneOf('0', '1', '4', '7', '9'), minLength: 1, maxLength: 17 });
const recipient = fc.oneof(
  { weight: 3, arbitrary: oneOf<unknown>('491511234567', '+491511234567', '256700000001', '1234567') },
  digits,
  digits.map((number) => `+${number}`),
  oneOf<unknown>('', ' 491511234567 ', '+49 151 1234567', 491511234567, 'Shop', '١٢٣٤٥٦٧٨', ['1'], null),
);

/** What mostly stays as it is from message to message. */
const rest = fc.record(
  {
    command: oneOf<unknown>('submit_sm', 'data_sm', 'query_sm', undefined),
    source_addr: oneOf<unknown>('12345', 'Shop', '+491511234567', 447700900123, '', null),
    encoding: oneOf('auto', 'gsm0338', 'ucs2', 'latin1'),
    long_messages: oneOf('udh8', 'payload', 'payload-always'),
    registered_delivery: oneOf<unknown>('none', 'final', 3, 'wrong'),
    data_coding: oneOf<unknown>(0, 8, '', '3'),
    esm_class: oneOf<unknown>(0, 64, 3, '1'),
    dest_addr_ton: oneOf<unknown>(0, 1, 5, '2', ''),
    dest_addr_npi: oneOf<unknown>(0, 8),
    service_type: oneOf('', 'CMT', 'much too long a service type'),
    priority: oneOf<unknown>(0, 4, '1', 5),
    expires: oneOf<unknown>('PT30M', 1_900_000_000_000, 'soon'),
    validity_period: oneOf('PT1H', '2030-01-01T00:00:00Z'),
    message_class: oneOf<unknown>(0, ''),
    message_payload: oneOf('', 'x'),
    hook_metadata: oneOf<unknown>('', 'x', { a: 1 }),
    tlvs: oneOf<unknown>({ user_message_reference: 7 }, { sar_msg_ref_num: 1 }, {}),
    source_port: oneOf<unknown>(7, 70_000),
    nonsense: oneOf<unknown>(1, null),
  },
  { requiredKeys: [] },
);
const varying = fc.record(
  {
    short_message: text,
    destination_addr: recipient,
    correlation_id: oneOf<unknown>('a', 'b', 7, '', null),
    log_id: oneOf<unknown>('l', null),
    metadata: oneOf<unknown>({ a: [1] }, 'm', null, 1n),
    idempotency_key: oneOf<unknown>('k', 'l', 7, null, ''),
  },
  {
    requiredKeys: [
      'short_message',
      'destination_addr',
      'correlation_id',
      'log_id',
      'metadata',
      'idempotency_key',
    ],
  },
);
/** Few properties, as of most messages. */
const few = fc.oneof(
  oneOf<Message>({ source_addr: 'Shop' }, { source_addr: '12345', command: 'submit_sm', priority: 0 }),
  rest.chain((all) =>
    fc.subarray(Object.entries(all), { maxLength: 3 }).map((some) => Object.fromEntries(some)),
  ),
);
const options = oneOf<SmppClientOptions>(
  {},
  { messageTtl: 0, defaultAlphabet: 'latin1' },
  { defaults: { metadata: { shop: 1 }, tlvs: { user_message_reference: 9 }, priority: 1 } },
  { destinationTon: 5, destinationNpi: 3 },
  { defaults: { data_coding: 8, source_addr: 'Default' } },
  { idempotencyTtl: 60 },
  {
    idempotencyTtl: 60,
    sourceByPrefix: [
      { prefix: '49', source: 'German' },
      { prefix: '+4915', source: '4915000' },
      { prefix: '*', source: 'Other' },
    ],
  },
  { sourceByPrefix: '[{"prefix": "256", "source": "12345"}]' },
  { unencodable: 'replace', dataCodings: { 0: 'ucs2' } },
  {
    addressEncoding: 'latin1',
    languages: ['turkish'] as never,
    defaults: { destination_addr: '4915112345' },
  },
);
const origin = oneOf<Origin>({}, { msgid: 'f00d' }, { msgid: 'f00d', label: 'f00d.1' });
const labels = fc.subarray(['correlation_id', 'log_id', 'metadata', 'idempotency_key']);
/** The same again and again, in between another; now and then what varies is inherited. */
const messages = fc.array(
  fc.record({
    common: few,
    names: labels.map((some) => ['short_message', 'destination_addr', ...some]),
    each: fc.array(fc.tuple(varying, origin, fc.integer({ min: 0, max: 9 })), { minLength: 2, maxLength: 8 }),
  }),
  { maxLength: 4 },
);

describe('What a template makes of a message', () => {
  it('is what comes of it otherwise, octet by octet and error by error', async () => {
    let found = 0;
    let made = 0;
    const { find, body } = Templates.prototype;
    Templates.prototype.find = function (message) {
      const template = find.call(this, message);
      if (template) found++;
      return template;
    };
    Templates.prototype.body = function (...given) {
      const octets = body.apply(this, given);
      if (octets) made++;
      return octets;
    };
    try {
      await fc.assert(
        fc.asyncProperty(options, messages, async (given, groups) => {
          const intake = intakeOf(given);
          for (const { common, names, each } of groups) {
            for (const [values, from, dice] of each) {
              const own = Object.fromEntries(
                names.map((name) => [name, values[name as keyof typeof values]]),
              );
              const message =
                dice === 0 ? Object.assign(Object.create(own) as object, common) : { ...common, ...own };
              const expected = await resultOf(intakeOf(given), message, from);
              assert.deepEqual(await resultOf(intake, message, from), expected);
            }
          }
        }),
        { numRuns: 400 },
      );
    } finally {
      Object.assign(Templates.prototype, { find, body });
    }
    assert.ok(found > 100 && made > 50, `${found} found, ${made} made`);
  });

  it('is for the next ones only that say the same in the same order, and never for what can change within', () => {
    const count = (first: Message, second: Message): boolean => {
      const templates = new Intake({ ...partsOf({}) });
      assert.ok(!(templates.prepare(first, {}) instanceof Promise));
      return sameShape(templates, second);
    };
    const hello: Message = { short_message: 'Hello', destination_addr: '491511234567', source_addr: 'Shop' };
    assert.ok(count(hello, { ...hello, short_message: 'other', destination_addr: '+256700000001' }));
    assert.ok(!count(hello, { ...hello, source_addr: 'Other' }));
    assert.ok(!count({ ...hello, tlvs: {} }, { ...hello, tlvs: {} }));
  });
});

function partsOf(given: SmppClientOptions): ConstructorParameters<typeof Intake>[0] {
  return {
    settings: normalise(given),
    state,
    clock,
    log: silentLog,
    random: () => 0.5,
    randomOctets: (count) => Buffer.alloc(count, 1),
    codecs: [],
    sessions: dialoguesOf(normalise(given), store, clock),
  };
}

/** Whether the second message is made of the template of the first. */
function sameShape(intake: Intake, message: Message): boolean {
  const { body } = Templates.prototype;
  let made = false;
  Templates.prototype.body = function (...given) {
    const octets = body.apply(this, given);
    made ||= octets !== undefined && new Error().stack?.includes('fromTemplate') === true;
    return octets;
  };
  try {
    const item = intake.prepare(message, {}) as QueueItem;
    assert.ok(item.id);
    return made;
  } finally {
    Templates.prototype.body = body;
  }
}
