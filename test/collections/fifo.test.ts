import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fifo } from '../../src/collections/fifo';
import { Heap } from '../../src/collections/heap';

describe('the first-in-first-out list', () => {
  it('does what an array does, across many chunks', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: -3000, max: -1 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (counts) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const count of counts) {
          for (let at = 0; at < count; at++) {
            fifo.push(next);
            model.push(next++);
          }
          for (let at = 0; at > count; at--) assert.equal(fifo.shift(), model[-at]);
          if (count < 0) model = model.slice(-count);
          assert.equal(fifo.length, model.length);
          assert.equal(fifo.peek(), model[0]);
        }
        assert.deepEqual([...fifo], model);
      }),
    );
  });
});

describe('the heap', () => {
  it('gives what it holds in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (values) => {
        const heap = new Heap<number>((a, b) => a < b);
        values.forEach((value) => heap.push(value));
        assert.deepEqual(
          [...heap].sort((a, b) => a - b),
          [...values].sort((a, b) => a - b),
        );
        const out = values.map(() => heap.pop());
        assert.deepEqual(
          out,
          [...values].sort((a, b) => a - b),
        );
        assert.equal(heap.pop(), undefined);
        assert.equal(heap.length, 0);
      }),
    );
  });
});
