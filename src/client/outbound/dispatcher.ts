import { statusName } from '../../protocol';
import type { ResponseView, Session } from '../../session';
import type { Lease, QueueItem, Unsuccess } from '../../store';
import type { DispatcherParts } from './dispatcher-parts';
import { Acceptances } from './acceptances';
import { Cancellations } from './cancellations';
import { Delivery, type DeliveryContext, type Flight } from './delivery';
import { Disposition, NOT_AGAIN, SCREEN_NOT_AGAIN, SESSION_OVER, expiredAt } from './disposition';
import { FullMailboxes } from './full-mailboxes';
import { Gate } from './gate';
import { LateAcceptances } from './late-acceptances';
import { LeaseKeeper } from './lease-keeper';
import { meaningOf, type ResponseMeaning } from './multi-response';
import { PaceLog } from './pace-log';
import { SessionSender, type SessionSenderContext } from './session-sender';
import { Settler } from './settler';
import { unsupported } from './unsupported';

export type { DispatcherListener, DispatcherParts } from './dispatcher-parts';

const BATCH = 200;

/**
 * The way of every queued message to the SMSC and of its outcome back: one {@link SessionSender} for
 * each bound session, one gate, one rate and one settler for all of them.
 */
export class Dispatcher implements DeliveryContext, SessionSenderContext {
  readonly parts: DispatcherParts;
  readonly gate: Gate;
  readonly pace: PaceLog;
  readonly acceptances: Acceptances;
  readonly disposition: Disposition;
  readonly cancellations: Cancellations;
  /** With at-most-once. */
  readonly commit: SessionSenderContext['commit'];
  readonly #settler: Settler;
  readonly #senders = new Map<Session, SessionSender>();
  /** Senders that close while they take: what they get goes back. */
  readonly #closing = new Set<Promise<void>>();
  #order = 0;
  readonly #mailboxes: FullMailboxes;
  readonly #late: LateAcceptances;
  /** Where leases run out. */
  #keeper: LeaseKeeper | undefined;

  constructor(parts: DispatcherParts) {
    this.parts = parts;
    const { windowSize, sessions, maxUnsettled, delivery } = parts.settings;
    this.#mailboxes = new FullMailboxes(windowSize === 1 && sessions === 1);
    this.gate = new Gate(parts.throttleHandler, parts.clock, () => this.#resume());
    this.pace = new PaceLog(parts);
    this.#settler = new Settler({
      ...parts,
      maxUnsettled: maxUnsettled ?? Math.max(4 * windowSize * sessions, 1000),
      settled: (settlement, untaken) => this.disposition.settled(settlement, untaken),
      changed: () => this.#resume(),
    });
    const settler = this.#settler;
    this.acceptances = new Acceptances(() => this.#senders.keys(), settler);
    this.#late = new LateAcceptances({
      ...parts,
      written: () => settler.idle(),
      hold: (work) => this.gate.hold(work),
      accepted: (leases) => this.disposition.acceptedLate(leases),
    });
    const disposition = new Disposition({ ...parts, settler, late: this.#late, mailboxes: this.#mailboxes });
    this.disposition = disposition;
    this.cancellations = new Cancellations((id) => parts.dropped?.(id));
    if (delivery === 'at-most-once') this.commit = (deliveries) => disposition.commit(deliveries);
  }

  get inFlight(): number {
    let sum = 0;
    for (const sender of this.#senders.values()) sum += sender.inFlight;
    return sum;
  }

  /** The ids of messages that are leased, or on their way back to the queue. */
  get held(): Set<string> {
    return new Set(this.#leases().map(({ item }) => item.id));
  }

  #leases(): Lease[] {
    return [...Array.from(this.#deliveries(), ({ lease }) => lease), ...this.#settler.unwritten];
  }

  *#deliveries(): Iterable<Delivery> {
    for (const sender of this.#senders.values()) yield* sender.deliveries;
  }

  /** What becomes of a message that is leased for a session here; undefined: none is. */
  deliveryOf(id: string): Delivery | undefined {
    for (const delivery of this.#deliveries()) if (delivery.lease.item.id === id) return delivery;
    return undefined;
  }

  /** The SMSC asked for less by its answer to another request than a message. */
  askedForLess(status: string): void {
    const { throttleHandler, bucket, limiter, listener } = this.parts;
    throttleHandler.throttled();
    bucket?.calm(throttleHandler.throttleDelay());
    limiter.heard();
    listener.throttled(status);
  }

  /** Resolves when all that has ended by now is written back to the store. */
  written(): Promise<void> {
    return this.#written();
  }

  #resume(): void {
    for (const sender of this.#senders.values()) sender.resume();
  }

  /** Sends over a session that is bound to send. */
  open(session: Session): void {
    this.#keeper ??= this.#leaseKeeper();
    this.#senders.set(session, new SessionSender(session, this));
    void session.parting.then(() => this.close(session));
    void session.closed.then(() => this.close(session));
  }

  /** Known when the store is open, as it is by now. */
  #leaseKeeper(): LeaseKeeper | undefined {
    const { queue, capabilities, leaseTime } = this.parts.store;
    if (!capabilities.extend || leaseTime === undefined) return undefined;
    return new LeaseKeeper({ ...this.parts, queue, leaseTime, leases: () => this.#leases() });
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

  /** These were taken only to be looked at. Resolves when they are back in the queue. */
  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) this.#settler.release(lease);
    await this.#settler.idle();
  }

  /** What waits in the senders fails when its time is over. Returns when the next is due, epoch milliseconds. */
  sweep(): number {
    let next = Infinity;
    for (const delivery of this.#deliveries()) {
      if (delivery.flying > 0 || this.#isExpired(delivery)) continue;
      next = Math.min(next, delivery.lease.item.expiresAt ?? Infinity);
    }
    return next;
  }

  /** Returns to the queue what is leased and not on the wire. */
  async giveBack(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.giveBack()));
    await this.#written();
  }

  /** Once no session is left: resolves when all that was leased is written back to the store. */
  async settled(): Promise<void> {
    await Promise.all([...this.#senders.keys()].map((session) => this.close(session)));
    await this.#written();
  }

  async #written(): Promise<void> {
    await this.#late.idle();
    await this.#settler.idle();
  }

  abandon(): void {
    this.#keeper?.stop();
    this.#settler.abandon();
    this.pace.stop();
  }

  // --- what deliveries tell ---

  responded(flight: Flight, response: ResponseView, { verdict, refused }: ResponseMeaning): void {
    const { delivery, segment, item } = flight;
    const { throttleHandler, listener, limiter } = this.parts;
    const isAccepted = verdict === 'ok';
    if (isAccepted) this.#correlate(item, segment, response.message_id, refused);
    if (verdict !== 'throttle' && verdict !== 'rebind') {
      throttleHandler.notThrottled();
      limiter.heard();
    }
    const goesOn = delivery.remaining + delivery.flying > 0 && !delivery.isOver;
    if (isAccepted && item.segments.length > 1 && goesOn) this.#settler.progress(delivery.lease);
    listener.responded(flight, response, delivery.carrier.session);
  }

  lost(flight: Flight, why: 'timeout' | 'closed'): void {
    this.parts.listener.lost(flight, why, flight.delivery.carrier.session);
  }

  throttled(delivery: Delivery, status: number): void {
    const { throttleHandler, limiter, listener, bucket } = this.parts;
    const name = statusName(status);
    const { id, destination } = delivery.lease.item;
    const isOver = delivery.isOver;
    const full = name === 'ESME_RMSGQFUL' && !isOver ? this.#mailboxes.full(id, destination) : undefined;
    if (full?.pause !== false) {
      throttleHandler.throttled();
      bucket?.calm(throttleHandler.throttleDelay());
      limiter.heard();
      listener.throttled(name);
    }
    if (isOver) return;
    if (delivery.flying === 0) this.disposition.offTheWire(delivery.lease);
    if (full?.setAside) delivery.abandon({ kind: 'set-aside' });
    else delivery.carrier.putBack(delivery);
    listener.landed(id);
  }

  /**
   * The SMSC asked another instance of the store for less: it would answer this one the same. As if it had, but for the
   * pause, which whoever was asked has told all. Where nothing is sent there is nothing to slow down.
   */
  calmed(): void {
    if (this.#senders.size === 0) return;
    const { throttleHandler, limiter, listener } = this.parts;
    throttleHandler.throttled();
    limiter.heard();
    listener.throttled(undefined);
  }

  ended(delivery: Delivery): void {
    delivery.carrier.ended(delivery);
    this.disposition.settle(delivery.lease, delivery.end);
    if (this.cancellations.isAny) this.cancellations.ended(delivery);
    // Whoever waits for a message is not to get one that came later.
    if (this.#settler.isReleasing) for (const sender of this.#senders.values()) sender.interrupt();
    this.parts.listener.landed(delivery.lease.item.id);
  }

  late(flight: Flight, response: ResponseView): void {
    this.parts.listener.responded(flight, response, undefined);
    // Its receipt must find it, wherever it is, and it need not be sent again.
    const { item, segment } = flight;
    const { verdict, refused } = meaningOf(item, segment, response, this.parts.settings.statusPolicy);
    if (verdict !== 'ok') return;
    const { message_id: messageId } = response;
    this.#correlate(item, segment, messageId, refused);
    for (const again of this.#deliveries()) {
      if (again.lease.item.id !== item.id) continue;
      again.acceptedBefore(segment, messageId, refused);
      // What was a reason not to send the rest may be none any more.
      if (!again.isOver && again.remaining > 0) again.carrier.putBack(again);
      return;
    }
    this.#late.accepted(item.id, segment, messageId, refused);
  }

  #correlate(item: QueueItem, segment: number, messageId: string, refused: readonly Unsuccess[]): void {
    if (messageId === '') return;
    const { clock, settings } = this.parts;
    const { correlationTtl: ttl } = settings;
    const entry = this.acceptances.entry({ item, segment, messageId, refused }, clock.now(), ttl);
    this.#settler.correlate(entry);
  }

  // --- what senders need ---

  get isFull(): boolean {
    return this.#settler.isFull;
  }

  get mayTake(): boolean {
    return this.#closing.size === 0 && !this.#settler.isReleasing;
  }

  /** A tenth of a second's worth. */
  get batchLimit(): number {
    const { bucket, limiter } = this.parts;
    const rate = Math.min(bucket?.rate || Infinity, limiter.wish ?? Infinity);
    return Math.min(BATCH, Math.ceil(rate / 10));
  }

  deliver(lease: Lease, carrier: SessionSender): Delivery {
    const { item, state } = lease;
    this.#keeper?.keep();
    this.#late.moveTo(item.id, state);
    const delivery = new Delivery(lease, this.#order++, carrier, this);
    // All its segments were accepted, but that came late or could not be written down.
    if (delivery.remaining === 0) delivery.abandon({ kind: 'accepted' });
    // It may be shown: a screen that comes twice, or for an earlier question, is worse than none.
    else if (item.session !== undefined && (state.redelivered || state.onTheWire))
      delivery.abandon({ kind: 'dead', reason: SCREEN_NOT_AGAIN });
    else if (state.onTheWire && this.commit) delivery.abandon({ kind: 'dead', reason: NOT_AGAIN });
    else if (state.onTheWire) {
      state.onTheWire = false;
      state.redelivered = true;
    }
    if (this.cancellations.isAny) this.cancellations.taken(delivery);
    return delivery;
  }

  hopeless(delivery: Delivery, session: Session): boolean {
    if (this.#isExpired(delivery)) return true;
    const { item } = delivery.lease;
    const isOver = item.session !== undefined && this.parts.isSessionOver(item);
    const reason = isOver ? SESSION_OVER : unsupported(item, session);
    if (reason) delivery.abandon({ kind: 'dead', reason });
    return reason !== undefined;
  }

  #isExpired(delivery: Delivery): boolean {
    const { expiresAt } = delivery.lease.item;
    if (expiresAt === undefined || expiresAt > this.parts.clock.now()) return false;
    delivery.abandon({ kind: 'dead', reason: expiredAt(expiresAt) });
    return true;
  }
}
