import type { Clock } from '../../clock';
import type { Log, LogLine } from '../../observability';
import type { PduError, PduOf } from '../../protocol';
import type { Answer, Session } from '../../session';
import {
  classifyEsmClass,
  decodeParts,
  headerOfParts,
  type JoinedMessage,
  type MessagePart,
  type TextCodec,
  type UserData,
} from '../../text';
import { LogRateLimiter } from '../../observability';
import type { Listening, Settings } from '../config/options';
import type { Events } from '../events/emitter';
import type { MessageEvent } from '../events/events';
import type { ConnectionCounters } from '../metrics/counters';
import { malformedEvent, messageEvent, pduFields, type ShownPdu } from '../events/wire-form';
import { ANSWERED, LATER, comesAgain, type Acknowledging } from './acknowledging';
import type { AskedAgain } from './asked-again';
import type { Dialogues } from '../ussd';
import type { Reassembly } from './reassembly/reassembly';

export interface IncomingMessagesParts {
  readonly settings: Settings;
  readonly codecs: readonly TextCodec[];
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly listening: (() => Listening | Promise<Listening>) | undefined;
  readonly reassembly: Reassembly;
  readonly acknowledging: Acknowledging;
  readonly askedAgain: AskedAgain;
  readonly dialogues: Dialogues;
  readonly counters: ConnectionCounters | undefined;
}

/** deliver_sm, or data_sm from the SMSC. */
export type Incoming = PduOf<'deliver_sm'> | PduOf<'data_sm'>;

/** A connection with another alphabet than it says makes every message one. */
const UNREADABLE_A_MINUTE = 10;

const ONLY = { method: 'sar', reference: 0, total: 1, part: 1 } as const;

/** Messages of mobile phones and of the SMSC's own: joined, decoded, told, and answered. */
export class IncomingMessages {
  readonly #parts: IncomingMessagesParts;
  readonly #unreadable: LogRateLimiter;
  /** Joined messages that are being told, and their answers: a part that is repeated meanwhile gets the same. */
  readonly #telling = new Map<string, Promise<Answer>>();
  #warned = false;

  constructor(parts: IncomingMessagesParts) {
    this.#parts = parts;
    this.#unreadable = new LogRateLimiter(parts.clock, UNREADABLE_A_MINUTE);
    parts.reassembly.onIncomplete((message) => this.#incomplete(message));
  }

  async take(pdu: Incoming, octets: Buffer, data: UserData, session: Session): Promise<Answer> {
    if (this.#parts.dialogues.isUssd(pdu)) return this.#takeUssd(pdu, octets, data, session);
    // Before a part is kept: those of one message are all answered so, and come again together.
    const refusal = await this.#refusal();
    if (refusal) return refusal;
    if (!data.part) {
      const whole = partOf(pdu, data, ONLY);
      const event = this.#eventOf(pduFields(pdu), { parts: [whole], total: 1, missing: [] }, data.problem);
      event.pdu = octets;
      return this.#tell(event, session);
    }
    // An object per part would take three times as much as its JSON.
    const part = { ...partOf(pdu, data, data.part), context: JSON.stringify(plainFields(pdu)) };
    let added: Awaited<ReturnType<Reassembly['add']>>;
    try {
      added = await this.#parts.reassembly.add(part);
    } catch (error) {
      return this.#parts.askedAgain.because(error, 'a part of a long message cannot be kept');
    }
    const { key, status, message } = added;
    if (status === 'duplicate') return this.#telling.get(key) ?? ANSWERED;
    if (!message) return ANSWERED;
    const event = this.#eventOf(pduFields(pdu), message);
    event.pdu = octets;
    const answer = this.#tellJoined(message, part, event, session);
    this.#telling.set(key, answer);
    const done = (): void => {
      if (this.#telling.get(key) === answer) this.#telling.delete(key);
    };
    answer.then(done, done);
    return answer;
  }

  /** A message of a USSD dialogue, or its end. */
  async #takeUssd(pdu: Incoming, octets: Buffer, data: UserData, session: Session): Promise<Answer> {
    const { dialogues, askedAgain, settings } = this.#parts;
    // That it is over is true, whoever hears it.
    const refusal = dialogues.isEnd(pdu) ? undefined : await this.#refusal();
    if (refusal) return refusal;
    const whole = partOf(pdu, data, ONLY);
    const codings = dialogues.incomingCodings ?? settings.dataCodings;
    const joined = { parts: [whole], total: 1, missing: [] };
    const event = this.#eventOf(pduFields(pdu), joined, data.problem, codings);
    const text = typeof event.payload === 'string' ? event.payload : undefined;
    try {
      const heard = await dialogues.heard(pdu, text);
      if (!heard) return ANSWERED;
      event.session = heard.session;
      event.session_id = heard.session_id;
      if (heard.ussd_code !== undefined) event.ussd_code = heard.ussd_code;
    } catch (error) {
      return askedAgain.because(error, 'the USSD dialogue of a message cannot be looked up');
    }
    event.pdu = octets;
    return this.#tell(event, session);
  }

  /** Octets that are no PDU, but were to be a message. */
  async malformed(command: string, octets: Buffer, error: PduError, session: Session): Promise<Answer> {
    const kept = Buffer.from(octets);
    const refusal = await this.#refusal();
    if (refusal) return refusal;
    const event = malformedEvent(command, kept, error.message);
    return this.#tell(event, session);
  }

  async #tellJoined(
    message: JoinedMessage,
    last: MessagePart,
    event: MessageEvent,
    session: Session,
  ): Promise<Answer> {
    const { reassembly, acknowledging } = this.#parts;
    const answer = await this.#tell(event, session);
    // Its last part comes again, and must find the others.
    const isHeld = event.ack_id !== undefined || acknowledging.holds('message');
    if (comesAgain(answer) && isHeld) await reassembly.reopen(message, last);
    else await reassembly.told(message);
    return answer;
  }

  async #tell(event: MessageEvent, session: Session): Promise<Answer> {
    const { settings, acknowledging, counters } = this.#parts;
    const { topic: source, segments } = event;
    session.log.debug({ event: 'message', stage: 'end', source, segments }, 'message received');
    const answer = await acknowledging.tell(event, session);
    if (!comesAgain(answer)) counters?.received();
    const isUnreadable = answer === ANSWERED && event.problem !== undefined;
    return isUnreadable ? { command_status: settings.decodeErrorStatus } : answer;
  }

  /** The answer to a message that is not to be taken now, so that the SMSC keeps it; undefined: it is taken. */
  async #refusal(): Promise<Answer | undefined> {
    const { settings, listening, events } = this.#parts;
    const heard = listening ? await listening() : events.has('message') ? 'yes' : 'no';
    if (heard === 'no' && !listening) this.#warn();
    const isRefused = heard === 'later' || (heard === 'no' && settings.whenNobodyListens === 'later');
    return isRefused ? LATER : undefined;
  }

  #warn(): void {
    if (this.#warned) return;
    this.#warned = true;
    const { settings, log } = this.#parts;
    const [what, remedy] =
      settings.whenNobodyListens === 'later'
        ? ['the SMSC is asked to keep it and to send it again', 'give "message" a handler']
        : [
            'it is answered as received and is gone',
            'give "message" a handler, or set whenNobodyListens to later',
          ];
    const text = `a message came in, but nothing listens for messages: ${what}, as all that follow; ${remedy}`;
    log.warn({ event: 'message', stage: 'unheard' }, text);
  }

  #eventOf(
    fields: ShownPdu,
    message: Pick<JoinedMessage, 'parts' | 'total' | 'missing'>,
    headerProblem?: Error,
    dataCodings = this.#parts.settings.dataCodings,
  ): MessageEvent {
    const { settings, codecs, log } = this.#parts;
    const { defaultAlphabet } = settings;
    const decoded = decodeParts(message.parts, { defaultAlphabet, dataCodings, codecs });
    const { text, octets: content, problem } = decoded;
    const why = headerProblem ?? problem;
    if (why) {
      const facts = {
        event: 'message',
        stage: 'decode',
        data_coding: Number(fields['data_coding']),
        err: why,
      } satisfies LogLine;
      const level = this.#unreadable.next() === undefined ? 'debug' : 'warn';
      log[level](facts, 'a message cannot be read; it is delivered raw');
    }
    return messageEvent(fields, {
      payload: headerProblem ? content : (text ?? content),
      type: classifyEsmClass(Number(fields['esm_class'])).type,
      segments: message.total,
      missing: message.missing,
      problem: why?.message,
      flaws: decoded.flaws ?? [],
      udh: headerOfParts(message.parts, text !== undefined),
    });
  }

  /**
   * Tells what came of a message whose parts are answered: of a complete one, the instance that was to tell it has died.
   * Resolves with whether it was told: what came is not to be lost because nobody listens just now.
   */
  async #incomplete(message: JoinedMessage): Promise<boolean> {
    const { log, events, counters } = this.#parts;
    const { complete, missing, total, parts, reason } = message;
    // Another has its place where it was superseded or there is no room.
    const isPressing = reason === 'superseded' || reason === 'capacity';
    if (!isPressing && (await this.#refusal())) return false;
    if (!complete) {
      counters?.incomplete();
      log.warn(
        { event: 'message', stage: 'incomplete', missing, segments: total },
        `${missing.length} of ${total} parts of a long message did not come; what came is delivered, marked incomplete`,
      );
    }
    const event = this.#eventOf(fieldsOf(parts[0]?.context), message);
    await events.emit('message', event);
    return true;
  }
}

function partOf(pdu: Incoming, data: UserData, part: NonNullable<UserData['part']>): MessagePart {
  return {
    ...part,
    source: pdu.source_addr,
    destination: pdu.destination_addr,
    data_coding: pdu.data_coding,
    // Copies, for what is kept must not keep whole chunks of the socket alive.
    octets: Buffer.from(data.octets),
    header: data.header && Buffer.from(data.header),
  };
}

const fieldsOf = (context: unknown): ShownPdu =>
  (typeof context === 'string' ? JSON.parse(context) : context) as ShownPdu;

/** What an event about the part needs, as plain data: it may be stored. */
function plainFields(pdu: Incoming): ShownPdu {
  const fields = Object.entries(pduFields(pdu)).filter(([, value]) => typeof value !== 'object');
  return { ...Object.fromEntries(fields), tlvs: {} } as ShownPdu;
}
