/**
 * The disk store beside bare lmdb, in one process and on one disk: `store.ts <scene>` does one round, the first time
 * to warm up, and sends what it found. Run with --expose-gc.
 *
 *   enqueue   1,000 callers, one message each at a time, against as many bare puts of the same size
 *   road      enqueue + take + settle in batches, against bare put + delete + put batched alike
 *   sealed    the same road with a queueKey: what encryption costs
 *   rewrite   a backlog written anew: under a key at opening, and when compacted
 *   backlog   the cost of a message with 1k, 100k and 1M queued before it
 *   full      the cost of a correlation where the correlator is full, beside that where it is half full
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { CorrelationEntry, DiskStore, QueueItem } from '../../src/store';

// The compiled code, as users run it: what makes TypeScript run as it is keeps the names of closures, at a price.
const dist = join(__dirname, '..', '..', 'dist', 'src', 'store');
/* eslint-disable @typescript-eslint/no-require-imports -- the path is made here */
const { openDiskStore, openMemoryStore } = require(dist) as typeof import('../../src/store');
const { Records } = require(
  join(dist, 'disk', 'record', 'records'),
) as typeof import('../../src/store/disk/record/records');
/* eslint-enable @typescript-eslint/no-require-imports */

const CALLERS = 1000;
const BATCH = 200;
const BODY = Buffer.alloc(110, 0x61);
const account = { host: 'localhost', systemId: 'bench' };

/** As the client makes them, in one piece: putting the pieces together is not the store's work. */
const idOf = (number: number): string =>
  Buffer.from(`0123456789abcdef${number.toString(16).padStart(8, '0')}`).toString('latin1');

function message(number: number): QueueItem {
  return {
    id: idOf(number),
    command: 'submit_sm',
    segments: [BODY],
    source: '12345',
    destination: '447700900123',
    priority: 2,
    enqueuedAt: Date.now(),
    receiptRequested: true,
  };
}

async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'smpp-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const KEY = Buffer.from('a key of 32 octets for the bench').toString('base64');

const openStore = (directory: string, queueKey?: string): Promise<DiskStore> =>
  openDiskStore({ directory: join(directory, 'queue'), account, capacity: 0, whenFull: 'reject', queueKey });
const openBare = (directory: string): RootDatabase<Buffer, number> =>
  open<Buffer, number>({ path: join(directory, 'bare'), encoding: 'binary', overlappingSync: false });

/** Calls per second of `count` calls by `callers` at a time. */
async function rate(
  count: number,
  callers: number,
  call: (number: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const caller = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return count / ((performance.now() - started) / 1000);
}

/** Octets of a message's record. */
const sizeOnDisk = (): number => new Records().item(1, message(1)).length;

/** Made beforehand, as the value of the bare puts is. */
const messages = (count: number, first = 0): QueueItem[] =>
  Array.from({ length: count }, (_, at) => message(first + at));

async function enqueueRow(count: number): Promise<[number, number]> {
  const value = Buffer.alloc(sizeOnDisk(), 1);
  const calls = messages(count).map((item) => [item]);
  const own = await withDirectory(async (directory) => {
    const store = await openStore(directory);
    const result = await rate(count, CALLERS, async (number) => store.queue.enqueue(calls[number] ?? []));
    await store.close();
    return result;
  });
  const bare = await withDirectory(async (directory) => {
    const database = openBare(directory);
    const result = await rate(count, CALLERS, (number) => database.put(number, value));
    await database.close();
    return result;
  });
  return [own, bare];
}

async function roadRow(count: number): Promise<[number, number]> {
  const value = Buffer.alloc(sizeOnDisk(), 1);
  const batches = Array.from({ length: count / BATCH }, (_, batch) => messages(BATCH, batch * BATCH));
  const entry = Buffer.alloc(120, 1);
  const own = await withDirectory(async (directory) => {
    const store = await openStore(directory);
    const result = await rate(count / BATCH, 1, (batch) => oneBatch(store, batches[batch] ?? []));
    await store.close();
    return result * BATCH;
  });
  const bare = await withDirectory(async (directory) => {
    const database = openBare(directory);
    const numbers = (batch: number): number[] => Array.from({ length: BATCH }, (_, at) => batch * BATCH + at);
    const result = await rate(count / BATCH, 1, async (batch) => {
      await Promise.all(numbers(batch).map((number) => database.put(number, value)));
      const done = numbers(batch).flatMap((number) => [
        database.remove(number),
        database.put(1e9 + number, entry),
      ]);
      await Promise.all(done);
    });
    await database.close();
    return result * BATCH;
  });
  return [own, bare];
}

/** With a key and without one, in turns, and the CPU seconds of 100,000 messages. */
async function sealedRow(
  count: number,
): Promise<[sealed: number, clear: number, sealedCpu: number, clearCpu: number]> {
  const results: number[] = [];
  const seconds: number[] = [];
  for (const key of [KEY, undefined]) {
    const batches = Array.from({ length: count / BATCH }, (_, batch) => messages(BATCH, batch * BATCH));
    await withDirectory(async (directory) => {
      const store = await openStore(directory, key);
      const before = process.cpuUsage();
      results.push(BATCH * (await rate(count / BATCH, 1, (batch) => oneBatch(store, batches[batch] ?? []))));
      const { user, system } = process.cpuUsage(before);
      seconds.push(((user + system) / 1e6) * (100_000 / count));
      await store.close();
    });
  }
  const [sealed = NaN, clear = NaN] = results;
  const [sealedCpu = NaN, clearCpu = NaN] = seconds;
  return [sealed, clear, sealedCpu, clearCpu];
}

/** Milliseconds for writing a backlog anew: under a key at opening, and when compacted. */
async function rewriteRow(backlog: number): Promise<{ sealing: number; compacting: number }> {
  return withDirectory(async (directory) => {
    let store = await openStore(directory);
    for (let first = 0; first < backlog; first += 5000) await store.queue.enqueue(messages(5000, first));
    await store.close();
    const started = performance.now();
    store = await openStore(directory, KEY);
    const sealing = performance.now() - started;
    const { milliseconds } = await store.compact();
    await store.close();
    return { sealing, compacting: milliseconds };
  });
}

function correlationOf({ id, source, destination }: QueueItem): CorrelationEntry {
  const now = Date.now();
  const segment = { segment: 0, segments: 1 };
  return {
    messageId: `m${id}`,
    id,
    ...segment,
    source,
    destination,
    acceptedAt: now,
    expiresAt: now + 604_800_000,
  };
}

async function oneBatch(store: DiskStore, batch: readonly QueueItem[]): Promise<void> {
  await store.queue.enqueue(batch);
  const leases = await store.queue.take(BATCH, { signal: AbortSignal.timeout(10_000) });
  await store.settle(
    leases.map(({ item }) => correlationOf(item)),
    leases.map((lease) => ({ outcome: 'done', lease }) as const),
  );
}

/** Messages per second through the store with `backlog` queued in front, and what it costs in memory and to reopen. */
async function backlogRow(
  backlog: number,
  count: number,
): Promise<{ rate: number; reopen: number; rss: number }> {
  return withDirectory(async (directory) => {
    let store = await openStore(directory);
    for (let first = 0; first < backlog; first += 5000) {
      const size = Math.min(5000, backlog - first);
      await store.queue.enqueue(messages(size, first));
    }
    await store.close();
    const started = performance.now();
    store = await openStore(directory);
    const reopen = performance.now() - started;
    global.gc?.();
    const rss = process.memoryUsage().rss / 1e6;
    const batches = Array.from({ length: count / BATCH }, (_, batch) =>
      messages(BATCH, backlog + batch * BATCH),
    );
    const perSecond = await rate(count / BATCH, 1, (batch) => oneBatch(store, batches[batch] ?? []));
    await store.close();
    return { rate: perSecond * BATCH, reopen, rss };
  });
}

const FULL = 200_000;

/** Microseconds of computing for a correlation, half full and full. */
async function fullRow(kind: 'memory' | 'disk'): Promise<[half: number, full: number]> {
  return withDirectory(async (directory) => {
    const limits = { capacity: 0, whenFull: 'reject', correlationCapacity: FULL } as const;
    const store =
      kind === 'memory'
        ? openMemoryStore(limits)
        : await openDiskStore({ directory: join(directory, 'queue'), account, ...limits });
    let made = 0;
    const put = async (count: number): Promise<number> => {
      const before = process.cpuUsage();
      for (let left = count; left > 0; left -= BATCH)
        await store.correlator.put(messages(BATCH, (made += BATCH)).map(correlationOf));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / count;
    };
    await put(FULL / 2);
    const half = await put(FULL / 10);
    await put(2 * FULL);
    const full = await put(FULL / 10);
    await store.close();
    return [half, full];
  });
}

const COUNT = 100_000;

/** What a scene finds; the rows name it. */
const SCENES: Readonly<Record<string, (argument: string) => Promise<readonly number[]>>> = {
  enqueue: () => enqueueRow(COUNT),
  road: () => roadRow(COUNT),
  sealed: () => sealedRow(COUNT),
  rewrite: async () => {
    const { sealing, compacting } = await rewriteRow(1_000_000);
    return [sealing, compacting];
  },
  full: (kind) => fullRow(kind === 'disk' ? 'disk' : 'memory'),
  backlog: async (backlog) => {
    const { rate: perSecond, reopen, rss } = await backlogRow(Number(backlog), 20_000);
    return [perSecond, reopen, rss];
  },
};

async function main([name = '', argument = '']: readonly string[]): Promise<void> {
  const scene = SCENES[name];
  if (!scene) throw new Error(`there is no scene ${name}`);
  if (name === 'enqueue' || name === 'road' || name === 'sealed') await scene(argument);
  const found = await scene(argument);
  process.send?.({ found }, () => process.exit());
}

void main(process.argv.slice(2));
