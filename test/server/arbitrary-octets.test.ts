import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  PduFramer,
  decodePdu,
  encodePdu,
  isResponse,
  type CommandName,
  type Pdu,
} from '../../src/protocol';
import { SmppServer } from '../../src/server';
import type { Transport, TransportHandlers } from '../../src/session';
import { settle } from '../support/clock';
import { BIND } from './setup';

/** The other end of a connection in memory. */
class Wire implements Transport {
  readonly peer = 'memory:1';
  readonly backlog = 0;
  readonly answers: Pdu[] = [];
  closed = false;
  readonly #framer = new PduFramer();
  #handlers: TransportHandlers | undefined;

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
  }

  write(octets: Buffer): boolean {
    for (const pdu of this.#framer.push(octets)) this.answers.push(decodePdu(Buffer.from(pdu)));
    return true;
  }

  send(octets: Buffer): void {
    if (!this.closed) this.#handlers?.data(octets);
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    queueMicrotask(() => this.#handlers?.closed());
  }

  pause(): void {
    // It gives what it is told to.
  }

  resume(): void {
    // As above.
  }
}

const REQUESTS = Object.keys(COMMANDS).filter((name) => !name.endsWith('_resp') && name !== 'generic_nack');
/** A header of some command, with a body that may be anything. */
const anyPdu = fc
  .record({
    id: fc.oneof(
      fc.constantFrom(...Object.values(COMMANDS).map(({ id }) => id)),
      fc.nat({ max: 0xffffffff }),
    ),
    status: fc.nat({ max: 0xffffffff }),
    number: fc.nat({ max: 0xffffffff }),
    body: fc.uint8Array({ maxLength: 80 }),
  })
  .map(({ id, status, number, body }) => {
    const octets = Buffer.alloc(16 + body.length);
    octets.set(body, 16);
    [octets.length, id, status, number].forEach((value, at) => octets.writeUInt32BE(value, at * 4));
    return octets;
  });

describe('Whatever octets come, a server', () => {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  before(() => process.on('unhandledRejection', note));
  after(() => {
    process.off('unhandledRejection', note);
    assert.deepEqual(failures, []);
  });

  /** `submit` is asked for the text, which has to be read from anything. */
  const open = (): { server: SmppServer; wire: Wire } => {
    const server = new SmppServer({
      authenticate: ({ password }) => (password === 'later' ? Promise.resolve(true) : password.length < 8),
      submit: ({ text, octets, destinations, otherIds }) => ({
        message_id: `m${text?.length ?? octets.length + destinations.length + otherIds.length}`,
      }),
      request: ({ command }) => (command === 'query_sm' ? Promise.reject(new Error('mine')) : undefined),
    });
    const wire = new Wire();
    server.serve(wire);
    return { server, wire };
  };

  it('lives, and ends no other session', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(
          fc.oneof(
            anyPdu,
            fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)),
          ),
          { maxLength: 20 },
        ),
        async (isBound, chunks) => {
          const { server, wire } = open();
          const other = new Wire();
          server.serve(other);
          other.send(encodePdu({ ...BIND, sequence_number: 1 } as never));
          if (isBound) wire.send(encodePdu({ ...BIND, sequence_number: 1 } as never));
          for (const chunk of chunks) wire.send(chunk);
          await settle();
          other.send(encodePdu({ command: 'submit_sm', destination_addr: '1', sequence_number: 2 }));
          await settle();
          assert.deepEqual(
            other.answers.map(({ command, command_status }) => [command, command_status]),
            [
              ['bind_transceiver_resp', 0],
              ['submit_sm_resp', 0],
            ],
          );
          for (const connection of server.connections) connection.destroy();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers every request of a bound client exactly once, however the stream is cut', async () => {
    const asked = fc.array(
      fc.constantFrom(...REQUESTS.filter((name) => !/^(unbind|outbind|alert_notification|bind_)/.test(name))),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(asked, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), async (commands, sizes) => {
        const { server, wire } = open();
        const pdus = commands.map((command, at) =>
          encodePdu({ command: command as CommandName, sequence_number: at + 2 } as never),
        );
        const stream = Buffer.concat([encodePdu({ ...BIND, sequence_number: 1 } as never), ...pdus]);
        for (let at = 0; at < stream.length;) {
          const size = Number(sizes.next().value);
          wire.send(stream.subarray(at, at + size));
          at += size;
        }
        await settle();
        assert.ok(wire.answers.every(({ command_id }) => isResponse(command_id)));
        assert.deepEqual(
          wire.answers.map(({ sequence_number }) => sequence_number).sort((a, b) => a - b),
          [1, ...commands.map((_, at) => at + 2)],
        );
        for (const connection of server.connections) connection.destroy();
      }),
      { numRuns: 150 },
    );
  });
});
