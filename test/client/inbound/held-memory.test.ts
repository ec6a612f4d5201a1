import assert from 'node:assert/strict';
import { SmppClient } from '../../../src/index';
import { FakeClock } from '../../support/clock';
import { Peer } from '../../support/peer';
import { until } from '../../support/until';
import { HELLO } from '../setup';

const MIB = 1024 * 1024;
const PAYLOAD = 60_000;
/** Together. */
const OCTETS = 2 * PAYLOAD;

/** A receipt as long as a PDU may be, its id one that nobody has. */
function receipt(n: number): Record<string, unknown> {
  const text = `id:${1_000_000_000 + n} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:`;
  return {
    command: 'deliver_sm',
    esm_class: 4,
    source_addr: HELLO.destination_addr,
    destination_addr: 'Shop',
    tlvs: {
      message_payload: Buffer.from(text.padEnd(PAYLOAD, 'x')),
      '0x1401': Buffer.alloc(PAYLOAD, 'y'),
    },
  };
}

describe('The memory that receipts for unknown messages take while they are held', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('is bounded: of 4,000 with 120 kB each the oldest are told unmatched, and none is lost', async function () {
    this.timeout(120_000);
    const peer = await Peer.start();
    const clock = new FakeClock();
    const options = { port: peer.port, systemId: 'a', password: 'b', enquireLinkInterval: 0, clock };
    const client = new SmppClient({ ...options, receiptHoldTime: 30, log: () => undefined });
    ends.push(
      () => peer.stop(),
      () => client.stop(),
    );
    const told: string[] = [];
    client.on('receipt', ({ message_id, matched }) => {
      assert.equal(matched, false);
      told.push(message_id);
    });
    await client.start();
    const link = await peer.link();
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    for (let n = 0; n < 4000; n += 50) {
      const numbers = Array.from({ length: 50 }, (_, at) =>
        link.send(receipt(n + at) as { command: string }),
      );
      await link.response(numbers.at(-1) ?? 0);
      await until(() => link.requests('deliver_sm_resp').length === numbers.length);
      link.received.length = 0;
      most = Math.max(most, process.memoryUsage().rss);
    }
    const held = 4000 - told.length;
    assert.ok(held > 50 && held <= (16 * MIB) / OCTETS, `${held} held`);
    assert.ok(most - before < 200 * MIB, `${Math.round((most - before) / MIB)} MiB`);
    await clock.advance(31_000);
    await until(() => told.length === 4000);
    assert.deepEqual(told, [...told].sort());
  });
});
