import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PduRing } from '../../src/recorder/ring';

/** A head of 24 octets, and up to the next multiple of 8. */
const sizeOf = (length: number): number => Math.ceil((24 + length) / 8) * 8;

/** What a ring may keep at most: the newest records whose octets fit, heads included. */
function newestThatFit(sizes: readonly number[], room: number): number {
  let left = room;
  let count = 0;
  for (const size of [...sizes].reverse()) {
    left -= sizeOf(size);
    if (left < 0) break;
    count++;
  }
  return count;
}

const octetsOf = (at: number, size: number): Buffer => Buffer.alloc(size, at % 256);

describe('A ring of PDUs', () => {
  it('keeps the newest ones whole and in order, within its size, whatever their lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 200 }),
        fc.integer({ min: 20, max: 125 }).map((eights) => eights * 8),
        (sizes, size) => {
          const gone: number[] = [];
          const ring = new PduRing(size, (session) => gone.push(session));
          sizes.forEach((length, at) => {
            assert.ok(ring.add(at + 0.125, at % 2 ? 'in' : 'out', at, octetsOf(at, length)));
            const kept = [...ring.entries()];
            const first = at + 1 - kept.length;
            assert.equal(ring.count, kept.length);
            assert.ok(ring.used <= size);
            assert.equal(
              ring.used,
              kept.reduce((sum, { octets }) => sum + sizeOf(octets.length), 0),
            );
            // No more is lost than the end of the buffer, in which the next one did not fit.
            assert.ok(kept.length <= newestThatFit(sizes.slice(0, at + 1), size));
            assert.ok(
              kept.length >= newestThatFit(sizes.slice(0, at + 1), Math.max(0, size - 2 * sizeOf(120))),
            );
            kept.forEach((entry, nth) => {
              const of = first + nth;
              assert.deepEqual(entry, {
                time: of + 0.125,
                direction: of % 2 ? 'in' : 'out',
                session: of,
                octets: octetsOf(of, sizes[of] ?? 0),
              });
            });
            assert.deepEqual(
              gone,
              Array.from({ length: first }, (_, nth) => nth),
            );
            assert.equal(ring.overwritten, first);
          });
        },
      ),
    );
  });

  it('finds what is kept from the newest on', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 100 }), (sizes) => {
        const ring = new PduRing(504);
        sizes.forEach((length, at) => ring.add(at, 'in', at, octetsOf(at, length)));
        const looked: number[] = [];
        assert.equal(
          ring.findLast(({ session }) => looked.push(session) < 0),
          undefined,
        );
        assert.deepEqual(
          looked.reverse(),
          [...ring.entries()].map(({ session }) => session),
        );
        assert.equal(ring.findLast(() => true)?.session, sizes.length - 1);
      }),
    );
  });

  it('takes nothing that is longer than itself, and keeps what it has', () => {
    const ring = new PduRing(104);
    ring.add(1, 'in', 1, Buffer.alloc(50));
    assert.equal(ring.add(2, 'in', 1, Buffer.alloc(81)), false);
    assert.equal(ring.count, 1);
    assert.ok(ring.add(3, 'in', 1, Buffer.alloc(80)));
    assert.deepEqual(
      [...ring.entries()].map(({ time }) => time),
      [3],
    );
  });

  it('is copied as it is', () => {
    const ring = new PduRing(304);
    for (let at = 0; at < 20; at++) ring.add(at, 'out', at, octetsOf(at, 30));
    const copy = ring.copy();
    const before = [...copy.entries()].map(({ time }) => time);
    for (let at = 20; at < 40; at++) ring.add(at, 'out', at, octetsOf(at, 30));
    assert.deepEqual(
      [...copy.entries()].map(({ time }) => time),
      before,
    );
    assert.deepEqual(before, [15, 16, 17, 18, 19]);
  });
});
