import assert from 'node:assert/strict';
import { rounds } from '../support/rounds';
import { simulate } from './world';

const SEEDS = Array.from({ length: rounds(30) }, (_, at) => 3 + at);

describe('a client with a simulated wire, disk and clock', function () {
  this.timeout(120_000);

  it('does the same for the same seed, and something else for another', async () => {
    const first = await simulate(1);
    assert.ok(first.trace.length > 300, `${first.trace.length} lines`);
    assert.deepEqual((await simulate(1)).trace, first.trace);
    assert.notDeepEqual((await simulate(2)).trace, first.trace);
  });

  for (const seed of SEEDS)
    it(`loses nothing that the queue said it has, whatever fails (seed ${seed})`, async () => {
      const { queued, taken, left } = await simulate(seed);
      assert.ok(queued.size > 20, `${queued.size} queued`);
      assert.deepEqual(
        [...queued].filter((text) => !taken.has(text)),
        [],
      );
      assert.equal(left, 0);
    });
});
