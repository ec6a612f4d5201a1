import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RequestTable } from '../../src/session/request-table';

const handler = { onResponse: () => undefined, onLost: () => undefined };

function numbers(table: RequestTable): number[] {
  const found: number[] = [];
  for (let at = table.oldest; at; at = at.newer) found.push(at.sequenceNumber);
  return found;
}

/** Also numbers that share their low bits. */
const number = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 1, max: 30 }).map((n) => n * 4096),
  fc.integer({ min: 0x7fffffe0, max: 0x7fffffff }),
);

describe('The table of requests', () => {
  it('finds each by its number and has them by age, whatever the numbers are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.boolean()), { maxLength: 200, size: 'max' }), (steps) => {
        const table = new RequestTable();
        const model = new Set<number>();
        for (const [n, adds] of steps) {
          const known = table.find(n);
          assert.equal(known?.sequenceNumber, model.has(n) ? n : undefined);
          if (adds && !known) {
            model.add(n);
            table.add(n, n + 1, handler, n + 2);
          } else if (!adds && known) {
            model.delete(n);
            table.remove(known);
          }
          assert.equal(table.size, model.size);
        }
        assert.deepEqual(numbers(table), [...model]);
        for (const n of model) {
          const { answerId, since } = table.find(n) ?? {};
          assert.deepEqual([answerId, since], [n + 1, n + 2]);
        }
        assert.deepEqual(
          table.clear().map(({ sequenceNumber }) => sequenceNumber),
          [...model],
        );
        assert.deepEqual([table.size, table.oldest], [0, undefined]);
      }),
      { numRuns: 300 },
    );
  });
});
