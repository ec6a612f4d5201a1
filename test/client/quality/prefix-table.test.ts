import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BUCKETS, bucketOf, quantile } from '../../../src/client/quality/delay-buckets';
import {
  HIDDEN_DIGITS,
  MOST_PREFIXES,
  PrefixTable,
  prefixOf,
} from '../../../src/client/quality/prefix-table';
import { SlidingCounts } from '../../../src/client/quality/sliding-counts';

const MINUTE = 60_000;

describe('Counts of a window that slides', () => {
  it('are those of the window, and at most a slot less', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(20_000)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.nat(1e9), (all, start) => {
        const counts = new SlidingCounts(3, MINUTE);
        const added: { column: number; at: number }[] = [];
        let now = start;
        for (const [column, pause] of all) {
          now += pause;
          counts.add(column, now);
          added.push({ column, at: now });
          const sums = counts.sums(now);
          for (const one of [0, 1, 2]) {
            const within = (ms: number): number =>
              added.filter((a) => a.column === one && now - a.at < ms).length;
            const sum = sums[one] as number;
            assert.ok(sum >= within((MINUTE * 11) / 12) && sum <= within(MINUTE), `${sum} of column ${one}`);
          }
        }
      }),
    );
  });

  it('are none when all of it is over', () => {
    const counts = new SlidingCounts(1, MINUTE);
    counts.add(0, 5);
    assert.deepEqual(counts.sums(MINUTE + 5), [0]);
    assert.deepEqual(counts.sums(MINUTE * 1e6), [0]);
  });
});

describe('A quantile of times', () => {
  it('is within a bucket of the true one', () => {
    const times = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95), (all, q) => {
        const counts = new Array<number>(BUCKETS).fill(0);
        for (const time of all) counts[bucketOf(time)] = (counts[bucketOf(time)] as number) + 1;
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * all.length) - 1)] as number;
        const found = quantile(counts, q) as number;
        assert.ok(
          found <= Math.max(0.1, exact * 1.43) && found >= Math.min(exact / 1.43, exact - 0.1),
          `${found}: ${exact}`,
        );
      }),
    );
  });

  it('is unknown of none, and takes any time for one', () => {
    assert.equal(quantile(new Array<number>(BUCKETS).fill(0), 0.5), undefined);
    for (const time of [0, -1, NaN, 1e12, Infinity]) {
      const bucket = bucketOf(time);
      assert.ok(bucket >= 0 && bucket < BUCKETS, String(time));
    }
  });
});

describe('The prefix of a number', () => {
  it('is its first digits, without +, or other', () => {
    assert.equal(prefixOf('447700900123', 3), '447');
    assert.equal(prefixOf('+447700900123', 3), '447');
    assert.equal(prefixOf('70123', 3), 'other');
    assert.equal(prefixOf('Shop', 1), 'other');
    assert.equal(prefixOf('447700900123, 447700900124', 3), 'other');
    assert.equal(prefixOf('', 1), 'other');
  });

  it('never is the number, and leaves digits of it away', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.stringMatching(/^\+?\d{0,20}$/), fc.string()),
        fc.integer({ min: 1, max: 7 }),
        (number, length) => {
          const prefix = prefixOf(number, length);
          if (prefix === 'other') return;
          const digits = number.replace('+', '');
          assert.ok(digits.startsWith(prefix) && prefix.length <= digits.length - HIDDEN_DIGITS);
        },
      ),
    );
  });
});

describe('What is known of prefixes', () => {
  const [OK, BAD] = ['447700900123', '491511234567'];

  it('is counted, receipts by state, with the share that was delivered', () => {
    const table = new PrefixTable(3, MINUTE);
    for (let n = 0; n < 4; n++) table.accepted(OK, n);
    for (const state of ['DELIVRD', 'DELIVRD', 'DELIVRD', 'UNDELIV']) table.receipt(OK, state, 2, 10);
    table.accepted(BAD, 10);
    table.receipt(BAD, 'BLOCKED', 2, 10);
    const [first, second, ...more] = [...table.reports(20)];
    const { receipt_seconds_median, receipt_seconds_p95, ...facts } = first ?? {};
    assert.deepEqual(facts, {
      prefix: '447',
      prefix_length: 3,
      accepted: 4,
      receipts: 4,
      states: { DELIVRD: 3, UNDELIV: 1 },
      delivered_share: 0.75,
    });
    for (const time of [receipt_seconds_median, receipt_seconds_p95])
      assert.ok(time !== undefined && time > 1.4 && time < 2.9, String(time));
    assert.deepEqual([second?.prefix, second?.states, second?.delivered_share], ['491', { other: 1 }, 0]);
    assert.deepEqual(more, []);
  });

  it('is news once, until something is counted again or it has left the window', () => {
    const table = new PrefixTable(3, MINUTE);
    table.accepted(OK, 0);
    table.accepted(BAD, 0);
    assert.deepEqual(
      [...table.news(1)].map(({ prefix }) => prefix),
      ['447', '491'],
    );
    table.accepted(BAD, 2);
    assert.deepEqual(
      [...table.news(3)].map(({ prefix }) => prefix),
      ['491'],
    );
    assert.deepEqual([...table.news(4)], []);
    const gone = [...table.news(2 * MINUTE)];
    assert.deepEqual(
      gone.map(({ prefix, accepted, receipts, delivered_share }) => [
        prefix,
        accepted,
        receipts,
        delivered_share,
      ]),
      [
        ['447', 0, 0, undefined],
        ['491', 0, 0, undefined],
      ],
    );
    assert.deepEqual([table.size, [...table.news(3 * MINUTE)]], [0, []]);
  });

  it('is bounded: what is beyond so many prefixes is other, until there is room', () => {
    const table = new PrefixTable(4, MINUTE);
    for (let n = 0; n < MOST_PREFIXES + 50; n++) table.accepted(`${1000 + n}00000000`, 0);
    assert.equal(table.size, MOST_PREFIXES + 1);
    assert.equal([...table.reports(0)].find(({ prefix }) => prefix === 'other')?.accepted, 50);
    for (const _ of table.news(2 * MINUTE));
    table.accepted('999900000000', 2 * MINUTE);
    assert.deepEqual(
      [...table.reports(2 * MINUTE)].map(({ prefix }) => prefix),
      ['9999'],
    );
  });
});
