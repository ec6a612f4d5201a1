import assert from 'node:assert/strict';
import { segment } from '../../../src/text';
import { until } from '../../support/until';
import { HELLO, Scenes, type Scene, type SceneOptions } from '../setup';

const PHONE = { command: 'deliver_sm', source_addr: '491517654321', destination_addr: '1234' };
const hello = { ...PHONE, short_message: Buffer.from('hello') };

describe('What comes in over several sessions', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  async function two(options: SceneOptions = {}): Promise<Scene> {
    const scene = await scenes.bound({}, { sessions: 2, enquireLinkInterval: 0, ...options });
    await until(() => scene.told('session').at(-1)?.bound === 2);
    return scene;
  }

  it('in parts is joined', async () => {
    const { peer, told } = await two();
    const parts = segment('a'.repeat(400), { method: 'udh8', reference: 1 }).segments;
    for (const [n, part] of parts.entries()) await peer.links[n % 2]?.ask({ ...PHONE, ...part });
    assert.deepEqual(
      told('message').map(({ payload }) => payload),
      ['a'.repeat(400)],
    );
  });

  it('as a receipt finds its message, whichever session that went over', async () => {
    const { client, peer, told } = await two();
    const { id, message_id } = await client.send(HELLO);
    const sender = peer.links.findIndex((link) => link.requests('submit_sm').length === 1);
    const other = peer.links[1 - sender];
    await other?.response(other.receipt(message_id));
    assert.deepEqual([told('receipt')[0]?.id, told('receipt')[0]?.matched], [id, true]);
  });

  it('is answered on the session that it came on', async () => {
    const { client, peer, told } = await two({ acknowledge: 'manual' });
    const [one, other] = peer.links;
    const numbers = [
      one?.send({ ...hello, sequence_number: 7 }),
      other?.send({ ...hello, sequence_number: 7 }),
    ];
    await until(() => told('message').length === 2);
    client.acknowledge(told('message')[0]?.ack_id as string, 'ESME_RX_R_APPN');
    client.acknowledge(told('message')[1]?.ack_id as string);
    const answers = [
      await one?.response(numbers[0] as number),
      await other?.response(numbers[1] as number),
    ].map((answer) => answer?.command_status);
    assert.deepEqual(answers.sort(), [0, 0x66]);
    assert.deepEqual(
      [one, other].map((link) => link?.requests('deliver_sm_resp').length),
      [1, 1],
    );
  });

  it('of which one is lost is ACK_GONE for that one alone', async () => {
    const { client, peer, told } = await two({ acknowledge: 'manual' });
    const [one, other] = peer.links;
    one?.send(hello);
    await until(() => told('message').length === 1);
    const number = other?.send(hello) as number;
    await until(() => told('message').length === 2);
    one?.socket.destroy();
    await until(() => told('session').at(-1)?.bound === 1);
    assert.throws(() => client.acknowledge(told('message')[0]?.ack_id as string), { code: 'ACK_GONE' });
    client.acknowledge(told('message')[1]?.ack_id as string);
    assert.equal((await other?.response(number))?.command_status, 0);
  });

  it('counts together for ackLimit', async () => {
    const { client, peer, told } = await two({ acknowledge: 'manual', ackLimit: 3 });
    for (const link of peer.links) for (let n = 0; n < 3; n++) link.send(hello);
    await until(() => told('message').length === 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(told('message').length, 3);
    for (let n = 0; n < 6; n++) {
      await until(() => told('message').length > n);
      client.acknowledge(told('message')[n]?.ack_id as string);
    }
    await until(() => peer.links.every((link) => link.requests('deliver_sm_resp').length === 3));
  });
});
