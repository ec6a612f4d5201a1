import type { Clock } from '../../clock';
import type { RateLimiter } from '../../flow-control';
import type { Log } from '../../observability';
import { commandId } from '../../protocol';
import type { OutboundRequest, Session } from '../../session';
import type { Delivery } from './delivery';
import { causeOf, type PartError } from '../config/errors';
import type { Gate } from './gate';
import type { Settler } from './settler';
import { PoisonIsolation } from './poison-isolation';
import { sleep } from '../../waiting';

/** What a sender needs of the road it belongs to. */
export interface SessionSenderContext {
  readonly gate: Gate;
  readonly limiter: RateLimiter;
  readonly settler: Settler;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxUnsettled: number;
  /** Messages to borrow at once, at most: no more than can leave soon, so that urgent ones are not held up. */
  batchLimit(): number;
  /** Makes deliveries of newly borrowed messages. */
  borrow(max: number, signal: AbortSignal): Promise<Delivery[]>;
  /** Told of each request that is written. */
  sent(sent: SentSegment): void;
  /** With at-most-once: resolves when it is safe that these go out, once at most. */
  readonly commit: ((deliveries: readonly Delivery[]) => Promise<void>) | undefined;
  /** The message must not be sent any more, or not over this session; then it has been ended. */
  hopeless(delivery: Delivery, session: Session): boolean;
}

/** One segment of a message, on the wire. */
export interface SentSegment {
  readonly delivery: Delivery;
  readonly segment: number;
  readonly request: OutboundRequest;
  readonly session: Session;
  readonly sequenceNumber: number;
}

const STORE_PAUSE = 1000;
/** With one signal at most. */
const BORROWINGS = 1000;

/**
 * The part of the road that leads to one session: borrows messages, waits until they
 * may go, and writes them in batches. One loop; every wait ends when the sender closes.
 */
export class SessionSender {
  readonly #session: Session;
  readonly #context: SessionSenderContext;
  readonly #closing = new AbortController();
  /** Borrowed, with segments to go, in the order in which they were borrowed. */
  #ready: Delivery[] = [];
  readonly #flying = new Set<Delivery>();
  /** Ends the wait for messages. */
  #interruption = new AbortController();
  #borrowings = 0;
  #isBorrowing = false;
  /** Who waits until what is being borrowed is here. */
  #returns: (() => void)[] | undefined;
  readonly #isolation: PoisonIsolation;
  readonly #finished: Promise<void>;
  /** What interrupted it last, while nothing has gone out since. */
  #stumbledOver: string | undefined;

  constructor(session: Session, context: SessionSenderContext) {
    this.#session = session;
    this.#context = context;
    this.#isolation = new PoisonIsolation(context.clock, this.#flying);
    this.#finished = this.#run();
  }

  get session(): Session {
    return this.#session;
  }

  /** Messages with segments on the wire. */
  get flying(): Iterable<Delivery> {
    return this.#flying;
  }

  /** Messages with segments on the wire. */
  get inFlight(): number {
    return this.#flying.size;
  }

  /** Whether it waits for messages, or for what it got. */
  get isBorrowing(): boolean {
    return this.#isBorrowing;
  }

  /** Borrowed, with segments to go. */
  get ready(): readonly Delivery[] {
    return this.#ready;
  }

  /** Takes no more; what is not on the wire goes back to the queue. Resolves when the loop has stopped. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the sender is closed'));
    this.#interruption.abort(this.#closing.signal.reason);
    // The loop may be held up by a socket that takes nothing.
    this.#putAllBack();
    await this.#finished;
  }

  /** A throttled message goes back to its place, before all that were borrowed later. */
  putBack(delivery: Delivery): void {
    if (delivery.flying === 0) this.#landed(delivery);
    if (this.#closing.signal.aborted) return delivery.abandon({ kind: 'unsent' });
    if (this.#ready.includes(delivery)) return;
    const at = this.#ready.findIndex((other) => other.order > delivery.order);
    this.#ready.splice(at < 0 ? this.#ready.length : at, 0, delivery);
    // It may be the only one: the queue has nothing to wake the sender with.
    this.#interruption.abort(new Error('a message came back'));
  }

  /**
   * What is borrowed and has nothing on the wire goes back to the queue. Resolves when that is true also of what was
   * just being borrowed.
   */
  async giveBack(): Promise<void> {
    this.#putAllBack();
    this.#interruption.abort(new Error('nothing is to be borrowed now'));
    const returns = this.#returns;
    if (returns) await new Promise<void>((resolve) => returns.push(resolve));
  }

  #putAllBack(): void {
    const idle = this.#ready.filter((delivery) => delivery.flying === 0);
    this.#ready = this.#ready.filter((delivery) => delivery.flying > 0);
    for (const delivery of idle) delivery.abandon({ kind: 'unsent' });
    this.#isolation.changed();
  }

  /** Ends the wait for messages: what is to be taken next may be another one now. */
  interrupt(): void {
    if (this.#isBorrowing) this.#interruption.abort(new Error('a message went back'));
  }

  ended(delivery: Delivery): void {
    this.#landed(delivery);
  }

  #landed(delivery: Delivery): void {
    this.#flying.delete(delivery);
    this.#isolation.changed();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (!signal.aborted && this.#session.state !== 'closed') await this.#stumble(error, signal);
        else break;
      }
    }
    for (const delivery of this.#ready.splice(0)) delivery.abandon({ kind: 'unsent' });
  }

  /** One batch. */
  async #step(signal: AbortSignal): Promise<void> {
    const { gate, limiter, settler, maxUnsettled } = this.#context;
    await gate.open(signal);
    await this.#session.slot(signal);
    await settler.below(maxUnsettled - 1);
    // The waits may have been long: what is borrowed while nothing may go is kept from what is more urgent.
    if (gate.isHeld || signal.aborted) return;
    if (this.#segmentsToGo() === 0) await this.#borrow();
    await this.#isolation.respected(() => this.#next(), signal);
    const wanted = Math.min(this.#session.freeSlots, this.#segmentsToGo());
    if (wanted === 0 || signal.aborted) return;
    const permits = await limiter.acquire(wanted, { signal });
    let sent = 0;
    try {
      await this.#commit(permits);
      // The waits may have been long: the SMSC may have asked for less meanwhile.
      if (gate.isOpen && !signal.aborted) sent = this.#send(permits);
      if (sent > 0) this.#stumbledOver = undefined;
    } finally {
      if (sent < permits) limiter.giveBack(permits - sent);
    }
    await this.#session.writable();
  }

  /** Of what is to go next. */
  async #commit(permits: number): Promise<void> {
    const { commit } = this.#context;
    if (!commit) return;
    const next: Delivery[] = [];
    let segments = 0;
    for (const delivery of this.#ready) {
      if (segments >= permits) break;
      segments += delivery.remaining;
      if (delivery.remaining > 0 && !delivery.isCommitted) next.push(delivery);
    }
    if (next.length > 0) await commit(next);
  }

  /** Returns without any when a message comes back meanwhile, or when the sender closes. */
  async #borrow(): Promise<void> {
    const max = Math.max(1, Math.min(this.#session.freeSlots, this.#context.batchLimit()));
    // One for many, for they are dear; not for all, for a queue of the user's may leave its listeners behind.
    const worn = ++this.#borrowings % BORROWINGS === 0;
    if (worn || this.#interruption.signal.aborted) this.#interruption = new AbortController();
    const { signal } = this.#interruption;
    this.#isBorrowing = true;
    const returns = (this.#returns = [] as (() => void)[]);
    try {
      const borrowed = await this.#context.borrow(max, signal);
      // Not before it is there: the list may be another one by now.
      this.#ready.push(...borrowed);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#isBorrowing = false;
      this.#returns = undefined;
      if (returns.length > 0) this.#putAllBack();
      for (const resolve of returns) resolve();
    }
  }

  /** One that was accepted late has nothing to go. */
  #next(): Delivery | undefined {
    return this.#ready.find((delivery) => delivery.remaining > 0);
  }

  #segmentsToGo(): number {
    if (this.#ready.some((delivery) => delivery.remaining === 0)) {
      this.#ready = this.#ready.filter((delivery) => delivery.remaining > 0);
    }
    return this.#ready.reduce((sum, delivery) => sum + delivery.remaining, 0);
  }

  #send(permits: number): number {
    const batch: Omit<SentSegment, 'session' | 'sequenceNumber'>[] = [];
    const room = Math.min(permits, this.#session.freeSlots);
    while (batch.length < room) {
      const delivery = this.#ready[0];
      if (!delivery) break;
      if (delivery.remaining === 0 || this.#context.hopeless(delivery, this.#session)) {
        this.#ready.shift();
        continue;
      }
      if (this.#context.commit && !delivery.isCommitted) break;
      if (!this.#isolation.mayGo(delivery)) break;
      this.#flying.add(delivery);
      batch.push({ delivery, ...delivery.next(commandId(delivery.lease.item.command)) });
    }
    if (batch.length === 0) return 0;
    const numbers = this.#submit(batch);
    const session = this.#session;
    batch.forEach((one, index) =>
      this.#context.sent({ ...one, session, sequenceNumber: numbers[index] ?? 0 }),
    );
    return batch.length;
  }

  /** Where the session does not take them nothing was written: all are to go again. */
  #submit(batch: readonly Pick<SentSegment, 'delivery' | 'segment' | 'request'>[]): readonly number[] {
    try {
      return this.#session.submit(batch.map((one) => one.request));
    } catch (error) {
      for (const { delivery, segment } of batch) delivery.unsent(segment);
      for (const { delivery } of batch) if (!delivery.end && delivery.remaining > 0) this.putBack(delivery);
      throw error;
    }
  }

  /**
   * A store that is away, or a part of the user's that throws: the session stays, the sender tries again. The same
   * reason is told once, until something goes out.
   */
  async #stumble(error: unknown, signal: AbortSignal): Promise<void> {
    const { message, part, code } = error as PartError;
    const reason = part ?? message;
    const level = reason === this.#stumbledOver ? 'debug' : 'error';
    this.#stumbledOver = reason;
    this.#context.log[level](
      { event: 'road', stage: 'stumbled', part, code, err: causeOf(error) },
      `sending is interrupted; trying again: ${message}`,
    );
    await sleep(this.#context.clock, STORE_PAUSE, signal);
  }
}
