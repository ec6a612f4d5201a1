import assert from 'node:assert/strict';
import type { SmppClientOptions } from '../../../src/index';
import { segment } from '../../../src/text';
import { needs } from '../../support/skip';
import { silence, type PeerLink } from '../../support/peer';
import { pass, until } from '../../support/until';
import { HELLO } from '../setup';
import { Instances, sharedOptions, type Instance } from './setup';

type Fields = Record<string, unknown> & { command: string };

/** The parts of a long message, as an SMSC delivers them. */
function parts(text: string, reference = 7): Fields[] {
  const phone = { command: 'deliver_sm', source_addr: '491511111111', destination_addr: '1234' };
  return segment(text, { method: 'udh8', reference }).segments.map((one) => ({ ...phone, ...one }));
}

describe('What instances hear that share a Redis', () => {
  const world = new Instances();
  let shared: SmppClientOptions;

  before(function () {
    needs(this, 'redis');
  });
  beforeEach(async function () {
    shared = await sharedOptions(this);
  });
  afterEach(() => world.end());

  /** One that is bound, and its link to its own SMSC. */
  async function bound(options: SmppClientOptions = {}, script = {}): Promise<Instance & { link: PeerLink }> {
    const instance = await world.bound({ ...shared, enquireLinkInterval: 0, ...options }, script);
    return { ...instance, link: await instance.peer.link() };
  }

  const payloads = (instances: readonly Instance[]): unknown[] =>
    instances.flatMap(({ told }) => told('message').map(({ payload }) => payload));
  const status = async (link: PeerLink, pdu: Fields): Promise<number> => (await link.ask(pdu)).command_status;

  it('of a long message, part by part, is told whole and once, also where parts come at both', async () => {
    const [a, b] = [await bound(), await bound()];
    const [first, second, third] = parts('a'.repeat(400)) as [Fields, Fields, Fields];
    assert.equal(await status(a.link, first), 0);
    assert.equal(await status(b.link, first), 0);
    assert.equal(await status(b.link, third), 0);
    assert.deepEqual(payloads([a, b]), []);
    assert.equal(await status(a.link, second), 0);
    assert.deepEqual(payloads([a]), ['a'.repeat(400)]);
    assert.equal(await status(b.link, second), 0);
    assert.equal(await status(b.link, third), 0);
    await pass(50);
    assert.deepEqual(payloads([a, b]), ['a'.repeat(400)]);
  });

  it('of many long messages at once is told whole and once, each', async () => {
    const instances = [await bound(), await bound(), await bound()];
    const texts = Array.from({ length: 40 }, (_, n) => `${n} `.repeat(100));
    const heard: Promise<number>[] = [];
    for (const [n, text] of texts.entries()) {
      for (const [at, part] of parts(text, n).entries()) {
        const { link } = instances[(n + at) % 3] as Instance & { link: PeerLink };
        heard.push(status(link, part));
      }
    }
    assert.deepEqual(new Set(await Promise.all(heard)), new Set([0]));
    await until(() => payloads(instances).length >= texts.length);
    await pass(100);
    assert.deepEqual(payloads(instances).sort(), texts.sort());
    assert.ok(instances.filter((one) => payloads([one]).length > 0).length > 1, 'by more than one of them');
  });

  it('of a long message of which a part does not come is told by one of them, after reassemblyTimeout', async () => {
    const options = { reassemblyTimeout: 1 };
    const [a, b] = [await bound(options), await bound(options)];
    const [first, second] = parts('b'.repeat(400)) as [Fields, Fields];
    await status(a.link, first);
    await status(b.link, second);
    await until(() => payloads([a, b]).length > 0, 'what came', 4000);
    await pass(1500);
    const told = [...a.told('message'), ...b.told('message')];
    assert.equal(told.length, 1);
    assert.deepEqual(told[0]?.missing, [3]);
  });

  it('of a long message that one instance heard in part is joined by the next, when that has gone', async () => {
    const a = await bound();
    const [first, second] = parts('c'.repeat(200)) as [Fields, Fields];
    await status(a.link, first);
    await a.client.stop();
    const b = await bound();
    await status(b.link, second);
    assert.deepEqual(payloads([b]), ['c'.repeat(200)]);
  });

  it('as a receipt is matched where another sends, also before that has its response', async () => {
    const tx = await bound({ bindType: 'transmitter' }, { submit_sm: silence });
    const rx = await bound({ bindType: 'receiver' });
    const sent = tx.client.send({ ...HELLO, correlation_id: 'c1' });
    const request = await tx.link.until('submit_sm');
    const answered = rx.link.response(rx.link.receipt('4711'));
    assert.equal((await answered).command_status, 0, 'the SMSC does not wait for the response');
    await pass(120);
    assert.deepEqual(rx.told('receipt'), []);
    tx.link.answer(request, { message_id: '4711' });
    await sent;
    await until(() => rx.told('receipt').length === 1, 'the receipt', 3000);
    const [receipt] = rx.told('receipt');
    assert.deepEqual([receipt?.correlation_id, receipt?.state], ['c1', 'DELIVRD']);
  });

  it('as a receipt for nothing that any has sent is told so after receiptHoldTime', async () => {
    const [, rx] = [await bound(), await bound({ receiptHoldTime: 1 })];
    const start = Date.now();
    rx.link.receipt('nobody');
    await until(() => rx.told('receipt').length === 1, 'the receipt', 3000);
    assert.ok(Date.now() - start >= 950);
    assert.equal(rx.told('receipt')[0]?.id, undefined);
  });

  it('as a final receipt a second time is marked, at whichever', async () => {
    const [a, b] = [await bound(), await bound()];
    await a.client.send({ ...HELLO, correlation_id: 'c1' });
    await until(() => [...a.link.requests('submit_sm'), ...b.link.requests('submit_sm')].length === 1);
    await b.link.response(b.link.receipt('1'));
    await until(() => b.told('receipt').length === 1, 'the first', 3000);
    await pass(50);
    a.link.receipt('1');
    await until(() => a.told('receipt').length === 1, 'the second', 3000);
    const marks = [b, a].map(({ told }) => [
      told('receipt')[0]?.correlation_id,
      told('receipt')[0]?.duplicate,
    ]);
    assert.deepEqual(marks, [
      ['c1', undefined],
      ['c1', true],
    ]);
  });

  it('as a receipt in other notation is matched by what the sender saw of its ids', async () => {
    const tx = await bound(
      { bindType: 'transmitter' },
      {
        submit_sm: (() => {
          let id = 0xabcd00;
          return () => ({ message_id: (id++).toString(16).padStart(12, '0') });
        })(),
      },
    );
    const rx = await bound({ bindType: 'receiver' });
    const sent = await tx.client.sendBatch([HELLO, HELLO, HELLO]);
    assert.ok(sent.every(({ status: one }) => one === 'fulfilled'));
    for (let n = 0; n < 3; n++) rx.link.receipt(String(0xabcd00 + n));
    await until(() => rx.told('receipt').length === 3, 'the receipts', 10_000);
    const matched = rx.told('receipt').filter(({ id }) => id !== undefined);
    assert.equal(matched.length, 3);
  }).timeout(15_000);

  it('only receives where another sends: no warning that messages wait in vain', async () => {
    await bound({ bindType: 'transmitter' });
    const rx = await bound({ bindType: 'receiver' });
    const outcome = await rx.client.send(HELLO);
    assert.equal(outcome.event, 'accepted');
    assert.ok(!rx.lines.some(({ msg }) => String(msg).includes('only receives')));
  });
});
