import assert from 'node:assert/strict';
import fc from 'fast-check';
import { viewOf } from '../../../src/store/record/bytes';
import { xxh32 } from '../../../src/store/disk/record/xxh32';

const of = (text: string, from = 0, to = text.length): number => xxh32(viewOf(Buffer.from(text)), from, to);

describe('the checksum of records', () => {
  it('is the XXH32 that everybody knows', () => {
    assert.equal(of(''), 0x02cc5d05);
    assert.equal(of('123456789'), 0x937bad67);
    assert.equal(of('xx123456789y', 2, 11), 0x937bad67);
    assert.equal(of('Nobody inspects the spammish repetition'), 0xe2293b2f);
  });

  it('sees every single flipped bit', () => {
    const flip = fc.record({
      octets: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      at: fc.nat(),
      bit: fc.nat(7),
    });
    fc.assert(
      fc.property(flip, ({ octets, at, bit }) => {
        const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
        const before = xxh32(view, 0, octets.length);
        const index = at % octets.length;
        octets[index] = (octets[index] as number) ^ (1 << bit);
        assert.notEqual(xxh32(view, 0, octets.length), before);
      }),
    );
  });
});
