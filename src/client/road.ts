import type { Clock } from '../clock';
import type { Pace, ThrottleHandler, TokenBucket } from '../flow-control';
import type { Log } from '../observability';
import { commandId, statusName } from '../protocol';
import type { Session } from '../session';
import type { CorrelationEntry, Correlator, DeadReason, Lease, QueueItem, Store } from '../store';
import { BoundedMap } from './bounded-map';
import { Delivery, type DeliveryContext, type DeliveryListener, type SegmentResponse } from './delivery';
import { Endings, NOT_AGAIN } from './endings';
import { FullMailboxes } from './full-mailboxes';
import { Gate } from './gate';
import { Lane, type LaneContext, type SentSegment } from './lane';
import type { Settings } from './options';
import { messageIdOf, requestPdu } from './pdu-fields';
import type { Verdict } from './retry';
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
  /** The store took what became of messages, or did not, and why. */
  storeTried(failure?: unknown): void;
}

export interface RoadParts {
  readonly store: Store;
  readonly correlator: Correlator;
  readonly pace: Pace;
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
  #lastAccepted = 0;
  /** Accepted, but the correlator does not have it yet. */
  readonly #correlating = new Set<CorrelationEntry>();
  readonly #parts: RoadParts;
  readonly #settler: Settler;
  readonly #endings: Endings;
  readonly #deliveries: DeliveryContext;
  readonly #lanes = new Map<Session, Lane>();
  readonly #laneOf = new Map<Delivery, Lane>();
  #order = 0;
  readonly #mailboxes: FullMailboxes;
  /** The message_ids, by segment, of what was accepted after its time-out; by the id of the message. */
  readonly #late = new BoundedMap<string[]>(LATE_REMEMBERED);

  constructor(parts: RoadParts) {
    this.#parts = parts;
    const { windowSize, sessions, statusPolicy } = parts.settings;
    this.#deliveries = { listener: this, clock: parts.clock, policy: statusPolicy };
    this.#mailboxes = new FullMailboxes(windowSize === 1 && sessions === 1);
    this.gate = new Gate(parts.throttleHandler, parts.clock);
    this.#settler = new Settler({
      ...parts,
      correlated: (entry) => {
        this.#correlating.delete(entry);
        parts.listener.correlated(entry);
      },
      tried: (failure) => parts.listener.storeTried(failure),
    });
    this.#endings = new Endings({ ...parts, settler: this.#settler, mailboxes: this.#mailboxes });
  }

  get inFlight(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.inFlight;
    return sum;
  }

  /** The ids of messages that are borrowed, or on their way back to the queue. */
  get held(): Set<string> {
    const leases = [...[...this.#laneOf.keys()].map(({ lease }) => lease), ...this.#settler.unwritten];
    return new Set(leases.map(({ item }) => item.id));
  }

  /** Opens the road to a session that is bound to send. */
  open(session: Session): void {
    const lane: Lane = new Lane(
      session,
      this.#context(() => lane),
    );
    this.#lanes.set(session, lane);
    void session.parting.then(() => this.close(session));
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
    for (const lease of leases) this.#endings.dead(lease, expiredAt(lease.item.expiresAt ?? 0));
  }

  /** These were borrowed only to be looked at. Resolves when they are back in the queue. */
  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) this.#settler.release(lease);
    await this.#settler.idle();
  }

  /** What waits in the lanes fails when its time is over. Returns when the next is due, epoch milliseconds. */
  sweep(): number {
    let next = Infinity;
    for (const lane of this.#lanes.values()) {
      // Those that end leave the list.
      for (const delivery of [...lane.ready]) {
        if (delivery.flying > 0 || this.#expired(delivery)) continue;
        next = Math.min(next, delivery.lease.item.expiresAt ?? Infinity);
      }
    }
    return next;
  }

  /** Returns to the queue what is borrowed and not on the wire. */
  async giveBack(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.giveBack()));
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

  responded(delivery: Delivery, segment: number, response: SegmentResponse, verdict: Verdict): void {
    const { item, state } = delivery.lease;
    const { throttleHandler, listener, pace } = this.#parts;
    const { command_status: status } = response.pdu;
    if (status === 0) this.#correlate(item, segment, state.accepted[segment] ?? '');
    if (verdict !== 'throttle' && verdict !== 'rebind') {
      throttleHandler.notThrottled();
      pace.heard();
    }
    if (status === 0 && item.segments.length > 1 && delivery.remaining + delivery.flying > 0) {
      this.#settler.progress(delivery.lease);
    }
    listener.responded(delivery.lease, segment, response, this.#laneOf.get(delivery)?.session);
  }

  throttled(delivery: Delivery, status: number): void {
    const { throttleHandler, listener, bucket } = this.#parts;
    const name = statusName(status);
    const { id, destination } = delivery.lease.item;
    const full = name === 'ESME_RMSGQFUL' ? this.#mailboxes.full(id, destination) : undefined;
    if (full?.pause !== false) {
      throttleHandler.throttled();
      bucket?.calm(throttleHandler.throttleDelay());
      this.#parts.pace.heard();
      listener.throttled(name);
    }
    if (delivery.flying === 0) this.#endings.offTheWire(delivery.lease);
    if (full?.setAside) delivery.abandon({ kind: 'set-aside' });
    else this.#laneOf.get(delivery)?.putBack(delivery);
  }

  ended(delivery: Delivery): void {
    this.#laneOf.get(delivery)?.ended(delivery);
    this.#laneOf.delete(delivery);
    this.#endings.settle(delivery.lease, delivery.end);
  }

  late(delivery: Delivery, segment: number, response: SegmentResponse): void {
    this.#parts.listener.responded(delivery.lease, segment, response, undefined);
    // It has gone back to the queue. Its receipt must still find it, and it need not be sent again.
    if (response.pdu.command_status !== 0) return;
    const { item } = delivery.lease;
    const messageId = messageIdOf(response.pdu);
    this.#correlate(item, segment, messageId);
    for (const again of this.#laneOf.keys()) {
      if (again.lease.item.id === item.id) return again.acceptedBefore(segment, messageId);
    }
    const known = this.#late.get(item.id) ?? [];
    known[segment] = messageId;
    this.#late.set(item.id, known);
  }

  get #atMostOnce(): boolean {
    return this.#parts.settings.delivery === 'at-most-once';
  }

  /** Whether the message_id of a message to a number of which this is true may still become known. */
  awaits(isFor: (destination: string) => boolean): boolean {
    for (const { destination } of this.#correlating) if (isFor(destination)) return true;
    for (const lane of this.#lanes.values()) {
      for (const { lease } of lane.flying) if (isFor(lease.item.destination)) return true;
    }
    return false;
  }

  /** A fraction tells the order of those of one millisecond. */
  #acceptedAt(now: number): number {
    const next = this.#lastAccepted + 0.001;
    this.#lastAccepted = next - now < 1 && next > now ? next : now;
    return this.#lastAccepted;
  }

  #correlate(item: QueueItem, segment: number, messageId: string): void {
    if (messageId === '') return;
    const { clock, settings } = this.#parts;
    const acceptedAt = this.#acceptedAt(clock.now());
    const entry: CorrelationEntry = {
      messageId,
      id: item.id,
      segment,
      segments: item.segments.length,
      source: item.source,
      destination: item.destination,
      acceptedAt,
      expiresAt: Math.floor(acceptedAt) + settings.correlationTtl,
      ...(item.receiptRequested ? {} : { receiptRequested: false }),
      ...(item.correlationId === undefined ? {} : { correlationId: item.correlationId }),
      ...(item.msgid === undefined ? {} : { msgid: item.msgid }),
      ...(item.metadata === undefined ? {} : { metadata: item.metadata }),
    };
    this.#correlating.add(entry);
    this.#settler.correlate(entry);
  }

  #context(lane: () => Lane): LaneContext {
    const { pace, clock, log, settings, listener } = this.#parts;
    return {
      gate: this.gate,
      limiter: pace,
      settler: this.#settler,
      clock,
      log,
      maxUnsettled: settings.maxUnsettled ?? Math.max(4 * settings.windowSize * settings.sessions, 1000),
      batchLimit: () => this.#batchLimit(),
      commit: this.#atMostOnce ? (deliveries) => this.#endings.commit(deliveries) : undefined,
      borrow: (max, signal) => this.#borrow(max, signal, lane()),
      sent: (segment) => listener.sent(segment),
      hopeless: (delivery, session) => this.#expired(delivery) || this.#unspeakable(delivery, session),
    };
  }

  /** A tenth of a second's worth. */
  #batchLimit(): number {
    const { bucket, pace } = this.#parts;
    const rate = Math.min(bucket?.rate || Infinity, pace.wish ?? Infinity);
    return Math.min(BATCH, Math.ceil(rate / 10));
  }

  async #borrow(max: number, signal: AbortSignal, lane: Lane): Promise<Delivery[]> {
    const leases = await this.#parts.store.queue.take(max, { signal });
    return leases.map((lease) => this.#delivery(lease, lane));
  }

  #delivery(lease: Lease, lane: Lane): Delivery {
    const { item, state } = lease;
    const delivery = new Delivery(lease, this.#order++, this.#deliveries);
    this.#laneOf.set(delivery, lane);
    this.#late.get(item.id)?.forEach((messageId, segment) => delivery.acceptedBefore(segment, messageId));
    this.#late.delete(item.id);
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

  /** Its text, or what joins its parts, is in a TLV that this centre would not get: no message would go out, or scraps. */
  #unspeakable(delivery: Delivery, session: Session): boolean {
    if (session.tlvsAllowed) return false;
    const { command, segments } = delivery.lease.item;
    const inTlv = segments
      .flatMap((body) => Object.keys(requestPdu(commandId(command), body, 0).pdu.tlvs))
      .find((name) => NEEDED_TLVS.includes(name));
    if (inTlv === undefined) return false;
    const text =
      `this SMSC takes no optional parameters (SMPP 3.3), and the message needs one, ${inTlv}; ` +
      'send it as submit_sm with long_messages udh8 or udh16';
    delivery.abandon({ kind: 'dead', reason: { code: 'NO_TLVS', text } });
    return true;
  }
}

const NEEDED_TLVS: readonly string[] = ['message_payload', 'sar_total_segments'];

function expiredAt(expiresAt: number): DeadReason {
  return { code: 'EXPIRED', text: `not sent before it expired at ${new Date(expiresAt).toISOString()}` };
}
