/** What fills one bound, by its name and, where it can be chosen, the number: run by `growthOf`. Each says how much it held. */
import { SmppClient } from '../../src';
import { randomBytes } from 'node:crypto';
import { MessageIds } from '../../src/client/message/ids';
import { openMemoryStore, type CorrelationEntry, type MemoryStore, type QueueItem } from '../../src/store';
import { FakeClock } from '../support/clock';
import { tellGrowth, type Work } from '../support/resident';

const TEXT =
  'Your parcel 0123456789 arrives today between 10 and 12. Track it at https://example.com/t/0123456789';
const LONG = 'x'.repeat(400);
const MILLION = 1_000_000;
const [name = '', given = String(MILLION)] = process.argv.slice(2);
const count = Number(given);
const BATCH = 100;

const ids = new MessageIds(randomBytes);
const number = (at: number): string => String(447_700_000_000 + at);
/** As Node-RED makes them. */
const msgid = (at: number): string => (0x1234_5678_0000_0000n + BigInt(at)).toString(16);
const open = (options: Partial<Parameters<typeof openMemoryStore>[0]> = {}): MemoryStore =>
  openMemoryStore({ capacity: 0, whenFull: 'reject', ...options });
const clientOf = (queue: MemoryStore, clock?: FakeClock): SmppClient =>
  new SmppClient({ systemId: 'a', queue, queueCapacity: 0, logLevel: 'silent', ...(clock ? { clock } : {}) });

/** As the road puts them: each text by itself, the id in one piece. */
const entry = (at: number, now: number): CorrelationEntry => ({
  messageId: Buffer.from((0x5f00_0000_0000 + at).toString(16).toUpperCase()).toString('latin1'),
  id: ids.next(),
  segment: 0,
  segments: 1,
  source: '12345',
  destination: Buffer.from(number(at)).toString('latin1'),
  acceptedAt: now + at,
  expiresAt: now + at + 604_800_000,
  correlationId: msgid(at),
  msgid: msgid(at),
});

/** As intake makes them. */
const item = (at: number): QueueItem => ({
  id: ids.next(),
  command: 'submit_sm',
  segments: [Buffer.alloc(140, at)],
  source: '12345',
  destination: number(at),
  priority: 2,
  enqueuedAt: Date.now(),
  expiresAt: Date.now() + 86_400_000,
  receiptRequested: true,
  correlationId: msgid(at),
  msgid: msgid(at),
});

async function correlations(total: number, correlationCapacity = MILLION): ReturnType<Work> {
  const store = open({ correlationCapacity });
  const now = Date.now();
  for (let at = 0; at < total; at += BATCH)
    await store.correlator.put(Array.from({ length: BATCH }, (_, index) => entry(at + index, now)));
  return { kept: store };
}

const SCENES: Record<string, Work> = {
  /** Given one by one as flows give them. */
  queued: async () => {
    const store = open();
    const client = clientOf(store);
    for (let at = 0; at < count; at++) {
      const message = { short_message: TEXT, source_addr: '12345', destination_addr: number(at) };
      await client.send(message, { completeWhen: 'queued', msgid: msgid(at) });
    }
    return { kept: [store, client], facts: (await store.queue.stats()).queued };
  },
  /** Right into the store. */
  stored: async () => {
    const store = open();
    for (let at = 0; at < count; at++) await store.queue.enqueue([item(at)]);
    return { kept: store, facts: (await store.queue.stats()).queued };
  },
  /** The same, all of them put off. */
  delayed: async () => {
    const store = open();
    const signal = new AbortController().signal;
    for (let at = 0; at < count; at += BATCH) {
      await store.queue.enqueue(Array.from({ length: BATCH }, (_, index) => item(at + index)));
      const leases = await store.queue.take(BATCH, { signal });
      for (const { state } of leases) {
        state.attempts = 1;
        state.history.push({ at: Date.now(), reason: 'ESME_RSYSERR', segment: 0 });
      }
      const notBefore = Date.now() + 3_600_000;
      await store.queue.settle(leases.map((lease) => ({ outcome: 'retry', lease, notBefore })));
    }
    return { kept: store, facts: (await store.queue.stats()).delayed };
  },
  correlated: () => correlations(MILLION),
  /** Twice as many as it holds. */
  'correlated-over': () => correlations(400_000, 200_000),
  /** Long messages to so many numbers, and an hour. */
  references: async () => {
    const clock = new FakeClock();
    const store = open({ clock });
    const client = clientOf(store, clock);
    const signal = new AbortController().signal;
    const empty = async (): Promise<void> => {
      const leases = await store.queue.take(MILLION, { signal });
      await store.queue.settle(leases.map((lease) => ({ outcome: 'done', lease })));
    };
    for (let at = 0; at < 20_000; at++) {
      await client.enqueue({ short_message: LONG, source_addr: '12345', destination_addr: number(at) });
      if (at % BATCH === BATCH - 1) await empty();
    }
    const before = (await store.state.list('reference:')).length;
    await clock.advance(3_600_000);
    for (let minute = 0; minute < 3; minute++) await store.state.expire?.();
    return { kept: [store, client], facts: { before, after: (await store.state.list('reference:')).length } };
  },
  /** More counters than are kept, within the hour. */
  counters: async () => {
    const store = open();
    for (let at = 0; at < 300_000; at++)
      await store.state.increment(`reference:${number(at)}`, 65_536, at, 3_600_000);
    return { kept: store, facts: (await store.state.list('')).length };
  },
};

const work = SCENES[name];
if (!work) throw new Error(`there is no scene ${name}`);
/** So that no code is loaded while it is measured. */
const warmUp = async (): Promise<void> => {
  const store = open();
  await clientOf(store).enqueue({ short_message: LONG, source_addr: '1', destination_addr: '447700900123' });
  await store.close();
};
void tellGrowth(work, warmUp);
