import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SmppError } from '../../src/protocol';
import { isForNow, reasonOf, refusedItem } from '../../src/store';

const itemOf = (record: unknown) => refusedItem(Buffer.from(JSON.stringify(record)), 'id1', 5);

describe('A record of another program that is refused', () => {
  it('is told with what can be read of it', () => {
    const { correlationId, source, destination, metadata, segments, enqueuedAt } = itemOf({
      ...{ log_id: 'order-7', source_addr: 'Shop', destination_addr: 49151, hook_metadata: '{"a": 1}' },
    });
    assert.deepEqual(
      [correlationId, source, destination, metadata, segments.length, enqueuedAt],
      ['order-7', 'Shop', '49151', '{"a": 1}', 0, 5],
    );
    assert.equal(itemOf({ correlation_id: 'c', log_id: 'l' }).correlationId, 'c');
  });

  it('is told without what is too long', () => {
    const { correlationId, metadata } = itemOf({ log_id: 'x'.repeat(257), metadata: 'x'.repeat(9000) });
    assert.deepEqual([correlationId, metadata], [undefined, undefined]);
  });

  it('has an item without segments, whatever its octets are', () => {
    const anything = fc.oneof(
      fc.uint8Array().map((octets) => Buffer.from(octets)),
      fc.json().map((text) => Buffer.from(text)),
    );
    const property = fc.property(anything, (octets) => {
      const item = refusedItem(octets, 'id1', 5);
      assert.deepEqual([item.id, item.segments.length], ['id1', 0]);
      assert.equal(typeof item.destination, 'string');
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('says why, by the code and the field of the error', () => {
    const error = Object.assign(new SmppError('INVALID_FIELD', 'too long'), { field: 'source_addr' });
    assert.deepEqual(reasonOf(error), { code: 'INVALID_FIELD', text: 'too long', field: 'source_addr' });
    assert.equal(reasonOf(new TypeError('x')).code, 'INVALID_RECORD');
    assert.ok(isForNow(new SmppError('STATE_UNAVAILABLE', 'away', { retriable: true })));
    assert.ok(!isForNow(error));
  });
});
