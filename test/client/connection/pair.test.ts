import assert from 'node:assert/strict';
import { silence, type Peer } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, advanceUntil, type Scene } from '../setup';

const bindsOf = (peer: Peer): string[] =>
  peer.links.flatMap(({ received }) =>
    received.filter(({ command }) => command.startsWith('bind_')).map(({ command }) => command),
  );

describe('A pair', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** A pair at two centres. */
  async function pair(options = {}): Promise<Scene & { receiver: Peer }> {
    const receiver = await scenes.peer();
    const scene = await scenes.bound({}, { bindType: 'pair', receiverPort: receiver.port, ...options });
    await until(() => scene.client.state === 'bound');
    return { ...scene, receiver };
  }

  it('binds a transmitter and a receiver of the same account at the same host, unless told otherwise', async () => {
    const { client, peer } = await scenes.bound({}, { bindType: 'pair', interfaceVersion: '3.3' });
    await until(() => client.state === 'bound');
    assert.deepEqual(bindsOf(peer).sort(), ['bind_receiver', 'bind_transmitter']);
    const accounts = peer.links.map(({ received }) => [received[0]?.system_id, received[0]?.password]);
    assert.deepEqual(accounts, [
      ['a', 'secret'],
      ['a', 'secret'],
    ]);
  });

  it('binds the receiver at its own host with its own credentials', async () => {
    const { peer, receiver } = await pair({ receiverSystemId: 'b', receiverPassword: 'other' });
    assert.deepEqual([bindsOf(peer), bindsOf(receiver)], [['bind_transmitter'], ['bind_receiver']]);
    const { system_id, password } = await receiver.links[0]!.until('bind_receiver');
    assert.deepEqual([system_id, password], ['b', 'other']);
  });

  it('has the account of each half in its lines', async () => {
    const { lines } = await pair({ receiverSystemId: 'b', receiverPassword: 'other', logLevel: 'debug' });
    const binds = lines.filter(({ event, stage }) => event === 'bind' && stage === 'end');
    assert.deepEqual(
      binds.map(({ command, system_id }) => `${String(command)} ${String(system_id)}`).sort(),
      ['bind_receiver b', 'bind_transmitter a'],
    );
  });

  it('sends over the one, and matches receipts that come over the other', async () => {
    const { client, peer, receiver, told } = await pair();
    const { id, message_id } = await client.send({ ...HELLO, registered_delivery: 1 });
    assert.deepEqual([peer.submits.length, receiver.submits.length], [1, 0]);
    const link = await receiver.link();
    await link.response(link.receipt(message_id));
    const [receipt] = told('receipt');
    assert.deepEqual([receipt?.id, receipt?.matched], [id, true]);
  });

  it('whose receiver is away goes on sending, says so, and brings the receiver back', async () => {
    const { client, receiver, told, clock } = await pair();
    receiver.links[0]?.socket.destroy();
    await until(() => client.state === 'tx only');
    const lost = told('session').at(-1);
    assert.deepEqual(
      [lost?.state, lost?.bind_type, lost?.bound, lost?.sessions],
      ['tx only', 'receiver', 1, 2],
    );
    await client.send(HELLO);
    await advanceUntil(clock, () => client.state === 'bound');
    assert.equal(receiver.links.length, 2);
    assert.deepEqual(
      [told('session').at(-1)?.state, told('session').at(-1)?.bind_type],
      ['bound', 'receiver'],
    );
  });

  it('whose transmitter is away goes on receiving, and queues', async () => {
    const { client, peer, receiver, told, clock } = await pair();
    peer.links[0]?.socket.destroy();
    await until(() => client.state === 'rx only');
    const sent = client.send(HELLO);
    const link = await receiver.link();
    const fields = { source_addr: '1', destination_addr: '2', short_message: Buffer.from('x') };
    await link.response(link.send({ command: 'deliver_sm', ...fields }));
    assert.equal(told('message').length, 1);
    await assert.rejects(client.send({ command: 'query_sm', message_id: '1' }), { code: 'NOT_BOUND' });
    await advanceUntil(clock, () => client.state === 'bound');
    await sent;
    assert.equal(peer.submits.length, 1);
  });

  it('has each half wait in its own time', async () => {
    const scene = await scenes.idle(
      { bind_receiver: () => ({ command_status: 'ESME_RINVPASWD' }) },
      { bindType: 'pair', random: () => 1, enquireLinkInterval: 0 },
    );
    await scene.client.start();
    const waits = (type: string): number[] =>
      scene
        .told('session')
        .flatMap(({ bind_type, retry_in }) => (bind_type === type ? (retry_in ?? []) : []));
    await advanceUntil(scene.clock, () => waits('receiver').length === 2, 1000);
    scene.peer.links.find(({ received }) => received[0]?.command === 'bind_transmitter')?.socket.destroy();
    await advanceUntil(scene.clock, () => waits('transmitter').length === 1, 1000);
    assert.deepEqual([waits('receiver').slice(0, 2), waits('transmitter')], [[60, 60], [0]]);
    assert.notEqual(scene.client.state, 'bound');
  });

  it('shows that it is paused before it shows that a half is missing', async () => {
    const { client, receiver, told } = await pair();
    client.pause();
    assert.equal(client.state, 'paused');
    receiver.links[0]?.socket.destroy();
    await until(() => told('session').at(-1)?.bound === 1);
    assert.equal(client.state, 'paused');
    client.resume();
    await until(() => client.state === 'tx only');
  });

  it('reports each of its sessions', async () => {
    const { client, peer, receiver } = await pair();
    const { sessions, state, host, port } = await client.status();
    assert.deepEqual([state, host, port], ['bound', '127.0.0.1', peer.port]);
    const common = { state: 'bound', host: '127.0.0.1', in_flight: 0, window_size: 10 };
    assert.deepEqual(
      sessions.map(({ session: _, ...rest }) => rest),
      [
        { ...common, bind_type: 'transmitter', port: peer.port },
        { ...common, bind_type: 'receiver', port: receiver.port },
      ],
    );
  });

  it('unbinds both when it stops, and drains what is on the wire', async () => {
    let answer: (() => void) | undefined;
    const receiver = await scenes.peer();
    const scene = await scenes.bound(
      {
        submit_sm: (pdu, link) => {
          answer = () => link.answer(pdu, { message_id: '1' });
          return silence(pdu, link);
        },
      },
      { bindType: 'pair', receiverPort: receiver.port },
    );
    await until(() => scene.client.state === 'bound');
    const sent = scene.client.send(HELLO);
    await scene.peer.untilSubmits(1);
    const stopped = scene.client.disconnect();
    answer?.();
    await Promise.all([sent, stopped]);
    for (const { links } of [scene.peer, receiver]) assert.equal(links[0]?.requests('unbind').length, 1);
    assert.deepEqual([scene.client.state, scene.told('session').at(-1)?.bound], ['disconnected', 0]);
  });
});
