import assert from 'node:assert/strict';
import { statusName } from '../../../src/protocol';
import { segment } from '../../../src/text';
import type { PeerLink } from '../../support/peer';
import { silence } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, numbered, type Scene } from '../setup';

const PHONE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };
const hello = { ...PHONE, short_message: Buffer.from('hello') };
const quiet = { enquireLinkInterval: 0, random: () => 0 } as const;
const manual = { ...quiet, acknowledge: 'manual' } as const;

/** Responses to what the centre sent, in their order. */
const answers = (link: PeerLink): [number, string][] =>
  link.received
    .filter(({ command }) => /^(deliver_sm|data_sm|unbind)_resp$/.test(command))
    .map(({ sequence_number, command_status }) => [sequence_number, statusName(command_status)]);

/** The centre unbinds, and the client has read it. */
async function unbind(link: PeerLink): Promise<number> {
  const number = link.send({ command: 'unbind' });
  await link.ask({ command: 'enquire_link' });
  return number;
}

describe('A centre that unbinds', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  /** A client whose flow works on each message until it is told to be done. */
  async function working(options = {}): Promise<Scene & { link: PeerLink; done: (() => void)[] }> {
    const scene = await scenes.bound({}, { ...quiet, ...options });
    const done: (() => void)[] = [];
    scene.client.on('message', () => new Promise<void>((resolve) => done.push(resolve)));
    return { ...scene, link: await scene.peer.link(), done };
  }

  it('gets its answers first where handlers still work, then unbind_resp; the flow gets nothing twice', async () => {
    const { link, done, told, client, clock } = await working();
    const message = link.send(hello);
    await until(() => done.length === 1);
    const unbound = await unbind(link);
    assert.deepEqual(answers(link), []);
    done[0]?.();
    await link.response(unbound);
    assert.deepEqual(answers(link), [
      [message, 'ESME_ROK'],
      [unbound, 'ESME_ROK'],
    ]);
    await until(() => told('session').some(({ reason }) => reason === 'unbound by the peer'));
    await clock.advance(1000);
    await until(() => client.state === 'bound');
    assert.equal(told('message').length, 1);
  });

  it('is asked to repeat what waits for its turn, at once, and what handlers are not done with in three seconds', async () => {
    const { link, done, clock } = await working({ ackLimit: 1 });
    const [first, second] = [link.send(hello), link.send(hello)];
    await until(() => done.length === 1);
    const unbound = await unbind(link);
    assert.equal(statusName((await link.response(second)).command_status), 'ESME_RX_T_APPN');
    assert.equal(link.requests('unbind_resp').length, 0);
    await clock.advance(3000);
    await link.response(unbound);
    assert.deepEqual(answers(link), [
      [second, 'ESME_RX_T_APPN'],
      [first, 'ESME_RX_T_APPN'],
      [unbound, 'ESME_ROK'],
    ]);
  });

  it('gets the acknowledgement of what is held, and is asked to repeat what the flow does not acknowledge in time', async () => {
    const { client, peer, told, clock } = await scenes.bound({}, manual);
    const link = await peer.link();
    const [first, second] = [link.send(hello), link.send(hello)];
    await until(() => told('message').length === 2);
    const unbound = await unbind(link);
    const [one, other] = told('message').map(({ ack_id }) => ack_id as string);
    client.acknowledge(one as string);
    await link.response(first);
    await clock.advance(3000);
    await link.response(unbound);
    assert.deepEqual(answers(link), [
      [first, 'ESME_ROK'],
      [second, 'ESME_RX_T_APPN'],
      [unbound, 'ESME_ROK'],
    ]);
    await until(() => told('session').some(({ reason }) => reason === 'unbound by the peer'));
    assert.throws(() => client.acknowledge(other as string), { code: 'ACK_GONE' });
  });

  it('repeats the last part of a held long message over the next session, and the flow gets it whole', async () => {
    const { client, peer, told, clock } = await scenes.bound({}, manual);
    const link = await peer.link();
    const [one, two] = segment('x'.repeat(200), { method: 'udh8', reference: 7 }).segments.map((part) => ({
      ...PHONE,
      ...part,
    }));
    await link.ask(one as typeof PHONE);
    const last = link.send(two as typeof PHONE);
    await until(() => told('message').length === 1);
    const unbound = await unbind(link);
    await clock.advance(3000);
    await link.response(unbound);
    assert.equal(statusName((await link.response(last)).command_status), 'ESME_RX_T_APPN');
    await clock.advance(1000);
    const next = await peer.link(1);
    await until(() => client.state === 'bound');
    const again = next.send(two as typeof PHONE);
    await until(() => told('message').length === 2);
    client.acknowledge(told('message')[1]?.ack_id as string);
    await next.response(again);
    assert.deepEqual(
      told('message').map(({ payload }) => (payload as string).length),
      [200, 200],
    );
  });

  it('of one session of several gets no more messages on it, and the others go on', async () => {
    const { link, done, client, peer } = await working({ sessions: 2 });
    await until(() => peer.links.length === 2 && client.state === 'bound');
    link.send(hello);
    await until(() => done.length === 1);
    const unbound = await unbind(link);
    await client.sendBatch(numbered(30));
    assert.equal(link.requests('submit_sm').length, 0);
    assert.equal((await peer.link(1)).requests('submit_sm').length, 30);
    done[0]?.();
    await link.response(unbound);
  });

  it('is asked to repeat what a stopping client has not answered, before that unbinds', async () => {
    const { link, done, client, clock } = await working({ drainTimeout: 2 });
    const message = link.send(hello);
    await until(() => done.length === 1);
    const stopped = client.stop();
    await clock.advance(2000);
    await stopped;
    assert.deepEqual(answers(link), [[message, 'ESME_RX_T_APPN']]);
    const order = link.received.map(({ command }) => command);
    assert.ok(order.indexOf('deliver_sm_resp') < order.indexOf('unbind'));
  });

  it('of a client that disconnects: what is held is to be repeated and cannot be acknowledged any more', async () => {
    const options = { ...manual, drainTimeout: 2 };
    const { client, peer, told, clock } = await scenes.bound({ unbind: silence }, options);
    const link = await peer.link();
    const message = link.send(hello);
    await until(() => told('message').length === 1);
    const gone = client.disconnect();
    await clock.advance(2000);
    await link.until('unbind');
    assert.deepEqual(answers(link), [[message, 'ESME_RX_T_APPN']]);
    const ackId = told('message')[0]?.ack_id as string;
    assert.throws(() => client.acknowledge(ackId), { code: 'ACK_GONE' });
    await clock.advance(1000);
    await gone;
  });

  it('that only closes its half gets its answers as well', async () => {
    const { link, done } = await working();
    const message = link.send(hello);
    await until(() => done.length === 1);
    link.socket.end();
    done[0]?.();
    await link.untilEnded();
    assert.deepEqual(answers(link), [[message, 'ESME_ROK']]);
  });

  it('gives the responses that it owes meanwhile', async () => {
    const scene = await scenes.bound({ submit_sm: silence }, quiet);
    const link = await scene.peer.link();
    const sent = scene.client.send(HELLO);
    const request = await link.until('submit_sm');
    await unbind(link);
    link.answer(request, { message_id: '7' });
    const { message_id, redelivered } = await sent;
    assert.deepEqual([message_id, redelivered], ['7', false]);
  });
});
