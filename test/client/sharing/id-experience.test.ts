import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IdExperience } from '../../../src/client/inbound/id-experience';
import { silentLog } from '../../../src/observability';
import { openMemoryStore, type KeyValueState } from '../../../src/store';
import { pass } from '../../support/until';

const AUTO = { response: 'auto', receipt: 'auto' } as const;

/** Hexadecimal in responses, decimal in receipts. */
const hexPair = (n: number): [string, string] => [(0xab000 + n).toString(16), String(0xab000 + n)];

describe('What instances learn of message_ids', () => {
  let state: KeyValueState;
  beforeEach(() => {
    ({ state } = openMemoryStore({ capacity: 0, whenFull: 'reject' }));
  });

  async function experience(isShared = true): Promise<IdExperience> {
    const made = new IdExperience({ state, log: silentLog, formats: AUTO, isShared: () => isShared });
    await made.load();
    return made;
  }
  const saved = (): Promise<void> => pass(5);
  function learn(one: IdExperience, pairs: number): void {
    for (let n = 0; n < pairs; n++) {
      const [messageId, receiptId] = hexPair(n);
      one.learn(messageId, { relation: 'hex-decimal', receiptId });
    }
  }

  it('is all there for the next, whoever writes last', async () => {
    const [sender, hearer] = [await experience(), await experience()];
    sender.observe('0000000000ab');
    sender.observe('0x1f');
    learn(hearer, 3);
    await saved();
    await sender.refresh();
    await hearer.refresh();
    await saved();
    const next = await experience();
    assert.deepEqual([...next.widths].sort(), [12, 2]);
    assert.equal(next.prefixed, true);
    assert.ok(next.evidence.has('hex-decimal'));
  });

  it('is told to who waits for it, when that reads again', async () => {
    const [sender, hearer] = [await experience(), await experience()];
    let learned = 0;
    hearer.onLearned = () => learned++;
    sender.observe('0000000000ab');
    await saved();
    await hearer.refresh();
    assert.equal(learned, 1);
    assert.deepEqual(hearer.widths, [12]);
    await hearer.refresh();
    assert.equal(learned, 1, 'nothing is new');
  });

  it('does not keep alive what has not been seen for long', async () => {
    const [one, other] = [await experience(), await experience()];
    learn(one, 1);
    await saved();
    await other.refresh();
    assert.ok(other.evidence.has('hex-decimal'));
    for (let n = 0; n < 60; n++) {
      const id = `c${n}00`;
      other.learn(id, { relation: 'exact', receiptId: id });
      await other.refresh();
    }
    await saved();
    await other.refresh();
    assert.ok(!other.evidence.has('hex-decimal'), 'by the other');
    await one.refresh();
    assert.ok(!one.evidence.has('hex-decimal'), 'nor by who has seen it');
  });

  it('is not lost, in whatever order instances learn, write and read', async () => {
    const step = fc.record({
      by: fc.nat(2),
      what: fc.constantFrom<'width' | 'pair' | 'refresh' | 'wait'>('width', 'pair', 'refresh', 'wait'),
      n: fc.nat(8),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      ({ state } = openMemoryStore({ capacity: 0, whenFull: 'reject' }));
      const all = [await experience(), await experience(), await experience()];
      const widths = new Set<number>();
      let hasPair = false;
      for (const { by, what, n } of steps) {
        const one = all[by] as IdExperience;
        if (what === 'width') {
          one.observe('1'.padStart(n + 3, '0'));
          widths.add(n + 3);
        } else if (what === 'pair') {
          learn(one, 1);
          hasPair = true;
        } else if (what === 'refresh') void one.refresh();
        else await saved();
      }
      for (let round = 0; round < 2; round++) {
        for (const one of all) await one.refresh();
        await saved();
      }
      const next = await experience();
      assert.deepEqual(new Set(next.widths), widths);
      assert.equal(next.evidence.has('hex-decimal'), hasPair);
    });
    await fc.assert(property, { numRuns: 40 });
  }).timeout(60_000);

  it('is written at once where the store is not shared, and nothing read before', async () => {
    const alone = await experience(false);
    alone.observe('0000000000ab');
    await saved();
    assert.ok(String(await state.get('message-ids')).includes('12'));
    await state.delete(['message-ids']);
    await alone.refresh();
    assert.equal(await state.get('message-ids'), undefined);
  });
});
