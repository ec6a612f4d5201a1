import assert from 'node:assert/strict';
import { uuid } from '../../../src/client/message/uuid';
import { usedOctets } from '../../support/memory';

const COUNT = 20_000;

describe('the id of a message', () => {
  it('is a random UUID of version 4, and never the same', () => {
    const ids = Array.from({ length: COUNT }, uuid);
    for (const id of ids)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Set(ids).size, COUNT);
    // Every other bit is either way about as often as not.
    const octets = ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex'));
    for (let bit = 0; bit < 128; bit++) {
      if ((bit >= 48 && bit < 52) || bit === 64 || bit === 65) continue;
      const set = octets.filter((one) => ((one[bit >> 3] as number) >> (7 - (bit & 7))) & 1).length;
      assert.ok(Math.abs(set / COUNT - 0.5) < 0.03, `bit ${bit}: ${set} of ${COUNT}`);
    }
  });

  it('is kept in one piece: 36 characters and not much more', async () => {
    const before = await usedOctets();
    const ids = Array.from({ length: COUNT }, uuid);
    const each = ((await usedOctets()) - before) / ids.length;
    assert.ok(each < 120, `${each.toFixed(0)} octets each`);
  });
});
