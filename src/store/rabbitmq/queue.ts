import { nextTick, type Clock } from '../../clock';
import { BaseQueue, type Batch } from '../base-queue';
import { copyDeliveryState, stateToKeep } from '../delivery-state';
import { fits, storeClosed, tellDropped } from '../errors';
import { within } from '../../waiting';
import type {
  EnqueueOptions,
  Eventually,
  Lease,
  OutboundQueue,
  PurgeOptions,
  QueueItem,
  QueueLimits,
  QueueStats,
  Settlement,
  Untaken,
} from '../types';
import type { Broker } from './broker';
import type { Consumers } from './consumers';
import { countQueues } from './counts';
import { RabbitLease, type Entry } from './entry';
import type { Heads } from './heads';
import type { Held } from './held';
import type { RabbitHome } from './home';
import { IdleWatch } from './idle';
import { rankOf, type Names } from './names';
import { asNew, HELD_PAUSE } from './outgoing';
import type { Outgoing, Publisher } from './publisher';
import { dropOldest, purgeQueues } from './removal';
import { writeSettlements } from './settlement';
import { Turns } from './turns';

/** Milliseconds for which a count is believed while others may put and take, too. */
const FRESH = 1000;
/** Milliseconds that the broker gets to take back what is here, at the end. */
const PARTING = 2500;

export interface QueueParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly consumers: Consumers;
  readonly held: Held;
  readonly heads: Heads;
  readonly home: RabbitHome;
}

export class RabbitQueue extends BaseQueue implements OutboundQueue {
  readonly #parts: QueueParts;
  readonly #leases = new Set<RabbitLease>();
  /** Messages that there are, as far as is known. */
  #known = 0;
  #countedAt = -Infinity;
  readonly #turns = new Turns();
  #isServing = false;
  readonly #idle: IdleWatch;

  constructor(limits: QueueLimits, parts: QueueParts) {
    super(limits, parts.clock);
    this.#parts = parts;
    this.#idle = new IdleWatch(parts.clock, parts.consumers, parts.held, () => this.#look());
  }

  protected override get used(): number {
    return this.#known;
  }

  protected override untilDue(): number | undefined {
    const { dueAt } = this.#parts.held.buffer;
    return dueAt === undefined ? undefined : dueAt - this.clock.monotonic();
  }

  /** Something may be leased. All that comes in this turn is served together. */
  progress(): void {
    if (this.#isServing || this.isClosed) return;
    this.#isServing = true;
    nextTick(this.clock, () => {
      this.#isServing = false;
      if (!this.isClosed) this.serveTakers();
    });
  }

  /** There is another link. */
  changed(): void {
    this.#countedAt = -Infinity;
    this.progress();
  }

  enqueue(items: readonly QueueItem[], options: EnqueueOptions = {}): Eventually<string[]> {
    this.check();
    options.signal?.throwIfAborted();
    if (items.length === 0) return [];
    const { states } = options;
    if (this.#turns.isBusy || !this.#parts.broker.isWritable || !this.#surelyFits(items.length))
      return this.#turns.take(() => this.#enqueueCounted(items, options));
    return this.waitForRoom(items, options) ?? this.append({ items, states });
  }

  /** Without asking the broker. */
  #surelyFits(count: number): boolean {
    return this.limits.capacity === 0 || (this.#isFresh && fits(this.limits, this.#known, count));
  }

  get #isFresh(): boolean {
    return this.clock.monotonic() - this.#countedAt < FRESH;
  }

  async #enqueueCounted(
    items: readonly QueueItem[],
    options: EnqueueOptions,
  ): Promise<{ readonly answer: Eventually<string[]> }> {
    const { signal, states } = options;
    await this.#parts.broker.up(signal, true);
    if (!this.#surelyFits(items.length)) await this.#count();
    this.check();
    signal?.throwIfAborted();
    const waiting = this.waitForRoom(items, options);
    if (waiting) return { answer: waiting };
    const excess = this.excess(items.length, this.#leases.size);
    const dropped = excess > 0 ? await dropOldest(this.#parts, excess) : [];
    this.#known -= dropped.length;
    this.refuseWhenFull(items.length);
    const answer = this.append({ items, states });
    tellDropped(this.limits, dropped);
    return { answer };
  }

  /** Dead letters that are to be sent once more: behind all others, and all or nothing. */
  revive(messages: readonly Outgoing[]): Promise<unknown> {
    return this.#turns.take(async () => {
      await this.#parts.broker.up(undefined, true);
      if (!this.#surelyFits(messages.length)) await this.#count();
      this.check();
      this.refuseWhenFull(messages.length);
      this.#known += messages.length;
      return { answer: this.#parts.publisher.publish(messages) };
    });
  }

  protected override append({ items, states }: Batch): Promise<string[]> {
    const { held, names, consumers, publisher } = this.#parts;
    this.#known += items.length;
    for (const item of items) held.expect(item);
    const messages = items.map((item, at) => asNew(names, { item, serial: 0, state: states?.[at] }));
    return publisher.publish(messages).then(() => {
      for (const { priority } of items) consumers.doubt(rankOf(priority, false));
      return items.map(({ id }) => id);
    });
  }

  async #count(): Promise<void> {
    const { broker, names, held } = this.#parts;
    if (this.limits.capacity === 0) return;
    const { total } = await countQueues(await broker.up(), names, () => held.arrived);
    this.#known = total + held.length + this.#parts.publisher.length;
    this.#countedAt = this.clock.monotonic();
  }

  take(max: number, { signal }: { signal: AbortSignal }): Eventually<Lease[]> {
    this.check();
    return this.leaseOrWait(max, signal);
  }

  protected override leaseReady(max: number): Lease[] | undefined {
    const { held, consumers } = this.#parts;
    const { buffer } = held;
    const most = Math.max(1, max);
    const leases: Lease[] = [];
    buffer.ripen(this.clock.monotonic());
    for (let rank = 0; rank <= consumers.level; rank++) {
      let last: Entry | undefined;
      while (leases.length < most) {
        const entry = buffer.pop(rank);
        if (!entry) break;
        leases.push(this.#lease(entry));
        last = entry;
      }
      if (last) {
        this.#idle.taken(rank);
        this.#parts.heads.leased(last);
      }
      if (leases.length === most) return leases;
      // What is less urgent waits until it is sure that there is nothing more of this.
      if (leases.length > 0 ? !consumers.isSure(rank) : !consumers.isEmpty(rank, most, this.#isLast(rank)))
        break;
    }
    if (leases.length > 0) return leases;
    consumers.raise();
    return undefined;
  }

  /** Whether nothing less urgent is or may be here: then it does not matter what more there is of this rank. */
  #isLast(rank: number): boolean {
    const { held, consumers } = this.#parts;
    return consumers.isOpen && held.buffer.readyFrom(rank + 1) === 0;
  }

  #lease(entry: Entry): RabbitLease {
    const lease = new RabbitLease(entry);
    entry.wasLeased = true;
    this.#leases.add(lease);
    return lease;
  }

  /** Ends the lease; undefined: it was over. */
  #end(lease: Lease): Entry | undefined {
    const { token } = lease;
    return token instanceof RabbitLease && this.#leases.delete(token) ? token.entry : undefined;
  }

  settle(settlements: readonly Settlement[]): Eventually<Untaken> {
    this.check();
    const later: Settlement[] = [];
    for (const settlement of settlements) if (!this.#settleHere(settlement)) later.push(settlement);
    this.serveTakers();
    this.admit();
    return later.length > 0 ? this.#settleThere(later) : undefined;
  }

  /** Whether nothing has to be written for it. */
  #settleHere(settlement: Settlement): boolean {
    const { held } = this.#parts;
    const { lease, outcome } = settlement;
    if (outcome === 'dead' || (outcome === 'done' && settlement.notice)) return false;
    const pause = outcome === 'retry' ? settlement.notBefore - this.clock.now() : 0;
    const { token } = lease;
    if (pause > HELD_PAUSE && token instanceof RabbitLease && token.entry.delivery) return false;
    const entry = this.#end(lease);
    if (!entry) return true;
    if (outcome === 'retry') this.#putBack(entry, lease, pause);
    else {
      held.end(entry);
      this.#known--;
    }
    return true;
  }

  #putBack(entry: Entry, { state }: Lease, pause = 0): void {
    entry.state = stateToKeep(state);
    this.#parts.held.putBack(entry, pause);
  }

  /** What the broker must have before the leases end. */
  async #settleThere(settlements: readonly Settlement[]): Promise<Untaken> {
    const ended = settlements.flatMap((settlement) => {
      const entry = this.#end(settlement.lease);
      return entry ? { settlement, entry } : [];
    });
    try {
      await this.#parts.broker.up(undefined, true);
      const untaken = await writeSettlements(this.#parts, ended);
      this.#known -= ended.filter(({ settlement }) => settlement.outcome !== 'retry').length;
      this.serveTakers();
      this.admit();
      return untaken.length > 0 ? untaken : undefined;
    } catch (error) {
      for (const { settlement } of ended) this.#reopen(settlement.lease);
      throw this.isClosed ? storeClosed() : error;
    }
  }

  #reopen({ token }: Lease): void {
    if (token instanceof RabbitLease) this.#leases.add(token);
  }

  /** Leases do not run out here, and states are written when they end. */
  extend(): void {
    this.check();
  }

  release(leases: readonly Lease[]): void {
    this.check();
    for (const lease of leases) {
      const entry = this.#end(lease);
      if (entry) this.#putBack(entry, lease);
    }
    this.serveTakers();
  }

  async stats(): Promise<QueueStats> {
    this.check();
    const { broker, names, held } = this.#parts;
    try {
      const counts = await countQueues(await broker.up(), names, () => held.arrived);
      held.buffer.ripen(this.clock.monotonic());
      const facts = {
        queued: counts.total + held.buffer.length,
        delayed: counts.delayed + held.buffer.delayed,
        leased: this.#leases.size,
      };
      const oldestAt = Math.min(held.oldestAt(), await this.#parts.heads.oldestAt(counts));
      this.check();
      return oldestAt === Infinity || facts.queued === 0 ? facts : { ...facts, oldestAt };
    } catch (error) {
      throw this.isClosed ? storeClosed() : error;
    }
  }

  async purge(options: PurgeOptions = {}): Promise<{ removed: number; items: QueueItem[] }> {
    this.check();
    try {
      const purged = await purgeQueues(this.#parts, options);
      this.#known = Math.max(0, this.#known - purged.removed);
      this.admit();
      this.progress();
      return purged;
    } catch (error) {
      throw this.isClosed ? storeClosed() : error;
    }
  }

  /** Others may have made room. */
  #look(): void {
    if (!this.isRoomAwaited || !this.#parts.broker.link) return;
    this.#count().then(
      () => this.admit(),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    this.end();
    this.#idle.stop();
    const { broker, held, consumers, publisher } = this.#parts;
    broker.end();
    if (!broker.link) return;
    for (const { entry, state } of this.#leases)
      entry.state = { ...copyDeliveryState(state), redelivered: true };
    const giveBack = async (): Promise<void> => {
      await consumers.lower(0);
      held.buffer.drain();
      await held.giveBack(held.all());
      await publisher.idle();
      held.acks?.flush();
    };
    await within(this.clock, PARTING, Promise.allSettled([giveBack(), this.#parts.home.leave()]));
  }
}
