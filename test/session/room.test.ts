import assert from 'node:assert/strict';
import { commandId, encodePdu, type Pdu } from '../../src/protocol';
import type { SequenceGenerator, Transport, TransportHandlers } from '../../src/session';
import { FakeClock } from '../support/clock';
import { sessionOn } from './setup';

const SUBMIT = commandId('submit_sm');
const BODY = encodePdu({ command: 'submit_sm', destination_addr: '1' }).subarray(16);
const TIMEOUT = 1000;

/** The other end: keeps what is written, and says what it is told to at once. */
class Wire implements Transport {
  readonly peer = 'wire';
  backlog = 0;
  readonly written: Buffer[] = [];
  handlers: TransportHandlers | undefined;
  /** Called within each write. */
  onWrite: (octets: Buffer) => void = () => undefined;

  start(handlers: TransportHandlers): void {
    this.handlers = handlers;
  }

  write(octets: Buffer): boolean {
    this.written.push(octets);
    this.onWrite(octets);
    return this.backlog === 0;
  }

  /** All in one chunk, which is overwritten as soon as it was taken. */
  answer(...numbers: number[]): void {
    const pdus = numbers.map((sequence_number) =>
      encodePdu({ command: 'submit_sm_resp', sequence_number, message_id: `m${sequence_number}` }),
    );
    const chunk = Buffer.concat(pdus);
    this.handlers?.data(chunk);
    chunk.fill(0);
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

async function scene(windowSize = 2, sequence?: SequenceGenerator) {
  const wire = new Wire();
  const clock = new FakeClock();
  wire.onWrite = (octets) => {
    const sequence_number = octets.readUInt32BE(12);
    if (octets.readUInt32BE(4) === commandId('bind_transceiver'))
      queueMicrotask(() =>
        wire.handlers?.data(encodePdu({ command: 'bind_transceiver_resp', sequence_number })),
      );
  };
  const { session } = sessionOn(wire, {
    role: 'esme',
    clock,
    windowSize,
    responseTimeout: TIMEOUT,
    ...(sequence ? { sequence } : {}),
  });
  await session.bind('bind_transceiver', {}, 100);
  const heard: string[] = [];
  let calls = 0;
  session.onRoom(() => calls++);
  const handler = {
    onResponse: ({ message_id }: { message_id: string }) => void heard.push(message_id),
    onLost: (why: string) => void heard.push(why),
  };
  const submit = (count: number): readonly number[] =>
    session.submit(Array.from({ length: count }, () => ({ commandId: SUBMIT, body: BODY, handler })));
  return { wire, clock, session, heard, submit, calls: () => calls };
}

describe('Room in the window', () => {
  it('is told once for all responses of a chunk, when all have been read', async () => {
    const { wire, session, submit, heard, calls } = await scene();
    const [first = 0, second = 0] = submit(2);
    assert.equal(calls(), 0);
    session.onRoom(() => {
      assert.deepEqual(heard, [`m${first}`, `m${second}`]);
      submit(session.freeSlots);
    });
    wire.answer(first, second);
    assert.equal(session.outstanding, 2);
  });

  it('is told when requests time out, when it grows, and when what was written is taken', async () => {
    const { wire, clock, session, submit, calls } = await scene();
    submit(2);
    await clock.advance(TIMEOUT + 1);
    assert.equal(calls(), 1);
    session.resizeWindow(3);
    assert.equal(calls(), 2);
    wire.backlog = 100_000;
    submit(1);
    assert.equal(session.isWritable, false);
    wire.backlog = 0;
    wire.handlers?.drained();
    assert.deepEqual([session.isWritable, calls()], [true, 3]);
  });

  it('goes first to a single request that waits for it', async () => {
    const { wire, session, submit } = await scene(1);
    const [first = 0] = submit(1);
    session.onRoom(() => submit(session.freeSlots));
    const asked = session.request({ command: 'query_sm', message_id: '1' });
    wire.answer(first);
    assert.equal(wire.written.at(-1)?.readUInt32BE(4), commandId('query_sm'));
    assert.equal(session.freeSlots, 0);
    session.destroy();
    await assert.rejects(asked, { code: 'SESSION_CLOSED' });
  });

  it('is not told any more when the session has ended', async () => {
    const { session, submit, calls } = await scene();
    submit(2);
    session.destroy();
    assert.equal(calls(), 0);
  });

  it('harms nobody where whoever is told throws', async () => {
    const { wire, session, submit, heard } = await scene();
    session.onRoom(() => assert.fail('a listener'));
    wire.answer(...submit(1));
    assert.deepEqual([heard.length, session.state], [1, 'bound_trx']);
  });

  it('is found also where the answer comes within the write of the request', async () => {
    const { wire, heard, submit, session } = await scene(1);
    wire.onWrite = (octets) => wire.answer(octets.readUInt32BE(12));
    session.onRoom(() => {
      if (heard.length < 5) submit(1);
    });
    submit(1);
    assert.equal(heard.length, 5);
    assert.deepEqual(new Set(heard).size, 5);
  });
});

describe('Requests that are submitted together', () => {
  it('are none of them sent where the sequence generator fails at one', async () => {
    let last = 0;
    let fails = false;
    const next = (): number => {
      if (fails && last === 3) throw new Error('no number');
      return ++last;
    };
    const { wire, session, submit, heard } = await scene(5, { next });
    fails = true;
    const before = wire.written.length;
    assert.throws(() => submit(4), /no number/);
    assert.deepEqual([session.outstanding, wire.written.length, heard], [0, before, []]);
  });
});

describe('What comes in a read buffer that is overwritten', () => {
  it('is whole where it is kept: a request, its octets, and what is traced', async () => {
    const kept: Buffer[] = [];
    const wire = new Wire();
    const request = (pdu: Pdu, octets: Buffer): undefined => {
      kept.push(octets);
      if (pdu.command === 'data_sm') kept.push(pdu.tlvs.message_payload as Buffer);
    };
    const trace = (direction: 'in' | 'out', octets: Buffer): void => {
      if (direction === 'in') kept.push(octets);
    };
    const { session } = sessionOn(wire, { role: 'esme', handlers: { request, trace } });
    const bound = session.bind('bind_receiver', {}, 100);
    const message_payload = Buffer.from('Hello');
    const message = encodePdu({ command: 'data_sm', sequence_number: 5, tlvs: { message_payload } });
    const bind = encodePdu({ command: 'bind_receiver_resp', sequence_number: 1, system_id: 'peer' });
    const chunk = Buffer.concat([bind, message]);
    wire.handlers?.data(chunk);
    chunk.fill(0);
    await bound;
    assert.deepEqual(kept, [bind, message, message, message_payload]);
  });
});
