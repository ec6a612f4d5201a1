import { describeStatus, type Pdu } from '../protocol';
import { refusalOf, type OutboundRequest, type RequestHandler } from '../session';
import type { DeadReason, Lease } from '../store';
import { infoField, messageIdOf } from './pdu-fields';
import { verdictOf, type Verdict } from './retry';
import type { StatusPolicy } from './status-policy';

export interface SegmentResponse {
  readonly pdu: Pdu;
  readonly octets: Buffer;
  /** Milliseconds from writing to the response. */
  readonly duration: number;
  /** It came after its time-out. */
  readonly late?: true;
}

/** What deliveries share. */
export interface DeliveryContext {
  readonly listener: DeliveryListener;
  readonly clock: { now(): number; monotonic(): number };
  readonly policy: StatusPolicy;
}

/** What a delivery tells the road that carries it. */
export interface DeliveryListener {
  /** The centre answered one segment. */
  responded(delivery: Delivery, segment: number, response: SegmentResponse, verdict: Verdict): void;
  /** The centre asks for less; the segment is to go again, first. */
  throttled(delivery: Delivery, status: number): void;
  /** No segment is on the wire any more and none is to follow: see `delivery.end`. */
  ended(delivery: Delivery): void;
  /** A response came after its time-out. */
  late(delivery: Delivery, segment: number, response: SegmentResponse): void;
}

/** How the loan of a message ends. */
export type DeliveryEnd =
  | { readonly kind: 'accepted' }
  /** The rest was never written, or the centre knew no session for it: it goes back as it is. */
  | { readonly kind: 'unsent' }
  /** The centre has no room for this one while it takes others; not counted as an attempt. */
  | { readonly kind: 'set-aside' }
  /** Refused for a while: try again later. `info` is what the centre said to it in words. */
  | { readonly kind: 'retry'; readonly info: string | undefined }
  /** Written, but the answer never came. */
  | { readonly kind: 'unknown'; readonly linkLost: boolean }
  | { readonly kind: 'dead'; readonly reason: DeadReason };

const HISTORY = 20;
/** Lost links that a message was there at. */
export const SUSPECT_AFTER = 2;

/**
 * One message on its way: which segments are still to go, which are on the wire, which
 * are accepted, and how it ends. It ends once, when nothing of it is on the wire.
 */
export class Delivery {
  readonly lease: Lease;
  /** The order in which the road got it: throttled messages go back to their place. */
  readonly order: number;
  readonly #context: DeliveryContext;
  readonly #toGo: number[];
  #flying = 0;
  #end: DeliveryEnd | undefined;
  #ended = false;

  constructor(lease: Lease, order: number, context: DeliveryContext) {
    this.lease = lease;
    this.order = order;
    this.#context = context;
    this.#toGo = lease.item.segments
      .map((_, index) => index)
      .filter((index) => lease.state.accepted[index] == null);
  }

  /** Segments that are still to be sent; none once an end is in sight. */
  get remaining(): number {
    return this.#end ? 0 : this.#toGo.length;
  }

  /**
   * It was there whenever the link was lost, twice at least: it may be what the centre cannot bear. Alone on its
   * session it is found out, and takes nobody with it.
   */
  get isSuspect(): boolean {
    return this.lease.state.lostLinks >= SUSPECT_AFTER;
  }

  /** With at-most-once: it may go out, for the store knows that it does. */
  get isCommitted(): boolean {
    return this.lease.state.onTheWire === true;
  }

  get flying(): number {
    return this.#flying;
  }

  get end(): DeliveryEnd | undefined {
    return this.#end;
  }

  /** The next segment as a request, now counted as being on the wire. */
  next(commandId: number): { segment: number; request: OutboundRequest } {
    const segment = this.#toGo.shift() as number;
    this.#flying++;
    const body = this.lease.item.segments[segment] as Buffer;
    return { segment, request: { commandId, body, handler: new Flight(this, segment, this.#context.clock) } };
  }

  /** What {@link next} gave was not written after all. */
  unsent(segment: number): void {
    this.#flying--;
    this.#putBack(segment);
    this.#finish();
  }

  /** Nothing more is to be sent: it ends with `end` as soon as nothing is on the wire. */
  abandon(end: DeliveryEnd): void {
    if (!this.#end || severity(end) > severity(this.#end)) this.#end = end;
    this.#finish();
  }

  /** An earlier transmission of the segment was accepted after all: that counts where it was not sent again. */
  acceptedBefore(segment: number, messageId: string): void {
    const at = this.#toGo.indexOf(segment);
    if (at < 0) return;
    this.#toGo.splice(at, 1);
    this.lease.state.accepted[segment] = messageId;
    this.#finish();
  }

  onResponse(segment: number, response: SegmentResponse): void {
    this.#flying--;
    const status = response.pdu.command_status;
    const verdict = verdictOf(status, this.#context.policy);
    if (verdict === 'ok') this.#accepted(segment, response.pdu);
    else this.#note(describeStatus(status).name, segment);
    this.#context.listener.responded(this, segment, response, verdict);
    if (verdict === 'throttle') {
      this.#putBack(segment);
      this.#context.listener.throttled(this, status);
    } else if (verdict === 'retry') {
      this.#putBack(segment);
      this.abandon({ kind: 'retry', info: refusalOf(response.pdu).info });
    } else if (verdict === 'rebind') {
      // Refused for want of a session, which is no fault of the message's, and surely not accepted.
      this.#putBack(segment);
      this.abandon({ kind: 'unsent' });
    } else if (verdict === 'fail') {
      const { name, text, info } = refusalOf(response.pdu);
      const why = `the SMSC refused it with ${text}`;
      this.abandon({
        kind: 'dead',
        reason: { code: 'REFUSED', command_status: name, text: why, ...infoField(info) },
      });
    }
    this.#finish();
  }

  onLost(segment: number, why: 'timeout' | 'closed'): void {
    this.#flying--;
    this.#note(why === 'timeout' ? 'RESPONSE_TIMEOUT' : 'LINK_LOST', segment);
    this.#putBack(segment);
    this.abandon({ kind: 'unknown', linkLost: why === 'closed' });
  }

  onLate(segment: number, response: SegmentResponse): void {
    this.#context.listener.late(this, segment, response);
  }

  #accepted(segment: number, response: Pdu): void {
    this.lease.state.accepted[segment] = messageIdOf(response);
  }

  #isAccepted(): boolean {
    const { item, state } = this.lease;
    return item.segments.every((_, segment) => state.accepted[segment] != null);
  }

  #putBack(segment: number): void {
    this.#toGo.push(segment);
    this.#toGo.sort((a, b) => a - b);
  }

  #note(reason: string, segment: number): void {
    const { history } = this.lease.state;
    history.push({ at: this.#context.clock.now(), reason, segment });
    if (history.length > HISTORY) history.shift();
  }

  #finish(): void {
    if (this.#ended || this.#flying > 0) return;
    // Whatever was to happen to the rest: there is none.
    if (this.#isAccepted()) this.#end = { kind: 'accepted' };
    if (!this.#end) return;
    this.#ended = true;
    this.#context.listener.ended(this);
  }
}

/** Of several reasons to end, the one that weighs most decides. */
function severity(end: DeliveryEnd): number {
  return ['accepted', 'unsent', 'set-aside', 'retry', 'unknown', 'dead'].indexOf(end.kind);
}

/** One segment on the wire. */
class Flight implements RequestHandler {
  readonly #delivery: Delivery;
  readonly #segment: number;
  readonly #clock: DeliveryContext['clock'];
  readonly #sentAt: number;

  constructor(delivery: Delivery, segment: number, clock: DeliveryContext['clock']) {
    this.#delivery = delivery;
    this.#segment = segment;
    this.#clock = clock;
    this.#sentAt = clock.monotonic();
  }

  onResponse(pdu: Pdu, octets: Buffer): void {
    this.#delivery.onResponse(this.#segment, this.#response(pdu, octets));
  }

  onLost(why: 'timeout' | 'closed'): void {
    this.#delivery.onLost(this.#segment, why);
  }

  onLate(pdu: Pdu, octets: Buffer): void {
    this.#delivery.onLate(this.#segment, { ...this.#response(pdu, octets), late: true });
  }

  #response(pdu: Pdu, octets: Buffer): SegmentResponse {
    return { pdu, octets, duration: this.#clock.monotonic() - this.#sentAt };
  }
}
