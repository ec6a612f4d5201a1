import type { TimerHandle } from '../../clock';
import { LinkedList } from '../../collections';
import { isThenable } from '../../observability';
import { commandId } from '../../protocol';
import type { Session } from '../../session';
import type { Eventually, Lease } from '../../store';
import { causeOf, isUnavailable, type PartError } from '../config/errors';
import type { Delivery, DeliveryCarrier, Flight } from './delivery';
import type { DispatcherParts } from './dispatcher-parts';
import type { Gate } from './gate';
import type { PaceLog } from './pace-log';
import { Permits } from './permits';
import { PoisonIsolation } from './poison-isolation';

/** What a sender needs of the dispatcher that it belongs to. */
export interface SessionSenderContext {
  readonly parts: DispatcherParts;
  readonly gate: Gate;
  readonly pace: Pick<PaceLog, 'during'>;
  /** Whether as much is unsettled as may be. */
  readonly isFull: boolean;
  /** Whether nothing overtakes what is on its way back to the queue. */
  readonly mayTake: boolean;
  /** Messages to take at once, at most: no more than can leave soon, so that urgent ones are not held up. */
  readonly batchLimit: number;
  /** A newly taken message; it may have ended already. */
  deliver(lease: Lease, carrier: SessionSender): Delivery;
  /** With at-most-once: it is safe, then, that these go out, once at most. */
  readonly commit?: ((deliveries: readonly Delivery[]) => Eventually<void>) | undefined;
  /** The message must not be sent any more, or not over this session; then it has been ended. */
  hopeless(delivery: Delivery, session: Session): boolean;
}

/** Milliseconds after a part failed. */
const FAILURE_PAUSE = 1000;
/** Milliseconds since a delivery ended within which the window is moving. */
const MOVING = 500;
/** Waits with one signal, at most: a queue of the user's may leave its listeners behind. */
const SIGNAL_USES = 1000;
/** Batches of one run: then timers and sockets get their turn, whatever there is to do. */
const MOST_BATCHES = 20;

/**
 * Sends over one session. {@link resume} is called whenever something has changed that it may have stopped for: room in
 * the window, the gate, messages, permits, the store. It runs once for all that happened in a turn, sends what may
 * go, and stops at the first reason to do so.
 */
export class SessionSender implements DeliveryCarrier {
  readonly session: Session;
  readonly #context: SessionSenderContext;
  readonly #isolation: PoisonIsolation;
  /** All that are leased for this session. */
  readonly #deliveries = new LinkedList<Delivery>();
  /** Those with segments to go, in the order in which they were taken. */
  #ready: Delivery[] = [];
  /** The batch that is being written; used again. */
  readonly #batch: Flight[] = [];
  #isScheduled = false;
  #isClosed = false;
  /** Waits for messages; settles when they are here. */
  #taking: Promise<void> | undefined;
  /** Ends that wait. */
  #stopTaking = new AbortController();
  #signalUses = 0;
  /** Waits for permits, or for the commit. */
  #isWaiting = false;
  readonly #permits: Permits;
  /** When a delivery ended last, with a shared store; monotonic milliseconds. */
  #endedAt = -Infinity;
  /** After a failure. */
  #pause: TimerHandle;
  /** What interrupted it last, while nothing has gone out since. */
  #failedFor: string | undefined;

  constructor(session: Session, context: SessionSenderContext) {
    this.session = session;
    this.#context = context;
    this.#permits = new Permits(context.parts.limiter, context.pace);
    this.#isolation = new PoisonIsolation(context.parts.clock, () => this.resume());
    session.onRoom(() => this.resume());
    this.resume();
  }

  /** Messages that are leased for this session. */
  get deliveries(): Iterable<Delivery> {
    return this.#deliveries;
  }

  /** Messages with segments on the wire. */
  get inFlight(): number {
    let messages = 0;
    for (const { flying } of this.#deliveries) if (flying > 0) messages++;
    return messages;
  }

  /** Whether it waits for messages. */
  get isTaking(): boolean {
    return this.#taking !== undefined;
  }

  /** Something has changed. */
  resume(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    try {
      let batches = 0;
      while (this.#sendBatch())
        if (++batches === MOST_BATCHES) {
          this.#context.parts.clock.setTimeout(() => this.resume(), 0);
          break;
        }
    } catch (error) {
      this.#failed(error);
    }
    if (!this.#isWaiting) this.#permits.giveBack();
  }

  /** Whether to go on: false where something has to change first. */
  #sendBatch(): boolean {
    const { session } = this;
    if (this.#isClosed || this.#isWaiting || this.#pause !== undefined) return false;
    const free = session.freeSlots;
    if (free === 0 || !session.isWritable) return this.#takeAhead();
    if (this.#context.isFull) return false;
    const next = this.#next();
    if (!next && (this.#taking || !this.#context.mayTake)) return false;
    if (!this.#context.gate.lets()) return false;
    if (!next) return this.#take(free);
    if (!this.#isolation.mayGo(next, this)) return false;
    if (this.#permits.count < next.cost && !this.#acquire(free)) return false;
    if (!this.#commit()) return false;
    this.#send();
    return true;
  }

  /** The first with segments to go; one that was accepted late has none. */
  #next(): Delivery | undefined {
    const ready = this.#ready;
    while (ready.length > 0 && ready[0]?.remaining === 0) ready.shift();
    return ready[0];
  }

  // --- each returns whether it is done at once; if not, it resumes when it is ---

  /**
   * While the window is full, the next batch of a queue that is a network away is fetched: one at most, and only while the
   * SMSC answers, for the others could send it.
   */
  #takeAhead(): false {
    const { parts, isFull, mayTake, gate } = this.#context;
    if (this.#taking || isFull || !mayTake || !parts.store.capabilities.shared) return false;
    if (parts.clock.monotonic() - this.#endedAt > MOVING || this.#next() || !gate.lets()) return false;
    this.#take(this.session.windowSize);
    return false;
  }

  #take(free: number): boolean {
    const max = Math.max(1, Math.min(free, this.#context.batchLimit));
    if (++this.#signalUses > SIGNAL_USES || this.#stopTaking.signal.aborted) {
      this.#stopTaking = new AbortController();
      this.#signalUses = 1;
    }
    const { signal } = this.#stopTaking;
    const leases = this.#context.parts.store.queue.take(max, { signal });
    if (!Array.isArray(leases)) this.#taking = this.#taken(leases, signal);
    else for (const lease of leases) this.#add(lease);
    return !this.#taking;
  }

  async #taken(waited: Promise<readonly Lease[]>, signal: AbortSignal): Promise<void> {
    try {
      // What comes although it was given up goes back: something else may be first now.
      for (const lease of await waited) {
        const delivery = this.#add(lease);
        if (signal.aborted) delivery.giveBack();
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
    this.#taking = undefined;
    this.resume();
  }

  #add(lease: Lease): Delivery {
    const delivery = this.#context.deliver(lease, this);
    if (delivery.isOver) return delivery;
    this.#deliveries.push(delivery);
    this.#ready.push(delivery);
    return delivery;
  }

  #acquire(free: number): boolean {
    const waited = this.#permits.acquire(this.#ready, free);
    if (waited) void this.#wait(waited);
    return !this.#isWaiting;
  }

  /** Of what is to go next. */
  #commit(): boolean {
    const { commit } = this.#context;
    if (!commit) return true;
    const next: Delivery[] = [];
    let permits = 0;
    for (const delivery of this.#ready) {
      if (permits >= this.#permits.count) break;
      permits += delivery.remaining * delivery.cost;
      if (delivery.remaining > 0 && !delivery.isCommitted) next.push(delivery);
    }
    const committed = next.length > 0 ? commit(next) : undefined;
    if (isThenable(committed)) void this.#wait(committed);
    return !this.#isWaiting;
  }

  async #wait(work: PromiseLike<unknown>): Promise<void> {
    this.#isWaiting = true;
    try {
      await work;
    } catch (error) {
      if (!this.#isClosed) this.#failed(error);
    }
    this.#isWaiting = false;
    if (this.#isClosed) this.#permits.giveBack();
    else this.#run();
  }

  // --- the wire ---

  #send(): void {
    const { session } = this;
    const batch = this.#batch;
    const now = this.#context.parts.clock.monotonic();
    const room = session.freeSlots;
    let left = this.#permits.count;
    while (batch.length < room) {
      const delivery = this.#next();
      if (!delivery || delivery.cost > left) break;
      if (this.#context.hopeless(delivery, session)) continue;
      if (this.#context.commit && !delivery.isCommitted) break;
      if (!this.#isolation.mayGo(delivery, this)) break;
      batch.push(delivery.next(commandId(delivery.lease.item.command), now));
      left -= delivery.cost;
    }
    if (batch.length > 0) this.#write(batch, left);
    batch.length = 0;
    this.#permits.giveBack();
  }

  /** Where the session does not take them nothing was written: all are to go again. */
  #write(batch: Flight[], left: number): void {
    let sequenceNumbers: readonly number[];
    try {
      sequenceNumbers = this.session.submit(batch);
    } catch (error) {
      const unsent = batch.splice(0);
      for (const { delivery, segment } of unsent) delivery.unsent(segment);
      for (const { delivery } of unsent) if (!delivery.end && delivery.remaining > 0) this.putBack(delivery);
      throw error;
    }
    this.#permits.count = left;
    this.#failedFor = undefined;
    this.#context.parts.listener.sent(batch, sequenceNumbers, this.session);
  }

  // --- what comes back ---

  /** A throttled message goes back to its place, before all that were taken later. */
  putBack(delivery: Delivery): void {
    if (this.#isClosed) return delivery.giveBack();
    this.resume();
    if (this.#ready.includes(delivery)) return;
    const at = this.#ready.findIndex((other) => other.order > delivery.order);
    this.#ready.splice(at < 0 ? this.#ready.length : at, 0, delivery);
  }

  ended(delivery: Delivery): void {
    const { store, clock } = this.#context.parts;
    if (store.capabilities.shared) this.#endedAt = clock.monotonic();
    this.#deliveries.remove(delivery);
    this.resume();
  }

  /** Ends the wait for messages: what is to be taken next may be another one now. */
  interrupt(): void {
    if (this.#taking) this.#stopTaking.abort(new Error('a message went back'));
  }

  /**
   * What is leased and has nothing on the wire goes back to the queue. Resolves when that is true also of what was
   * just being taken.
   */
  async giveBack(): Promise<void> {
    const idle = this.#ready.filter(({ flying }) => flying === 0);
    this.#ready = this.#ready.filter(({ flying }) => flying > 0);
    for (const delivery of idle) delivery.giveBack();
    this.interrupt();
    await this.#taking;
  }

  /** Takes no more; what is not on the wire goes back to the queue. Resolves when nothing is being taken any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#permits.close();
    this.#context.parts.clock.clearTimeout(this.#pause);
    this.#isolation.stop();
    for (const delivery of this.#ready.splice(0)) delivery.giveBack();
    this.interrupt();
    await this.#taking;
  }

  /**
   * A store that is away, or a part of the user's that throws: the session stays, the sender tries again. The same
   * reason is told once, until something goes out.
   */
  #failed(error: unknown): void {
    if (this.#isClosed || this.session.state === 'closed') return;
    const { message, part, code } = error as PartError;
    const { log, listener, store } = this.#context.parts;
    const reason = part ?? message;
    // That a server is away is told once, whatever of it was asked.
    const isAway = isUnavailable(error) && store.capabilities.shared;
    if (isAway) listener.storeTried(error);
    const level = isAway || reason === this.#failedFor ? 'debug' : 'error';
    this.#failedFor = reason;
    log[level](
      { event: 'sending', stage: 'interrupted', part, code, err: causeOf(error) },
      `sending is interrupted; trying again: ${message}`,
    );
    this.#pause ??= this.#context.parts.clock.setTimeout(() => {
      this.#pause = undefined;
      this.resume();
    }, FAILURE_PAUSE);
  }
}
