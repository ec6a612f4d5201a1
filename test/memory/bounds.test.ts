import assert from 'node:assert/strict';
import { join } from 'node:path';
import { growthOf, megabytes, type Growth } from '../support/resident';

const MB = 1e6;
const scene = <Facts>(name: string, ...args: string[]): Growth<Facts> =>
  growthOf<Facts>(join(__dirname, 'scenes.ts'), name, ...args);

/** As `docs/reference.md` has it. */
function atMost(seen: number, bound: number): void {
  assert.ok(seen <= bound, `${megabytes(seen)}, not more than ${megabytes(bound)}`);
}

describe('What is kept in memory stays within what is documented', function () {
  this.timeout(120_000);

  it('a million messages in a queue: 400 MB, runtime included', () => {
    const { after, facts } = scene<number>('stored');
    assert.equal(facts, 1_000_000);
    atMost(after.rss, 400 * MB);
  });

  it('messages that flows queue one by one: 300 octets each', () => {
    const { heap, facts } = scene<number>('queued', '250000');
    assert.equal(facts, 250_000);
    atMost(heap, 250_000 * 300);
  });

  it('messages that are put off: 600 octets each', () => {
    const { heap, facts } = scene<number>('delayed', '250000');
    assert.equal(facts, 250_000);
    atMost(heap, 250_000 * 600);
  });

  it('a million receipts that are awaited: 350 octets each', () => {
    atMost(scene('correlated').heap, 350 * MB);
  });

  it('twice as many receipts as the correlationCapacity of 200,000: no more than that many', () => {
    atMost(scene('correlated-over').heap, 120 * MB);
  });

  it('reference numbers of 20,000 recipients: nothing, an hour after their last use', () => {
    const { heap, facts } = scene<{ before: number; after: number }>('references');
    assert.deepEqual(facts, { before: 20_000, after: 0 });
    atMost(heap, 3 * MB);
  });

  it('reference numbers of ever new recipients within the hour: 100,000, and 40 MB', () => {
    const { heap, facts } = scene<number>('counters');
    assert.equal(facts, 100_000);
    atMost(heap, 40 * MB);
  });
});
