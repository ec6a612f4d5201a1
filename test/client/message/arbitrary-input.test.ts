import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodePdu, type PduInput } from '../../../src/protocol';
import { pduOf } from '../../support/pdus';
import { until } from '../../support/until';
import { Scenes } from '../setup';

/** What centres send, and what nobody should; the sequence number is set later. */
const requests = fc
  .tuple(
    fc.oneof(pduOf('deliver_sm'), pduOf('data_sm')) as fc.Arbitrary<PduInput>,
    // Octets behind the header that are something else than they were.
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([pdu, changes, change]) => {
    const octets = encodePdu({ ...pdu, sequence_number: 1 });
    for (const [at, value] of change ? changes : []) {
      if (octets.length > 16) octets[16 + (at % (octets.length - 16))] = value;
    }
    return octets;
  });

describe('Whatever comes in', () => {
  const scenes = new Scenes();
  afterEach(() => scenes.end());

  for (const acknowledge of ['auto', 'manual'] as const) {
    it(`is answered, each once, told as plain data, and the session lives (${acknowledge})`, async () => {
      const options = { acknowledge, ackLimit: 10_000, receiptHoldTime: 0, enquireLinkInterval: 0 };
      const { client, peer, told, lines } = await scenes.bound({}, options);
      for (const name of ['message', 'receipt'] as const) {
        client.on(name, (event) => {
          assert.equal(event.event, name);
          assert.equal(typeof event.topic, 'string');
          assert.ok(typeof event.payload === 'string' || typeof event.payload === 'object');
          JSON.stringify(event);
          if (event.ack_id !== undefined) client.acknowledge(event.ack_id);
        });
      }
      const link = await peer.link();
      const all = fc.sample(requests, 600);
      for (const [n, octets] of all.entries()) {
        octets.writeUInt32BE(n + 1, 12);
        link.write(octets);
      }
      const answers = (): number[] =>
        link.received
          .filter(({ command }) => command.endsWith('_resp') || command === 'generic_nack')
          .map(({ sequence_number }) => sequence_number)
          .filter((number) => number > 0 && number <= all.length);
      await until(() => answers().length >= all.length, 'all answers');
      assert.equal(new Set(answers()).size, all.length);
      assert.equal(client.state, 'bound');
      assert.ok(told('message').length > 0);
      assert.deepEqual(
        lines.filter(({ level }) => level === 'error'),
        [],
      );
    });
  }
});
