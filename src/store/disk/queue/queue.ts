import { BaseQueue, type Batch } from '../../base-queue';
import { copyDeliveryState, stateToKeep, stateToLease, type Revived } from '../../delivery-state';
import { tellDropped } from '../../errors';
import type { Claim } from '../../key-value';
import type {
  DeliveryState,
  EnqueueOptions,
  FoundMessage,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
} from '../../types';
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
import { Search } from './search';

/** Keys that are claimed with messages. */
export interface ClaimChanges {
  /** Throws `ClaimedError` where one of the keys is claimed. */
  refuseClaimed(claims: readonly Claim[]): void;
  /** The change that claims all; throws likewise. */
  claiming(claims: readonly Claim[]): StoreChange;
}

export interface QueueParts {
  readonly core: StoreCore;
  readonly messages: Messages;
  readonly changes: QueueChanges;
  readonly delayed: Delayed;
  readonly ready: Ready;
  readonly watermark: LeaseWatermark;
  /** The change that sets a fact of the state. */
  readonly setting: (key: string, value: Buffer) => StoreChange;
  readonly claims: ClaimChanges;
  /** A purge that was cut short by the end of an earlier run. */
  readonly unfinished: PurgeMark | undefined;
}

const NONE: readonly StoreChange[] = [];

/** The queue on disk. Leases are in memory only: a crash ends them all. */
export class DiskQueue extends BaseQueue implements OutboundQueue {
  readonly #parts: QueueParts;
  readonly #purging: Purging;
  readonly #search: Search;

  constructor(parts: QueueParts, limits: QueueLimits) {
    super(limits, parts.core.clock);
    this.#parts = parts;
    this.#purging = new Purging(parts);
    this.#search = new Search(parts, () => this.check());
  }

  enqueue(items: readonly QueueItem[], options: EnqueueOptions = {}): Promise<string[]> {
    // Not async: of all calls it is the one that is made by the thousand.
    try {
      this.check();
      options.signal?.throwIfAborted();
      // Before there has to be room: what is known needs none.
      if (options.claims) this.#parts.claims.refuseClaimed(options.claims);
      return this.waitForRoom(items, options) ?? this.#enqueue(items, options);
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- ours, or the caller's own reason
      return Promise.reject(error);
    }
  }

  #enqueue(items: readonly QueueItem[], { states, fact, claims }: EnqueueOptions): Promise<string[]> {
    const { changes, ready, core } = this.#parts;
    const fixed = changes.leased.size + changes.coming + ready.unreadable;
    const excess = this.#purging.isUnfinished ? 0 : this.excess(items.length, fixed);
    if (excess === 0) {
      this.refuseWhenFull(items.length);
      return this.append({ items, states, fact, claims });
    }
    const dropped = ready.dropOldest(excess, core.time.now());
    this.refuseWhenFull(items.length - dropped.length);
    const drops = dropped.map((entry) => changes.drop(entry));
    const done = (): void => tellDropped(this.limits, dropped);
    drops.push({ room: roomFor([], 0), apply: () => undefined, done });
    return this.append({ items, states, fact, claims }, drops);
  }

  /** What failed for good comes again, behind all others, with the change that takes it from where it was. */
  async revive(revived: readonly Revived[], change: StoreChange): Promise<void> {
    this.check();
    this.refuseWhenFull(revived.length);
    if (revived.length === 0) return;
    const { changes, core } = this.#parts;
    const items = revived.map(({ item }) => item);
    const states = revived.map(({ state }) => state);
    await core.committer.make([change, changes.appending(items, states)], true);
  }

  protected override get used(): number {
    return this.#parts.changes.stored + this.#parts.changes.coming;
  }

  protected override append(
    { items, states, fact, claims }: Batch,
    drops: readonly StoreChange[] = NONE,
  ): Promise<string[]> {
    if (items.length === 0) return Promise.resolve([]);
    const { changes, core, setting } = this.#parts;
    const claiming = claims && this.#parts.claims.claiming(claims);
    const change = changes.appending(items, states?.map(copyDeliveryState));
    const ids = items.length === 1 ? [(items[0] as QueueItem).id] : items.map((item) => item.id);
    const set = fact ? [...drops, setting(fact.key, fact.value)] : drops;
    const also = claiming ? [...set, claiming] : set;
    const { committer } = core;
    const appended = also.length > 0 ? committer.make([...also, change], true) : committer.append(change);
    return appended.then(() => ids);
  }

  async take(max: number, { signal }: { signal: AbortSignal }): Promise<Lease[]> {
    this.check();
    if (this.#purging.isUnfinished) await this.#purging.finish({});
    return this.leaseOrWait(max, signal);
  }

  protected override leaseReady(max: number): Lease[] | undefined {
    const { ready, core, changes } = this.#parts;
    const entries = ready.take(Math.max(1, max), core.time.now());
    if (entries.length === 0) return undefined;
    return entries.map((entry) => ({
      item: entry.item,
      state: stateToLease(entry.item, entry.state),
      token: changes.lease(entry),
    }));
  }

  /** Something was committed: there may be messages for those who wait, or room. */
  committed(): void {
    if (this.isClosed) return;
    this.serveTakers();
    this.admit();
  }

  /** It could not be moved: nothing can be leased. */
  watermarkFailed(error: unknown): void {
    this.rejectTakers(error);
  }

  protected override untilDue(): number | undefined {
    const { core, delayed } = this.#parts;
    const next = delayed.next();
    return next === undefined ? undefined : next - core.time.now();
  }

  settle(settlements: readonly Settlement[]): Promise<void> {
    return this.settleAnd(settlements, []);
  }

  /** Settles, and makes other changes, in one transaction. */
  async settleAnd(settlements: readonly Settlement[], also: readonly StoreChange[]): Promise<void> {
    this.check();
    const { changes, core } = this.#parts;
    const settling = changes.settling(settlements);
    if (settling.length === 0 && also.length === 0) return;
    await core.committer.make([...also, ...settling]);
  }

  /** Leases do not run out here; what happened so far is written, so that a crash does not lose it. */
  async extend(leases: readonly Lease[]): Promise<void> {
    this.check();
    const noted: Noted[] = [];
    for (const lease of leases) {
      const entry = openHandle(lease)?.entry;
      const state = entry && stateToKeep(lease.state);
      if (state) noted.push({ entry, state });
    }
    await this.#note(noted);
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.check();
    const { changes, ready } = this.#parts;
    const noted: Noted[] = [];
    for (const lease of leases) {
      const leased = changes.takeBack(lease);
      if (!leased) continue;
      const state = stateToKeep(lease.state);
      const entry = { ...leased, state, fresh: false };
      if (state) noted.push({ entry, state });
      ready.putBack(entry);
    }
    const written = this.#note(noted);
    this.serveTakers();
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
    this.check();
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
    this.check();
    const purged = await this.#purging.purge(options);
    this.admit();
    return purged;
  }

  async find(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    await this.#searchable();
    return this.#search.find(ids);
  }

  async remove(ids: readonly string[]): Promise<readonly FoundMessage[]> {
    await this.#searchable();
    const removed = await this.#search.remove(ids);
    this.admit();
    return removed;
  }

  async #searchable(): Promise<void> {
    this.check();
    if (this.#purging.isUnfinished) await this.#purging.finish({});
  }

  /** Ends a purge that the end of an earlier run has cut short. */
  async finishPurge(options: PurgeOptions): Promise<void> {
    await this.#purging.finish(options);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    const { core, watermark, changes } = this.#parts;
    this.end();
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
