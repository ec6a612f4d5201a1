import assert from 'node:assert/strict';
import { check, sleep } from './harness';

const octets = (text: string): Buffer => Buffer.from(text);

export const stateChecks = [
  check('state: what is set is there, until it is deleted', async ({ state }) => {
    await state.set('a', octets('1'));
    await state.set('b', Buffer.alloc(0));
    await state.set('a', octets('2'));
    assert.deepEqual(await state.get('a'), octets('2'));
    assert.deepEqual(await state.get('b'), Buffer.alloc(0));
    await state.delete(['a', 'none']);
    assert.equal(await state.get('a'), undefined);
    assert.equal(await state.get('none'), undefined);
  }),

  check('state: what the caller does to its buffer afterwards is not seen', async ({ state }) => {
    const value = octets('before');
    await state.set('a', value);
    value.fill(0);
    assert.deepEqual(await state.get('a'), octets('before'));
  }),

  check('state: lists by prefix, in the order of the keys', async ({ state }) => {
    for (const key of ['p/2', 'p/1', 'q/1', 'p', 'p0']) await state.set(key, octets(key));
    assert.deepEqual(await state.list('p/'), [
      ['p/1', octets('p/1')],
      ['p/2', octets('p/2')],
    ]);
    assert.equal((await state.list('')).length, 5);
    assert.deepEqual(await state.list('none'), []);
  }),

  check('state: a fact with a lifetime is gone when it is over', async ({ state }) => {
    const notOver = Date.now() + 200;
    await state.set('short', octets('x'), 200);
    const over = Date.now() + 200;
    await state.set('long', octets('y'), 60_000);
    // A disk or a machine that stood still for so long is no fault of the store.
    assert.ok((await state.get('short')) ?? Date.now() >= notOver);
    await sleep(over - Date.now() + 10);
    assert.equal(await state.get('short'), undefined);
    assert.deepEqual(await state.list(''), [['long', octets('y')]]);
    await state.set('long', octets('z'));
    assert.deepEqual(await state.get('long'), octets('z'));
  }),

  check('state: counts up from the start and wraps', async ({ state }) => {
    const seen: number[] = [];
    for (let at = 0; at < 5; at++) seen.push(await state.increment('ref', 256, 253));
    assert.deepEqual(seen, [253, 254, 255, 0, 1]);
    assert.equal(await state.increment('other', 256, 7), 7);
  }),

  check(
    'state: a counter with a lifetime goes on for as long as it is used, then begins anew',
    async ({ state }) => {
      const count = (): Promise<number> => state.increment('ref', 256, 7, 400);
      const start = Date.now();
      const seen = [await count()];
      for (let use = 0; use < 3; use++) {
        await sleep(200);
        seen.push(await count());
      }
      // A disk or a machine that stood still for so long is no fault of the store.
      if (Date.now() - start < 1000) assert.deepEqual(seen, [7, 8, 9, 10]);
      await state.increment('other', 256, 1);
      await sleep(450);
      assert.deepEqual(await state.list(''), [['other', octets('1')]]);
      assert.equal(await state.get('ref'), undefined);
      assert.equal(await count(), 7);
      await state.increment('ref', 256, 0);
      await sleep(450);
      assert.equal(await state.increment('ref', 256, 0, 400), 9);
    },
  ),

  check('state: concurrent counting gives each number once', async ({ state }) => {
    const seen = await Promise.all(Array.from({ length: 50 }, () => state.increment('ref', 65536, 0)));
    assert.equal(new Set(seen).size, 50);
  }),
];
