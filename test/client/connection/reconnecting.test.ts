import assert from 'node:assert/strict';
import { backoff } from '../../../src/client/connection/hosts';
import { silence, type Script } from '../../support/peer';
import { pass, until } from '../../support/until';
import { Scenes, advanceUntil, type Scene } from '../setup';

const retries = ({ told }: Scene): number[] => told('session').flatMap(({ retry_in }) => retry_in ?? []);

/** Lets the client try again so often. */
async function fail(scene: Scene, times: number): Promise<number[]> {
  for (let n = 1; n <= times; n++) await advanceUntil(scene.clock, () => retries(scene).length >= n, 1000);
  return retries(scene).slice(0, times);
}

describe('Backoff', () => {
  it('is a random share of min × 2ⁿ, up to max, and never under a tenth of min', () => {
    const full = [0, 1, 2, 3, 6, 1000].map((n) => backoff(n, 1000, 60_000, () => 1));
    assert.deepEqual(full, [1000, 2000, 4000, 8000, 60_000, 60_000]);
    assert.deepEqual(
      [0, 5].map((n) => backoff(n, 1000, 60_000, () => 0)),
      [100, 100],
    );
    assert.equal(
      backoff(3, 1000, 60_000, () => 0.25),
      2000,
    );
  });
});

describe('Reconnecting', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const start = async (script: Script | ((link: number) => Script), options = {}): Promise<Scene> => {
    const scene = await scenes.idle(script, { random: () => 1, enquireLinkInterval: 0, ...options });
    scene.client.start().catch(() => undefined);
    return scene;
  };

  it('waits longer each time, for ever', async () => {
    const scene = await start({ bind_transceiver: () => ({ command_status: '0x00000411' }) });
    assert.deepEqual(await fail(scene, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('begins small and grows where the bind fails for no reason given, as with too many binds', async () => {
    const scene = await start({ bind_transceiver: () => ({ command_status: 'ESME_RBINDFAIL' }) });
    assert.deepEqual(await fail(scene, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('does not wait for bindTimeout where the bind is refused by a generic_nack of any number', async () => {
    const nack = { command: 'generic_nack', sequence_number: 0, command_status: 'ESME_RBINDFAIL' };
    const scene = await start({ bind_transceiver: () => nack });
    await until(() => retries(scene).length === 1);
    const [event] = scene.told('session').filter(({ reason }) => reason !== undefined);
    assert.deepEqual([event?.code, event?.command_status], ['BIND_REFUSED', 'ESME_RBINDFAIL']);
  });

  it('starts anew only after a bind that held for ten seconds', async () => {
    let bound = 0;
    const scene = await start({}, {});
    const drop = async (after: number): Promise<void> => {
      await advanceUntil(scene.clock, () => scene.client.state === 'bound', 1000);
      bound++;
      await scene.clock.advance(after);
      (await scene.peer.link(bound - 1)).socket.destroy();
      await until(() => retries(scene).length === bound);
    };
    for (const held of [0, 100, 9_000, 10_000, 0]) await drop(held);
    // The fourth held: its successor comes at once, and is the first of a new row.
    assert.deepEqual(retries(scene), [1, 2, 4, 0, 1]);
  });

  it('with refused credentials goes to the slow end at once', async () => {
    const scene = await start(
      { bind_transceiver: () => ({ command_status: 'ESME_RINVPASWD' }) },
      { random: () => 0 },
    );
    assert.deepEqual(await fail(scene, 3), [30, 30, 30]);
    const [event] = scene.told('session').filter(({ reason }) => reason !== undefined);
    assert.equal(event?.command_status, 'ESME_RINVPASWD');
    const warnings = scene.lines.filter(({ level }) => level === 'warn');
    assert.match(String(warnings[0]?.msg), /refused the bind with ESME_RINVPASWD: .+; next try in 30\.0 s/);
  });

  it('where the centre still thinks us bound stays at the fast end', async () => {
    const scene = await start({ bind_transceiver: () => ({ command_status: 'ESME_RALYBND' }) });
    assert.deepEqual(await fail(scene, 5), [1, 2, 4, 4, 4]);
  });

  it('when the link goes, by FIN, reset, unbind, garbage or silence, and sends on', async () => {
    const scene = await scenes.bound({}, { enquireLinkInterval: 1, responseTimeout: 1 });
    const { peer, client, clock } = scene;
    const ways = [
      (n: number) => void peer.links[n]?.socket.end(),
      (n: number) => void peer.links[n]?.socket.resetAndDestroy(),
      (n: number) => void peer.links[n]?.send({ command: 'unbind' }),
      (n: number) => peer.links[n]?.write(Buffer.from('HTTP/1.1 200 OK')),
      (n: number) => void peer.links[n]?.socket.pause(),
    ];
    for (const [n, way] of ways.entries()) {
      way(n);
      await advanceUntil(clock, () => peer.links.length === n + 2);
      await advanceUntil(clock, () => client.state === 'bound');
      await client.send({ short_message: `after ${n}`, destination_addr: '491511234567' });
    }
    assert.equal(client.state, 'bound');
  });

  it('after three time-outs in a row', async () => {
    const scene = await scenes.bound((link) => (link === 0 ? { submit_sm: silence } : {}), {
      responseTimeout: 2,
      windowSize: 1,
      enquireLinkInterval: 0,
    });
    const sent = scene.client.send({ short_message: 'x', destination_addr: '491511234567' });
    await advanceUntil(scene.clock, () => scene.peer.links.length === 2);
    const outcome = await sent;
    assert.equal(scene.peer.links[0]?.requests('submit_sm').length, 3);
    assert.equal(outcome.redelivered, true);
    assert.ok(scene.told('session').some(({ reason }) => /no response/.test(reason ?? '')));
  });

  it('not after disconnect', async () => {
    const { client, peer, clock, told } = await scenes.bound();
    await client.disconnect();
    await clock.advance(1_000_000);
    await pass();
    assert.deepEqual([peer.links.length, client.state], [1, 'disconnected']);
    assert.equal(told('session').at(-1)?.state, 'disconnected');
    assert.equal((await peer.link()).requests('unbind').length, 1);
  });

  it('disconnect while it waits for the next try tells disconnected', async () => {
    const scene = await start({ bind_transceiver: () => ({ command_status: 'ESME_RSYSERR' }) });
    await fail(scene, 1);
    await scene.client.disconnect();
    assert.equal(scene.client.state, 'disconnected');
    assert.equal(scene.told('session').at(-1)?.state, 'disconnected');
    await until(() => scene.clock.pendingTimers === 0, 'the end of all timers');
  });

  it('connect during a disconnect waits for its end, and comes back', async () => {
    const { client, peer } = await scenes.bound();
    const gone = client.disconnect();
    const back = client.connect();
    await Promise.all([gone, back]);
    assert.deepEqual([client.state, peer.links.length], ['bound', 2]);
    const twice = [client.disconnect(), client.disconnect()];
    await Promise.all(twice);
    assert.equal(peer.links[1]?.requests('unbind').length, 1);
  });
});
