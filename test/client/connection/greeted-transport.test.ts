import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GreetedTransport, NoOutbind } from '../../../src/client/connection/greeted-transport';
import { encodePdu } from '../../../src/protocol';
import type { Transport, TransportHandlers } from '../../../src/session';
import { settle } from '../../support/clock';

/** A connection in memory that says what it is told to. */
class Line implements Transport {
  readonly peer = 'smsc:1';
  readonly backlog = 0;
  readonly written: Buffer[] = [];
  isPaused = false;
  handlers: TransportHandlers | undefined;
  write = (octets: Buffer): boolean => this.written.push(octets) > 0;
  pause = (): void => void (this.isPaused = true);
  resume = (): void => void (this.isPaused = false);
  end = (): void => undefined;
  destroy = (): void => undefined;
  start(handlers: TransportHandlers): void {
    this.handlers = handlers;
  }
}

/** Whoever the connection belongs to in the end. */
function owner(): TransportHandlers & { readonly log: string[]; readonly octets: () => Buffer } {
  const chunks: Buffer[] = [];
  const log: string[] = [];
  return {
    log,
    octets: () => Buffer.concat(chunks),
    data: (chunk) => void chunks.push(Buffer.from(chunk)),
    drained: () => void log.push('drained'),
    ended: () => void log.push('ended'),
    closed: (error) => void log.push(`closed ${error?.message ?? ''}`.trim()),
  };
}

const OUTBIND = encodePdu({ command: 'outbind', system_id: 'smsc', password: 'pass', sequence_number: 1 });

describe('A connection that is to begin with an outbind', () => {
  it('gives the outbind, then all octets to its owner, however they are cut', async () => {
    const chunked = fc.record({
      behind: fc.uint8Array({ maxLength: 300 }),
      cuts: fc.array(fc.nat(OUTBIND.length + 300), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(chunked, async ({ behind, cuts }) => {
        const line = new Line();
        const greeted = new GreetedTransport(line);
        const outbind = greeted.greeted();
        const all = Buffer.concat([OUTBIND, behind]);
        const ends = [...new Set([...cuts, all.length])].sort((a, b) => a - b);
        let at = 0;
        const waiting: Buffer[] = [];
        for (const end of ends) {
          const chunk = Buffer.from(all.subarray(at, end));
          at = Math.max(at, Math.min(end, all.length));
          if (line.isPaused) waiting.push(chunk);
          else line.handlers?.data(chunk);
        }
        assert.deepEqual(await outbind, OUTBIND);
        const mine = owner();
        greeted.start(mine);
        await settle();
        for (const chunk of waiting) line.handlers?.data(chunk);
        assert.deepEqual(mine.octets(), all);
        assert.equal(line.isPaused, false);
        assert.deepEqual(line.written, []);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses whatever else comes, with 256 octets at most looked at, and says nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 600 }), async (octets) => {
        const line = new Line();
        const outbind = new GreetedTransport(line).greeted();
        const given = Buffer.from(octets);
        // Never an outbind.
        given.writeUInt32BE(given.readUInt32BE(4) === 0x0b ? 0x0c : given.readUInt32BE(4), 4);
        line.handlers?.data(given);
        await assert.rejects(outbind, (error) => error instanceof NoOutbind && !error.isSilent);
        assert.deepEqual(line.written, []);
      }),
      { numRuns: 200 },
    );
  });

  it('that closes before is no outbind; one that said nothing is told apart', async () => {
    for (const [said, isSilent] of [
      [OUTBIND.subarray(0, 7), false],
      [Buffer.alloc(0), true],
    ] as const)
      for (const event of ['ended', 'closed'] as const) {
        const line = new Line();
        const outbind = new GreetedTransport(line).greeted();
        if (said.length > 0) line.handlers?.data(said);
        line.handlers?.[event]();
        await assert.rejects(outbind, (error) => error instanceof NoOutbind && error.isSilent === isSilent);
      }
  });

  it('tells its owner what has happened before it had one', async () => {
    const line = new Line();
    const greeted = new GreetedTransport(line);
    const outbind = greeted.greeted();
    line.handlers?.data(OUTBIND);
    await outbind;
    line.handlers?.ended();
    line.handlers?.closed(new Error('reset'));
    const mine = owner();
    greeted.start(mine);
    await settle();
    assert.deepEqual([mine.octets(), mine.log], [OUTBIND, ['ended', 'closed reset']]);
  });
});
