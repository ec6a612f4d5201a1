import assert from 'node:assert/strict';
import { encodePdu, type PduInput } from '../../src/protocol';
import type { Transport, TransportHandlers } from '../../src/session';
import { Smsc } from '../../src/simulator';
import { seeded } from '../simulation/seeded';
import { FakeClock, settle } from '../support/clock';

/** The SMSC's end of a connection in memory, and what it wrote. */
class Wire implements Transport {
  readonly peer = 'memory';
  readonly backlog = 0;
  readonly written: string[] = [];
  #handlers: TransportHandlers | undefined;
  #closed = false;

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
  }

  /** As if the client had written it. */
  send(pdu: Record<string, unknown>): void {
    this.#handlers?.data(encodePdu(pdu as unknown as PduInput));
  }

  write(octets: Buffer): boolean {
    this.written.push(octets.toString('hex'));
    return true;
  }

  pause(): void {
    // There is nothing to hold back.
  }

  resume(): void {
    // See pause.
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers?.closed();
  }
}

async function trace(seed: number): Promise<readonly string[]> {
  const clock = new FakeClock();
  const random = seeded(seed);
  const rules = [
    { type: 'ids', response: 'uuid' },
    { type: 'slow', seconds: 0.3, every: 3 },
    { type: 'split', octets: 7, on: 'deliver' },
  ] as const;
  const smsc = new Smsc({ clock, random, rules });
  const wire = new Wire();
  smsc.serve(wire);
  wire.send({ command: 'bind_transceiver', sequence_number: 1, system_id: 'a', interface_version: 0x34 });
  for (let n = 2; n < 40; n++) {
    const addresses = { source_addr: '1234', destination_addr: '447700900123' };
    wire.send({ command: 'submit_sm', sequence_number: n, registered_delivery: 1, ...addresses });
    await clock.advance(Math.floor(random() * 200));
  }
  await clock.advance(5000);
  const stopped = smsc.stop();
  await settle();
  await clock.advance(2000);
  await stopped;
  return wire.written;
}

describe('the simulator with a clock, chance and a connection of its own', () => {
  it('writes the same octets for the same seed', async () => {
    const first = await trace(7);
    assert.ok(first.length > 60, `${first.length} writes`);
    assert.deepEqual(await trace(7), first);
    assert.notDeepEqual(await trace(8), first);
  });
});
