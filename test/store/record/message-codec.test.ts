import assert from 'node:assert/strict';
import fc from 'fast-check';
import { QUEUED } from '../../../src/protocol';
import type { CorrelationEntry, QueueItem } from '../../../src/store';
import { RecordReader, RecordWriter } from '../../../src/store/record/bytes';
import {
  readCorrelation,
  readItem,
  writeCorrelation,
  writeItem,
} from '../../../src/store/record/message-codec';
import { rounds } from '../../support/rounds';

const text = fc.string({ maxLength: 20 });
const state = fc.oneof(
  fc.constantFrom('DELIVRD', 'UNDELIV', 'EXPIRED', 'SKIPPED', 'UNKNOWN'),
  fc.constant('odd one'),
);
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const trace = fc.constant({ traceparent: '00-a-b-01' });
const labels = {
  correlationId: optional(text),
  msgid: optional(text),
  metadata: optional(fc.jsonValue({ maxDepth: 1 })),
  trace: optional(trace),
};
const octet = fc.nat({ max: 255 });
const sentAs = fc
  .tuple(octet, fc.nat({ max: 127 }), octet, fc.boolean())
  .map(([ton, npi, coding, hasHeader]) => ton + npi * 2 ** 8 + coding * 2 ** 16 + (hasHeader ? 2 ** 24 : 0));

/** All but what is absent. */
function present<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

const entries = fc
  .record({
    messageId: text,
    id: fc.constantFrom('0123456789abcdef01234567', 'x:1'),
    segment: fc.nat({ max: 300 }),
    segments: fc.nat({ max: 300 }),
    source: text,
    destination: text,
    acceptedAt: fc.nat(),
    expiresAt: fc.nat(),
    lists: optional(fc.integer({ min: 1, max: 255 })),
    finals: optional(fc.array(fc.tuple(text, state), { minLength: 1, maxLength: 5 })),
    finalState: optional(state),
    receiptRequested: optional(fc.constant(false as const)),
    home: optional(text),
    sentAs: optional(sentAs),
    ...labels,
  })
  .map((entry) => present(entry) as CorrelationEntry);

const items = fc
  .record({
    id: fc.constantFrom('0123456789abcdef01234567', 'x:1'),
    command: fc.constantFrom(...QUEUED),
    segments: fc.array(
      fc.uint8Array({ maxLength: 30 }).map((octets) => Buffer.from(octets)),
      { minLength: 1, maxLength: 3 },
    ),
    source: text,
    destination: text,
    priority: fc.constantFrom(0, 1, 2, 3, 4),
    enqueuedAt: fc.integer({ min: 1, max: 2 ** 46 }),
    lifetime: optional(fc.nat({ max: 2 ** 30 })),
    receiptRequested: fc.boolean(),
    home: optional(
      fc
        .tuple(text, fc.constantFrom('queued', 'accepted', 'delivered'))
        .map(([instance, until]) => ({ instance, until })),
    ),
    idempotency: optional(fc.tuple(text, text).map(([key, digest]) => ({ key, digest }))),
    session: optional(text),
    ...labels,
  })
  .map(({ lifetime, ...item }) =>
    present({ ...item, expiresAt: lifetime === undefined ? undefined : item.enqueuedAt + lifetime }),
  ) as fc.Arbitrary<QueueItem>;

describe('a record', () => {
  it('of a correlation gives back all that was written, whatever it has', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const writer = new RecordWriter();
        writeCorrelation(writer, entry);
        assert.deepEqual(present(readCorrelation(new RecordReader(writer.octets, 0))), jsonLike(entry));
      }),
      { numRuns: rounds(2000) },
    );
  });

  it('of a message gives back all that was written, whatever it has', () => {
    fc.assert(
      fc.property(items, (item) => {
        const writer = new RecordWriter();
        writeItem(writer, item);
        assert.deepEqual(present(readItem(new RecordReader(writer.octets, 0))), jsonLike(item));
      }),
      { numRuns: rounds(2000) },
    );
  });
});

/** Metadata goes as JSON: -0 is 0 there. */
function jsonLike<T extends { readonly metadata?: unknown }>(given: T): T {
  if (given.metadata === undefined) return given;
  return { ...given, metadata: JSON.parse(JSON.stringify(given.metadata)) as unknown };
}
