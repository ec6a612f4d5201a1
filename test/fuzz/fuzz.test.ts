import assert from 'node:assert/strict';
import { rounds } from '../support/rounds';
import { DECODERS, type Decoder } from './decoders';
import { describeFailure, fuzz, runOnce, seedOf } from './fuzz';
import { mutated } from './mutations';
import { Random } from './random';

/** For each decoder; `npm run fuzz` does more. */
const RUNS = rounds(400);

describe('octets that are nearly right', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);

  for (const decoder of DECODERS) {
    it(`raise nothing but the errors of the room, in bounded time and room: ${decoder.name}`, () => {
      const failure = fuzz(decoder, seed, RUNS);
      assert.equal(failure && describeFailure(failure), undefined);
    });
  }
});

describe('the fuzzer', () => {
  const decoder = (run: Decoder['run']): Decoder => ({ name: 'x', seeds: [Buffer.from('abcdef')], run });

  it('has the same octets again by the seed that it names', () => {
    const seen: string[] = [];
    const failure = fuzz(
      decoder((octets) => {
        seen.push(octets.toString('hex'));
        if (seen.length === 50) throw new TypeError('x');
      }),
      7,
      100,
    );
    assert.ok(failure?.error instanceof TypeError);
    assert.equal(seen.length, 50);
    assert.ok(new Set(seen).size > 30);
    const again = mutated([Buffer.from('abcdef')], new Random(seedOf(failure.seed, 0)), 4096);
    assert.equal(again.toString('hex'), seen[49]);
    assert.match(describeFailure(failure), new RegExp(`--seed ${failure.seed} --runs 1`));
  });

  it('tells an error that is not of the room, too much time and too much memory', () => {
    const kept: Buffer[] = [];
    const wrong: [Decoder['run'], RegExp][] = [
      [() => void Buffer.alloc(1).readUInt32BE(0), /RangeError|outside/],
      [() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600), /takes \d+ ms/],
      [() => void kept.push(Buffer.alloc(4 << 20)), /octets of memory/],
    ];
    for (const [run, told] of wrong) {
      const failure = runOnce(decoder(run), 1);
      assert.ok(failure);
      assert.match(describeFailure(failure), told);
    }
    assert.equal(
      fuzz(
        decoder(() => undefined),
        1,
        10,
      ),
      undefined,
    );
  });
});
