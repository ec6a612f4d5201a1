import type { Clock } from '../clock';
import type { RateLimiter, ThrottleHandler, TokenBucket } from '../flow-control';
import type { Log } from '../observability';
import { commandId, statusName, type Pdu } from '../protocol';
import type { Session } from '../session';
import type { CorrelationEntry, Correlator, DeadReason, Lease, QueueItem, Store } from '../store';
import { BoundedMap } from './bounded-map';
import { Delivery, type DeliveryListener, type SegmentResponse } from './delivery';
import { FullMailboxes } from './full-mailboxes';
import { Gate } from './gate';
import { Lane, type LaneContext, type SentSegment } from './lane';
import type { Settings } from './options';
import { messageIdOf, requestPdu } from './pdu-fields';
import { retryDelay } from './retry';
import { Settler } from './settler';

/** What the road tells of the messages on it. */
export interface RoadListener {
  sent(segment: SentSegment): void;
  responded(lease: Lease, segment: number, response: SegmentResponse, session: Session | undefined): void;
  /** The correlator has the message_id. */
  correlated(entry: CorrelationEntry): void;
  /** Final, and settled in the store. */
  accepted(lease: Lease): void;
  /** Final, and settled in the store. */
  failed(lease: Lease, reason: DeadReason): void;
  throttled(status: string): void;
}

export interface RoadParts {
  readonly store: Store;
  readonly correlator: Correlator;
  readonly limiter: RateLimiter;
  readonly throttleHandler: ThrottleHandler;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly listener: RoadListener;
  /** The limiter, where its rate is known. */
  readonly bucket: TokenBucket | undefined;
}

const BATCH = 200;
const LATE_REMEMBERED = 10_000;

/**
 * The way of every queued message to the centre and of its outcome back: one {@link Lane} for
 * each bound session, one gate, one rate and one settler for all of them.
 */
export class Road implements DeliveryListener {
  readonly gate: Gate;
  readonly #parts: RoadParts;
  readonly #settler: Settler;
  readonly #lanes = new Map<Session, Lane>();
  readonly #laneOf = new Map<Delivery, Lane>();
  #order = 0;
  readonly #mailboxes = new FullMailboxes();
  /** The message_ids, by segment, of what was accepted after its time-out; by the id of the message. */
  readonly #late = new BoundedMap<string[]>(LATE_REMEMBERED);

  constructor(parts: RoadParts) {
    this.#parts = parts;
    this.gate = new Gate(parts.throttleHandler, parts.clock);
    this.#settler = new Settler({ ...parts, correlated: (entry) => parts.listener.correlated(entry) });
  }

  get inFlight(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.inFlight;
    return sum;
  }

  /** Opens the road to a session that is bound to send. */
  open(session: Session): void {
    const lane: Lane = new Lane(
      session,
      this.#context(() => lane),
    );
    this.#lanes.set(session, lane);
    void session.closed.then(() => this.close(session));
  }

  /** Takes no more for this session; resolves when what was not sent is on its way back to the queue. */
  async close(session: Session): Promise<void> {
    const lane = this.#lanes.get(session);
    if (!lane) return;
    await lane.close();
    if (session.state === 'closed') this.#lanes.delete(session);
  }

  /** Like {@link close}, and waits until nothing is on the wire any more. */
  async drain(session: Session): Promise<void> {
    await this.close(session);
    await session.idle();
  }

  /** Messages whose time is over while nothing is being sent. */
  expired(leases: readonly Lease[]): void {
    for (const lease of leases) this.#dead(lease, expiredAt(lease.item.expiresAt ?? 0));
  }

  /** Returns to the queue what is borrowed and not on the wire. */
  async giveBack(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.giveBack();
    await this.#settler.idle();
  }

  /** Once no session is left: resolves when all that was on loan is written back to the store. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((session) => this.close(session)));
    await this.#settler.idle();
  }

  abandon(): void {
    this.#settler.abandon();
  }

  // --- what deliveries tell ---

  responded(delivery: Delivery, segment: number, response: SegmentResponse): void {
    const { item, state } = delivery.lease;
    const { throttleHandler, listener } = this.#parts;
    const { command_status: status } = response.pdu;
    if (status === 0) this.#correlate(item, segment, state.accepted[segment] ?? '');
    if (!isThrottling(status)) throttleHandler.notThrottled();
    if (status === 0 && item.segments.length > 1 && delivery.remaining + delivery.flying > 0) {
      this.#settler.progress(delivery.lease);
    }
    listener.responded(delivery.lease, segment, response, this.#laneOf.get(delivery)?.session);
  }

  throttled(delivery: Delivery, status: number): void {
    const { throttleHandler, listener } = this.#parts;
    const name = statusName(status);
    if (name === 'ESME_RMSGQFUL' && this.#mailboxes.full(delivery.lease.item.id)) {
      return delivery.abandon({ kind: 'set-aside' });
    }
    throttleHandler.throttled();
    listener.throttled(name);
    this.#laneOf.get(delivery)?.putBack(delivery);
  }

  ended(delivery: Delivery): void {
    const { lease, end } = delivery;
    this.#laneOf.get(delivery)?.ended(delivery);
    this.#laneOf.delete(delivery);
    if (end?.kind !== 'set-aside') this.#mailboxes.forget(lease.item.id);
    if (end?.kind === 'accepted') return this.#accepted(lease);
    if (end?.kind === 'dead') return this.#dead(lease, end.reason);
    if (end?.kind === 'unknown') return this.#unknown(lease, end.linkLost);
    if (end?.kind === 'retry') return this.#retry(lease);
    if (end?.kind === 'set-aside') return this.#setAside(lease);
    this.#settler.release(lease);
  }

  late(delivery: Delivery, segment: number, response: Pdu): void {
    // It has gone back to the queue. Its receipt must still find it, and it need not be sent again.
    if (response.command_status !== 0) return;
    const { item } = delivery.lease;
    const messageId = messageIdOf(response);
    this.#correlate(item, segment, messageId);
    for (const again of this.#laneOf.keys()) {
      if (again.lease.item.id === item.id) return again.acceptedBefore(segment, messageId);
    }
    const known = this.#late.get(item.id) ?? [];
    known[segment] = messageId;
    this.#late.set(item.id, known);
  }

  // --- what becomes of them ---

  #accepted(lease: Lease): void {
    this.#mailboxes.accepted();
    this.#settler.settle({ outcome: 'done', lease }, () => this.#parts.listener.accepted(lease));
  }

  #dead(lease: Lease, reason: DeadReason): void {
    if (reason.code === 'REFUSED') lease.state.attempts++;
    this.#settler.settle({ outcome: 'dead', lease, reason }, () =>
      this.#parts.listener.failed(lease, reason),
    );
  }

  #retry(lease: Lease): void {
    const { maxAttempts } = this.#parts.settings;
    const { state } = lease;
    state.attempts++;
    if (state.attempts < maxAttempts) return this.#delay(lease, state.attempts);
    const last = state.history.at(-1)?.reason ?? '';
    const text = `given up after ${state.attempts} attempts (maxAttempts); the last answer was ${last}`;
    this.#dead(lease, { code: 'MAX_ATTEMPTS', command_status: last, text });
  }

  #setAside(lease: Lease): void {
    this.#delay(lease, this.#mailboxes.turns(lease.item.id));
  }

  #delay(lease: Lease, times: number): void {
    const { clock, random } = this.#parts;
    const notBefore = clock.now() + retryDelay(times, random);
    this.#settler.settle({ outcome: 'retry', lease, notBefore }, () => undefined);
  }

  #unknown(lease: Lease, linkLost: boolean): void {
    const { state } = lease;
    const { maxRedeliveries } = this.#parts.settings;
    state.redelivered = true;
    state.redeliveries++;
    if (linkLost) state.lostLinks++;
    if (state.redeliveries <= maxRedeliveries) return this.#settler.release(lease);
    const text = `sent ${state.redeliveries} times without an answer (maxRedeliveries ${maxRedeliveries}); it may have been delivered`;
    this.#dead(lease, { code: 'OUTCOME_UNKNOWN', text });
  }

  #correlate(item: QueueItem, segment: number, messageId: string): void {
    if (messageId === '') return;
    const { clock, settings } = this.#parts;
    const acceptedAt = clock.now();
    const entry: CorrelationEntry = {
      messageId,
      id: item.id,
      segment,
      segments: item.segments.length,
      source: item.source,
      destination: item.destination,
      acceptedAt,
      expiresAt: acceptedAt + settings.correlationTtl,
      ...(item.correlationId === undefined ? {} : { correlationId: item.correlationId }),
      ...(item.msgid === undefined ? {} : { msgid: item.msgid }),
      ...(item.metadata === undefined ? {} : { metadata: item.metadata }),
    };
    this.#settler.correlate(entry);
  }

  #context(lane: () => Lane): LaneContext {
    const { limiter, clock, log, settings, listener } = this.#parts;
    return {
      gate: this.gate,
      limiter,
      settler: this.#settler,
      clock,
      log,
      maxUnsettled: settings.maxUnsettled ?? Math.max(4 * settings.windowSize * settings.sessions, 1000),
      batchLimit: () => this.#batchLimit(),
      borrow: (max, signal) => this.#borrow(max, signal, lane()),
      sent: (segment) => listener.sent(segment),
      hopeless: (delivery, session) => this.#expired(delivery) || this.#unspeakable(delivery, session),
    };
  }

  /** A tenth of a second's worth. */
  #batchLimit(): number {
    const rate = this.#parts.bucket?.rate ?? 0;
    return rate === 0 ? BATCH : Math.min(BATCH, Math.ceil(rate / 10));
  }

  async #borrow(max: number, signal: AbortSignal, lane: Lane): Promise<Delivery[]> {
    const leases = await this.#parts.store.queue.take(max, { signal });
    return leases.map((lease) => {
      const delivery = new Delivery(lease, this.#order++, this, this.#parts.clock);
      this.#laneOf.set(delivery, lane);
      this.#late
        .get(lease.item.id)
        ?.forEach((messageId, segment) => delivery.acceptedBefore(segment, messageId));
      this.#late.delete(lease.item.id);
      // All its segments were accepted, but that came late or could not be written down.
      if (delivery.remaining === 0) delivery.abandon({ kind: 'accepted' });
      return delivery;
    });
  }

  #expired(delivery: Delivery): boolean {
    const { expiresAt } = delivery.lease.item;
    if (expiresAt === undefined || expiresAt > this.#parts.clock.now()) return false;
    delivery.abandon({ kind: 'dead', reason: expiredAt(expiresAt) });
    return true;
  }

  /** Its text is in a TLV that this centre would not get: an empty message would go out. */
  #unspeakable(delivery: Delivery, session: Session): boolean {
    if (session.tlvsAllowed) return false;
    const { command, segments } = delivery.lease.item;
    const inTlv = segments.some(
      (body) => 'message_payload' in requestPdu(commandId(command), body, 0).pdu.tlvs,
    );
    if (!inTlv) return false;
    const text =
      'this SMSC takes no optional parameters (SMPP 3.3), and the text would go in one, message_payload; ' +
      'send it as submit_sm with long_messages udh8 or udh16';
    delivery.abandon({ kind: 'dead', reason: { code: 'NO_TLVS', text } });
    return true;
  }
}

function isThrottling(status: number): boolean {
  const name = statusName(status);
  return name === 'ESME_RTHROTTLED' || name === 'ESME_RMSGQFUL';
}

function expiredAt(expiresAt: number): DeadReason {
  return { code: 'EXPIRED', text: `not sent before it expired at ${new Date(expiresAt).toISOString()}` };
}
