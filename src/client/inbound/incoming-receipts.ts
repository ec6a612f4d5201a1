import { steadyTime, type Clock } from '../../clock';
import { LogRateLimiter, traceFacts, type Log, type LogLine } from '../../observability';
import { decodePdu } from '../../protocol';
import type { WireRecorder } from '../../recorder';
import type { Answer, Session } from '../../session';
import type { CorrelationEntry } from '../../store';
import { classifyEsmClass, type Receipt } from '../../text';
import { codecOf } from '../config/codec-options';
import type { Settings } from '../config/options';
import type { ReceiptEvent } from '../events/events';
import { receiptEvent } from '../events/wire-form';
import type { ConnectionCounters } from '../metrics/counters';
import type { Homing } from '../outbound/homing';
import type { Outcomes, SegmentReceipt } from '../outbound/outcomes';
import type { RouteQuality } from '../quality/route-quality';
import type { FinalReceipts } from './final-receipts';
import { ANSWERED, comesAgain, type Acknowledging } from './acknowledging';
import type { Incoming } from './incoming-messages';
import type { Found, Match, ReceiptMatcher } from './receipts';

export interface IncomingReceiptsParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly matcher: ReceiptMatcher;
  readonly finals: FinalReceipts;
  readonly outcomes: Outcomes;
  readonly homing: Pick<Homing, 'receipt'>;
  readonly acknowledging: Acknowledging;
  readonly quality: Pick<RouteQuality, 'receipt'>;
  readonly recorder: Pick<WireRecorder, 'watches' | 'received'>;
  readonly counters: ConnectionCounters | undefined;
  /** What a PDU says as a receipt. */
  readonly read: (pdu: Incoming) => Receipt | undefined;
}

/** Another system may use the account: its receipts come here as well. */
const UNKNOWN_A_MINUTE = 10;

/**
 * Delivery receipts and notifications on the way: matched to their message, told, and answered. Where the correlator
 * answers at once and nobody makes it wait, so does this.
 */
export class IncomingReceipts {
  readonly #parts: IncomingReceiptsParts;
  readonly #unknown: LogRateLimiter;

  constructor(parts: IncomingReceiptsParts) {
    this.#parts = parts;
    this.#unknown = new LogRateLimiter(parts.clock, UNKNOWN_A_MINUTE);
  }

  take(pdu: Incoming, octets: Buffer, receipt: Receipt, session: Session): Promise<Answer> | Answer {
    const found = this.#find(pdu, receipt, octets.length);
    if (found instanceof Promise)
      return found.then((late) => this.#answer(late, pdu, octets, receipt, session));
    return this.#answer(found, pdu, octets, receipt, session);
  }

  #answer(
    found: Found,
    pdu: Incoming,
    octets: Buffer,
    receipt: Receipt,
    session: Session,
  ): Promise<Answer> | Answer {
    if (!('later' in found)) {
      this.#record(found.match, octets, session);
      return this.#tell(eventOf(pdu, octets, receipt, found.match), found.match, session);
    }
    // Its response may be on the way; the SMSC is not kept waiting for that. As nothing but a copy of its octets,
    // for what was read from them is several times as much.
    found.telling(this.#tellLater(Buffer.from(octets), found.later, session));
    return ANSWERED;
  }

  async #tellLater(octets: Buffer, later: Promise<Match | undefined>, session: Session): Promise<void> {
    const match = await later;
    this.#record(match, octets, session);
    const pdu = decodePdu(octets, codecOf(this.#parts.settings)) as Incoming;
    const receipt = this.#parts.read(pdu);
    if (receipt) await this.#tell(eventOf(pdu, octets, receipt, match), match);
  }

  #record(match: Match | undefined, octets: Buffer, session: Session): void {
    const { recorder } = this.#parts;
    if (match && recorder.watches) recorder.received(match.entry.id, octets, session);
  }

  #find(
    pdu: Incoming,
    { message_id, text_message_id, final }: Receipt,
    octets: number,
  ): Promise<Found> | Found {
    if (message_id === undefined && text_message_id === undefined) return UNMATCHED;
    const ids: string[] = message_id === undefined ? [] : [message_id];
    if (text_message_id !== undefined) ids.push(text_message_id);
    const { source_addr: source, destination_addr: destination } = pdu;
    return this.#parts.matcher.find({ ids, source, destination, final }, octets);
  }

  /** Without `session` it was answered before. */
  #tell(event: ReceiptEvent, match: Match | undefined, session?: Session): Promise<Answer> | Answer {
    const { outcomes, acknowledging, homing, counters } = this.#parts;
    this.#log(event, match?.entry);
    if (counters) this.#count(counters, event, match);
    if (!match) return acknowledging.tell(event, session);
    const { entry, address } = match;
    const { segment, id } = entry;
    const { state, final, payload } = event;
    const receipt: SegmentReceipt = { segment, state, final, fields: payload };
    if (address !== undefined) receipt.address = address;
    const isNews = final && !match.duplicate;
    const home = isNews ? homing.receipt(entry, receipt) : undefined;
    if (!home) outcomes.receipt(id, receipt);
    const told = acknowledging.tell(event, session);
    const answer = home ? Promise.all([told, home]).then(([given]) => given) : told;
    if (!isNews) return answer;
    if (!(answer instanceof Promise)) return this.#settle(match, state, answer);
    return answer.then((late) => this.#settle(match, state, late));
  }

  #count(counters: ConnectionCounters, event: ReceiptEvent, match: Match | undefined): void {
    counters.receipt(event);
    if (!match || match.duplicate || !event.final) return;
    counters.delivered(steadyTime(this.#parts.clock).since(match.entry.acceptedAt));
  }

  #settle({ entry, address }: Match, state: string, answer: Answer): Answer {
    const { finals, quality } = this.#parts;
    if (comesAgain(answer)) finals.unclaim(entry, address);
    else {
      finals.settle(entry, state, address);
      quality.receipt(entry, state, address);
    }
    return answer;
  }

  #log({ message_id, state }: ReceiptEvent, entry: CorrelationEntry | undefined): void {
    const { log } = this.#parts;
    if (entry && !log.isLevelEnabled('debug')) return;
    const facts = { event: 'receipt', stage: 'end', message_id, state } satisfies LogLine;
    if (entry) {
      const { id, correlationId: correlation_id } = entry;
      const trace = entry.trace && traceFacts(entry.trace);
      return log.debug({ ...facts, id, correlation_id, ...trace }, `receipt: ${state}`);
    }
    const text = `receipt ${state} for a message_id that is not known here`;
    const passedOver = this.#unknown.next();
    if (passedOver === undefined) log.debug(facts, text);
    else log.warn(passedOver === 0 ? facts : { ...facts, passed_over: passedOver }, text);
  }
}

const UNMATCHED: Found = { match: undefined };

function eventOf(pdu: Incoming, octets: Buffer, receipt: Receipt, match: Match | undefined): ReceiptEvent {
  const entry = match?.entry;
  // A receipt travels from the recipient of the message to its sender; a message to many has many.
  const address = match?.address;
  const topic = address ?? entry?.destination ?? pdu.source_addr;
  const duplicate = match?.duplicate === true;
  return receiptEvent(pdu, octets, receipt, { entry, duplicate, topic, address, type: typeOf(pdu, receipt) });
}

/** Some SMSCs mark receipts as nothing at all: then what they say is what they are. */
function typeOf({ esm_class }: Incoming, { final }: Receipt): 'receipt' | 'intermediate' {
  const { type } = classifyEsmClass(esm_class);
  if (type === 'receipt' || type === 'intermediate') return type;
  return final ? 'receipt' : 'intermediate';
}
