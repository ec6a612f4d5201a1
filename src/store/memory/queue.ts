import { nextTurn, type Clock } from '../../clock';
import { BaseQueue, type Batch } from '../base-queue';
import { copyDeliveryState, type Revived } from '../delivery-state';
import { EntryLease } from '../entry-lease';
import { tellDropped, tellRemoved } from '../errors';
import type {
  DeadLetter,
  EnqueueOptions,
  Eventually,
  FoundMessage,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
} from '../types';
import { DelayedEntries } from './delayed';
import type { MemoryState } from './state';
import type { Entry } from './entry';
import { PriorityLists } from './priorities';
import { entryOf } from './packed';

class MemoryLease extends EntryLease<Entry> {
  open = true;
}

const PURGE_CHUNK = 1000;
/** Packed messages that are looked at before others get their turn. */
const LOOKED_AT_ONCE = 5000;
const NONE: readonly Entry[] = [];

export class MemoryQueue extends BaseQueue implements OutboundQueue {
  readonly #onDead: (letter: DeadLetter) => void;
  readonly #claims: Pick<MemoryState, 'refuseClaimed' | 'claimAll'>;
  #ready = new PriorityLists();
  #delayed = new DelayedEntries();
  #leased = 0;
  #order = 0;

  constructor(
    limits: QueueLimits,
    clock: Clock,
    onDead: (letter: DeadLetter) => void,
    claims: Pick<MemoryState, 'refuseClaimed' | 'claimAll'>,
  ) {
    super(limits, clock);
    this.#claims = claims;
    this.#onDead = onDead;
  }

  /** New limits, for what comes from now on. */
  configure(limits: QueueLimits): void {
    this.limits = limits;
    this.admit();
  }

  /** Messages, those leased included. */
  get size(): number {
    return this.#ready.length + this.#delayed.length + this.#leased;
  }

  protected override get used(): number {
    return this.size;
  }

  enqueue(items: readonly QueueItem[], options: EnqueueOptions = {}): Eventually<string[]> {
    this.check();
    options.signal?.throwIfAborted();
    // Before there has to be room: what is known needs none.
    if (options.claims) this.#claims.refuseClaimed(options.claims);
    const waiting = this.waitForRoom(items, options);
    if (waiting) return waiting;
    const dropped = this.#drop(this.excess(items.length, this.#leased));
    this.refuseWhenFull(items.length);
    const ids = this.append({ items, states: options.states, claims: options.claims });
    tellDropped(this.limits, dropped);
    return ids;
  }

  /** What failed for good comes again, behind all others. All or nothing. */
  revive(revived: readonly Revived[]): void {
    this.check();
    this.refuseWhenFull(revived.length);
    for (const { item, state } of revived) this.#ready.append({ item, order: this.#order++, state });
    this.serveTakers();
  }

  protected override append({ items, states, claims }: Batch): string[] {
    if (claims) this.#claims.claimAll(claims);
    const ids: string[] = [];
    for (const item of items) {
      const state = states?.[ids.length];
      this.#ready.append({ item, order: this.#order++, state: state && copyDeliveryState(state) });
      ids.push(item.id);
    }
    this.serveTakers();
    return ids;
  }

  #drop(excess: number): readonly Entry[] {
    if (excess === 0) return NONE;
    const dropped = this.#ready.dropOldest(excess);
    while (dropped.length < excess) {
      const next = this.#delayed.pop();
      if (!next) break;
      dropped.push(entryOf(next));
    }
    return dropped;
  }

  take(max: number, { signal }: { signal: AbortSignal }): Eventually<Lease[]> {
    this.check();
    return this.leaseOrWait(max, signal);
  }

  protected override leaseReady(max: number): Lease[] | undefined {
    this.#ripen();
    const entries = this.#ready.take(Math.max(1, max));
    if (entries.length === 0) return undefined;
    this.#leased += entries.length;
    return entries.map((entry) => new MemoryLease(entry));
  }

  /** Moves the delayed messages whose time has come to their places. */
  #ripen(): void {
    const now = this.#delayed.length > 0 ? this.clock.monotonic() : 0;
    for (let next = this.#delayed.peek(); next && next.dueAt <= now; next = this.#delayed.peek()) {
      const ripe = this.#delayed.pop();
      if (ripe) this.#ready.putReturned(ripe);
    }
  }

  protected override untilDue(): number | undefined {
    const next = this.#delayed.peek();
    return next && next.dueAt - this.clock.monotonic();
  }

  settle(settlements: readonly Settlement[]): void {
    this.check();
    for (const settlement of settlements) this.#settleOne(settlement);
    this.serveTakers();
    this.admit();
  }

  #settleOne(settlement: Settlement): void {
    const { lease, outcome } = settlement;
    const entry = this.#takeBack(lease);
    if (!entry || outcome === 'done') return;
    const state = copyDeliveryState(lease.state);
    if (outcome === 'dead')
      return this.#onDead({ item: entry.item, state, reason: settlement.reason, failedAt: this.clock.now() });
    entry.state = state;
    const pause = settlement.notBefore - this.clock.now();
    this.#delayed.push(entry, this.clock.monotonic() + (pause > 0 ? pause : 0));
  }

  /** Ends the lease; undefined when it was over already. */
  #takeBack(lease: Lease): Entry | undefined {
    const { token } = lease;
    if (!(token instanceof MemoryLease) || !token.open) return undefined;
    token.open = false;
    this.#leased--;
    return token.entry;
  }

  /** Leases do not run out here. */
  extend(): void {
    this.check();
  }

  release(leases: readonly Lease[]): void {
    this.check();
    for (const lease of leases) {
      const entry = this.#takeBack(lease);
      if (!entry) continue;
      entry.state = copyDeliveryState(lease.state);
      this.#ready.putBack(entry);
    }
    this.serveTakers();
  }

  async stats(): Promise<QueueStats> {
    this.check();
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
    this.serveTakers();
  }

  async purge(options: PurgeOptions = {}): Promise<{ removed: number; items: QueueItem[] }> {
    this.check();
    const removed = this.#ready.length + this.#delayed.length;
    const chunks = chunksOf(this.#ready, this.#delayed);
    this.#ready = new PriorityLists();
    this.#delayed = new DelayedEntries();
    this.admit();
    if (!options.onRemoved) return { removed, items: [...chunks].flat().map(({ item }) => item) };
    // Unpacked no sooner than they are told.
    for (const chunk of chunks) {
      await tellRemoved(options, chunk, this.clock);
      await nextTurn(this.clock);
    }
    return { removed, items: [] };
  }

  async find(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    const found = await this.#look(ids);
    return [...found.values()];
  }

  async remove(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    const found = await this.#look(ids);
    const removed = [...found.entries()].filter(([, { leased }]) => !leased);
    for (const [entry, { delayed }] of removed) (delayed ? this.#delayed : this.#ready).remove(entry);
    this.admit();
    return removed.map(([, one]) => one);
  }

  /** What is packed is read a part at a time, and then looked for where it is by now; the rest at once. */
  async #look(given: readonly string[]): Promise<Map<Entry, FoundMessage>> {
    this.check();
    const ids = new Set(given);
    const packed: Entry[] = [];
    let seen = 0;
    for (const entry of this.#ready.packed()) {
      if (ids.has(entry.item.id)) packed.push(entry);
      if (++seen % LOOKED_AT_ONCE !== 0) continue;
      await nextTurn(this.clock);
      this.check();
    }
    this.#ripen();
    const found = new Map<Entry, FoundMessage>();
    const add = (entry: Entry, delayed: boolean): void => {
      const { item, state } = entry;
      if (ids.has(item.id)) found.set(entry, { item, state, leased: false, delayed });
    };
    for (const entry of packed) if (this.#ready.isPacked(entry)) add(entry, false);
    for (const entry of this.#ready.unpacked()) add(entry, false);
    for (const entry of this.#delayed.entries()) add(entry, true);
    return found;
  }

  async close(): Promise<void> {
    this.end();
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
