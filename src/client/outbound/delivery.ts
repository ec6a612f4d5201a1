import type { Link } from '../../collections';
import { describeStatus } from '../../protocol';
import {
  refusalOf,
  type OutboundRequest,
  type RequestHandler,
  type ResponseView,
  type Session,
} from '../../session';
import {
  acceptSegment,
  addUnsuccess,
  isAccepted,
  type DeadReason,
  type Lease,
  type QueueItem,
  type Unsuccess,
} from '../../store';
import type { StatusPolicy } from '../config/status-policy';
import { mayBePartial, partialFailure } from '../events/broadcast-form';
import { infoField } from '../events/wire-form';
import { countDestinations, isRefusedByAll } from '../message/destinations';
import { meaningOf, type ResponseMeaning } from './multi-response';

/** What deliveries share, and whom they tell. */
export interface DeliveryContext {
  readonly parts: {
    readonly clock: { now(): number };
    readonly settings: { readonly statusPolicy: StatusPolicy };
  };
  /** The SMSC answered one segment. */
  responded(flight: Flight, response: ResponseView, meaning: ResponseMeaning): void;
  /** It was written, and its answer did not come. */
  lost(flight: Flight, why: 'timeout' | 'closed'): void;
  /** The SMSC asks for less; the segment is to go again, first. */
  throttled(delivery: Delivery, status: number): void;
  /**
   * No segment is on the wire any more and none is to follow: see `delivery.end`. Where all are accepted, repeats of
   * some may still be on the wire; their answers are told all the same.
   */
  ended(delivery: Delivery): void;
  /** A response came after its time-out. */
  late(flight: Flight, response: ResponseView): void;
}

/** Who carries a delivery to its session. */
export interface DeliveryCarrier {
  readonly session: Session;
  /** It has segments to go again. */
  putBack(delivery: Delivery): void;
  ended(delivery: Delivery): void;
}

/** How the lease of a message ends. */
export type DeliveryEnd =
  | { readonly kind: 'accepted' }
  /** The rest was never written, or the SMSC knew no session for it: it goes back as it is. */
  | { readonly kind: 'unsent' }
  /** The SMSC has no room for this one while it takes others; not counted as an attempt. */
  | { readonly kind: 'set-aside' }
  /** Refused for a while: try again later. `info` is what the SMSC said to it in words. */
  | { readonly kind: 'retry'; readonly info: string | undefined }
  /** Written, but the answer never came. */
  | { readonly kind: 'unknown'; readonly linkLost: boolean }
  /** Its sender wants it no more. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'dead'; readonly reason: DeadReason };

const HISTORY = 20;
const ACCEPTED: DeliveryEnd = { kind: 'accepted' };
const UNSENT: DeliveryEnd = { kind: 'unsent' };
const NONE: never[] = [];
/** Lost links that a message was there at. */
export const SUSPECT_AFTER = 2;

/**
 * One message on its way: which segments are still to go, which are on the wire, which
 * are accepted, and how it ends. It ends once, when nothing of it is on the wire.
 */
export class Delivery implements Link<Delivery> {
  older: Delivery | undefined;
  newer: Delivery | undefined;
  readonly lease: Lease;
  /** Permits of the rate that each of its segments takes: its destinations. */
  readonly cost: number;
  /** The order in which the dispatcher got it: throttled messages go back to their place. */
  readonly order: number;
  readonly carrier: DeliveryCarrier;
  readonly #context: DeliveryContext;
  /** In ascending order. */
  readonly #toGo: number[] = [];
  #flying = 0;
  #end: DeliveryEnd | undefined;
  /** What speaks for an end, and which segment it befell; -1: all of them. */
  #causes: { readonly segment: number; readonly end: DeliveryEnd }[] = NONE;
  #ended = false;
  /** An earlier transmission was accepted while this lease lasts. */
  #acceptedLate = false;

  constructor(lease: Lease, order: number, carrier: DeliveryCarrier, context: DeliveryContext) {
    this.lease = lease;
    this.cost = countDestinations(lease.item);
    this.order = order;
    this.carrier = carrier;
    this.#context = context;
    const { length } = lease.item.segments;
    for (let at = 0; at < length; at++) if (lease.state.accepted[at] == null) this.#toGo.push(at);
  }

  /** Segments that are still to be sent; none once an end is in sight. */
  get remaining(): number {
    return this.#end ? 0 : this.#toGo.length;
  }

  /**
   * It was there whenever the link was lost, twice at least: it may be what the SMSC cannot bear. Alone on its
   * session it is found out, and takes nobody with it.
   */
  get isSuspect(): boolean {
    return this.lease.state.lostLinks >= SUSPECT_AFTER;
  }

  /** With at-most-once: it may go out, for the store knows that it does. */
  get isCommitted(): boolean {
    return this.lease.state.onTheWire === true;
  }

  /** Segments on the wire. */
  get flying(): number {
    return this.#flying;
  }

  get end(): DeliveryEnd | undefined {
    return this.#end;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** The next segment as a request, now counted as being on the wire; `now` in monotonic milliseconds. */
  next(commandId: number, now: number): Flight {
    this.#flying++;
    return new Flight(this, this.#toGo.shift() as number, commandId, now);
  }

  /** What {@link next} gave was not written after all. */
  unsent(segment: number): void {
    this.#flying--;
    this.#putBack(segment);
    this.#finish();
  }

  /** Nothing more is to be sent: it ends with `end` as soon as nothing is on the wire. `segment`: only for this one's sake. */
  abandon(end: DeliveryEnd, segment = -1): void {
    if (this.#ended) return;
    this.#causes = [...this.#causes, { segment, end }];
    this.#weigh();
    this.#finish();
  }

  /** As {@link abandon}: what was not sent goes back to the queue as it is. */
  giveBack(): void {
    this.abandon(UNSENT);
  }

  /** An earlier transmission of the segment was accepted after all: that counts, whatever becomes of the later one. */
  acceptedBefore(segment: number, messageId: string, refused: readonly Unsuccess[]): void {
    acceptSegment(this.lease.state, segment, messageId);
    addUnsuccess(this.lease.state, refused);
    if (this.#ended) return;
    this.#acceptedLate = true;
    const at = this.#toGo.indexOf(segment);
    if (at >= 0) this.#toGo.splice(at, 1);
    // What befell this segment is no reason any more.
    this.#causes = this.#causes.filter((cause) => cause.segment !== segment);
    this.#weigh();
    this.#finish();
  }

  /** The reason that weighs most decides. */
  #weigh(): void {
    this.#end = undefined;
    for (const { end } of this.#causes)
      if (!this.#end || severity(end) > severity(this.#end)) this.#end = end;
  }

  responded(flight: Flight, response: ResponseView): void {
    const { segment } = flight;
    const { state, item } = this.lease;
    this.#flying--;
    const meaning = meaningOf(item, segment, response, this.#context.parts.settings.statusPolicy);
    const { verdict, status, refused } = meaning;
    const accepted = state.accepted[segment] != null;
    if (mayBePartial(response.command_id)) noteParts(state, partialFailure(response.pdu()));
    if (verdict === 'ok') acceptSegment(state, segment, response.message_id);
    else this.#note(describeStatus(status).name, segment);
    if (!accepted) addUnsuccess(state, refused);
    this.#context.responded(flight, response, meaning);
    // An earlier transmission was accepted: what this one is told is no matter of the message's.
    if (accepted && verdict === 'throttle') this.#context.throttled(this, status);
    else if (!accepted && verdict !== 'ok') this.#refused(segment, response, meaning);
    this.#finish();
  }

  #refused(segment: number, response: ResponseView, { verdict, status }: ResponseMeaning): void {
    if (verdict !== 'fail') this.#putBack(segment);
    if (verdict === 'throttle') this.#context.throttled(this, status);
    else if (verdict === 'retry')
      this.abandon({ kind: 'retry', info: refusalOf(response.pdu()).info }, segment);
    // Refused for want of a session, which is no fault of the message's, and surely not accepted.
    else if (verdict === 'rebind') this.giveBack();
    else {
      const { tlvs } = response.pdu();
      const { name, text, info } = refusalOf({ command_status: status, tlvs });
      const why = `the SMSC refused it with ${text}`;
      const reason = { code: 'REFUSED', command_status: name, text: why, ...infoField(info) };
      this.abandon({ kind: 'dead', reason }, segment);
    }
  }

  lost(flight: Flight, why: 'timeout' | 'closed'): void {
    const { segment } = flight;
    this.#flying--;
    this.#context.lost(flight, why);
    if (this.lease.state.accepted[segment] != null) return this.#finish();
    this.#note(why === 'timeout' ? 'RESPONSE_TIMEOUT' : 'LINK_LOST', segment);
    this.#putBack(segment);
    this.abandon({ kind: 'unknown', linkLost: why === 'closed' }, segment);
  }

  late(flight: Flight, response: ResponseView): void {
    this.#context.late(flight, response);
  }

  #putBack(segment: number): void {
    this.#toGo.push(segment);
    this.#toGo.sort((a, b) => a - b);
  }

  #note(reason: string, segment: number): void {
    const { history } = this.lease.state;
    history.push({ at: this.#context.parts.clock.now(), reason, segment });
    if (history.length > HISTORY) history.shift();
  }

  #finish(): void {
    if (this.#ended || (this.#flying > 0 && !this.#acceptedLate)) return;
    // Whatever was to happen to the rest: there is none.
    if (isAccepted(this.lease)) this.#end = endOf(this.lease);
    else if (this.#flying > 0) return;
    if (!this.#end) return;
    // It fails for another reason, and the SMSC may have taken what was not answered.
    const fails = this.#end.kind === 'dead' || this.#end.kind === 'cancelled';
    if (fails && this.#causes.some(({ end }) => end.kind === 'unknown')) this.lease.state.redelivered = true;
    this.#ended = true;
    this.#context.ended(this);
  }
}

/** Of the last answer: what an earlier one said is no more. */
function noteParts(state: Lease['state'], parts: Lease['state']['partial']): void {
  if (parts) state.partial = parts;
  else delete state.partial;
}

/** Of a message whose segments are all accepted. */
function endOf({ item, state }: Lease): DeliveryEnd {
  return state.unsuccess && isRefusedByAll(item, state) ? { kind: 'dead', reason: NOBODY } : ACCEPTED;
}

/** No destination of a submit_multi was taken for all segments. */
const NOBODY: DeadReason = {
  code: 'REFUSED',
  text: 'the SMSC refused a part of it for each of its destinations; see unsuccess_sme',
};

function severity(end: DeliveryEnd): number {
  return ['accepted', 'unsent', 'set-aside', 'retry', 'unknown', 'cancelled', 'dead'].indexOf(end.kind);
}

/** One segment on the wire: the request, and who hears of its fate. */
export class Flight implements OutboundRequest, RequestHandler {
  readonly delivery: Delivery;
  readonly segment: number;
  readonly commandId: number;
  readonly body: Buffer;
  readonly handler = this;
  /** Monotonic milliseconds. */
  readonly sentAt: number;

  constructor(delivery: Delivery, segment: number, commandId: number, now: number) {
    this.delivery = delivery;
    this.segment = segment;
    this.commandId = commandId;
    this.body = delivery.lease.item.segments[segment] as Buffer;
    this.sentAt = now;
  }

  /** The message. */
  get item(): QueueItem {
    return this.delivery.lease.item;
  }

  onResponse(response: ResponseView): void {
    this.delivery.responded(this, response);
  }

  onLost(why: 'timeout' | 'closed'): void {
    this.delivery.lost(this, why);
  }

  onLate(response: ResponseView): void {
    this.delivery.late(this, response);
  }
}
