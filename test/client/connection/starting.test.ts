import assert from 'node:assert/strict';
import { SmppClient, type MemoryStore } from '../../../src/index';
import { connect, type ConnectOptions, type Transport } from '../../../src/session';
import { FakeClock } from '../../support/clock';
import { Peer, silence } from '../../support/peer';
import { pass, until } from '../../support/until';
import { Scenes, advanceUntil, store } from '../setup';

const refusing = { bind_transceiver: () => ({ command_status: 'ESME_RINVPASWD' }) };

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const peer = await Peer.start();
  await peer.stop();
  return peer.port;
}

describe('Starting', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  it('connects by what it is given for that, and to what that finds for a name', async () => {
    const peer = await scenes.peer();
    const asked: unknown[] = [];
    const resolve = (host: string): Promise<string[]> => (asked.push(host), Promise.resolve(['192.0.2.1']));
    const open = (given: ConnectOptions): Promise<Transport> => {
      asked.push(given.address);
      return connect({ ...given, address: '127.0.0.1', port: peer.port });
    };
    const { client } = await scenes.idle(
      {},
      { host: 'smsc.example', network: { resolve, connect: open } },
      peer,
    );
    await client.start();
    assert.deepEqual(asked, ['smsc.example', '192.0.2.1']);
    assert.throws(() => new SmppClient({ network: 'fast' as never }), /network .*connect, resolve or both/);
  });

  it('resolves at the first bind, and tells connecting and bound', async () => {
    const { client, told } = await scenes.bound();
    assert.equal(client.state, 'bound');
    assert.deepEqual(
      told('session').map(({ state }) => state),
      ['connecting', 'bound'],
    );
    await client.start();
    await client.connect();
    assert.equal(told('session').length, 2);
  });

  it('keeps trying while nothing listens, and resolves when something does', async () => {
    const port = await deadPort();
    const { client, clock, told } = await scenes.idle({}, { port });
    const started = client.start();
    await until(() => told('session').some(({ reason }) => reason !== undefined));
    const [failed] = told('session').filter(({ reason }) => reason !== undefined);
    assert.match(failed?.reason ?? '', /nothing listens there/);
    assert.equal(client.state, 'connecting');
    const peer = await Peer.start({}, port);
    await advanceUntil(clock, () => client.state === 'bound');
    await started;
    await client.stop();
    await peer.stop();
  });

  it('failFast rejects with the reason of the first failure, and stays away', async () => {
    const refused = await scenes.idle(refusing);
    await assert.rejects(refused.client.start({ failFast: true }), {
      code: 'BIND_REFUSED',
      command_status: 'ESME_RINVPASWD',
    });
    await refused.clock.advance(1_000_000);
    await pass();
    assert.deepEqual([refused.peer.links.length, refused.client.state], [1, 'disconnected']);
    await until(() => refused.clock.pendingTimers === 0, 'the end of all timers');
    const dead = await scenes.idle({}, { port: await deadPort() });
    await assert.rejects(dead.client.start({ failFast: true }), { code: 'CONNECT_FAILED' });
    assert.equal(dead.clock.pendingTimers, 0);
  });

  it('can be tried again after failFast', async () => {
    const { client } = await scenes.idle((link) => (link === 0 ? refusing : {}));
    await assert.rejects(client.start({ failFast: true }));
    await client.start({ failFast: true });
    assert.equal(client.state, 'bound');
  });

  it("aborted rejects with the signal's reason, stops trying and leaves no listener behind", async () => {
    const { client, peer, clock } = await scenes.idle({ bind_transceiver: silence });
    const stopping = new AbortController();
    const why = new Error('enough');
    const started = client.start({ signal: stopping.signal });
    await (await peer.link()).until('bind_transceiver');
    stopping.abort(why);
    await assert.rejects(started, why);
    await (await peer.link()).untilEnded();
    await until(() => clock.pendingTimers === 0, 'the end of all timers');
    assert.equal(client.state, 'disconnected');
    await assert.rejects(client.start({ signal: stopping.signal }), why);
    assert.equal(clock.pendingTimers, 0);
  });

  it('aborted during the wait between two tries ends it at once', async () => {
    const { client, clock, told } = await scenes.idle({}, { port: await deadPort() });
    const stopping = new AbortController();
    const started = client.start({ signal: stopping.signal });
    await until(() => told('session').some(({ retry_in }) => retry_in !== undefined));
    stopping.abort(new Error('enough'));
    await assert.rejects(started, /enough/);
    assert.deepEqual([client.state, clock.pendingTimers], ['disconnected', 0]);
  });

  it('a signal that is aborted after the bind changes nothing', async () => {
    const { client } = await scenes.idle();
    const stopping = new AbortController();
    await client.start({ signal: stopping.signal });
    stopping.abort();
    await pass();
    assert.equal(client.state, 'bound');
  });

  it('one caller that gives up does not take the link from another', async () => {
    const port = await deadPort();
    const { client, clock, told } = await scenes.idle({}, { port });
    const stopping = new AbortController();
    const patient = client.start();
    const impatient = client.start({ signal: stopping.signal });
    const hasty = client.start({ failFast: true });
    await assert.rejects(hasty, { code: 'CONNECT_FAILED' });
    stopping.abort(new Error('enough'));
    await assert.rejects(impatient, /enough/);
    const peer = await Peer.start({}, port);
    await advanceUntil(clock, () => client.state === 'bound');
    await patient;
    assert.ok(told('session').length > 2);
    await client.stop();
    await peer.stop();
  });

  it('that is overtaken by disconnect or stop rejects with STOPPED', async () => {
    for (const way of ['disconnect', 'stop'] as const) {
      const { client, clock } = await scenes.idle({ bind_transceiver: silence });
      const started = client.start();
      started.catch(() => undefined);
      await pass(5);
      await client[way]();
      await assert.rejects(started, { code: 'STOPPED' });
      assert.deepEqual([client.state, clock.pendingTimers], ['disconnected', 0]);
    }
  });

  it('that is overtaken while the store opens does not come up afterwards', async () => {
    for (const way of ['disconnect', 'stop', 'abort'] as const) {
      let open: () => void = () => undefined;
      const opening = new Promise<void>((resolve) => (open = resolve));
      const clock = new FakeClock();
      const create = async (): Promise<MemoryStore> => {
        await opening;
        return store(clock);
      };
      const resolvePlugin = (type: string): unknown =>
        type === 'smpp-store' ? { type, id: 'slow', apiVersion: 1, create } : undefined;
      const { client, peer } = await scenes.idle({}, { clock, queue: 'slow', resolvePlugin });
      const stopping = new AbortController();
      const started = client.start({ signal: stopping.signal });
      started.catch(() => undefined);
      await pass(5);
      if (way === 'abort') stopping.abort(new Error('enough'));
      const ended = way === 'abort' ? undefined : client[way]();
      open();
      await ended;
      await assert.rejects(started, way === 'abort' ? /enough/ : { code: 'STOPPED' });
      await pass(10);
      assert.deepEqual([client.state, peer.links.length, clock.pendingTimers], ['disconnected', 0, 0]);
    }
  });

  it('after stop is refused', async () => {
    const { client } = await scenes.bound();
    await client.stop();
    await assert.rejects(client.start(), { code: 'STOPPED' });
    await assert.rejects(client.connect(), { code: 'STOPPED' });
  });

  it('opens nothing before, and a client that was never started stops', async () => {
    const { client, peer, clock } = await scenes.idle();
    await pass(10);
    assert.deepEqual([peer.links.length, clock.pendingTimers, client.state], [0, 0, 'disconnected']);
    await client.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('binds with what the options say', async () => {
    const { peer } = await scenes.bound(
      {},
      {
        systemId: 'me',
        password: 'longer than 8',
        systemType: 'VMA',
        addressRange: '^49',
        addressRangeTon: 1,
        addressRangeNpi: '1',
        bindType: 'receiver',
        interfaceVersion: '5.0',
      },
    );
    const request = await (await peer.link()).until('bind_receiver');
    const { system_id, password, system_type, address_range, addr_ton, addr_npi, interface_version } =
      request;
    assert.deepEqual(
      [system_id, password, system_type, address_range, addr_ton, addr_npi, interface_version],
      ['me', 'longer than 8', 'VMA', '^49', 1, 1, 0x50],
    );
  });

  it('on the real clock leaves nothing that keeps a process alive after stop', async () => {
    const peer = await scenes.peer();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const client = new SmppClient({ port: peer.port, logLevel: 'silent' });
    await client.start();
    await client.send({ short_message: 'x', destination_addr: '491511234567' });
    await client.stop();
    // One is the look-out's own.
    await until(() => timers() <= before + 1, 'the end of all timers');
  });
});
