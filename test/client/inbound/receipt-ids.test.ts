import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../../support/clock';
import { silence, type Answering } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO, Scenes, store, type Scene, type SceneOptions } from '../setup';

const ONE = '491511111111';
const OTHER = '491522222222';

/** Responses with these ids, one after the other. */
function ids(...all: string[]): Answering {
  let n = 0;
  return () => ({ message_id: all[n++] ?? `more${n}` });
}

describe('Ids of receipts', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  const bound = (all: string[], options: SceneOptions = {}): Promise<Scene> =>
    scenes.bound({ submit_sm: ids(...all) }, { receiptHoldTime: 0, ...options });

  async function send(scene: Scene, ...destinations: string[]): Promise<string[]> {
    const sent = [];
    for (const destination_addr of destinations)
      sent.push((await scene.client.send({ ...HELLO, destination_addr })).id);
    return sent;
  }

  /** Which message a receipt is matched to; '' for none. */
  async function match(scene: Scene, messageId: string, source_addr: string, tlvs = {}): Promise<string> {
    const before = scene.told('receipt').length;
    const link = await scene.peer.link(scene.peer.links.length - 1);
    await link.response(link.receipt(messageId, 'DELIVRD', { source_addr, tlvs }));
    await until(() => scene.told('receipt').length > before);
    const { matched, id } = scene.told('receipt')[before] ?? {};
    return matched ? String(id) : '';
  }

  const learned = ({ lines }: Scene): string[] =>
    lines.filter(({ event, stage }) => event === 'receipt' && stage === 'ids').map(({ msg }) => String(msg));

  for (const [how, response, receipt] of [
    ['hexadecimal in the response, decimal in the receipt', '3f2a', '16170'],
    ['in upper case', '3F2A', '16170'],
    ['filled up with zeros in the response', '00003F2A', '16170'],
    ['filled up with zeros in the receipt', '3f2a', '0000016170'],
    ['decimal in the response, hexadecimal in the receipt', '16170', '3F2A'],
    ['the same, filled up', '0000016170', '00003f2a'],
    ['without the zeros in front', '0000016170', '16170'],
    ['with more zeros in front', '16170', '0000016170'],
    ['in other case', '3f2a', '3F2A'],
    ['in other case, no number', '6F9619FF-8B86-D011', '6f9619ff-8b86-d011'],
  ] as const) {
    it(`match by what they mean: ${how}`, async () => {
      const scene = await bound([response]);
      const [id] = await send(scene, ONE);
      assert.equal(await match(scene, receipt, ONE), id);
    });

    it(`match when the receipt comes first: ${how}`, async () => {
      const scene = await scenes.bound({ submit_sm: silence });
      const sent = scene.client.send({ ...HELLO, destination_addr: ONE });
      const [request] = await scene.peer.untilSubmits(1);
      const link = await scene.peer.link();
      await link.response(link.receipt(receipt, 'DELIVRD', { source_addr: ONE }));
      link.answer(request as never, { message_id: response });
      await until(() => scene.told('receipt').length === 1);
      assert.deepEqual(
        [scene.told('receipt')[0]?.matched, scene.told('receipt')[0]?.id],
        [true, (await sent).id],
      );
    });

    it(`do not match by conversion where the number is another: ${how}`, async () => {
      const scene = await bound([response]);
      await send(scene, ONE);
      assert.equal(await match(scene, receipt, OTHER), '');
    });
  }

  it('match exactly whatever the address, for centres rewrite it', async () => {
    const scene = await bound(['3f2a']);
    const [id] = await send(scene, ONE);
    assert.equal(await match(scene, '3f2a', OTHER), id);
  });

  it('match exactly before any conversion', async () => {
    const scene = await bound(['16', '10', '22']);
    const [sixteen] = await send(scene, ONE, ONE, ONE);
    assert.equal(await match(scene, '16', ONE), sixteen);
  });

  it('that exactly are those of a message to another number, and by conversion of one to this, are of this', async () => {
    const scene = await bound(['16', '10']);
    const [, ten] = await send(scene, OTHER, ONE);
    assert.equal(await match(scene, '16', ONE), ten);
  });

  it('that may be of two messages to the same number are of none', async () => {
    // 16 is 0x10 in decimal, and 22 is 0x16.
    const scene = await bound(['10', '22']);
    await send(scene, ONE, ONE);
    assert.equal(await match(scene, '16', ONE), '');
    assert.deepEqual(learned(scene), []);
  });

  it('tell the notation once, by a pair without doubt, and from then on it goes first', async () => {
    const scene = await bound(['3f2a', '16', '10', '3f2b']);
    const [first, , ten, last] = await send(scene, ONE, ONE, ONE, ONE);
    assert.equal(await match(scene, '16170', ONE), first);
    assert.equal(await match(scene, '16', ONE), ten);
    assert.equal(await match(scene, '16171', ONE), last);
    const said = learned(scene);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /hexadecimal in responses and in decimal in receipts.*responseIdFormat hex/);
  });

  it('of a pair that may be read two ways teach nothing', async () => {
    const scene = await bound(['4711']);
    const [id] = await send(scene, ONE);
    assert.equal(await match(scene, '18193', ONE), id);
    assert.deepEqual(learned(scene), []);
  });

  it('of digits alone are not guessed where they were the same before: a centre that counts has both', async () => {
    const scene = await bound(['1000', '1001']);
    const [ten] = await send(scene, ONE, ONE);
    assert.equal(await match(scene, '1000', ONE), ten);
    // 4097 is 0x1001 in decimal, but it is as well an id whose response was lost.
    assert.equal(await match(scene, '4097', ONE), '');
  });

  it('of few digits are not guessed at all', async () => {
    const scene = await bound(['10']);
    await send(scene, ONE);
    assert.equal(await match(scene, '16', ONE), '');
  });

  it('that prove it wrong make it forget', async () => {
    const scene = await bound(['3f2a', '777', '778']);
    const [, second, third] = await send(scene, ONE, ONE, ONE);
    await match(scene, '16170', ONE);
    assert.equal(await match(scene, '777', ONE), second);
    assert.equal(learned(scene).length, 2);
    assert.equal(await match(scene, '778', ONE), third);
    assert.equal(learned(scene).length, 2);
  });

  it('learned, and the widths of ids, outlive the client with the store', async () => {
    const clock = new FakeClock();
    const queue = store(clock);
    const before = await bound(['00003f2a', '00000010', '00000016'], { clock, queue });
    const [, ten] = await send(before, ONE, ONE, ONE);
    await match(before, '16170', ONE);
    await before.client.stop();
    const after = await bound([], { clock, queue });
    assert.equal(await match(after, '16', ONE), ten);
    assert.deepEqual(learned(after), []);
  });

  it('are found days later, after a restart, on the disk', async () => {
    const queueDirectory = mkdtempSync(join(tmpdir(), 'smpp-ids-'));
    try {
      const clock = new FakeClock();
      const options = { clock, queue: 'disk', queueDirectory, enquireLinkInterval: 0 };
      const peer = await scenes.peer({ submit_sm: ids('00003F2A', '00003F2B') });
      const before = await scenes.bound({}, options, peer);
      const [first, second] = await send(before, ONE, OTHER);
      await before.client.stop();
      await clock.advance(3 * 86_400_000);
      const after = await scenes.bound({}, { ...options, receiptHoldTime: 0 }, peer);
      assert.equal(await match(after, '16171', OTHER), second);
      assert.equal(await match(after, '3f2a', ONE), first);
      await after.client.stop();
    } finally {
      rmSync(queueDirectory, { recursive: true, force: true });
    }
  });

  it('said by the options are read so, exactly or not, and the address need not agree', async () => {
    const scene = await bound(['16', '10'], { responseIdFormat: 'hex', receiptIdFormat: 'decimal' });
    const [, ten] = await send(scene, ONE, ONE);
    assert.equal(await match(scene, '16', OTHER), ten);
    assert.deepEqual(learned(scene), []);
  });

  it('said to be text are taken as they are', async () => {
    const scene = await bound(['3f2a'], { responseIdFormat: 'text', receiptIdFormat: 'text' });
    const [id] = await send(scene, ONE);
    assert.equal(await match(scene, '16170', ONE), '');
    assert.equal(await match(scene, '3f2a', ONE), id);
  });

  it('said for one side alone leave the other to be found out', async () => {
    const scene = await bound(['3f2a'], { receiptIdFormat: 'decimal' });
    const [id] = await send(scene, ONE);
    assert.equal(await match(scene, '16170', ONE), id);
  });

  it('in the TLV and in the text are both looked for, the TLV first', async () => {
    const scene = await bound(['3f2a', 'other']);
    const [id] = await send(scene, ONE, ONE);
    assert.equal(await match(scene, 'nobody', ONE, { receipted_message_id: '3f2a', message_state: 2 }), id);
    assert.equal(await match(scene, '3f2a', ONE, { receipted_message_id: 'nobody', message_state: 2 }), id);
    assert.equal(await match(scene, 'other', ONE, { receipted_message_id: '3f2a', message_state: 2 }), id);
  });

  it('in a TLV beside a text with another are those of the response, whatever the formats say', async () => {
    const scene = await bound(['16', '10'], { responseIdFormat: 'hex', receiptIdFormat: 'decimal' });
    const [sixteen, ten] = await send(scene, ONE, ONE);
    const tlvs = { receipted_message_id: '16', message_state: 2 };
    assert.equal(await match(scene, '22', ONE, tlvs), sixteen);
    assert.equal(await match(scene, '16', ONE), ten);
  });

  it('of a centre that does not turn the addresses round match too', async () => {
    const scene = await bound(['3f2a']);
    const [id] = await send(scene, ONE);
    const link = await scene.peer.link();
    await link.response(
      link.receipt('16170', 'DELIVRD', { source_addr: 'Shop', destination_addr: `+${ONE}` }),
    );
    await until(() => scene.told('receipt').length === 1);
    assert.equal(scene.told('receipt')[0]?.id, id);
  });

  it('of one message to many numbers match whichever of them it comes from, which is its topic', async () => {
    const scene = await scenes.bound({ submit_multi: ids('3f2a') }, { receiptHoldTime: 0 });
    const { id } = await scene.client.send({
      ...HELLO,
      command: 'submit_multi',
      destination_addr: [ONE, OTHER],
    });
    for (const number of [OTHER, ONE]) assert.equal(await match(scene, '16170', number), id);
    assert.deepEqual(
      scene.told('receipt').map(({ topic }) => topic),
      [OTHER, ONE],
    );
  });

  it('cost a bounded number of look-ups, also where nothing matches', async () => {
    let looked = 0;
    const correlator = {
      put: () => Promise.resolve(),
      get: () => (looked++, Promise.resolve([])),
      expire: () => Promise.resolve(0),
    };
    const scene = await bound([], { correlator });
    await match(scene, '1234567890', ONE);
    assert.ok(looked > 1 && looked <= 40, `${looked} look-ups`);
  });
});
