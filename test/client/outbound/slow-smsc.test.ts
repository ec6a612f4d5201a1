import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DeliveryError, type Store } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import type { PeerLink, Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, store, textsOf, type Scene } from '../setup';

const TIMEOUT = 10;
const LONG = { ...HELLO, short_message: 'x'.repeat(200) };

/** A request with the link that it came over, to be answered some time. */
interface Asked {
  readonly pdu: Parameters<PeerLink['answer']>[0];
  readonly link: PeerLink;
}

/** A centre that keeps all that it is asked. */
function keeping(): { asked: Asked[]; script: Script } {
  const asked: Asked[] = [];
  const submit = (pdu: Asked['pdu'], link: PeerLink): undefined => void asked.push({ pdu, link });
  return { asked, script: { submit_sm: submit } };
}

/** A centre that answers everything ESME_ROK, each after so many milliseconds. */
function slow(clock: FakeClock, delay: () => number, ids: string[], commands = ['submit_sm']): Script {
  const answering = (pdu: Asked['pdu'], link: PeerLink): undefined => {
    clock.setTimeout(() => {
      if (link.ended) return;
      const message_id = `m${ids.length}`;
      if (pdu.command === 'submit_sm') ids.push(message_id);
      link.answer(pdu, pdu.command === 'submit_sm' ? { message_id } : {});
    }, delay());
  };
  return Object.fromEntries(commands.map((command) => [command, answering]));
}

const slowEvents = ({ told }: Scene) => told('session').filter(({ code }) => code === 'RESPONSES_SLOW');

describe('A slow SMSC', function () {
  this.timeout(120_000);
  const scenes = new Scenes();
  const directories: string[] = [];
  afterEach(async () => {
    await scenes.end();
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
  });

  async function opened(kind: 'memory' | 'disk', clock: FakeClock): Promise<Store> {
    if (kind === 'memory') return store(clock);
    const directory = await mkdtemp(join(tmpdir(), 'smpp-slow-'));
    directories.push(directory);
    const account = { host: 'h', systemId: 's' };
    return openDiskStore({ directory, account, clock, capacity: 0, whenFull: 'reject' });
  }

  for (const kind of ['memory', 'disk'] as const) {
    for (const [windowSize, sessions] of [
      [1, 1],
      [10, 1],
      [100, 1],
      [10, 3],
    ] as const) {
      for (const factor of [1.3, 3.5, 7] as const) {
        it(`that takes ${factor} times responseTimeout gets few things twice, and all are accepted: ${kind}, window ${windowSize}, ${sessions} sessions`, async () => {
          const clock = new FakeClock();
          const ids: string[] = [];
          const count = windowSize === 1 ? 8 : 200;
          const queue = await opened(kind, clock);
          const scene = await scenes.bound(
            slow(clock, () => factor * TIMEOUT * 1000, ids),
            {
              clock,
              queue,
              windowSize,
              sessions,
              responseTimeout: TIMEOUT,
              messageTtl: 0,
              reconnectMin: 0.1,
            },
          );
          const sent = scene.client.sendBatch(numbered(count));
          let over = false;
          void sent.then(() => (over = true));
          await advanceUntil(clock, () => over, 1000, 100_000);
          for (const one of await sent) assert.equal(one.status, 'fulfilled');
          assert.deepEqual(scene.told('failure'), []);
          const times = new Map<string, number>();
          for (const text of textsOf(scene.peer.submits)) times.set(text, (times.get(text) ?? 0) + 1);
          const most = Math.max(...times.values());
          assert.ok(most <= (factor < 2 ? 2 : 5), `one was transmitted ${most} times`);
          const first = windowSize * sessions;
          const repeats = scene.peer.submits.length - count;
          assert.ok(repeats <= 4 * first, `${repeats} repeats`);
          assert.equal(slowEvents(scene).length, 1);
          // Whatever it answers, also to what is accepted already: its receipt finds the message.
          await clock.advance(factor * TIMEOUT * 1000 + 1);
          await pass();
          for (const id of ids) scene.peer.links.at(-1)?.receipt(id);
          await until(() => scene.told('receipt').length === ids.length);
          assert.ok(scene.told('receipt').every(({ matched }) => matched));
        });
      }
    }
  }

  it('is told of once, with what is waited for now, and once more when it answers in time again', async () => {
    const clock = new FakeClock();
    let delay = 15_000;
    const scene = await scenes.bound(
      slow(clock, () => delay, []),
      { clock, responseTimeout: TIMEOUT, enquireLinkInterval: 0 },
    );
    const send = async (): Promise<void> => {
      const sent = scene.client.send(HELLO);
      let over = false;
      void sent.then(() => (over = true));
      await advanceUntil(clock, () => over, 500);
    };
    await send();
    delay = 20_000;
    await send();
    const [told, ...others] = slowEvents(scene);
    assert.deepEqual(others, []);
    assert.deepEqual([told?.state, told?.response_timeout], ['bound', 22.5]);
    assert.match(told?.reason ?? '', /answers late, after 15 s/);
    const warnings = scene.lines.filter(({ stage }) => stage === 'responses');
    assert.equal(warnings.length, 1);
    delay = 0;
    await send();
    await clock.advance(600_000);
    await send();
    const [back, ...more] = scene.told('session').filter(({ code }) => code === 'RESPONSES_IN_TIME');
    assert.deepEqual([back?.response_timeout, more.length], [TIMEOUT, 0]);
  });

  it('is waited for ten times responseTimeout at most, and a lost session is noticed as before', async () => {
    const clock = new FakeClock();
    let silent = false;
    const scene = await scenes.bound(
      (link) => ({
        ...slow(clock, () => 95_000, []),
        enquire_link: () => (silent && link === scene?.peer.links.length - 1 ? undefined : {}),
      }),
      { clock, responseTimeout: TIMEOUT, enquireLinkInterval: 10, maxRedeliveries: 100, reconnectMin: 0.1 },
    );
    const sent = scene.client.send(HELLO);
    let over = false;
    void sent.then(() => (over = true));
    await advanceUntil(clock, () => over, 1000);
    assert.ok((slowEvents(scene)[0]?.response_timeout ?? 0) <= 10 * TIMEOUT);
    silent = true;
    const links = scene.peer.links.length;
    const from = clock.monotonic();
    await advanceUntil(clock, () => scene.peer.links.length > links, 500);
    assert.ok(clock.monotonic() - from <= 22_000, `${clock.monotonic() - from} ms`);
  });

  it('of which no answer comes before three time-outs is given as long again, and nothing is sent meanwhile', async () => {
    const { asked, script } = keeping();
    const scene = await scenes.bound(script, {
      responseTimeout: TIMEOUT,
      windowSize: 5,
      enquireLinkInterval: 0,
    });
    const sent = scene.client.sendBatch(numbered(8));
    await scene.peer.untilSubmits(5);
    await scene.clock.advance(15_000);
    await pass();
    assert.deepEqual([scene.peer.submits.length, scene.peer.links.length], [5, 1]);
    for (const [n, { pdu, link }] of asked.splice(0).entries()) link.answer(pdu, { message_id: `late ${n}` });
    await scene.peer.untilSubmits(8);
    for (const [n, { pdu, link }] of asked.splice(0).entries()) link.answer(pdu, { message_id: `m${n}` });
    const ids = (await sent).map((one) => one.status === 'fulfilled' && one.value.message_id);
    assert.deepEqual(ids, ['late 0', 'late 1', 'late 2', 'late 3', 'late 4', 'm0', 'm1', 'm2']);
    assert.equal(scene.peer.submits.length, 8);
  });

  it('that gives no answer at all is left after twice the time, and the next session waits longer', async () => {
    const { asked, script } = keeping();
    const scene = await scenes.bound(script, {
      responseTimeout: TIMEOUT,
      windowSize: 5,
      enquireLinkInterval: 0,
      reconnectMin: 0.1,
    });
    const sent = scene.client.sendBatch(numbered(5));
    await scene.peer.untilSubmits(5);
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    assert.ok(scene.clock.monotonic() <= 21_000, `${scene.clock.monotonic()} ms`);
    await advanceUntil(scene.clock, () => asked.length === 10);
    await scene.clock.advance(15_000);
    for (const [n, { pdu, link }] of asked.slice(5).entries()) link.answer(pdu, { message_id: `m${n}` });
    for (const one of await sent) assert.equal(one.status, 'fulfilled');
    assert.equal(scene.peer.submits.length, 10);
    // It was no poison that the session was lost by.
    const reasons = new Set(scene.lines.map(({ reason }) => reason));
    assert.ok(!reasons.has('LINK_LOST'));
  });

  it('that answers a query late is heard all the same, and the next one is waited for', async () => {
    const { asked, script } = keeping();
    const answering = script['submit_sm']!;
    const scene = await scenes.bound(
      { query_sm: answering, cancel_sm: answering },
      { responseTimeout: TIMEOUT, enquireLinkInterval: 0 },
    );
    const query = { command: 'query_sm', message_id: '1', source_addr: '1', correlation_id: 'q' } as const;
    const given = assert.rejects(scene.client.send(query), { code: 'RESPONSE_TIMEOUT' });
    const link = await scene.peer.link();
    await link.until('query_sm');
    await scene.clock.advance(15_000);
    await given;
    link.answer(asked[0]!.pdu, { message_id: '1', message_state: 2 });
    await until(() => scene.told('response').length === 1);
    const { command, correlation_id, late } = scene.told('response')[0] ?? {};
    assert.deepEqual([command, correlation_id, late], ['query_sm_resp', 'q', true]);
    const cancel = scene.client.send({ command: 'cancel_sm', message_id: '1', source_addr: '1' });
    await link.until('cancel_sm');
    await scene.clock.advance(15_000);
    link.answer(asked[1]!.pdu);
    assert.equal((await cancel).event, 'accepted');
    assert.equal(slowEvents(scene).length, 1);
  });

  it('that answers a bind late is waited for longer each time, four times bindTimeout at most', async () => {
    const clock = new FakeClock();
    const scene = await scenes.idle(
      slow(clock, () => 15_000, [], ['bind_transceiver']),
      { clock, bindTimeout: 10, reconnectMin: 0.1, enquireLinkInterval: 0 },
    );
    void scene.client.start();
    await advanceUntil(clock, () => scene.client.state === 'bound', 500);
    assert.equal(scene.peer.links.length, 2);
  });

  it('that answers enquire_link late is waited for longer after the first connection that was lost by it', async () => {
    const clock = new FakeClock();
    const scene = await scenes.bound(
      slow(clock, () => 15_000, [], ['enquire_link']),
      { clock, responseTimeout: TIMEOUT, enquireLinkInterval: 10, reconnectMin: 0.1 },
    );
    await advanceUntil(clock, () => clock.monotonic() > 300_000, 500);
    await until(() => scene.client.state === 'bound');
    assert.equal(scene.peer.links.length, 2);
  });
});

describe('A late acceptance of a message', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());
  const OPTIONS = { responseTimeout: TIMEOUT, enquireLinkInterval: 0 } as const;

  async function sent(message = HELLO, options = {}) {
    const { asked, script } = keeping();
    const scene = await scenes.bound(script, { ...OPTIONS, ...options });
    const outcome = scene.client.send({ ...message, correlation_id: 'c' });
    outcome.catch(() => undefined);
    const answer = (n: number, fields: Record<string, unknown>): void => {
      const { pdu, link } = asked[n] as Asked;
      link.answer(pdu, fields);
    };
    const again = (n: number): Promise<void> => advanceUntil(scene.clock, () => asked.length === n);
    const finds = async (...ids: string[]): Promise<void> => {
      const before = scene.told('receipt').length;
      for (const id of ids) scene.peer.links.at(-1)?.receipt(id);
      await until(() => scene.told('receipt').length === before + ids.length);
      const told = scene.told('receipt').slice(before);
      assert.deepEqual(
        told.map(({ matched, correlation_id }) => [matched, correlation_id]),
        ids.map(() => [true, 'c']),
      );
    };
    return { ...scene, asked, outcome, answer, again, finds };
  }

  it('that is on the wire again ends it at once, and the second answer is matched, too', async () => {
    const scene = await sent();
    await scene.again(2);
    scene.answer(0, { message_id: 'first' });
    const { message_id, redelivered } = await scene.outcome;
    assert.deepEqual([message_id, redelivered], ['first', true]);
    scene.answer(1, { message_id: 'second' });
    await pass();
    await scene.finds('first', 'second');
    assert.equal(scene.asked.length, 2);
  });

  for (const [how, befalls] of [
    [
      'is refused',
      (link: PeerLink, pdu: Asked['pdu']) => link.answer(pdu, { command_status: 'ESME_RINVDSTADR' }),
    ],
    [
      'is refused for a while',
      (link: PeerLink, pdu: Asked['pdu']) => link.answer(pdu, { command_status: 'ESME_RSYSERR' }),
    ],
    [
      'is throttled',
      (link: PeerLink, pdu: Asked['pdu']) => link.answer(pdu, { command_status: 'ESME_RTHROTTLED' }),
    ],
    ['loses its link', (link: PeerLink) => link.socket.destroy()],
    ['gets no answer', () => undefined],
  ] as const) {
    it(`of which a segment is on the wire again wins, whether the repeat ${how}`, async () => {
      const scene = await sent(LONG);
      await scene.again(4);
      scene.answer(0, { message_id: 'a1' });
      await until(() => scene.told('response').length === 1);
      const { pdu, link } = scene.asked[2] as Asked;
      befalls(link, pdu);
      await pass();
      await advanceUntil(scene.clock, () => true);
      if (how === 'loses its link' || how === 'gets no answer') {
        await scene.again(5);
        scene.answer(4, { message_id: 'b3' });
      } else scene.answer(3, { message_id: 'b2' });
      const { message_ids } = await scene.outcome;
      assert.equal(message_ids[0], 'a1');
      assert.match(message_ids[1] ?? '', /^b/);
      // The segment that was accepted did not go a third time.
      const parts = scene.asked.map(
        (one) => (one.pdu as unknown as { short_message: Buffer }).short_message[5],
      );
      assert.equal(parts.filter((part) => part === 1).length, 2);
      assert.deepEqual(scene.told('failure'), []);
    });
  }

  it('comes after the repeat of that segment was refused, while another is on the wire: the message is accepted', async () => {
    const scene = await sent(LONG);
    await scene.again(4);
    scene.answer(2, { command_status: 'ESME_RINVDSTADR' });
    await until(() => scene.told('response').length === 1);
    scene.answer(0, { message_id: 'a1' });
    await until(() => scene.told('response').length === 2);
    scene.answer(3, { message_id: 'b2' });
    assert.deepEqual((await scene.outcome).message_ids, ['a1', 'b2']);
  });

  it('of which one segment is refused for good lists every message_id in its failure', async () => {
    const scene = await sent(LONG);
    await scene.again(4);
    scene.answer(2, { message_id: 'second' });
    await until(() => scene.told('response').length === 1);
    scene.answer(0, { message_id: 'first' });
    await until(() => scene.told('response').length === 2);
    scene.answer(3, { command_status: 'ESME_RINVDSTADR' });
    await assert.rejects(scene.outcome, (error: DeliveryError) => {
      assert.deepEqual(error.outcome.message_ids, ['second', 'first']);
      assert.equal(error.outcome.maybe_delivered, true);
      return true;
    });
    await scene.finds('first', 'second');
  });

  it('that waits for its retry ends it without another transmission', async () => {
    const scene = await sent();
    await scene.again(2);
    scene.answer(1, { command_status: 'ESME_RSYSERR' });
    await until(() => scene.told('response').length === 1);
    await pass();
    scene.answer(0, { message_id: 'first' });
    await advanceUntil(scene.clock, () => scene.told('response').length === 2);
    await advanceUntil(scene.clock, () => scene.clock.monotonic() > 60_000);
    assert.equal((await scene.outcome).message_id, 'first');
    assert.equal(scene.asked.length, 2);
  });

  it('that lies in the store ends it also while sending is paused', async () => {
    const scene = await sent();
    await scene.peer.untilSubmits(1);
    scene.client.pause();
    await scene.clock.advance(TIMEOUT * 1000 + 10);
    await pass();
    scene.answer(0, { message_id: 'first' });
    assert.equal((await scene.outcome).message_id, 'first');
    const { queued } = await scene.client.status();
    assert.deepEqual([queued, scene.asked.length], [0, 1]);
  });

  it('that is purged or expires afterwards is accepted all the same', async () => {
    const scene = await sent({ ...HELLO, expires: new Date(Date.UTC(2026, 0, 1) + 14_000) });
    await scene.again(2);
    scene.answer(1, { command_status: 'ESME_RSYSERR' });
    await until(() => scene.told('response').length === 1);
    await pass();
    scene.answer(0, { message_id: 'first' });
    await until(() => scene.told('response').length === 2);
    await scene.client.purge();
    assert.equal((await scene.outcome).message_id, 'first');
    assert.deepEqual(scene.told('failure'), []);
  });

  it('that comes over one of several sessions ends it, though it is on the wire of another', async () => {
    const scene = await sent(HELLO, { sessions: 2, windowSize: 1 });
    await scene.again(2);
    const [one, other] = scene.asked as [Asked, Asked];
    scene.answer(0, { message_id: 'first' });
    assert.equal((await scene.outcome).message_id, 'first');
    other.link.answer(other.pdu, { message_id: 'second' });
    await pass();
    await scene.finds('first', 'second');
    assert.ok(one);
  });

  it('that was told failed is matched by its receipts, of each transmission', async () => {
    const scene = await sent(HELLO, { maxRedeliveries: 1 });
    await scene.again(2);
    await advanceUntil(scene.clock, () => scene.told('failure').length === 1);
    assert.deepEqual(scene.told('failure')[0]?.maybe_delivered, true);
    scene.answer(0, { message_id: 'first' });
    scene.answer(1, { message_id: 'second' });
    await until(() => scene.told('response').length === 2);
    await pass();
    await scene.finds('first', 'second');
  });

  it('whose receipt comes before it is matched, though the message is in the store', async () => {
    const scene = await sent();
    await scene.peer.untilSubmits(1);
    scene.client.pause();
    await scene.clock.advance(TIMEOUT * 1000 + 10);
    const link = await scene.peer.link();
    link.receipt('first');
    await pass();
    assert.equal(scene.told('receipt').length, 0);
    scene.answer(0, { message_id: 'first' });
    await until(() => scene.told('receipt').length === 1);
    assert.deepEqual(
      [scene.told('receipt')[0]?.matched, scene.told('receipt')[0]?.correlation_id],
      [true, 'c'],
    );
  });

  it('that is to go alone, for links were lost by it, ends it and lets the others go on', async () => {
    const { asked, script } = keeping();
    const scene = await scenes.bound(script, {
      ...OPTIONS,
      windowSize: 2,
      reconnectMin: 0.01,
      reconnectMax: 0.01,
    });
    const outcomes = scene.client.sendBatch(numbered(4));
    for (const n of [2, 4]) {
      await advanceUntil(scene.clock, () => asked.length === n);
      asked.at(-1)?.link.socket.destroy();
    }
    // The first goes alone and times out; then it is the other's turn.
    await advanceUntil(scene.clock, () => asked.length === 5);
    await advanceUntil(scene.clock, () => asked.length === 6);
    const [first] = asked.slice(4) as [Asked];
    first.link.answer(first.pdu, { message_id: 'late' });
    let answered = 5;
    const done = outcomes.then((all) => all.map(({ status }) => status));
    let over = false;
    void done.then(() => (over = true));
    await advanceUntil(scene.clock, () => {
      for (const { pdu, link } of asked.slice(answered)) link.answer(pdu, { message_id: 'x' });
      answered = asked.length;
      return over;
    });
    assert.deepEqual(await done, ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
  });
});
