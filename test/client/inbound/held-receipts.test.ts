import assert from 'node:assert/strict';
import type { Pdu } from '../../../src/protocol';
import { HeldReceipts, type Held } from '../../../src/client/inbound/held-receipts';
import { silence, type PeerLink } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO, Scenes, numbered, type Scene } from '../setup';

const NUMBER = HELLO.destination_addr as string;

describe('Receipts that are held', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const bound = (): Promise<Scene> =>
    scenes.bound({ submit_sm: silence }, { windowSize: 20, enquireLinkInterval: 0, receiptHoldTime: 30 });

  /** Sends so many more to one number; their requests. */
  async function send({ client, peer }: Scene, count: number): Promise<Pdu[]> {
    const before = peer.submits.length;
    const messages = numbered(count).map((one, n) => ({ ...one, correlation_id: `c${before + n}` }));
    client.sendBatch(messages).catch(() => undefined);
    return (await peer.untilSubmits(before + count)).slice(before);
  }

  const receipt = async (link: PeerLink, id: string): Promise<unknown> => link.response(link.receipt(id));

  const told = (scene: Scene): unknown[] =>
    scene.told('receipt').map(({ message_id, correlation_id = 'none' }) => `${message_id} ${correlation_id}`);

  it('for an id that could be converted wait for the response that may bring the very same', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    const [one, other] = await send(scene, 2);
    link.answer(one as Pdu, { message_id: '0000004660' });
    await receipt(link, '1234');
    await pass(20);
    // 4660 is 0x1234, but the message that has no id yet is the one.
    assert.deepEqual(told(scene), []);
    link.answer(other as Pdu, { message_id: '0000001234' });
    await until(() => scene.told('receipt').length === 1, 'the receipt', 200).catch(() => undefined);
    await scene.clock.advance(30_010);
    assert.deepEqual(told(scene), ['1234 c1']);
  });

  it('are told as soon as what they wait for is refused', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    const [one, other] = await send(scene, 2);
    link.answer(one as Pdu, { message_id: '0000001234' });
    await receipt(link, '1234');
    await pass(20);
    assert.deepEqual(told(scene), []);
    link.answer(other as Pdu, { command_status: 0x0b });
    await until(() => scene.told('receipt').length === 1);
    assert.deepEqual(told(scene), ['1234 c0']);
  });

  it('are told with their message where the client stops before the others are answered', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    const [one, another] = await send(scene, 3);
    link.answer(one as Pdu, { message_id: '1001' });
    link.answer(another as Pdu, { message_id: '1002' });
    await until(() => scene.told('response').length === 2);
    await receipt(link, '1002');
    await receipt(link, '1003');
    await pass(20);
    assert.deepEqual(told(scene), []);
    const stopped = scene.client.stop().then(() => told(scene));
    await scene.clock.advance(10_000);
    assert.deepEqual(await stopped, ['1002 c1', '1003 none']);
  });

  it('are told with the message that has the very same id though others are never answered', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    const [one, another] = await send(scene, 3);
    link.answer(one as Pdu, { message_id: '1001' });
    link.answer(another as Pdu, { message_id: '1002' });
    await until(() => scene.told('response').length === 2);
    await receipt(link, '1002');
    // One more goes out each time that the one that is never answered has timed out.
    await scene.clock.advance(15_000);
    await send(scene, 1);
    await scene.clock.advance(15_010);
    assert.deepEqual(told(scene), ['1002 c1']);
  });

  it('wait for nothing any more once the way of the SMSC is learned, and again when it is in doubt', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    for (const [n, request] of (await send(scene, 13)).entries()) {
      link.answer(request, { message_id: `00000${100_001 + n}` });
      await until(() => scene.told('response').length === n + 1);
      await receipt(link, String(100_001 + n));
      await pass(5);
    }
    await until(() => scene.told('receipt').length === 13);
    const [one, other] = await send(scene, 2);
    link.answer(one as Pdu, { message_id: '00000100099' });
    await until(() => scene.told('response').length === 14);
    await receipt(link, '100099');
    await until(() => scene.told('receipt').length === 14);
    assert.equal(told(scene).at(-1), '100099 c13');
    link.answer(other as Pdu, { message_id: '000000186ff' });
    await until(() => scene.told('response').length === 15);
    const [last] = await send(scene, 1);
    link.answer((await send(scene, 1))[0] as Pdu, { message_id: '00000100100' });
    await until(() => scene.told('response').length === 16);
    await receipt(link, '100100');
    await pass(20);
    assert.equal(scene.told('receipt').length, 14);
    link.answer(last as Pdu, { message_id: '00000100103' });
    await until(() => scene.told('receipt').length === 15);
    assert.equal(told(scene).at(-1), '100100 c16');
  });

  it('are not for a message that was sent after they had come, unless it has the very same id', async () => {
    const scene = await bound();
    const link = await scene.peer.link();
    await receipt(link, '1234');
    await receipt(link, '5678');
    const [one, other] = await send(scene, 2);
    link.answer(one as Pdu, { message_id: '0000001234' });
    link.answer(other as Pdu, { message_id: '5678' });
    await until(() => scene.told('receipt').length === 1);
    await scene.clock.advance(30_010);
    assert.deepEqual(told(scene), ['5678 c1', '1234 none']);
  });

  it('count their ids, numbers, keys and what is kept beside them, and none twice', () => {
    const held = new HeldReceipts<never>({ count: 10, octets: 300_000 });
    const make = (id: string, octets: number): Held<never> =>
      held.make(
        { ids: [id], source: NUMBER, destination: 'Shop', final: true },
        { octets, dueAt: 0, since: 0, awaited: new Set(), overdue: new Set() },
      );
    const long = make('x'.repeat(50_000), 100_000);
    assert.ok(long.octets >= 200_000 && long.octets < 250_000, String(long.octets));
    assert.ok(long.keys.every((key) => key.length < 100));
    const all = [long, make('1', 10_000), make('2', 120_000)];
    for (const one of all) held.add(one);
    assert.ok(held.isOver());
    assert.equal(held.oldest(), long);
    for (const one of [long, long]) held.remove(one);
    assert.equal(held.isOver(), false);
    for (const one of all) held.remove(one);
    assert.deepEqual([held.size, held.octets, held.alike('1').size], [0, 0, 0]);
  });
});
