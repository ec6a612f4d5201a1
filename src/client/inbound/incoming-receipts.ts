import type { Clock } from '../../clock';
import type { Log } from '../../observability';
import { decodePdu, plainCopy } from '../../protocol';
import type { Answer, Session } from '../../session';
import type { CorrelationEntry } from '../../store';
import { classifyEsmClass, type Receipt } from '../../text';
import { codecOf } from '../config/codec-options';
import { LogRateLimiter } from '../../observability';
import type { Events, ReceiptEvent } from '../events/events';
import type { FinalReceipts } from './final-receipts';
import type { PendingAcks } from './pending-acks';
import { ANSWERED, answerTo, comesAgain, type Incoming } from './incoming-messages';
import type { Settings } from '../config/options';
import type { Outcomes } from '../outbound/outcomes';
import type { HandlerTimeout } from './handler-timeout';
import { pduFields } from '../events/pdu-fields';
import type { Found, Match, ReceiptMatcher } from './receipts';

export interface IncomingReceiptsParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly matcher: ReceiptMatcher;
  readonly finals: FinalReceipts;
  readonly outcomes: Outcomes;
  /** Where the flow acknowledges by itself. */
  readonly holding: PendingAcks | undefined;
  /** With those who acknowledge by being done. */
  readonly handlerTimeout: HandlerTimeout;
}

export type ReadReceipt = (pdu: Incoming) => Receipt | undefined;

/** Another system may use the account: its receipts come here as well. */
const UNKNOWN_A_MINUTE = 10;

/** Delivery receipts and notifications on the way: matched to their message, told, and answered. */
export class IncomingReceipts {
  readonly #parts: IncomingReceiptsParts;
  readonly #unknown: LogRateLimiter;

  constructor(parts: IncomingReceiptsParts) {
    this.#parts = parts;
    this.#unknown = new LogRateLimiter(parts.clock, UNKNOWN_A_MINUTE);
  }

  /** `read`: reads the receipt again. */
  async take(
    pdu: Incoming,
    octets: Buffer,
    receipt: Receipt,
    session: Session,
    read: ReadReceipt,
  ): Promise<Answer> {
    const found = await this.#find(pdu, receipt, octets.length);
    if ('later' in found) {
      // Its response may be on the way; the SMSC is not kept waiting for that. As nothing but a copy of its octets,
      // for these keep the whole chunk of the socket alive, and what was read from them is several times as much.
      found.telling(this.#tellLater(Buffer.from(octets), read, found.later));
      return ANSWERED;
    }
    const event = this.#eventOf(pdu, octets, receipt, found.match);
    // Whom nobody listens to, nobody acknowledges.
    const holding = this.#parts.events.has('receipt') ? this.#parts.holding : undefined;
    return answerTo(await this.#tell(event, found.match, holding, session));
  }

  async #tellLater(octets: Buffer, read: ReadReceipt, later: Promise<Match | undefined>): Promise<void> {
    const match = await later;
    const pdu = decodePdu(octets, codecOf(this.#parts.settings)) as Incoming;
    const receipt = read(pdu);
    if (receipt) await this.#tell(this.#eventOf(pdu, octets, receipt, match), match);
  }

  #find(pdu: Incoming, { message_id, text_message_id, final }: Receipt, octets: number): Promise<Found> {
    const ids = [message_id, text_message_id].filter((id) => id !== undefined);
    if (ids.length === 0) return Promise.resolve({ match: undefined });
    const { source_addr: source, destination_addr: destination } = pdu;
    return this.#parts.matcher.find({ ids, source, destination, final }, octets);
  }

  async #tell(
    event: ReceiptEvent,
    match: Match | undefined,
    holding?: PendingAcks,
    session?: Session,
  ): ReturnType<PendingAcks['until']> {
    const { outcomes, finals } = this.#parts;
    const { state, final, payload } = event;
    this.#log(event, match?.entry);
    if (!match) return this.#emit(event, holding, session);
    const { entry, duplicate } = match;
    const fields = payload as Record<string, unknown>;
    outcomes.receipt(entry.id, { segment: entry.segment, state, final, fields });
    const released = await this.#emit(event, holding, session);
    if (duplicate) return released;
    if (final && comesAgain(released)) finals.unclaim(entry);
    else if (final) finals.settle(entry, state);
    return released;
  }

  async #emit(
    event: ReceiptEvent,
    holding?: PendingAcks,
    session?: Session,
  ): ReturnType<PendingAcks['until']> {
    const { events, handlerTimeout } = this.#parts;
    if (holding && session)
      return holding.until(session, (ack_id) => events.emit('receipt', { ...event, ack_id }));
    return (await handlerTimeout.until(events.emit('receipt', event))) ?? ANSWERED;
  }

  #eventOf(pdu: Incoming, octets: Buffer, receipt: Receipt, match: Match | undefined): ReceiptEvent {
    const entry = match?.entry;
    const fields = pduFields(pdu);
    const told = { ...receipt, ...(match?.duplicate ? { duplicate: true } : {}) };
    const flaws = [...(pdu.flaws ?? []), ...(receipt.flaws ?? [])];
    return {
      ...fields,
      ...told,
      ...(flaws.length > 0 ? { flaws } : {}),
      message_id: receipt.message_id ?? '',
      event: 'receipt',
      payload: { ...told },
      topic: recipientOf(pdu, entry),
      message_type: typeOf(pdu, receipt),
      matched: entry !== undefined,
      ...(entry ? identityOf(entry) : {}),
      pdu: octets,
    };
  }

  #log({ message_id, state }: ReceiptEvent, entry: CorrelationEntry | undefined): void {
    const { log } = this.#parts;
    const facts = { event: 'receipt', stage: 'end', message_id, state };
    if (entry) {
      const line = { ...facts, id: entry.id, correlation_id: entry.correlationId };
      return log.debug(line, `receipt: ${state}`);
    }
    const text = `receipt ${state} for a message_id that is not known here`;
    const passedOver = this.#unknown.next();
    if (passedOver === undefined) log.debug(facts, text);
    else log.warn(passedOver === 0 ? facts : { ...facts, passed_over: passedOver }, text);
  }
}

/** A receipt travels from the recipient of the message to its sender; a message to many has many. */
function recipientOf({ source_addr }: Incoming, entry: CorrelationEntry | undefined): string {
  return entry === undefined || entry.destination.includes(',') ? source_addr : entry.destination;
}

/** Some SMSCs mark receipts as nothing at all: then what they say is what they are. */
function typeOf({ esm_class }: Incoming, { final }: Receipt): 'receipt' | 'intermediate' {
  const { type } = classifyEsmClass(esm_class);
  if (type === 'receipt' || type === 'intermediate') return type;
  return final ? 'receipt' : 'intermediate';
}

function identityOf(entry: CorrelationEntry): Record<string, unknown> {
  return {
    id: entry.id,
    segment: entry.segment,
    segments: entry.segments,
    ...(entry.correlationId === undefined ? {} : { correlation_id: entry.correlationId }),
    ...(entry.metadata === undefined ? {} : { metadata: plainCopy(entry.metadata) }),
    ...(entry.msgid === undefined ? {} : { msgid: entry.msgid }),
  };
}
