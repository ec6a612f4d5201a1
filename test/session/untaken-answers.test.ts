import assert from 'node:assert/strict';
import { encodePdu } from '../../src/protocol';
import type { Transport, TransportHandlers } from '../../src/session';
import { sessionOn, type Bench } from './setup';

const MEBIBYTE = 1024 * 1024;
/** As much as one read of a socket brings. */
const QUESTIONS = Buffer.concat(
  Array.from({ length: 4096 }, () => encodePdu({ command: 'enquire_link', sequence_number: 7 })),
);

/** What is written stays there until it is taken. */
class FullTransport implements Transport {
  readonly peer = 'peer';
  backlog = 0;
  reading = true;
  handlers: TransportHandlers | undefined;

  write(octets: Buffer): boolean {
    this.backlog += octets.length;
    return false;
  }

  pause(): void {
    this.reading = false;
  }

  resume(): void {
    this.reading = true;
  }

  end(): void {
    this.reading = false;
  }

  destroy(): void {
    this.reading = false;
  }

  start(handlers: TransportHandlers): void {
    this.handlers = handlers;
  }

  /** The peer asks for as long as it is read, but not for ever. */
  ask(): void {
    for (let n = 0; n < 100 && this.reading; n++) this.handlers?.data(QUESTIONS);
  }

  take(): void {
    this.backlog = 0;
    this.handlers?.drained();
  }
}

function open(): Omit<Bench, 'link'> & { readonly transport: FullTransport } {
  const transport = new FullTransport();
  return { transport, ...sessionOn(transport, { role: 'esme' }) };
}

describe('A peer that asks and does not take the answers', () => {
  it('is not read any more, so that they do not pile up', () => {
    const { transport, session } = open();
    transport.ask();
    assert.equal(transport.reading, false);
    assert.ok(transport.backlog < 2 * MEBIBYTE, `${transport.backlog} octets`);
    session.destroy();
  });

  it('is read again once it has taken them', () => {
    const { transport, session, reason } = open();
    transport.ask();
    transport.take();
    assert.equal(transport.reading, true);
    transport.ask();
    assert.ok(transport.backlog > MEBIBYTE);
    assert.equal(reason(), undefined);
    session.destroy();
  });

  it('is given up after responseTimeout', async () => {
    const { transport, clock, reason } = open();
    transport.ask();
    await clock.advance(29_000);
    assert.equal(reason(), undefined);
    await clock.advance(1_010);
    assert.equal(reason()?.code, 'peer-stalled');
    assert.equal(clock.pendingTimers, 0);
  });

  it('is not read as long as the flow does not want to, though it has taken them', () => {
    const { transport, session } = open();
    transport.ask();
    session.pauseReading();
    transport.take();
    assert.equal(transport.reading, false);
    session.resumeReading();
    assert.equal(transport.reading, true);
    session.destroy();
  });

  it('is not read when the flow wants to, as long as it has not taken them', () => {
    const { transport, session } = open();
    transport.ask();
    session.pauseReading();
    session.resumeReading();
    assert.equal(transport.reading, false);
    transport.take();
    assert.equal(transport.reading, true);
    session.destroy();
  });
});
