import type { Acceptances } from '../outbound/acceptances';
import type { Clock } from '../../clock';
import { maskNumber, type Log, type LogLine } from '../../observability';
import type { Pdu, PduError, PduOf } from '../../protocol';
import type { Answer, Session } from '../../session';
import type { WireRecorder } from '../../recorder';
import type { CorrelationEntry, Correlator, Store } from '../../store';
import { parseReceipt, readUserData, type Receipt, type TextCodec, type UserData } from '../../text';
import { alertEvent } from '../events/alert-form';
import type { Events } from '../events/emitter';
import { isUnavailable } from '../config/errors';
import type { ConnectionCounters } from '../metrics/counters';
import type { Listening, Settings } from '../config/options';
import type { Homing } from '../outbound/homing';
import type { Outcomes } from '../outbound/outcomes';
import type { RouteQuality } from '../quality/route-quality';
import type { Dialogues } from '../ussd';
import { Acknowledging, LATER } from './acknowledging';
import { InboundAdmission } from './admission';
import { AskedAgain } from './asked-again';
import { FinalReceipts } from './final-receipts';
import { IncomingMessages, type Incoming } from './incoming-messages';
import { IncomingReceipts } from './incoming-receipts';
import { MessageMatcher, type MatchedReceipt } from './matching';
import { agrees } from './message-ids';
import type { MessageStream, MessagesOptions } from './message-stream';
import { Reassembly } from './reassembly/reassembly';
import { loggedReceive } from './receive-log';
import { ReceiptMatcher } from './receipts';

export interface ReceivingParts {
  readonly settings: Settings;
  readonly codecs: readonly TextCodec[];
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly outcomes: Outcomes;
  readonly homing: Pick<Homing, 'receipt'>;
  readonly store: Pick<Store, 'state' | 'capabilities'>;
  readonly correlator: Correlator;
  /** Messages whose message_id may still become known. */
  acceptances(): Acceptances;
  readonly dialogues: Dialogues;
  readonly listening: (() => Listening | Promise<Listening>) | undefined;
  readonly randomOctets: (count: number) => Uint8Array;
  readonly counters: ConnectionCounters | undefined;
  readonly quality: Pick<RouteQuality, 'receipt'>;
  readonly recorder: Pick<WireRecorder, 'watches' | 'received'>;
}

const UDHI = 0x40;
/** Milliseconds beyond the time of handlers until an instance that was to tell a message is taken for dead. */
const CLAIM_GRACE = 30_000;
const OK: Answer = { command_status: 0 };

/** What comes from the SMSC: messages and receipts, told as events, then answered. */
export class Receiving {
  readonly #parts: ReceivingParts;
  readonly #admission: InboundAdmission;
  readonly #acknowledging: Acknowledging;
  readonly #reassembly: Reassembly;
  readonly #matcher: ReceiptMatcher;
  readonly #messages: IncomingMessages;
  readonly #receipts: IncomingReceipts;
  readonly #askedAgain: AskedAgain;
  readonly #leaving = new WeakSet<Session>();
  #open = false;

  constructor(parts: ReceivingParts) {
    const { settings, clock, log, store, correlator } = parts;
    this.#parts = parts;
    this.#admission = new InboundAdmission({
      clock,
      log,
      limit: settings.ackLimit,
      handlerTimeout: settings.ackTimeout,
      longestLag: longestLag(settings),
      later: LATER,
    });
    const acknowledging = new Acknowledging(parts);
    this.#acknowledging = acknowledging;
    const finals = new FinalReceipts({ correlator, clock, log, ttl: settings.finalReceiptTtl });
    const formats = { response: settings.responseIdFormat, receipt: settings.receiptIdFormat };
    const isShared = (): boolean => store.capabilities.shared;
    const matcher = new MessageMatcher({ correlator, state: store.state, log, formats, finals, isShared });
    const isFor = (receipt: MatchedReceipt) => (destination: string) => agrees({ destination }, receipt);
    this.#matcher = new ReceiptMatcher(matcher, finals, clock, settings.receiptHoldTime, {
      awaited: (receipt) => parts.acceptances().awaited(isFor(receipt)),
      overdue: (receipt) => parts.acceptances().overdue(isFor(receipt)),
      isAwaited: (id) => parts.acceptances().isAwaited(id),
      isOverdue: (id) => parts.acceptances().isOverdue(id),
      written: () => parts.acceptances().written(),
      isShared,
    });
    const timeout = settings.reassemblyTimeout;
    const claimTime = settings.ackTimeout + CLAIM_GRACE;
    this.#reassembly = new Reassembly({ clock, log, store, timeout, claimTime });
    const askedAgain = new AskedAgain(clock, log);
    this.#askedAgain = askedAgain;
    this.#messages = new IncomingMessages({
      ...parts,
      reassembly: this.#reassembly,
      acknowledging,
      askedAgain,
    });
    const read = (pdu: Incoming): Receipt | undefined => this.#receiptOf(pdu, readUserData(pdu));
    this.#receipts = new IncomingReceipts({ ...parts, matcher: this.#matcher, finals, acknowledging, read });
  }

  open(): void {
    this.#open = true;
    this.#reassembly.start();
  }

  /** From now on the SMSC is asked to repeat later. */
  close(): void {
    this.#open = false;
    this.#admission.turnAway();
  }

  /** Tells receipts that wait for their message; parts that wait are left to the next client. */
  async stop(): Promise<void> {
    await this.#matcher.stop();
    await this.#reassembly.stop();
  }

  /** A message has its message_id. */
  known(entry: CorrelationEntry): void {
    this.#matcher.known(entry);
  }

  /** Of a message nothing is on the wire any more, though it was not accepted. */
  landed(id: string): void {
    this.#matcher.landed(id);
  }

  /** Nobody will acknowledge any more: the SMSC is asked to repeat what is held. */
  releaseHeld(): void {
    this.#acknowledging.close();
  }

  /** The session is about to be unbound: what is held is not to be acknowledged any more. */
  left(session: Session): void {
    this.#acknowledging.leave(session);
  }

  /** What comes in from now on, to loop over. */
  stream(options: MessagesOptions): MessageStream {
    return this.#acknowledging.stream(options);
  }

  acknowledge(ackId: string, status?: string | number): void {
    this.#acknowledging.acknowledge(ackId, status);
  }

  request(pdu: Pdu, octets: Buffer, session: Session): Promise<Answer | undefined> | Answer | undefined {
    if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm') {
      const { clock } = this.#parts;
      return loggedReceive(pdu, session, clock, () => this.#take(pdu, octets, session));
    }
    if (pdu.command === 'alert_notification') return this.#alert(pdu, octets, session);
    if (pdu.command !== 'outbind') return undefined;
    session.log.info({ event: pdu.command, stage: 'end' }, `the SMSC sent ${pdu.command}`);
    return OK;
  }

  /** It has no response. */
  #alert(pdu: PduOf<'alert_notification'>, octets: Buffer, session: Session): Answer {
    const { events } = this.#parts;
    const event = alertEvent(pdu, octets);
    const { source_addr, availability } = event.payload;
    const line = { event: 'alert_notification', stage: 'end', source: source_addr } satisfies LogLine;
    session.log.info(line, `${maskNumber(source_addr)}: the SMSC says that the phone is ${availability}`);
    void events.emit('alert', event);
    return OK;
  }

  #take(pdu: Incoming, octets: Buffer, session: Session): Promise<Answer> | Answer {
    if (!this.#takes(session)) return LATER;
    const { length } = octets;
    if (this.#admission.isFree(length))
      return this.#admission.track(session, length, this.#incoming(pdu, octets, session));
    return this.#admission.take(session, length, () => this.#incoming(pdu, octets, session));
  }

  /** A message that is none: told raw, for it may be all that there is of it. */
  malformed(
    command: string,
    octets: Buffer,
    error: PduError,
    session: Session,
  ): Promise<Answer | undefined> | Answer | undefined {
    if (command !== 'deliver_sm' && command !== 'data_sm') return undefined;
    if (!this.#takes(session)) return LATER;
    return this.#admission.take(session, octets.length, () =>
      this.#messages.malformed(command, octets, error, session),
    );
  }

  /** Messages and receipts that came in and are not answered yet. */
  get unanswered(): number {
    return this.#admission.size;
  }

  /** Long messages of which parts are missing. */
  get incomplete(): number {
    return this.#reassembly.waiting;
  }

  /** Resolves when all that has come so far is answered. */
  idle(): Promise<void> {
    return this.#admission.idle();
  }

  /** The SMSC is asked to repeat what it sends over this session: another takes its place. Then as {@link idle}. */
  leave(session: Session): Promise<void> {
    this.#leaving.add(session);
    this.#admission.turnAway(session);
    return this.#admission.idle(session);
  }

  #takes(session: Session): boolean {
    return this.#open && !this.#leaving.has(session);
  }

  #incoming(pdu: Incoming, octets: Buffer, session: Session): Promise<Answer> | Answer {
    const data = readUserData(pdu);
    const receipt = this.#receiptOf(pdu, data);
    if (!receipt) return this.#messages.take(pdu, octets, data, session);
    const answer = this.#receipts.take(pdu, octets, receipt, session);
    return answer instanceof Promise ? answer.catch((error: unknown) => this.#later(error)) : answer;
  }

  /** Which message a receipt is for only the store knows. */
  #later(error: unknown): Answer {
    if (!isUnavailable(error)) throw error;
    return this.#askedAgain.because(error, 'the message that a receipt is for cannot be looked up');
  }

  #receiptOf(pdu: Incoming, data: UserData): Receipt | undefined {
    const { settings, codecs } = this.#parts;
    return parseReceipt(data.octets, pdu.tlvs, {
      data_coding: pdu.data_coding,
      // Its user data header is off already.
      esm_class: pdu.esm_class & ~UDHI,
      defaultAlphabet: settings.defaultAlphabet,
      dataCodings: settings.dataCodings,
      codecs,
      pattern: settings.receiptPattern,
      states: settings.receiptStates,
      timeZone: settings.receiptTimeZone,
      useEsmClass: settings.receiptSigns !== 'text',
      useShape: settings.receiptSigns !== 'esm_class',
    });
  }
}

/**
 * Responses to our own requests, and the SMSC's questions whether we are there, lie behind what is not read: half
 * of the time that either is waited for.
 */
function longestLag({ responseTimeout, enquireLinkInterval }: Settings): number {
  return Math.min(responseTimeout, enquireLinkInterval || Infinity) / 2;
}
