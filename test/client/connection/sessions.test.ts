import assert from 'node:assert/strict';
import type { Script } from '../../support/peer';
import { silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf, type Scene } from '../setup';

describe('Several sessions', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function three(script?: Script | ((link: number) => Script), options = {}): Promise<Scene> {
    const scene = await scenes.bound(script, { sessions: 3, ...options });
    await until(() => scene.told('session').at(-1)?.bound === 3);
    return scene;
  }

  it('are bound at the same time, and each is told of', async () => {
    const { peer, told } = await three();
    assert.equal(peer.links.length, 3);
    const bound = told('session').filter(({ state }) => state === 'bound');
    assert.deepEqual(
      bound.map(({ bound, sessions }) => `${bound}/${sessions}`),
      ['1/3', '2/3', '3/3'],
    );
  });

  it('share the queue: every message goes once, over one of them', async () => {
    const { client, peer } = await three();
    await Promise.all(numbered(300).map((message) => client.send(message)));
    const all = peer.links.map((link) => link.requests('submit_sm').length);
    assert.ok(
      all.every((count) => count > 0),
      all.join(),
    );
    assert.equal(new Set(textsOf(peer.submits)).size, 300);
    assert.equal(peer.submits.length, 300);
  });

  it('have a window each, and configure changes all of them', async () => {
    const { client, peer } = await three({ submit_sm: silence }, { windowSize: 2 });
    await client.enqueue(numbered(50));
    await peer.untilSubmits(6);
    await pass();
    const counts = (): number[] => peer.links.map((link) => link.requests('submit_sm').length);
    assert.deepEqual(counts(), [2, 2, 2]);
    client.configure({ windowSize: 4 });
    await peer.untilSubmits(12);
    await pass();
    assert.deepEqual(counts(), [4, 4, 4]);
    const { in_flight, sessions } = await client.status();
    assert.deepEqual([in_flight, sessions.map((one) => one.in_flight)], [12, [4, 4, 4]]);
  });

  it('share the rate', async () => {
    const { client, peer, clock } = await three({}, { sendRate: 10 });
    await client.enqueue(numbered(100));
    await clock.advance(5000);
    await peer.untilSubmits(50);
    await pass();
    assert.ok(peer.submits.length <= 51, `${peer.submits.length} went in 5 s at 10/s`);
  });

  it('share the pause of throttling', async () => {
    let throttle = true;
    const { client, peer, clock } = await three(
      { submit_sm: () => (throttle ? { command_status: 'ESME_RTHROTTLED' } : { message_id: '1' }) },
      { windowSize: 1, throttleWait: 5 },
    );
    await client.enqueue(numbered(30));
    await until(() => client.state === 'throttled');
    await pass();
    const during = peer.submits.length;
    assert.ok(during <= 3, `${during} went before all had stopped`);
    throttle = false;
    await clock.advance(4000);
    assert.equal(peer.submits.length, during);
    await advanceUntil(clock, () => peer.submits.length === 30 + during);
  });

  it('keep a long message on one of them', async () => {
    const { client, peer } = await three();
    const long = numbered(20).map(({ short_message, ...rest }) => ({
      ...rest,
      short_message: `${String(short_message)} `.repeat(200),
    }));
    await Promise.all(long.map((message) => client.send(message)));
    const seen = new Map<number, Set<number>>();
    for (const [at, link] of peer.links.entries()) {
      for (const { short_message } of link.requests('submit_sm')) {
        const reference = (short_message as Buffer)[3] as number;
        seen.set(reference, (seen.get(reference) ?? new Set()).add(at));
      }
    }
    assert.deepEqual([seen.size, [...seen.values()].filter(({ size }) => size > 1)], [20, []]);
  });

  it('take receipts on any of them', async () => {
    const { client, peer, told } = await three();
    const { id, message_id } = await client.send({ ...HELLO, registered_delivery: 1 });
    const other = peer.links.find((link) => link.requests('submit_sm').length === 0)!;
    await other.response(other.receipt(message_id));
    assert.deepEqual([told('receipt')[0]?.id, told('receipt')[0]?.matched], [id, true]);
  });

  it('lose one and go on: what was on its wire goes over another, marked redelivered', async () => {
    const { client, peer, clock } = await three((link) => (link === 0 ? { submit_sm: silence } : {}), {
      windowSize: 5,
    });
    const sent = numbered(40).map((message) => client.send(message));
    await until(() => peer.submits.length >= 40);
    peer.links[0]?.socket.destroy();
    const outcomes = await Promise.all(sent);
    assert.equal(client.state, 'bound');
    assert.equal(outcomes.filter(({ redelivered }) => redelivered).length, 5);
    await advanceUntil(clock, () => peer.links.length === 4);
  });

  it('that the centre allows fewer of leave the others at work', async () => {
    const { client, peer, clock, told } = await scenes.bound(
      (link) => (link >= 2 ? { bind_transceiver: () => ({ command_status: 'ESME_RALYBND' }) } : {}),
      { sessions: 3 },
    );
    await until(() => told('session').some(({ command_status }) => command_status === 'ESME_RALYBND'));
    await until(() => told('session').at(-1)?.bound === 2);
    assert.equal(client.state, 'bound');
    await client.send(HELLO);
    await advanceUntil(clock, () => peer.links.length >= 5);
    assert.equal(told('session').at(-1)?.bound, 2);
  });

  it('that fail alike are told of once, not once each', async () => {
    const scene = await scenes.idle(
      (link) => (link < 30 ? { bind_transceiver: () => ({ command_status: 'ESME_RSYSERR' }) } : {}),
      { sessions: 10, enquireLinkInterval: 0, random: () => 1 },
    );
    void scene.client.start().catch(() => undefined);
    await advanceUntil(scene.clock, () => scene.told('session').at(-1)?.bound === 10, 500);
    const failures = scene.told('session').filter(({ command_status }) => command_status !== undefined);
    assert.equal(failures.length, 3);
    assert.equal(scene.lines.filter(({ level }) => level === 'warn').length, 3);
  });

  it('are queried over one that has room', async () => {
    const { client, peer } = await three({ submit_sm: silence }, { windowSize: 1 });
    await client.enqueue(numbered(2));
    await peer.untilSubmits(2);
    await client.send({ command: 'query_sm', message_id: '1', source_addr: '1' });
    const [asked] = peer.links.filter((link) => link.requests('query_sm').length === 1);
    assert.equal(asked?.requests('submit_sm').length, 0);
  });

  it('are all unbound by disconnect, and all come back by connect', async () => {
    const { client, peer } = await three();
    await client.disconnect();
    assert.deepEqual(
      peer.links.map((link) => link.requests('unbind').length),
      [1, 1, 1],
    );
    assert.equal(client.state, 'disconnected');
    await client.connect();
    await until(() => peer.links.length === 6);
  });

  it('of pairs are as many pairs', async () => {
    const { client, peer } = await scenes.bound({}, { sessions: 2, bindType: 'pair' });
    await until(() => peer.links.length === 4 && peer.links.every(({ received }) => received.length > 0));
    const binds = peer.links.map(({ received }) => received[0]?.command).sort();
    assert.deepEqual(binds, ['bind_receiver', 'bind_receiver', 'bind_transmitter', 'bind_transmitter']);
    await until(() => client.state === 'bound');
  });
});
