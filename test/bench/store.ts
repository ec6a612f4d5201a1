/**
 * `npm run bench:store`: the disk store beside bare lmdb, in one process and on one disk, in turns; medians.
 *
 *   enqueue   1,000 callers, one message each at a time, against as many bare puts of the same size
 *   road      enqueue + take + settle in batches, against bare put + delete + put batched alike
 *   sealed    the same road with a queueKey: what encryption costs
 *   backlog   the cost of a message with 1k, 100k and 1M queued before it
 *   full      the cost of a correlation where the correlator is full, beside that where it is half full: memory and disk
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

const ROUNDS = 9;
const CALLERS = 1000;
const BATCH = 200;
const BACKLOGS = [1000, 100_000, 1_000_000];
const BACKLOG_ROUNDS = 3;
const BODY = Buffer.alloc(110, 0x61);
const account = { host: 'localhost', systemId: 'bench' };

/** In one piece, as ids are once anybody looked at them: putting the pieces together is not the store's work. */
const idOf = (number: number): string =>
  Buffer.from(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`).toString('latin1');

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

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

async function main(): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const [name, row, goal] of [
    ['enqueue', () => enqueueRow(100_000), 0.8],
    ['road', () => roadRow(100_000), 0.6],
  ] as const) {
    const rounds: [number, number][] = [];
    await row(); // Not counted: it warms up.
    for (let round = 0; round < ROUNDS; round++) rounds.push(await row());
    const ratio = median(rounds.map(([own, bare]) => own / bare));
    const [own, bare] = [median(rounds.map(([one]) => one)), median(rounds.map(([, two]) => two))];
    say(
      `${name}: ${own.toFixed(0)}/s, bare lmdb ${bare.toFixed(0)}/s, ratio ${ratio.toFixed(2)} (goal ${goal})`,
    );
  }
  const sealed: Awaited<ReturnType<typeof sealedRow>>[] = [];
  await sealedRow(20_000);
  for (let round = 0; round < ROUNDS; round++) sealed.push(await sealedRow(100_000));
  const of = (at: 0 | 1 | 2 | 3): number => median(sealed.map((row) => row[at]));
  say(
    `sealed: ${of(0).toFixed(0)}/s with a queueKey, ${of(1).toFixed(0)}/s without; ` +
      `${of(2).toFixed(2)} and ${of(3).toFixed(2)} CPU seconds per 100,000`,
  );
  const { sealing, compacting } = await rewriteRow(1_000_000);
  say(`rewrite of 1000000: sealed in ${sealing.toFixed(0)} ms at opening, compacted in ${compacting} ms`);
  for (const kind of ['memory', 'disk'] as const) {
    const rounds: [number, number][] = [];
    for (let round = 0; round < BACKLOG_ROUNDS; round++) rounds.push(await fullRow(kind));
    const ratio = median(rounds.map(([half, full]) => full / half));
    const [half, full] = [0, 1].map((at) => median(rounds.map((round) => round[at as 0 | 1])));
    say(
      `full ${kind}: ${full?.toFixed(1)} µs, half full ${half?.toFixed(1)} µs, ratio ${ratio.toFixed(2)} (goal 2)`,
    );
  }
  const found = new Map<number, Awaited<ReturnType<typeof backlogRow>>[]>();
  for (let round = 0; round < BACKLOG_ROUNDS; round++)
    for (const backlog of BACKLOGS)
      found.set(backlog, [...(found.get(backlog) ?? []), await backlogRow(backlog, 20_000)]);
  const rates: number[] = [];
  for (const [backlog, rounds] of found) {
    const perSecond = median(rounds.map((round) => round.rate));
    rates.push(perSecond);
    const reopen = median(rounds.map((round) => round.reopen)).toFixed(0);
    const rss = median(rounds.map((round) => round.rss)).toFixed(0);
    say(`backlog ${backlog}: ${perSecond.toFixed(0)}/s, reopened in ${reopen} ms, ${rss} MB resident`);
  }
  say(`backlog: within ${(Math.max(...rates) / Math.min(...rates)).toFixed(2)} (goal 1.3)`);
}

void main();
