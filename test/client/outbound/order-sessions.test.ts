import assert from 'node:assert/strict';
import { openMemoryStore, type Store } from '../../../src/index';
import { chance, laggard } from '../../support/order';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

const LIMITS = { capacity: 0, whenFull: 'reject' } as const;

describe('What goes back goes before what came later', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('also where the lane of a session waits for messages at that moment', async () => {
    const inner = openMemoryStore(LIMITS);
    // Behind a network: what is asked of it takes a while.
    const queue: Store = laggard(inner, chance(3));
    const { client, peer, clock } = await scenes.bound(
      { submit_sm: silence },
      { queue, windowSize: 2, responseTimeout: 5 },
    );
    await client.enqueue({ ...HELLO, short_message: 'first' });
    await peer.untilSubmits(1);
    await pass();
    // It times out and goes back; what is given in the same moment is behind it.
    await clock.advance(5000);
    await client.enqueue({ ...HELLO, short_message: 'second' });
    assert.deepEqual(textsOf(await peer.untilSubmits(3)), ['first', 'first', 'second']);
  });

  it('also over another session, which waits for messages when the first one loses its link', async () => {
    const inner = openMemoryStore(LIMITS);
    const queue: Store = laggard(inner, chance(4));
    const { client, peer } = await scenes.bound(
      { submit_sm: silence },
      { queue, windowSize: 2, sessions: 2 },
    );
    await until(() => peer.links.length === 2 && client.state === 'bound');
    await pass();
    await client.enqueue({ ...HELLO, short_message: 'first' });
    await peer.untilSubmits(1);
    await pass();
    const first = peer.links.findIndex((link) => link.requests('submit_sm').length === 1);
    const other = peer.links[1 - first];
    peer.links[first]?.socket.destroy();
    await until(() => peer.links[first]?.ended === true);
    await client.enqueue({ ...HELLO, short_message: 'second' });
    await other?.until('submit_sm', 2);
    assert.deepEqual(textsOf(other?.requests('submit_sm') ?? []), ['first', 'second']);
  });

  it('and what is not sent while paused is overtaken by what is more urgent, not by what came later', async () => {
    const { client, peer, clock } = await scenes.bound({ submit_sm: silence }, { windowSize: 1 });
    await client.enqueue(numbered(3, { priority: 3 }));
    const [first] = await peer.untilSubmits(1);
    client.pause();
    // The lane was past the gate, and waited for this.
    peer.links[0]?.answer(first as never, { message_id: 'a' });
    await pass();
    await client.enqueue({ ...HELLO, short_message: 'urgent', priority: 0 });
    await client.enqueue({ ...HELLO, short_message: 'last', priority: 3 });
    client.resume();
    for (let n = 1; n < 5; n++) {
      await advanceUntil(clock, () => peer.submits.length > n);
      peer.links[0]?.answer(peer.submits[n] as never, { message_id: String(n) });
    }
    assert.deepEqual(textsOf(peer.submits), ['0', 'urgent', '1', '2', 'last']);
  });
});
