import type { Clock } from '../../clock';
import type { CompositeLimiter, ThrottleHandler, TokenBucket } from '../../flow-control';
import type { Log } from '../../observability';
import { statusName } from '../../protocol';
import type { ResponseView, Session } from '../../session';
import type { CorrelationEntry, Correlator, DeadReason } from '../../store';
import type { KnownStates, Lease, QueueItem, Store } from '../../store';
import type { Settings } from '../config/options';
import { Acceptances } from './acceptances';
import { Delivery, type DeliveryContext, type Flight } from './delivery';
import { Disposition, NOT_AGAIN, expiredAt } from './disposition';
import { FullMailboxes } from './full-mailboxes';
import { Gate } from './gate';
import { LateAcceptances } from './late-acceptances';
import { lacksTlvs } from './needed-tlvs';
import { Recall } from './recall';
import type { Verdict } from './retry';
import { SessionSender, type SessionSenderContext } from './session-sender';
import { Settler } from './settler';

/** What the dispatcher tells of the messages that it sends. */
export interface DispatcherListener {
  /** Requests were written, with these sequence numbers; both lists are used again. */
  sent(flights: readonly Flight[], sequenceNumbers: readonly number[], session: Session): void;
  /** `session` is absent where the response came after its time-out. */
  responded(flight: Flight, response: ResponseView, session: Session | undefined): void;
  /** The correlator has the message_id. */
  correlated(entry: CorrelationEntry): void;
  /** Final, and settled in the store. */
  accepted(lease: Lease): void;
  /** Final, and settled in the store. */
  failed(lease: Lease, reason: DeadReason): void;
  throttled(status: string): void;
  /** Nothing of it is on the wire any more, for now; asked for its message_ids, {@link Acceptances.isAwaited} says more. */
  landed(id: string): void;
  /** The store took what became of messages, or did not, and why. */
  storeTried(failure?: unknown): void;
}

export interface DispatcherParts {
  readonly store: Store;
  readonly correlator: Correlator;
  readonly limiter: CompositeLimiter;
  readonly throttleHandler: ThrottleHandler;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly listener: DispatcherListener;
  /** The limiter, where its rate is known. */
  readonly bucket: TokenBucket | undefined;
}

const BATCH = 200;

/**
 * The way of every queued message to the SMSC and of its outcome back: one {@link SessionSender} for
 * each bound session, one gate, one rate and one settler for all of them.
 */
export class Dispatcher implements DeliveryContext {
  readonly clock: Clock;
  readonly policy: DeliveryContext['policy'];
  readonly gate: Gate;
  readonly acceptances: Acceptances;
  readonly #parts: DispatcherParts;
  readonly #settler: Settler;
  readonly #disposition: Disposition;
  readonly #sending: SessionSenderContext;
  readonly #senders = new Map<Session, SessionSender>();
  /** Senders that close while they take: what they get goes back. */
  readonly #closing = new Set<Promise<void>>();
  #order = 0;
  readonly #mailboxes: FullMailboxes;
  readonly #late = new LateAcceptances();
  readonly #recall: Recall;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { windowSize, sessions, statusPolicy, maxUnsettled } = parts.settings;
    this.clock = parts.clock;
    this.policy = statusPolicy;
    this.#mailboxes = new FullMailboxes(windowSize === 1 && sessions === 1);
    this.gate = new Gate(parts.throttleHandler, parts.clock, () => this.#resume());
    this.#settler = new Settler({
      ...parts,
      maxUnsettled: maxUnsettled ?? Math.max(4 * windowSize * sessions, 1000),
      correlated: (entry) => {
        this.acceptances.correlated(entry);
        parts.listener.correlated(entry);
      },
      settled: (settlement) => this.#disposition.settled(settlement),
      tried: (failure) => parts.listener.storeTried(failure),
      changed: () => this.#resume(),
    });
    const [settler, late] = [this.#settler, this.#late];
    this.acceptances = new Acceptances(
      () => this.#senders.keys(),
      () => settler.correlating(),
    );
    this.#disposition = new Disposition({ ...parts, settler, late, mailboxes: this.#mailboxes });
    this.#recall = new Recall({
      queue: parts.store.queue,
      late,
      clock: parts.clock,
      log: parts.log,
      written: () => settler.idle(),
      hold: (work) => this.gate.hold(work),
      accepted: (leases) => this.#disposition.acceptedLate(leases),
    });
    this.#sending = this.#context();
  }

  get inFlight(): number {
    let sum = 0;
    for (const sender of this.#senders.values()) sum += sender.inFlight;
    return sum;
  }

  /** The ids of messages that are leased, or on their way back to the queue. */
  get held(): Set<string> {
    const ids = new Set(this.#settler.unwritten.map(({ item }) => item.id));
    for (const delivery of this.#deliveries()) ids.add(delivery.lease.item.id);
    return ids;
  }

  *#deliveries(): Iterable<Delivery> {
    for (const sender of this.#senders.values()) yield* sender.deliveries;
  }

  #resume(): void {
    for (const sender of this.#senders.values()) sender.resume();
  }

  /** Sends over a session that is bound to send. */
  open(session: Session): void {
    this.#senders.set(session, new SessionSender(session, this.#sending));
    void session.parting.then(() => this.close(session));
    void session.closed.then(() => this.close(session));
  }

  /** Takes no more for this session; resolves when what was not sent is on its way back to the queue. */
  async close(session: Session): Promise<void> {
    const sender = this.#senders.get(session);
    if (!sender) return;
    const { isTaking } = sender;
    const closed = sender.close();
    if (isTaking) this.#closing.add(closed);
    await closed;
    if (this.#closing.delete(closed)) this.#resume();
    if (session.state === 'closed') this.#senders.delete(session);
    if (this.#senders.size === 0) this.gate.rest();
  }

  /** Like {@link close}, and waits until nothing is on the wire any more. */
  async drain(session: Session): Promise<void> {
    await this.close(session);
    await session.idle();
  }

  /** Messages whose time is over while nothing is being sent. */
  expired(leases: readonly Lease[]): void {
    this.#disposition.expired(leases);
  }

  /** These have gone from the store otherwise: they fail, unless the SMSC was found to have accepted them. */
  removed(items: readonly QueueItem[], reason: DeadReason, states: KnownStates = []): void {
    this.#disposition.removed(items, reason, states);
  }

  /** These were taken only to be looked at. Resolves when they are back in the queue. */
  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) this.#settler.release(lease);
    await this.#settler.idle();
  }

  /** What waits in the senders fails when its time is over. Returns when the next is due, epoch milliseconds. */
  sweep(): number {
    let next = Infinity;
    for (const delivery of this.#deliveries()) {
      if (delivery.flying > 0 || this.#expired(delivery)) continue;
      next = Math.min(next, delivery.lease.item.expiresAt ?? Infinity);
    }
    return next;
  }

  /** Returns to the queue what is leased and not on the wire. */
  async giveBack(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.giveBack()));
    await this.#recall.idle();
    await this.#settler.idle();
  }

  /** Once no session is left: resolves when all that was leased is written back to the store. */
  async settled(): Promise<void> {
    await Promise.all([...this.#senders.keys()].map((session) => this.close(session)));
    await this.#recall.idle();
    await this.#settler.idle();
  }

  abandon(): void {
    this.acceptances.abandon();
    this.#settler.abandon();
  }

  // --- what deliveries tell ---

  responded(flight: Flight, response: ResponseView, verdict: Verdict): void {
    const { delivery, segment, item } = flight;
    const { throttleHandler, listener, limiter } = this.#parts;
    const isAccepted = response.command_status === 0;
    if (isAccepted) this.#correlate(item, segment, response.message_id);
    if (verdict !== 'throttle' && verdict !== 'rebind') {
      throttleHandler.notThrottled();
      limiter.heard();
    }
    const goesOn = delivery.remaining + delivery.flying > 0 && !delivery.isOver;
    if (isAccepted && item.segments.length > 1 && goesOn) this.#settler.progress(delivery.lease);
    listener.responded(flight, response, delivery.carrier.session);
  }

  throttled(delivery: Delivery, status: number): void {
    const { throttleHandler, listener, bucket } = this.#parts;
    const name = statusName(status);
    const { id, destination } = delivery.lease.item;
    const isOver = delivery.isOver;
    const full = name === 'ESME_RMSGQFUL' && !isOver ? this.#mailboxes.full(id, destination) : undefined;
    if (full?.pause !== false) {
      throttleHandler.throttled();
      bucket?.calm(throttleHandler.throttleDelay());
      this.#parts.limiter.heard();
      listener.throttled(name);
    }
    if (isOver) return;
    if (delivery.flying === 0) this.#disposition.offTheWire(delivery.lease);
    if (full?.setAside) delivery.abandon({ kind: 'set-aside' });
    else delivery.carrier.putBack(delivery);
    listener.landed(id);
  }

  ended(delivery: Delivery): void {
    delivery.carrier.ended(delivery);
    this.#disposition.settle(delivery.lease, delivery.end);
    // Whoever waits for a message is not to get one that came later.
    if (this.#settler.isReleasing) for (const sender of this.#senders.values()) sender.interrupt();
    this.#parts.listener.landed(delivery.lease.item.id);
  }

  late(flight: Flight, response: ResponseView): void {
    this.#parts.listener.responded(flight, response, undefined);
    // Its receipt must find it, wherever it is, and it need not be sent again.
    if (response.command_status !== 0) return;
    const { item, segment } = flight;
    const { message_id: messageId } = response;
    this.#correlate(item, segment, messageId);
    for (const again of this.#deliveries()) {
      if (again.lease.item.id !== item.id) continue;
      again.acceptedBefore(segment, messageId);
      // What was a reason not to send the rest may be none any more.
      if (!again.isOver && again.remaining > 0) again.carrier.putBack(again);
      return;
    }
    if (this.#late.accepted(item.id, segment, messageId)) this.#recall.look();
  }

  get #atMostOnce(): boolean {
    return this.#parts.settings.delivery === 'at-most-once';
  }

  #correlate(item: QueueItem, segment: number, messageId: string): void {
    if (messageId === '') return;
    const { clock, settings } = this.#parts;
    const { correlationTtl } = settings;
    this.#settler.correlate(this.acceptances.entry(item, segment, messageId, clock.now(), correlationTtl));
  }

  // --- what senders need ---

  #context(): SessionSenderContext {
    const { limiter, clock, log, listener, store } = this.#parts;
    const { queue } = store;
    return {
      gate: this.gate,
      limiter,
      clock,
      log,
      isFull: () => this.#settler.isFull,
      mayTake: () => this.#closing.size === 0 && !this.#settler.isReleasing,
      batchLimit: () => this.#batchLimit(),
      take: (max, options) => queue.take(max, options),
      deliver: (lease, carrier) => this.#deliver(lease, carrier),
      commit: this.#atMostOnce ? (deliveries) => this.#disposition.commit(deliveries) : undefined,
      sent: (flights, sequenceNumbers, session) => listener.sent(flights, sequenceNumbers, session),
      hopeless: (delivery, session) => this.#expired(delivery) || this.#unspeakable(delivery, session),
    };
  }

  /** A tenth of a second's worth. */
  #batchLimit(): number {
    const { bucket, limiter } = this.#parts;
    const rate = Math.min(bucket?.rate || Infinity, limiter.wish ?? Infinity);
    return Math.min(BATCH, Math.ceil(rate / 10));
  }

  #deliver(lease: Lease, carrier: SessionSender): Delivery {
    const { item, state } = lease;
    this.#late.moveTo(item.id, state);
    const delivery = new Delivery(lease, this.#order++, carrier, this);
    // All its segments were accepted, but that came late or could not be written down.
    if (delivery.remaining === 0) delivery.abandon({ kind: 'accepted' });
    else if (state.onTheWire && this.#atMostOnce) delivery.abandon({ kind: 'dead', reason: NOT_AGAIN });
    else if (state.onTheWire) {
      state.onTheWire = false;
      state.redelivered = true;
    }
    return delivery;
  }

  #expired(delivery: Delivery): boolean {
    const { expiresAt } = delivery.lease.item;
    if (expiresAt === undefined || expiresAt > this.#parts.clock.now()) return false;
    delivery.abandon({ kind: 'dead', reason: expiredAt(expiresAt) });
    return true;
  }

  #unspeakable(delivery: Delivery, session: Session): boolean {
    const reason = session.tlvsAllowed ? undefined : lacksTlvs(delivery.lease.item);
    if (reason) delivery.abandon({ kind: 'dead', reason });
    return reason !== undefined;
  }
}
