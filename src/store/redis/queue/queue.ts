import type { BackendContext } from '../../backend';
import type { Batch } from '../../base-queue';
import { within } from '../../../waiting';
import { ClaimedError, MOST_FACTS, claimsFull } from '../../claims';
import { neverFits, queueFull, storeClosed, tellDropped, tellRemoved } from '../../errors';
import type {
  CorrelationEntry,
  EnqueueOptions,
  FoundMessage,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueStats,
  Settlement,
  Untaken,
} from '../../types';
import type { Argument, RedisCalls } from '../connection/calls';
import { ListDrain } from './list-drain';
import { EnqueueBatcher } from './enqueue-batcher';
import { OpenLeases, type RedisLease } from './lease';
import { Leasing } from './leasing';
import { stateOf, type RecordCodec } from './record';
import { readRemoved } from './removed';
import { search } from './search';
import { BlockedEnqueues, type Added } from './blocked-enqueues';
import { SCRIPTS } from '../lua/queue-scripts';
import { ttlOf } from '../lua/state';
import { settlementArgs } from './settlement-args';
import { Takers } from './takers';

export interface QueueOptions {
  readonly calls: RedisCalls;
  readonly codec: RecordCodec;
  readonly context: BackendContext;
  readonly deadLetterCapacity: number;
  /** What the script that settles takes for correlations that are put in the same step. */
  readonly correlationArgs: (entries: readonly CorrelationEntry[]) => readonly Argument[];
}

/** Milliseconds that a close waits for the server. */
const CLOSE_WAIT = 2000;
/** Messages that one script gives back. */
const RETURNED_AT_ONCE = 1000;
/** Messages of a chunk of a purge. */
const PURGED_AT_ONCE = 1000;
/** So many messages a purge returns; more only by `onRemoved`. */
const MOST_RETURNED = 10_000;

/** See `lua/` for what is kept where, and how. */
export class RedisQueue implements OutboundQueue {
  readonly #options: QueueOptions;
  readonly #calls: RedisCalls;
  readonly #takers: Takers;
  readonly #blocked: BlockedEnqueues;
  readonly #leases = new OpenLeases();
  readonly #batches: readonly string[];
  readonly #purged: readonly string[];
  /** Where nobody waits for room, and so no place in a line is to be kept. */
  readonly #batcher = new EnqueueBatcher((items) =>
    this.#add({ items, states: undefined, fact: undefined }, false),
  );
  #hastening: Promise<void> | undefined;
  #batch = 0;
  #chunk = 0;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    const { calls, context } = options;
    this.#calls = calls;
    this.#batches = [calls.keys.of(`batches:${calls.instance}`)];
    this.#purged = [calls.keys.of(`purged:${calls.instance}`)];
    this.#blocked = new BlockedEnqueues(calls.clock, (batch) => this.#add(batch, true));
    const { drainList } = context.options;
    const drain = drainList === '' ? undefined : new ListDrain(calls, drainList, context);
    const leasing = new Leasing({ ...options, leases: this.#leases, drain });
    this.#takers = new Takers({
      clock: calls.clock,
      keys: calls.keys,
      blocking: calls.blocking(),
      // What is hastened comes in its order only when all of it is back.
      lease: (max) => this.#hastening?.then(() => leasing.lease(max)) ?? leasing.lease(max),
      release: (leases) => void this.release(leases).catch(() => undefined),
    });
    calls.onBack(() => this.#wakeAll());
  }

  #wakeAll(): void {
    this.#takers.wake();
    this.#blocked.admit();
  }

  #check(): void {
    if (this.#closed) throw storeClosed();
  }

  async enqueue(items: readonly QueueItem[], options: EnqueueOptions = {}): Promise<string[]> {
    this.#check();
    const { signal, states, fact, claims } = options;
    signal?.throwIfAborted();
    const { limits } = this.#options.context;
    if (items.length === 0 && !fact) return [];
    if (limits.capacity > 0 && items.length > limits.capacity) throw neverFits(limits, items.length);
    const batch: Batch = { items, states, fact, claims };
    const isWaiting = limits.whenFull === 'wait';
    if (isWaiting && this.#blocked.hasWaiting) return this.#blocked.wait(batch, signal);
    const mayJoin = !isWaiting && !states && !fact && !claims;
    if (!mayJoin) this.#batcher.flush();
    const added = await (mayJoin ? this.#batcher.add(items) : this.#add(batch, false));
    if ('ids' in added) return added.ids;
    this.#check();
    if (!isWaiting) throw queueFull(limits, added.used, items.length) ?? neverFits(limits, items.length);
    signal?.throwIfAborted();
    return this.#blocked.wait(batch, signal);
  }

  async #add(batch: Batch, isHead: boolean): Promise<Added> {
    const reply = await this.#calls.run(SCRIPTS.enqueue, this.#batchArgs(batch, isHead), this.#batches);
    const [outcome, ...rest] = reply as [Buffer, ...unknown[]];
    if (String(outcome) === 'full') return { used: Number(rest[0]) };
    if (String(outcome) === 'many') throw claimsFull(`${MOST_FACTS} facts`);
    if (String(outcome) === 'claimed') throw new ClaimedError(claimedOf(rest as Buffer[]));
    if (rest.length > 0) tellDropped(this.#options.context.limits, rest.map(readRemoved));
    this.#takers.wake();
    return { ids: batch.items.map(({ id }) => id) };
  }

  #batchArgs({ items, states = [], fact, claims = [] }: Batch, isHead: boolean): Argument[] {
    const { codec, context } = this.#options;
    const { capacity, whenFull } = context.limits;
    const args: Argument[] = [capacity, whenFull, isHead ? '1' : '0', this.#calls.instance, ++this.#batch];
    const touched: Argument[] = [];
    for (const [at, state] of states.entries()) {
      const written = stateOf(state);
      if (written !== '') touched.push(at + 1, written);
    }
    args.push(
      items.length,
      fact ? 1 : 0,
      fact?.key ?? '',
      fact?.value ?? '',
      touched.length / 2,
      claims.length,
    );
    for (const one of touched) args.push(one);
    for (const { key, value, ttl } of claims) args.push(key, value, ttlOf(ttl));
    for (let at = 0; at < items.length;) {
      const { priority } = items[at] as QueueItem;
      const from = args.push(priority, 0);
      for (; items[at]?.priority === priority; at++) args.push(codec.writeItem(items[at] as QueueItem));
      args[from - 1] = args.length - from;
    }
    args.push('0');
    return args;
  }

  take(max: number, { signal }: { signal: AbortSignal }): Promise<Lease[]> {
    this.#check();
    this.#batcher.flush();
    return this.#takers.take(Math.max(1, max), signal);
  }

  settle(settlements: readonly Settlement[]): Promise<Untaken> {
    return this.settleWith([], settlements);
  }

  /** Puts correlations and settles in one step. */
  async settleWith(
    entries: readonly CorrelationEntry[],
    settlements: readonly Settlement[],
  ): Promise<Untaken> {
    this.#check();
    this.#batcher.flush();
    const { codec, deadLetterCapacity, correlationArgs } = this.#options;
    const { args, ended } = settlementArgs(settlements, this.#leases, { codec, clock: this.#calls.clock });
    if (entries.length === 0 && ended.length === 0) return undefined;
    const all = [...correlationArgs(entries), this.#calls.instance, deadLetterCapacity, ...args, '0'];
    try {
      const untaken = (await this.#calls.run(SCRIPTS.settle, all)) as number[];
      this.#blocked.admit();
      return untaken.length > 0 ? untaken.map((place) => settlements[place] as Settlement) : undefined;
    } catch (error) {
      this.#leases.reopen(ended);
      throw error;
    }
  }

  async extend(leases: readonly Lease[]): Promise<void> {
    this.#check();
    const args: Argument[] = [this.#calls.instance];
    const changed: { readonly lease: RedisLease; readonly written: string; readonly write: number }[] = [];
    for (const { token, state } of leases) {
      const lease = this.#leases.find(token);
      if (!lease) continue;
      const written = stateOf(state);
      const isSame = written === lease.written;
      args.push(lease.name, isSame ? '=' : written);
      if (!isSame) changed.push({ lease, written, write: lease.begin() });
    }
    if (args.length === 1) return;
    await this.#calls.run(SCRIPTS.extend, args);
    for (const { lease, written, write } of changed) lease.stands(written, write);
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.#check();
    this.#batcher.flush();
    const args: Argument[] = [this.#calls.instance];
    const ended = leases.flatMap((given) => {
      const lease = this.#leases.end(given);
      if (lease) args.push(lease.name, stateOf(given.state));
      return lease ?? [];
    });
    if (ended.length === 0) return;
    try {
      await this.#calls.run(SCRIPTS.release, args);
    } catch (error) {
      this.#leases.reopen(ended);
      throw error;
    }
    this.#takers.wake();
  }

  async stats(): Promise<QueueStats> {
    this.#check();
    this.#batcher.flush();
    const [queued, delayed, leased, ...some] = (await this.#calls.run(SCRIPTS.stats, [])) as [
      number,
      number,
      number,
      ...unknown[],
    ];
    const oldestAt = Math.min(...some.map((one) => readRemoved(one).item.enqueuedAt));
    return { queued, delayed, leased, ...(queued === 0 || oldestAt === Infinity ? {} : { oldestAt }) };
  }

  hasten(): void {
    this.#batcher.flush();
    const hastening = this.#hasten()
      .catch(() => undefined)
      .finally(() => {
        if (this.#hastening === hastening) this.#hastening = undefined;
      });
    this.#hastening = hastening;
  }

  /** Those that are put off meanwhile are none of its business. */
  async #hasten(): Promise<void> {
    for (let left = Infinity; left > 0;) {
      const delayed = Number(await this.#calls.run(SCRIPTS.hasten, [RETURNED_AT_ONCE]));
      left = Math.min(left - RETURNED_AT_ONCE, delayed);
    }
    this.#takers.wake();
  }

  async purge(options: PurgeOptions = {}): Promise<{ removed: number; items: QueueItem[] }> {
    this.#check();
    this.#batcher.flush();
    const bounds = ((await this.#calls.run(SCRIPTS.bounds, [])) as Buffer[]).map(String);
    const items: QueueItem[] = [];
    let removed = 0;
    for (let some = PURGED_AT_ONCE; some >= PURGED_AT_ONCE;) {
      this.#check();
      const args = [PURGED_AT_ONCE, ...bounds, ++this.#chunk];
      const answer = (await this.#calls.run(SCRIPTS.purge, args, this.#purged)) as unknown[];
      const gone = answer.map(readRemoved);
      some = gone.length;
      removed += some;
      this.#blocked.admit();
      if (options.onRemoved) await tellRemoved(options, gone, this.#calls.clock);
      else items.push(...gone.slice(0, MOST_RETURNED - items.length).map(({ item }) => item));
    }
    return { removed, items };
  }

  find(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    this.#batcher.flush();
    return search(this.#calls, ids, () => this.#check());
  }

  async remove(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    this.#batcher.flush();
    const found = await search(this.#calls, ids, () => this.#check());
    const names = found.filter(({ leased }) => !leased).map(({ name }) => name);
    if (names.length === 0) return [];
    const answer = await this.#calls.run(SCRIPTS.removeNamed, [++this.#chunk, ...names], this.#purged);
    this.#blocked.admit();
    return (answer as unknown[]).map((one) => {
      const { item, state } = readRemoved(one);
      const delayed = found.some((before) => before.item.id === item.id && before.delayed);
      return { item, state, leased: false, delayed };
    });
  }

  /** There are messages that came by another way than {@link enqueue}. */
  wake(): void {
    this.#takers.wake();
  }

  /** Whoever waits is told; what is leased goes back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#batcher.flush();
    const error = storeClosed();
    this.#takers.close(error);
    this.#blocked.close(error);
    // Without a server that answers the leases run out by themselves.
    if (this.#calls.connectedFor === 0) return;
    await within(this.#calls.clock, CLOSE_WAIT, this.#leave());
  }

  async #leave(): Promise<void> {
    const args = [this.#calls.instance, RETURNED_AT_ONCE];
    while ((await this.#calls.run(SCRIPTS.leave, args)) === 0);
  }
}

/** Keys and values in turn. */
function claimedOf(reply: readonly Buffer[]): ReadonlyMap<string, Buffer> {
  const claimed = new Map<string, Buffer>();
  for (let at = 0; at + 1 < reply.length; at += 2) claimed.set(String(reply[at]), reply[at + 1] as Buffer);
  return claimed;
}
