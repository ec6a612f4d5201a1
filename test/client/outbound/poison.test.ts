import assert from 'node:assert/strict';
import type { DeliveryError } from '../../../src/index';
import type { Answering } from '../../support/peer';
import { pass } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf } from '../setup';

const textOf = (pdu: object): string => (pdu as { short_message: Buffer }).short_message.toString('latin1');

/** Whoever sends it the one message is thrown out. */
const poisonedBy =
  (poison: string): Answering =>
  (pdu, link) => {
    if (textOf(pdu) !== poison) return { message_id: textOf(pdu) };
    link.socket.destroy();
    return undefined;
  };

describe('A poison message', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const place of [0, 3, 9]) {
    it(`in place ${place} of ten is found out, and all others get through in time`, async () => {
      const { client, peer, clock, told } = await scenes.bound(
        { submit_sm: poisonedBy(String(place)) },
        { windowSize: 10, maxRedeliveries: 4, reconnectMin: 0.1, reconnectMax: 1 },
      );
      const sent = client.sendBatch(numbered(60));
      await advanceUntil(clock, () => told('failure').length === 1);
      const results = await sent;
      const failed = results.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []));
      assert.deepEqual(failed, [place]);
      const [failure] = told('failure');
      assert.deepEqual([failure?.code, failure?.redelivered], ['OUTCOME_UNKNOWN', true]);
      assert.deepEqual(new Set(failure?.history.map(({ reason }) => reason)), new Set(['LINK_LOST']));
      // At two lost links it had company, from then on it was alone.
      const byLink = peer.links.map((link) => textsOf(link.requests('submit_sm')));
      const shared = byLink.filter((texts) => texts.includes(String(place)));
      assert.equal(shared.length, 5);
      const times = new Map<string, number>();
      for (const text of byLink.flat()) times.set(text, (times.get(text) ?? 0) + 1);
      times.delete(String(place));
      assert.ok(Math.max(...times.values()) <= 3, `${Math.max(...times.values())} times`);
      assert.ok(clock.monotonic() < 60_000, `${clock.monotonic()} ms`);
    });
  }

  it('goes when nothing else is on the wire, and nothing else goes until it is answered', async () => {
    const waiting: [Parameters<Answering>[0], Parameters<Answering>[1]][] = [];
    const { client, peer, clock } = await scenes.bound(
      (link) => ({
        submit_sm: (pdu, on) => {
          waiting.push([pdu, on]);
          if (link < 2 && waiting.length === 3) {
            waiting.length = 0;
            on.socket.destroy();
          }
          return undefined;
        },
      }),
      { windowSize: 3, reconnectMin: 0.01, reconnectMax: 0.01 },
    );
    const sent = client.sendBatch(numbered(5));
    await advanceUntil(clock, () => peer.links.length === 3 && waiting.length === 1, 20);
    // The first of the three that were there twice.
    for (const text of ['0', '1', '2']) {
      await advanceUntil(clock, () => waiting.length === 1, 20);
      await pass(10);
      assert.deepEqual(
        waiting.map(([pdu]) => textOf(pdu)),
        [text],
      );
      const [pdu, on] = waiting.pop()!;
      on.answer(pdu, { message_id: text });
    }
    // The others go together again.
    await advanceUntil(clock, () => waiting.length === 2, 20);
    for (const [pdu, on] of waiting.splice(0)) on.answer(pdu, { message_id: textOf(pdu) });
    for (const { status } of await sent) assert.equal(status, 'fulfilled');
  });

  it('that is not answered holds up nobody for long', async () => {
    let lost = 0;
    const { client, peer, clock } = await scenes.bound(
      () => ({
        submit_sm: (pdu, on) => {
          if (textOf(pdu) !== 'mute') return { message_id: 'x' };
          if (lost++ < 2) on.socket.destroy();
          return undefined;
        },
      }),
      { windowSize: 5, responseTimeout: 60, enquireLinkInterval: 0, reconnectMin: 0.01, reconnectMax: 0.01 },
    );
    const mute = client.send({ ...HELLO, short_message: 'mute' });
    mute.catch(() => undefined);
    await advanceUntil(
      clock,
      () => peer.links.length === 3 && peer.links[2]!.requests('submit_sm').length === 1,
    );
    const from = clock.monotonic();
    const other = client.send({ ...HELLO, short_message: 'other' });
    await advanceUntil(clock, () => peer.links[2]!.requests('submit_sm').length === 2);
    await other;
    assert.ok(clock.monotonic() - from <= 5200, `${clock.monotonic() - from} ms`);
  });

  it('of several segments goes alone with all of them', async () => {
    let lost = 0;
    const { client, peer, clock } = await scenes.bound(
      {
        submit_sm: (pdu, on) => {
          if (lost >= 4) return { message_id: String(++lost) };
          if (++lost % 2 === 0) on.socket.destroy();
          return undefined;
        },
      },
      { windowSize: 5, reconnectMin: 0.01, reconnectMax: 0.01 },
    );
    const long = client.send({ ...HELLO, short_message: 'x'.repeat(200) });
    await advanceUntil(clock, () => peer.submits.length === 6);
    assert.deepEqual((await long).message_ids.length, 2);
  });

  it('is given up with its history after maxRedeliveries', async () => {
    const { client, clock, told } = await scenes.bound(
      { submit_sm: poisonedBy('Hello') },
      { reconnectMin: 0.01, reconnectMax: 0.01 },
    );
    const sent = client.send(HELLO);
    sent.catch(() => undefined);
    await advanceUntil(clock, () => told('failure').length === 1, 500);
    await assert.rejects(sent, (error: DeliveryError) => {
      assert.deepEqual([error.outcome.code, error.outcome.history.length], ['OUTCOME_UNKNOWN', 11]);
      return true;
    });
  });
});
