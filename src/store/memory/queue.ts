import { LONGEST_TIMER, nextTurn, type Clock, type TimerHandle } from '../../clock';
import { copyDeliveryState, newDeliveryState, type Revived } from '../delivery-state';
import { fits, neverFits, queueFull, storeClosed, tellDropped, tellRemoved } from '../errors';
import type {
  DeadLetter,
  DeliveryState,
  EnqueueOptions,
  Eventually,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
} from '../types';
import { Waiters } from '../waiters';
import { DelayedEntries } from './delayed';
import type { Entry } from './entry';
import { PriorityLists } from './priorities';
import { entryOf } from './packed';

type Batch = { readonly items: readonly QueueItem[] } & Pick<EnqueueOptions, 'states'>;

/** A lease that is its own token, also in a copy: an old one says nothing about a new one. */
class MemoryLease implements Lease {
  readonly item: QueueItem;
  readonly state: DeliveryState;
  readonly token = this;
  readonly entry: Entry;
  open = true;

  constructor(entry: Entry) {
    this.entry = entry;
    this.item = entry.item;
    this.state = entry.state ? copyDeliveryState(entry.state) : newDeliveryState(entry.item);
  }
}

const PURGE_CHUNK = 1000;

export class MemoryQueue implements OutboundQueue {
  readonly #clock: Clock;
  readonly #onDead: (letter: DeadLetter) => void;
  #ready = new PriorityLists();
  #delayed = new DelayedEntries();
  readonly #takers = new Waiters<number, Lease[]>();
  readonly #enqueuers = new Waiters<Batch, string[]>();
  #limits: QueueLimits;
  #leased = 0;
  #order = 0;
  #timer: TimerHandle;
  #closed = false;

  constructor(limits: QueueLimits, clock: Clock, onDead: (letter: DeadLetter) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onDead = onDead;
  }

  /** New limits, for what comes from now on. */
  configure(limits: QueueLimits): void {
    this.#limits = limits;
    this.#admit();
  }

  /** Messages, those on loan included. */
  get size(): number {
    return this.#used;
  }

  get #used(): number {
    return this.#ready.length + this.#delayed.length + this.#leased;
  }

  enqueue(items: readonly QueueItem[], options: EnqueueOptions = {}): Eventually<string[]> {
    this.#check();
    options.signal?.throwIfAborted();
    const { capacity, whenFull } = this.#limits;
    if (capacity > 0 && items.length > capacity) throw neverFits(this.#limits, items.length);
    // Whoever waits already goes first, even where this batch would fit.
    const blocked = this.#enqueuers.length > 0 || !fits(this.#limits, this.#used, items.length);
    const { signal, states } = options;
    if (blocked && whenFull === 'wait') return this.#enqueuers.wait({ items, states }, signal);
    const dropped = whenFull === 'drop-oldest' ? this.#makeRoom(items.length) : undefined;
    this.#refuseWhenFull(items.length);
    const ids = this.#append({ items, states });
    if (dropped) tellDropped(this.#limits, dropped);
    return ids;
  }

  /** What failed for good comes again, behind all others. All or nothing. */
  revive(revived: readonly Revived[]): void {
    this.#check();
    this.#refuseWhenFull(revived.length);
    for (const { item, state } of revived) this.#ready.append({ item, order: this.#order++, state });
    this.#lend();
  }

  #refuseWhenFull(count: number): void {
    const full = queueFull(this.#limits, this.#used, count);
    if (full) throw full;
  }

  #append({ items, states }: Batch): string[] {
    const ids: string[] = [];
    for (const item of items) {
      const state = states?.[ids.length];
      this.#ready.append({ item, order: this.#order++, state: state && copyDeliveryState(state) });
      ids.push(item.id);
    }
    this.#lend();
    return ids;
  }

  /** Drops as many as `count` new ones need, or none where not even that would do. */
  #makeRoom(count: number): Entry[] {
    const { capacity } = this.#limits;
    const excess = capacity === 0 ? 0 : this.#used + count - capacity;
    if (excess <= 0 || this.#leased + count > capacity) return [];
    const dropped = this.#ready.dropOldest(excess);
    while (dropped.length < excess) {
      const next = this.#delayed.pop();
      if (!next) break;
      dropped.push(entryOf(next));
    }
    return dropped;
  }

  /** Lets those in that wait for room, in their order. */
  #admit(): void {
    if (this.#enqueuers.length === 0) return;
    this.#enqueuers.serve((batch) =>
      fits(this.#limits, this.#used, batch.items.length) ? this.#append(batch) : undefined,
    );
  }

  take(max: number, { signal }: { signal: AbortSignal }): Eventually<Lease[]> {
    this.#check();
    signal.throwIfAborted();
    // Whoever waits already has had all there is: nothing is taken from before them.
    const leases = this.#takers.length === 0 ? this.#borrow(max) : undefined;
    if (leases) return leases;
    const taken = this.#takers.wait(max, signal);
    this.#arm();
    return taken;
  }

  #borrow(max: number): Lease[] | undefined {
    this.#ripen();
    const entries = this.#ready.take(Math.max(1, max));
    if (entries.length === 0) return undefined;
    this.#leased += entries.length;
    return entries.map((entry) => new MemoryLease(entry));
  }

  /** Serves those who wait for messages. */
  #lend(): void {
    if (this.#takers.length === 0) return;
    this.#takers.serve((max) => this.#borrow(max));
    this.#arm();
  }

  /** Moves the delayed messages whose time has come to their places. */
  #ripen(): void {
    const now = this.#delayed.length > 0 ? this.#clock.monotonic() : 0;
    for (let next = this.#delayed.peek(); next && next.dueAt <= now; next = this.#delayed.peek()) {
      const ripe = this.#delayed.pop();
      if (ripe) this.#ready.putReturned(ripe);
    }
  }

  /** One timer for the earliest delayed message, and only while somebody waits for it. */
  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#delayed.peek();
    if (!next || this.#takers.length === 0) return;
    const sleep = Math.max(0, Math.min(next.dueAt - this.#clock.monotonic(), LONGEST_TIMER));
    this.#timer = this.#clock.setTimeout(() => this.#lend(), Math.ceil(sleep));
  }

  settle(settlements: readonly Settlement[]): void {
    this.#check();
    for (const settlement of settlements) this.#settleOne(settlement);
    this.#lend();
    this.#admit();
  }

  #settleOne(settlement: Settlement): void {
    const { lease } = settlement;
    const entry = this.#takeBack(lease);
    if (!entry) return;
    if (settlement.outcome === 'done') return;
    const state = copyDeliveryState(lease.state);
    if (settlement.outcome === 'dead') this.#bury(entry.item, state, settlement);
    else this.#delay(entry, state, settlement.notBefore);
  }

  #delay(entry: Entry, state: DeliveryState, notBefore: number): void {
    entry.state = state;
    const pause = notBefore - this.#clock.now();
    this.#delayed.push(entry, this.#clock.monotonic() + (pause > 0 ? pause : 0));
  }

  #bury(item: QueueItem, state: DeliveryState, { reason }: Settlement & { outcome: 'dead' }): void {
    this.#onDead({ item, state, reason, failedAt: this.#clock.now() });
  }

  /** Ends the loan; undefined when it was over already. */
  #takeBack(lease: Lease): Entry | undefined {
    const { token } = lease;
    if (!(token instanceof MemoryLease) || !token.open) return undefined;
    token.open = false;
    this.#leased--;
    return token.entry;
  }

  /** Loans do not run out here. */
  extend(): void {
    this.#check();
  }

  release(leases: readonly Lease[]): void {
    this.#check();
    for (const lease of leases) {
      const entry = this.#takeBack(lease);
      if (!entry) continue;
      entry.state = copyDeliveryState(lease.state);
      this.#ready.putBack(entry);
    }
    this.#lend();
  }

  async stats(): Promise<QueueStats> {
    this.#check();
    this.#ripen();
    const oldestAt = Math.min(this.#ready.oldestAt() ?? Infinity, this.#delayed.oldestAt());
    return {
      queued: this.#ready.length + this.#delayed.length,
      delayed: this.#delayed.length,
      leased: this.#leased,
      ...(oldestAt === Infinity ? {} : { oldestAt }),
    };
  }

  hasten(): void {
    for (let next = this.#delayed.pop(); next; next = this.#delayed.pop()) this.#ready.putReturned(next);
    this.#lend();
  }

  async purge(options: PurgeOptions = {}): Promise<{ removed: number; items: QueueItem[] }> {
    this.#check();
    const removed = this.#ready.length + this.#delayed.length;
    const chunks = chunksOf(this.#ready, this.#delayed);
    this.#ready = new PriorityLists();
    this.#delayed = new DelayedEntries();
    this.#admit();
    if (!options.onRemoved) return { removed, items: [...chunks].flat().map(({ item }) => item) };
    // Unpacked no sooner than they are told.
    for (const chunk of chunks) {
      await tellRemoved(options, chunk, this.#clock);
      await nextTurn(this.#clock);
    }
    return { removed, items: [] };
  }

  #check(): void {
    if (this.#closed) throw storeClosed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
    this.#takers.rejectAll(storeClosed());
    this.#enqueuers.rejectAll(storeClosed());
  }
}

function* chunksOf(ready: PriorityLists, delayed: DelayedEntries): Iterable<Entry[]> {
  while (ready.length > 0) yield ready.take(PURGE_CHUNK);
  while (delayed.length > 0) {
    const chunk: Entry[] = [];
    for (let next = delayed.pop(); next; next = chunk.length < PURGE_CHUNK ? delayed.pop() : undefined)
      chunk.push(entryOf(next));
    yield chunk;
  }
}
