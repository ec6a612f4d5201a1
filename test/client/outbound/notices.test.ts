import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeNotice, encodeNotice, type Told } from '../../../src/client/outbound/notices';
import type { DeliveryState } from '../../../src/store';

const text = fc.string({ unit: 'binary', maxLength: 20 });
/** As JSON has them: there is no -0, nor a key with a meaning of its own. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const count = fc.nat(1000);

const state: fc.Arbitrary<DeliveryState> = fc.record(
  {
    attempts: count,
    redeliveries: count,
    lostLinks: count,
    redelivered: fc.boolean(),
    onTheWire: fc.boolean(),
    accepted: fc.array(fc.option(text), { maxLength: 5 }),
    alsoAccepted: fc.array(text, { maxLength: 3 }),
    history: fc.array(fc.record({ at: fc.nat(), reason: text, segment: count }), { maxLength: 20 }),
  },
  {
    requiredKeys: ['attempts', 'redeliveries', 'lostLinks', 'redelivered', 'accepted', 'history'],
  },
);

const accepted = fc.record({ event: fc.constant('accepted' as const), id: text, state });
const failure = fc.record(
  {
    event: fc.constant('failure' as const),
    at: fc.nat(),
    item: fc.record(
      {
        id: text,
        command: fc.constantFrom('submit_sm', 'data_sm', 'submit_multi'),
        destination: text,
        correlationId: text,
        msgid: text,
        metadata: json,
        trace: fc.record({ traceparent: text, tracestate: text }, { requiredKeys: ['traceparent'] }),
        segments: fc.record({ length: count }),
      },
      { requiredKeys: ['id', 'command', 'destination', 'segments'] },
    ),
    reason: fc.record(
      { code: text, text, command_status: text, additional_status_info_text: text, field: text },
      { requiredKeys: ['code', 'text'] },
    ),
    state,
  },
  { requiredKeys: ['event', 'at', 'item', 'reason'] },
);
const receipt = fc.record({
  event: fc.constant('receipt' as const),
  id: text,
  receipt: fc.record({
    segment: count,
    state: text,
    final: fc.boolean(),
    fields: fc.dictionary(text, json).map((fields) => ({ ...fields })),
  }),
});
const told = fc.oneof(accepted, failure, receipt) as fc.Arbitrary<Told>;

/** Nothing but what JSON keeps. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what instances tell each other', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(told, (given) => {
        assert.deepEqual(plain(decodeNotice(encodeNotice(given))), plain(given));
      }),
    );
  });

  it('has its version, and nothing of the octets of a message', () => {
    const item = {
      id: 'i',
      command: 'submit_sm',
      destination: '49',
      segments: [Buffer.from('secret')],
    } as const;
    const octets = encodeNotice({ event: 'failure', at: 1, item, reason: { code: 'X', text: 'y' } });
    assert.deepEqual(JSON.parse(octets.toString()), {
      version: 1,
      event: 'failure',
      at: 1,
      item: { id: 'i', command: 'submit_sm', destination: '49', segments: { length: 1 } },
      reason: { code: 'X', text: 'y' },
    });
  });

  it('of another version is told apart, whatever else it has', () => {
    fc.assert(
      fc.property(told, json, (given, version) => {
        fc.pre(version !== 1);
        const fields = JSON.parse(encodeNotice(given).toString()) as object;
        const read = decodeNotice(Buffer.from(JSON.stringify({ ...fields, version })));
        assert.equal(read.event, 'unreadable');
        assert.match(read.reason, /^its version is .*, and 1 is known here$/s);
      }),
    );
  });

  it('is never taken for what it is not, nor does it throw', () => {
    const octets = fc.uint8Array().map((given) => Buffer.from(given));
    const changed = fc
      .tuple(told, fc.array(fc.constantFrom('id', 'state', 'item', 'reason', 'at', 'receipt', 'event')), json)
      .map(([given, names, value]) => {
        const fields = JSON.parse(encodeNotice(given).toString()) as Record<string, unknown>;
        for (const name of names) fields[name] = value;
        return Buffer.from(JSON.stringify(fields));
      });
    const any = json.map((value) => Buffer.from(JSON.stringify(value)));
    fc.assert(
      fc.property(fc.oneof(octets, changed, any), (given) => {
        const read = decodeNotice(given);
        if (read.event === 'unreadable') return assert.equal(typeof read.reason, 'string');
        // What is told is whole: it can be written again.
        assert.deepEqual(plain(decodeNotice(encodeNotice(read))), plain(read));
      }),
    );
  });
});
