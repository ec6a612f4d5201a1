import assert from 'node:assert/strict';
import { openMemoryStore } from '../../../src/store';
import { numbered, Scenes } from '../setup';

describe('A queue of the user', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('is not given a signal for each message, nor one for ever', async () => {
    const store = openMemoryStore({ capacity: 0, whenFull: 'reject' });
    const uses = new Map<AbortSignal, number>();
    const take = store.queue.take.bind(store.queue);
    store.queue.take = (max, options) => {
      uses.set(options.signal, (uses.get(options.signal) ?? 0) + 1);
      return take(max, options);
    };
    const { client } = await scenes.bound(undefined, { queue: store, windowSize: 1 });
    for (let round = 0; round < 5; round++)
      await Promise.all(numbered(500).map((message) => client.send(message)));
    const counts = [...uses.values()];
    assert.ok(counts.length <= 5, `${counts.length} signals`);
    assert.ok(Math.max(...counts) <= 1000, `${Math.max(...counts)} takes with one`);
  });
});
