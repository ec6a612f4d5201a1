import assert from 'node:assert/strict';
import fc from 'fast-check';
import { crc32 } from '../../src/store/disk/crc32';

describe('the checksum of records', () => {
  it('is the CRC-32 that everybody knows', () => {
    assert.equal(crc32(Buffer.from('123456789'), 0, 9), 0xcbf43926);
    assert.equal(crc32(Buffer.from('xx123456789y'), 2, 11), 0xcbf43926);
    assert.equal(crc32(Buffer.alloc(0), 0, 0), 0);
  });

  it('sees every single flipped bit', () => {
    const flip = fc.record({
      octets: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      at: fc.nat(),
      bit: fc.nat(7),
    });
    fc.assert(
      fc.property(flip, ({ octets, at, bit }) => {
        const before = crc32(octets, 0, octets.length);
        const index = at % octets.length;
        octets[index] = (octets[index] as number) ^ (1 << bit);
        assert.notEqual(crc32(octets, 0, octets.length), before);
      }),
    );
  });
});
