import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { MessageIds } from '../../../src/client/message/ids';
import { SmppClient } from '../../../src/index';
import { RecordReader, RecordWriter } from '../../../src/store/record/bytes';
import { usedOctets } from '../../support/memory';
import { HELLO } from '../setup';

const COUNT = 70_000;

describe('the id of a message', () => {
  it('has 24 hexadecimal digits: a random prefix and a counter, and is never the same', () => {
    const all = new Set<string>();
    for (const maker of [new MessageIds(randomBytes), new MessageIds(randomBytes)]) {
      const ids = Array.from({ length: COUNT }, () => maker.next());
      ids.forEach((id, at) => {
        assert.match(id, /^[0-9a-f]{24}$/);
        assert.equal(parseInt(id.slice(16), 16), at + 1);
        assert.equal(id.slice(0, 16), ids[0]?.slice(0, 16));
        all.add(id);
      });
    }
    assert.equal(all.size, 2 * COUNT);
  });

  it('gets a new prefix where the counter is at its end', () => {
    const prefixes = ['ffffffffffffffff', '00000000000000aa'];
    const maker = new MessageIds(() => Buffer.from(prefixes.shift() ?? '', 'hex'), 0xffff_fffe);
    assert.deepEqual(
      [maker.next(), maker.next(), maker.next()],
      ['ffffffffffffffffffffffff', '00000000000000aa00000000', '00000000000000aa00000001'],
    );
  });

  it('is another in every client, and the same again where chance is the same', async () => {
    const idOf = async (options: object): Promise<string> => {
      const client = new SmppClient({ systemId: 'a', logLevel: 'silent', ...options });
      const id = await client.enqueue(HELLO);
      await client.stop();
      return id;
    };
    assert.notEqual(await idOf({}), await idOf({}));
    const seeded = { randomOctets: (count: number) => Buffer.alloc(count, 0xab) };
    assert.deepEqual([await idOf(seeded), await idOf(seeded)], Array(2).fill('abababababababab00000001'));
    for (const wrong of [() => 'x', () => Buffer.alloc(7), () => assert.fail()])
      assert.match(await idOf({ randomOctets: wrong }), /^[0-9a-f]{24}$/);
  });

  it('is kept in one piece: 24 characters and not much more', async () => {
    const maker = new MessageIds(randomBytes);
    const before = await usedOctets();
    const ids = Array.from({ length: COUNT }, () => maker.next());
    const each = ((await usedOctets()) - before) / ids.length;
    assert.ok(each < 80, `${each.toFixed(0)} octets each`);
    assert.equal(ids.length, COUNT);
  });

  it('takes 13 octets in a record, and whatever else an id is comes out as it went in', () => {
    const maker = new MessageIds(randomBytes);
    const odd = ['', 'm1', 'x'.repeat(24), 'A'.repeat(24), 'é€𝄞', '0'.repeat(23), 'z'.repeat(300)];
    for (const id of [maker.next(), maker.next(), ...odd]) {
      const writer = new RecordWriter();
      writer.begin(3);
      writer.id(id);
      const { slab, start, end } = writer.extent;
      assert.equal(new RecordReader(slab.octets, start + 3).id(), id);
      if (!odd.includes(id)) assert.equal(end - start - 3, 13);
    }
  });
});
