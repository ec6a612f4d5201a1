import { LONGEST_TIMER, type TimerHandle } from '../../../clock';
import { copyDeliveryState, isUntouched, newDeliveryState, type Revived } from '../../delivery-state';
import { fits, neverFits, queueFull, storeClosed, tellDropped } from '../../errors';
import type {
  DeliveryState,
  EnqueueOptions,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
} from '../../types';
import { Waiters } from '../../waiters';
import { NOTE, openHandle, type QueueChanges } from './changes';
import type { StoreCore } from '../commit/core';
import type { StoreChange } from '../commit/requests';
import type { Delayed } from './delayed';
import type { ReadEntry } from '../record/entries';
import { roomFor } from '../lmdb/space';
import type { LeaseWatermark } from './lease-watermark';
import type { Messages } from './messages';
import { Purging, type PurgeMark } from './purging';
import type { Ready } from './ready';

export interface QueueParts {
  readonly core: StoreCore;
  readonly messages: Messages;
  readonly changes: QueueChanges;
  readonly delayed: Delayed;
  readonly ready: Ready;
  readonly watermark: LeaseWatermark;
  readonly limits: QueueLimits;
  /** The change that sets a fact of the state. */
  readonly setting: (key: string, value: Buffer) => StoreChange;
  /** A purge that was cut short by the end of an earlier run. */
  readonly unfinished: PurgeMark | undefined;
}

const NONE: readonly StoreChange[] = [];

type Batch = { readonly items: readonly QueueItem[] } & Pick<EnqueueOptions, 'states'>;

/** The queue on disk. Leases are in memory only: a crash ends them all. */
export class DiskQueue implements OutboundQueue {
  readonly #parts: QueueParts;
  readonly #takers = new Waiters<number, Lease[]>();
  readonly #enqueuers = new Waiters<Batch, string[]>();
  #timer: TimerHandle;
  #closed = false;
  readonly #purging: Purging;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#purging = new Purging(parts);
  }

  enqueue(items: readonly QueueItem[], options?: EnqueueOptions): Promise<string[]> {
    // Not async: of all calls it is the one that is made by the thousand.
    try {
      this.#check();
      options?.signal?.throwIfAborted();
      return this.#enqueue(items, options?.states, options?.signal, options?.fact);
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- ours, or the caller's own reason
      return Promise.reject(error);
    }
  }

  #enqueue(
    items: readonly QueueItem[],
    states: EnqueueOptions['states'],
    signal: AbortSignal | undefined,
    fact: EnqueueOptions['fact'],
  ): Promise<string[]> {
    const { limits, changes } = this.#parts;
    if (limits.capacity > 0 && items.length > limits.capacity) throw neverFits(limits, items.length);
    // Whoever waits already goes first, even where this batch would fit.
    const blocked = this.#enqueuers.length > 0 || !fits(this.#parts.limits, this.#used, items.length);
    if (!blocked)
      return this.#append(items, states, fact ? [this.#parts.setting(fact.key, fact.value)] : NONE);
    if (limits.whenFull === 'wait') return this.#enqueuers.wait({ items, states }, signal);
    const dropped = limits.whenFull === 'drop-oldest' ? this.#makeRoom(items.length) : [];
    const full = this.#full(items.length - dropped.length);
    if (full) throw full;
    const drops = dropped.map((entry) => changes.drop(entry));
    const done = (): void => tellDropped(limits, dropped);
    if (dropped.length > 0) drops.push({ room: roomFor([], 0), apply: () => undefined, done });
    return this.#append(items, states, drops);
  }

  /** What failed for good comes again, behind all others, with the change that takes it from where it was. */
  async revive(revived: readonly Revived[], change: StoreChange): Promise<void> {
    this.#check();
    const full = this.#full(revived.length);
    if (full) throw full;
    if (revived.length === 0) return;
    const { changes, core } = this.#parts;
    const items = revived.map(({ item }) => item);
    const states = revived.map(({ state }) => state);
    await core.committer.make([change, changes.appending(items, states)], true);
  }

  get #used(): number {
    return this.#parts.changes.stored + this.#parts.changes.coming;
  }

  #full(count: number): Error | undefined {
    return queueFull(this.#parts.limits, this.#used, count);
  }

  #append(
    items: readonly QueueItem[],
    states: EnqueueOptions['states'],
    also: readonly StoreChange[] = NONE,
  ): Promise<string[]> {
    if (items.length === 0) return Promise.resolve([]);
    const { changes, core } = this.#parts;
    const change = changes.appending(items, states?.map(copyDeliveryState));
    const ids = items.length === 1 ? [(items[0] as QueueItem).id] : items.map((item) => item.id);
    const { committer } = core;
    const appended = also.length > 0 ? committer.make([...also, change], true) : committer.append(change);
    return appended.then(() => ids);
  }

  /** Takes out as many as `count` new ones need, or none where not even that would do. */
  #makeRoom(count: number): ReadEntry[] {
    const { limits, ready, core, changes } = this.#parts;
    const excess = limits.capacity === 0 ? 0 : this.#used + count - limits.capacity;
    if (this.#purging.isUnfinished) return [];
    const rest = changes.leased.size + changes.coming + ready.unreadable;
    return excess <= 0 || rest + count > limits.capacity ? [] : ready.dropOldest(excess, core.time.now());
  }

  /** Lets those in that wait for room, in their order. */
  #admit(): void {
    if (this.#enqueuers.length === 0) return;
    this.#enqueuers.serve(({ items, states }) =>
      fits(this.#parts.limits, this.#used, items.length) ? this.#append(items, states) : undefined,
    );
  }

  async take(max: number, { signal }: { signal: AbortSignal }): Promise<Lease[]> {
    this.#check();
    if (this.#purging.isUnfinished) await this.#purging.finish({});
    signal.throwIfAborted();
    // Whoever waits already has had all there is: nothing is taken from before them.
    const leases = this.#takers.length === 0 ? this.#leaseReady(max) : undefined;
    if (leases) return leases;
    const taken = this.#takers.wait(max, signal);
    this.#arm();
    return taken;
  }

  #leaseReady(max: number): Lease[] | undefined {
    const { ready, core, changes } = this.#parts;
    const entries = ready.take(Math.max(1, max), core.time.now());
    if (entries.length === 0) return undefined;
    return entries.map((entry) => ({
      item: entry.item,
      state: entry.state ? copyDeliveryState(entry.state) : newDeliveryState(entry.item),
      token: changes.lease(entry),
    }));
  }

  /** Serves those who wait for messages. */
  #serveTakers(): void {
    if (this.#takers.length === 0) return;
    this.#takers.serve((max) => this.#leaseReady(max));
    this.#arm();
  }

  /** Something was committed: there may be messages for those who wait, or room. */
  committed(): void {
    if (this.#closed) return;
    this.#serveTakers();
    this.#admit();
  }

  /** It could not be moved: nothing can be leased. */
  watermarkFailed(error: unknown): void {
    this.#takers.rejectAll(error);
  }

  /** One timer for the earliest delayed message, and only while somebody waits for it. */
  #arm(): void {
    const { core, delayed } = this.#parts;
    const { clock, time } = core;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#takers.length === 0 ? undefined : delayed.next();
    if (next === undefined) return;
    const sleep = Math.max(0, Math.min(next - time.now(), LONGEST_TIMER));
    this.#timer = clock.setTimeout(() => this.#serveTakers(), Math.ceil(sleep));
  }

  settle(settlements: readonly Settlement[]): Promise<void> {
    return this.settleAnd(settlements, []);
  }

  /** Settles, and makes other changes, in one transaction. */
  async settleAnd(settlements: readonly Settlement[], also: readonly StoreChange[]): Promise<void> {
    this.#check();
    const { changes, core } = this.#parts;
    const settling = changes.settling(settlements);
    if (settling.length === 0 && also.length === 0) return;
    await core.committer.make([...also, ...settling]);
  }

  /** Leases do not run out here; what happened so far is written, so that a crash does not lose it. */
  async extend(leases: readonly Lease[]): Promise<void> {
    this.#check();
    const noted: Noted[] = [];
    for (const lease of leases) {
      const entry = openHandle(lease)?.entry;
      if (entry && !isUntouched(lease.state)) noted.push({ entry, state: copyDeliveryState(lease.state) });
    }
    await this.#note(noted);
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.#check();
    const { changes, ready } = this.#parts;
    const noted: Noted[] = [];
    for (const lease of leases) {
      const leased = changes.takeBack(lease);
      if (!leased) continue;
      const state = isUntouched(lease.state) ? undefined : copyDeliveryState(lease.state);
      const entry = { ...leased, state, fresh: false };
      if (state) noted.push({ entry, state });
      ready.putBack(entry);
    }
    const written = this.#note(noted);
    this.#serveTakers();
    await written;
  }

  async #note(noted: readonly Noted[]): Promise<void> {
    if (noted.length === 0) return;
    const { core, messages } = this.#parts;
    // Before it is written: whoever removes the message asks for that later.
    for (const { entry } of noted) entry.recorded = true;
    const apply = (): void =>
      noted.forEach(({ entry: { seq, notBefore }, state }) => messages.note(seq, state, notBefore));
    const room = { octets: NOTE.octets * noted.length, rows: 0, touches: NOTE.touches * noted.length };
    await core.committer.make([{ room, apply }]);
  }

  async stats(): Promise<QueueStats> {
    this.#check();
    const { ready, delayed, core, changes } = this.#parts;
    // To look closer is left to who ends the purge.
    if (this.#purging.isUnfinished) return { queued: changes.stored, delayed: 0, leased: 0 };
    ready.ripen(core.time.now());
    const queued = changes.stored - changes.leased.size - ready.unreadable;
    const oldestAt = queued > 0 ? ready.oldestAt(changes.leased) : undefined;
    return {
      queued,
      delayed: delayed.waiting,
      leased: changes.leased.size,
      ...(oldestAt === undefined ? {} : { oldestAt }),
    };
  }

  async purge(options: PurgeOptions = {}): Promise<{ removed: number; items: QueueItem[] }> {
    this.#check();
    const purged = await this.#purging.purge(options);
    this.#admit();
    return purged;
  }

  /** Ends a purge that the end of an earlier run has cut short. */
  async finishPurge(options: PurgeOptions): Promise<void> {
    await this.#purging.finish(options);
  }

  #check(): void {
    if (this.#closed) throw storeClosed();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const { core, watermark, changes } = this.#parts;
    this.#closed = true;
    core.clock.clearTimeout(this.#timer);
    this.#takers.rejectAll(storeClosed());
    this.#enqueuers.rejectAll(storeClosed());
    const kept = core.time.keep().catch(() => undefined);
    await Promise.all([core.committer.idle(), kept]);
    // What is leased now is as unknown as after a crash.
    if (changes.leased.size === 0) await watermark.close(changes.nextSeq).catch(() => undefined);
  }
}

interface Noted {
  readonly entry: ReadEntry;
  readonly state: DeliveryState;
}
