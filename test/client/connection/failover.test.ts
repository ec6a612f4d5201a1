import assert from 'node:assert/strict';
import type { SessionEvent } from '../../../src/index';
import type { Peer, PeerLink } from '../../support/peer';
import { silence, type Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, numbered, textsOf, type Scene } from '../setup';

const refusing = (command_status: string): Script => ({ bind_transceiver: () => ({ command_status }) });

interface Hosts extends Scene {
  /** The second host. */
  readonly second: Peer;
}

describe('Failover', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function hosts(
    scripts: [first?: Script | ((link: number) => Script), second?: Script | ((link: number) => Script)] = [],
    options = {},
  ): Promise<Hosts> {
    const second = await scenes.peer(scripts[1]);
    const failover = [{ host: '127.0.0.1', port: second.port }];
    const scene = await scenes.idle(scripts[0], {
      failover,
      random: () => 1,
      enquireLinkInterval: 0,
      ...options,
    });
    scene.client.start().catch(() => undefined);
    return { ...scene, second };
  }

  /** Where it is bound. */
  const boundAt = async ({ client }: Scene): Promise<number[]> =>
    (await client.status()).sessions.flatMap(({ state, port }) => (state === 'bound' ? [port] : []));

  it('goes to the next host at once when the first does not let it in, and tells why and where to', async () => {
    const scene = await hosts([refusing('ESME_RSYSERR')]);
    await until(() => scene.client.state === 'bound');
    const [down] = scene.told('session').filter(({ reason }) => reason !== undefined);
    const { port, retry_in, next_host, next_port, command_status } = down!;
    assert.deepEqual(
      [port, retry_in, next_host, next_port, command_status],
      [scene.peer.port, 0, '127.0.0.1', scene.second.port, 'ESME_RSYSERR'],
    );
    assert.deepEqual(await boundAt(scene), [scene.second.port]);
    assert.ok(scene.lines.some(({ msg }) => /trying 127\.0\.0\.1:\d+ at once$/.test(String(msg))));
    await scene.client.send(HELLO);
    assert.equal(scene.second.submits.length, 1);
  });

  it('tries the host it was bound at first, when that bind held, then the next', async () => {
    const scene = await hosts([(link) => (link === 0 ? {} : refusing('ESME_RSYSERR'))]);
    await until(() => scene.client.state === 'bound');
    await scene.clock.advance(10_000);
    scene.peer.links[0]?.socket.destroy();
    await until(() => scene.second.links.length === 1);
    assert.equal(scene.peer.links.length, 2);
  });

  it('has a backoff of its own for each host', async () => {
    const scene = await hosts([refusing('0x00000411'), refusing('ESME_RINVPASWD')]);
    await advanceUntil(scene.clock, () => scene.peer.links.length === 6, 1000);
    // After 1 + 2 + 4 + 8 + 16 s at the first; at the second the credentials wait for a minute.
    assert.ok(scene.clock.monotonic() >= 31_000);
    assert.equal(scene.second.links.length, 1);
    await advanceUntil(scene.clock, () => scene.second.links.length === 2, 1000);
    assert.ok(scene.clock.monotonic() >= 60_000);
  });

  it('goes round all hosts before failFast rejects', async () => {
    const second = await scenes.peer(refusing('ESME_RINVPASWD'));
    const failover = [{ host: '127.0.0.1', port: second.port }];
    const scene = await scenes.idle(refusing('ESME_RSYSERR'), { failover, reconnectMin: 0.001 });
    await assert.rejects(scene.client.start({ failFast: true }), { command_status: 'ESME_RINVPASWD' });
    assert.deepEqual([scene.peer.links.length, second.links.length], [1, 1]);
  });

  it('loses nothing: what was on the wire at the one host goes to the other, and receipts come over it', async () => {
    const scene = await hosts([(link) => (link === 0 ? { submit_sm: silence } : refusing('ESME_RSYSERR'))]);
    await until(() => scene.client.state === 'bound');
    const sent = numbered(30, { registered_delivery: 1 }).map((message) => scene.client.send(message));
    await scene.peer.untilSubmits(10);
    scene.peer.links[0]?.socket.destroy();
    await advanceUntil(scene.clock, () => scene.second.submits.length === 30, 1000);
    const outcomes = await Promise.all(sent);
    assert.equal(outcomes.filter(({ redelivered }) => redelivered).length, 10);
    assert.deepEqual(new Set(textsOf(scene.second.submits)).size, 30);
    const link = await scene.second.link();
    await link.response(link.receipt(outcomes[0]!.message_id));
    assert.equal(scene.told('receipt')[0]?.id, outcomes[0]?.id);
  });

  it('matches over the other host a receipt of a message that went by the first', async () => {
    const scene = await hosts([(link) => (link === 0 ? {} : refusing('ESME_RSYSERR'))]);
    await until(() => scene.client.state === 'bound');
    const { id, message_id } = await scene.client.send({ ...HELLO, registered_delivery: 1 });
    scene.peer.links[0]?.socket.destroy();
    const link = await scene.second.link();
    await until(() => scene.client.state === 'bound');
    await link.response(link.receipt(message_id));
    assert.deepEqual([scene.told('receipt')[0]?.id, scene.told('receipt')[0]?.matched], [id, true]);
  });

  it('of several sessions goes past no host where a sister is bound', async () => {
    const scene = await hosts([(link) => (link === 1 ? refusing('ESME_RALYBND') : {})], { sessions: 2 });
    await until(() => scene.told('session').some(({ command_status }) => command_status !== undefined));
    await advanceUntil(scene.clock, () => scene.peer.links.length === 3);
    await until(() => scene.told('session').at(-1)?.bound === 2);
    assert.deepEqual(
      [await boundAt(scene), scene.second.links.length],
      [[scene.peer.port, scene.peer.port], 0],
    );
  });

  it('of a pair is apart for each half', async () => {
    const second = await scenes.peer();
    const scene = await scenes.bound(
      { bind_receiver: () => ({ command_status: 'ESME_RSYSERR' }) },
      { bindType: 'pair', failover: [{ host: '127.0.0.1', port: second.port }] },
    );
    await until(() => scene.client.state === 'bound');
    const { sessions } = await scene.client.status();
    assert.deepEqual(
      sessions.map(({ bind_type, port }) => [bind_type, port]),
      [
        ['transmitter', scene.peer.port],
        ['receiver', second.port],
      ],
    );
  });
});

describe('Failback', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** Bound at the second host, because the first one lets nobody in for so many times. */
  async function away(times: number, script: Script = {}, options = {}): Promise<Hosts> {
    const second = await scenes.peer();
    const failover = [{ host: '127.0.0.1', port: second.port }];
    const scene = await scenes.bound((link) => (link < times ? refusing('ESME_RSYSERR') : script), {
      failover,
      random: () => 1,
      enquireLinkInterval: 0,
      ...options,
    });
    return { ...scene, second };
  }

  const ports = async ({ client }: Scene): Promise<number[]> =>
    (await client.status()).sessions.flatMap(({ state, port }) => (state === 'bound' ? [port] : []));

  it('binds at the first host, works at both, and unbinds at the second when the bind has held', async () => {
    const scene = await away(1);
    const { peer, second, clock, told } = scene;
    await clock.advance(9000);
    assert.equal(peer.links.length, 1);
    await advanceUntil(clock, () => told('session').at(-1)?.port === peer.port, 1000);
    assert.deepEqual(await ports(scene), [peer.port, second.port]);
    assert.equal(second.links[0]?.requests('unbind').length, 0);
    await advanceUntil(clock, () => second.links[0]?.requests('unbind').length === 1, 1000);
    await until(() => told('session').at(-1)?.reason !== undefined);
    const left = told('session').at(-1);
    assert.deepEqual(
      [left?.port, left?.reason],
      [second.port, `unbound to go back to 127.0.0.1:${peer.port}`],
    );
    assert.deepEqual(await ports(scene), [peer.port]);
    assert.ok(told('session').every(({ state }, at) => at < 3 || state === 'bound'));
  });

  it('loses and repeats nothing of what is on its way', async () => {
    const scene = await away(1);
    const { client, second, peer, clock } = scene;
    const sent: Promise<{ redelivered: boolean }>[] = [];
    const more = (): void => void sent.push(client.send({ ...HELLO, short_message: String(sent.length) }));
    for (let n = 0; n < 300 && second.links[0]?.requests('unbind').length === 0; n++) {
      more();
      await clock.advance(100);
    }
    const outcomes = await Promise.all(sent);
    assert.equal(outcomes.filter(({ redelivered }) => redelivered).length, 0);
    const texts = [...textsOf(peer.submits), ...textsOf(second.submits)];
    assert.deepEqual([texts.length, new Set(texts).size], [sent.length, sent.length]);
    assert.ok(peer.submits.length > 0 && second.submits.length > 0);
    assert.deepEqual(await ports(scene), [peer.port]);
  });

  it('waits at the second host for the answers to what is on the wire there', async () => {
    let answer: (() => void) | undefined;
    const second = await scenes.peer({
      submit_sm: (pdu, link) => {
        answer = () => link.answer(pdu, { message_id: '7' });
        return undefined;
      },
    });
    const scene = await scenes.bound((link) => (link === 0 ? refusing('ESME_RSYSERR') : {}), {
      failover: [{ host: '127.0.0.1', port: second.port }],
      enquireLinkInterval: 0,
      drainTimeout: 60,
    });
    const sent = scene.client.send(HELLO);
    await second.untilSubmits(1);
    await advanceUntil(scene.clock, () => scene.told('session').at(-1)?.port === scene.peer.port, 1000);
    await scene.clock.advance(12_000);
    assert.equal(second.links[0]?.requests('unbind').length, 0);
    answer?.();
    assert.deepEqual([(await sent).message_id, (await sent).redelivered], ['7', false]);
    await second.links[0]?.until('unbind');
  });

  it('lets a handler finish there, and asks the centre to repeat what comes meanwhile', async () => {
    const scene = await away(1);
    const { peer, second, clock, client } = scene;
    let finish: (() => void) | undefined;
    client.on('message', ({ payload }) =>
      payload === 'slow' ? new Promise<void>((resolve) => (finish = resolve)) : undefined,
    );
    const link = await second.link();
    const deliver = (to: PeerLink, text: string): number =>
      to.send({
        command: 'deliver_sm',
        source_addr: '1',
        destination_addr: '2',
        short_message: Buffer.from(text),
      });
    await advanceUntil(clock, () => scene.told('session').at(-1)?.port === peer.port, 1000);
    const slow = deliver(link, 'slow');
    await until(() => finish !== undefined);
    await clock.advance(10_000);
    assert.equal((await link.response(deliver(link, 'late'))).command_status, 0x64);
    assert.equal((await peer.links[1]!.response(deliver(peer.links[1]!, 'elsewhere'))).command_status, 0);
    assert.equal(link.requests('unbind').length, 0);
    finish?.();
    assert.equal((await link.response(slow)).command_status, 0);
    await link.until('unbind');
  });

  it('is given up for a first host whose bind does not hold, and the second is never left', async () => {
    const scene = await away(1);
    const { peer, second, clock } = scene;
    for (const n of [1, 2]) {
      await advanceUntil(clock, () => peer.links.length === n + 1, 1000);
      const last = (): Partial<SessionEvent> => scene.told('session').at(-1) ?? {};
      await until(() => last().port === peer.port && last().reason === undefined);
      peer.links[n]?.socket.destroy();
      await until(() => last().port === peer.port && last().reason !== undefined);
    }
    assert.deepEqual([await ports(scene), second.links.length], [[second.port], 1]);
    assert.equal(second.links[0]?.requests('unbind').length, 0);
  });

  it('is there at once when the second host goes while both are bound', async () => {
    const scene = await away(1);
    const { peer, second, clock, client } = scene;
    await advanceUntil(clock, () => peer.links.length === 2, 1000);
    await until(() => scene.told('session').at(-1)?.port === peer.port);
    second.links[0]?.socket.destroy();
    await until(() => scene.told('session').at(-1)?.reason !== undefined);
    assert.deepEqual([client.state, await ports(scene)], ['bound', [peer.port]]);
    await clock.advance(100_000);
    await client.send(HELLO);
    assert.deepEqual([peer.links.length, second.links.length], [2, 1]);
  });

  it('asks ever more seldom, and says nothing in between', async () => {
    const scene = await away(1000, {}, { reconnectMin: 8 });
    const before = scene.told('session').length;
    const asked: number[] = [];
    for (let n = 2; n < 7; n++) {
      await advanceUntil(scene.clock, () => scene.peer.links.length === n, 1000);
      asked.push(scene.clock.monotonic());
    }
    // ESME_RSYSERR stays at the fast end: 8, 16, 32, 32 s.
    const waits = asked.map((at, n) => at - (asked[n - 1] ?? 0));
    [10_000, 16_000, 32_000, 32_000, 32_000].forEach((least, n) =>
      assert.ok(waits[n]! >= least, waits.join()),
    );
    assert.equal(scene.told('session').length, before);
  });

  it('lets go of the second host where the account may have one bind in all', async () => {
    let elsewhere = true;
    const second = await scenes.peer({ unbind: () => ((elsewhere = false), {}) });
    let first = true;
    const scene = await scenes.bound(
      {
        bind_transceiver: () => {
          const command_status = first ? 'ESME_RSYSERR' : elsewhere ? 'ESME_RALYBND' : undefined;
          first = false;
          return command_status ? { command_status } : { system_id: 'peer' };
        },
      },
      { failover: [{ host: '127.0.0.1', port: second.port }], enquireLinkInterval: 0 },
    );
    await advanceUntil(scene.clock, () => scene.peer.links.length === 3, 1000);
    await until(() => scene.client.state === 'bound');
    assert.deepEqual(await ports(scene), [scene.peer.port]);
    assert.equal(second.links.length, 1);
  });

  it('does not do so again for ten minutes where the first host says so in vain', async () => {
    const second = await scenes.peer();
    const scene = await scenes.bound(refusing('ESME_RALYBND'), {
      failover: [{ host: '127.0.0.1', port: second.port }],
      enquireLinkInterval: 0,
    });
    await advanceUntil(scene.clock, () => second.links.length === 2, 1000);
    await until(() => scene.client.state === 'bound');
    const at = scene.clock.monotonic();
    await advanceUntil(scene.clock, () => second.links.length === 3, 1000);
    assert.ok(scene.clock.monotonic() - at >= 590_000, String(scene.clock.monotonic() - at));
  });

  it('is not done where it is not wanted', async () => {
    const scene = await away(1, {}, { failback: false });
    await scene.clock.advance(600_000);
    assert.deepEqual([scene.peer.links.length, await ports(scene)], [1, [scene.second.port]]);
  });

  it('leaves no session, timer or listener behind when it is stopped on the way', async () => {
    for (const wait of [5000, 10_000, 15_000, 20_000]) {
      const scene = await away(1);
      await scene.clock.advance(wait);
      await pass(10);
      const stopped = scene.client.stop();
      await advanceUntil(scene.clock, () => scene.client.state === 'disconnected', 100);
      await stopped;
      await until(() => scene.clock.pendingTimers === 0, 'the end of all timers');
      for (const { links } of [scene.peer, scene.second]) for (const link of links) await link.untilEnded();
    }
  });
});
