import assert from 'node:assert/strict';
import { SmppClient, type ReceiptEvent, type SmppClientOptions } from '../../../src/index';
import { Smsc, type Rule } from '../../../src/simulator';
import { HELLO, numbered } from '../setup';

const NOTATIONS = ['decimal', 'padded', 'hex', 'HEX'] as const;

describe('Receipts of centres with habits', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** All messages are delivered, and every receipt is the right one's. */
  async function deliverAll(rules: readonly Rule[], options: SmppClientOptions = {}): Promise<string[]> {
    const smsc = new Smsc({ receiptDelay: 0.01, rules });
    const { port } = await smsc.start();
    const said: string[] = [];
    const log = ({ stage, msg }: Record<string, unknown>): void => {
      if (stage === 'ids') said.push(String(msg));
    };
    const client = new SmppClient({ port, log, ...options });
    ends.push(
      () => smsc.stop(),
      () => client.stop(),
    );
    await client.start();
    const receipts: ReceiptEvent[] = [];
    client.on('receipt', (event) => void receipts.push(event));
    // All to one number: the address alone tells nothing.
    const messages = [...numbered(30), { ...HELLO, short_message: 'x'.repeat(400), correlation_id: 'long' }];
    const outcomes = await client.sendBatch(
      messages.map((message, n) => ({ correlation_id: String(n), ...message })),
      { completeWhen: 'delivered', deliveredTimeout: 20 },
    );
    const reasons = outcomes.map((one) => one.status === 'rejected' && String(one.reason)).filter(Boolean);
    assert.deepEqual(reasons, []);
    for (const { matched, correlation_id: id, text } of receipts) {
      assert.ok(matched);
      if (id !== 'long') assert.equal(text, id);
    }
    assert.equal(receipts.length, 33);
    return said;
  }

  for (const response of NOTATIONS) {
    for (const receipt of NOTATIONS) {
      it(`who write ${response} in responses and ${receipt} in receipts`, async () => {
        const said = await deliverAll([{ type: 'ids', response, receipt }]);
        const [one, other] = [response, receipt].map((name) => name.toLowerCase() === 'hex');
        assert.equal(said.length, one === other ? 0 : 1, said.join());
      });

      it(`the same, receipts first: ${response}, ${receipt}`, async () => {
        await deliverAll([
          { type: 'ids', response, receipt },
          { type: 'early-receipt', seconds: 0.02 },
        ]);
      });
    }
  }

  it('who have UUIDs', () => deliverAll([{ type: 'ids', response: 'uuid' }]));

  it('whose ways were said', async () => {
    const said = await deliverAll([{ type: 'ids', response: 'HEX', receipt: 'padded' }], {
      responseIdFormat: 'hex',
      receiptIdFormat: 'decimal',
    });
    assert.deepEqual(said, []);
  });

  it('over several sessions, on each of which some come', () =>
    deliverAll([{ type: 'ids', response: 'hex', receipt: 'decimal' }], { sessions: 3 }));
});
