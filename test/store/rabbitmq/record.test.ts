import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DeliveryState, QueueItem } from '../../../src/store';
import {
  decodeRecord,
  encodeRecord,
  NewerRecord,
  type BrokerRecord,
} from '../../../src/store/rabbitmq/record';

const octets = (max: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

const item: fc.Arbitrary<QueueItem> = fc.record(
  {
    id: fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{24}$/)),
    command: fc.constantFrom('submit_sm', 'data_sm', 'submit_multi', 'broadcast_sm'),
    segments: fc.array(octets(300), { maxLength: 5 }),
    source: fc.string(),
    destination: fc.string(),
    priority: fc.constantFrom(0, 1, 2, 3, 4),
    enqueuedAt: fc.nat(2 ** 31 - 1),
    receiptRequested: fc.boolean(),
  },
  { noNullPrototype: true },
);

const state: fc.Arbitrary<DeliveryState> = fc.record(
  {
    attempts: fc.nat(),
    redeliveries: fc.nat(),
    lostLinks: fc.nat(),
    redelivered: fc.boolean(),
    accepted: fc.array(fc.option(fc.string()), { maxLength: 5 }),
    history: fc.array(
      fc.record({ at: fc.nat(), reason: fc.string(), segment: fc.nat(255) }, { noNullPrototype: true }),
      { maxLength: 3 },
    ),
  },
  { noNullPrototype: true },
);

const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });

const record: fc.Arbitrary<BrokerRecord> = fc.record(
  {
    item,
    serial: fc.nat(),
    notBefore: maybe(fc.double({ noNaN: true })),
    state: maybe(state),
    failed: maybe(
      fc.record(
        {
          reason: fc.record({ code: fc.string(), text: fc.string() }, { noNullPrototype: true }),
          failedAt: fc.nat(),
        },
        { noNullPrototype: true },
      ),
    ),
    alien: maybe(fc.record({ contentType: fc.string(), octets: octets(100) }, { noNullPrototype: true })),
  },
  { noNullPrototype: true },
);

describe('the record of a message in RabbitMQ', () => {
  it('comes back as it was written', () => {
    fc.assert(fc.property(record, (one) => assert.deepEqual(decodeRecord(encodeRecord(one)), one)));
  });

  it('is refused where it ends too soon', () => {
    fc.assert(
      fc.property(record, fc.nat(), (one, at) => {
        const whole = encodeRecord(one);
        assert.throws(() => decodeRecord(whole.subarray(0, at % whole.length)));
      }),
    );
  });

  it('arbitrary octets are read or refused, and one of a later version says so', () => {
    fc.assert(
      fc.property(octets(200), (some) => {
        try {
          decodeRecord(some);
        } catch (error) {
          assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error));
          if ((some[0] ?? 0) > 1) assert.ok(error instanceof NewerRecord);
        }
      }),
    );
  });
});
