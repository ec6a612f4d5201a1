import type { Clock } from '../../clock';
import type { Log } from '../../observability';
import { describeStatus, type PduError, type PduOf } from '../../protocol';
import type { Answer, Session } from '../../session';
import {
  classifyEsmClass,
  decodeParts,
  type JoinedMessage,
  type MessagePart,
  type TextCodec,
  type UserData,
} from '../../text';
import type { Audience } from './audience';
import { LogRateLimiter } from '../../observability';
import type { Events, MessageEvent } from '../events/events';
import type { PendingAcks, Released } from './pending-acks';
import type { Reassembly } from './reassembly';
import type { Settings } from '../config/options';
import type { HandlerTimeout } from './handler-timeout';
import { malformedEvent, messageEvent, pduFields, type ShownPdu } from '../events/wire-form';

export interface IncomingMessagesParts {
  readonly settings: Settings;
  readonly codecs: readonly TextCodec[];
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly reassembly: Reassembly;
  /** Where the flow acknowledges by itself. */
  readonly holding: PendingAcks | undefined;
  /** With those who acknowledge by being done. */
  readonly handlerTimeout: HandlerTimeout;
  readonly audience: Audience;
}

/** deliver_sm, or data_sm from the SMSC. */
export type Incoming = PduOf<'deliver_sm'> | PduOf<'data_sm'>;

export const ANSWERED: Answer = { command_status: 0 };
/** A connection with another alphabet than it says makes every message one. */
const UNREADABLE_A_MINUTE = 10;
/** Nobody hears it any more. */
const GONE: Answer = { command_status: 'ESME_RX_T_APPN' };

export function answerTo(released: Released): Answer {
  return released === 'gone' ? GONE : released;
}

/** Messages of mobile phones and of the SMSC's own: joined, decoded, told, and answered. */
export class IncomingMessages {
  readonly #parts: IncomingMessagesParts;
  readonly #unreadable: LogRateLimiter;
  /** Joined messages that are being told, and their answers: a part that is repeated meanwhile gets the same. */
  readonly #telling = new Map<string, Promise<Answer>>();

  constructor(parts: IncomingMessagesParts) {
    this.#parts = parts;
    this.#unreadable = new LogRateLimiter(parts.clock, UNREADABLE_A_MINUTE);
    parts.reassembly.onIncomplete((message) => this.#incomplete(message));
  }

  async take(pdu: Incoming, octets: Buffer, data: UserData, session: Session): Promise<Answer> {
    // Before a part is kept: those of one message are all answered so, and come again together.
    const refusal = await this.#parts.audience.refusal();
    if (refusal) return refusal;
    if (!data.part) {
      const whole = partOf(pdu, data, { method: 'sar', reference: 0, total: 1, part: 1 });
      const event = this.#eventOf(pduFields(pdu), { parts: [whole], total: 1, missing: [] }, data.problem);
      event.pdu = octets;
      return answerTo(await this.#tell(event, session));
    }
    const part = partOf(pdu, data, data.part);
    const { key, status, message } = await this.#parts.reassembly.add(part);
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

  /** Octets that are no PDU, but were to be a message. */
  async malformed(command: string, octets: Buffer, error: PduError, session: Session): Promise<Answer> {
    const kept = Buffer.from(octets);
    const refusal = await this.#parts.audience.refusal();
    if (refusal) return refusal;
    const event = malformedEvent(command, kept, error.message);
    return answerTo(await this.#tell(event, session));
  }

  async #tellJoined(
    message: JoinedMessage,
    last: MessagePart,
    event: MessageEvent,
    session: Session,
  ): Promise<Answer> {
    const { reassembly } = this.#parts;
    const released = await this.#tell(event, session);
    // Its last part comes again, and must find the others.
    if (comesAgain(released) && this.#parts.holding) await reassembly.reopen(message, last);
    else await reassembly.told(message);
    return answerTo(released);
  }

  async #tell(event: MessageEvent, session: Session): Promise<Released> {
    const { settings, events, holding, handlerTimeout, log } = this.#parts;
    const { topic: source, segments } = event;
    log.debug({ event: 'message', stage: 'end', source, segments }, 'message received');
    // No listener: nobody would acknowledge it.
    if (holding && events.has('message')) {
      return holding.until(session, (ack_id) => events.emit('message', { ...event, ack_id }));
    }
    const handling = events.emit('message', event);
    const late = handling && (await handlerTimeout.until(handling));
    return late ?? (event.problem === undefined ? ANSWERED : { command_status: settings.decodeErrorStatus });
  }

  #eventOf(
    fields: ShownPdu,
    message: Pick<JoinedMessage, 'parts' | 'total' | 'missing'>,
    headerProblem?: Error,
  ): MessageEvent {
    const { settings, codecs, log } = this.#parts;
    const { defaultAlphabet, dataCodings } = settings;
    const decoded = decodeParts(message.parts, { defaultAlphabet, dataCodings, codecs });
    const { text, octets: content, problem } = decoded;
    const why = headerProblem ?? problem;
    if (why) {
      const facts = {
        event: 'message',
        stage: 'decode',
        data_coding: fields['data_coding'],
        err: why.message,
      };
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
    });
  }

  /** Resolves with whether it was told: what came is not to be lost because nobody listens just now. */
  async #incomplete(message: JoinedMessage): Promise<boolean> {
    const { audience, log, events } = this.#parts;
    const { missing, total, parts, reason } = message;
    // Another has its place where it was superseded or there is no room.
    if (reason === 'timeout' && (await audience.refusal())) return false;
    log.warn(
      { event: 'message', stage: 'incomplete', missing, segments: total },
      `${missing.length} of ${total} parts of a long message did not come; what came is delivered, marked incomplete`,
    );
    // Its parts are answered long since.
    const event = this.#eventOf(fieldsOf(parts[0]?.context), message);
    await events.emit('message', event);
    return true;
  }
}

/** Whether the SMSC sends it again: not answered, or refused for a while. */
export function comesAgain(released: Released): boolean {
  if (released === 'gone') return true;
  const { kind } = describeStatus(released.command_status);
  return kind === 'retry' || kind === 'throttle';
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
    context: JSON.stringify(plainFields(pdu)),
  };
}

/** An object per part would take three times as much as its JSON. */
function fieldsOf(context: unknown): ShownPdu {
  return (typeof context === 'string' ? JSON.parse(context) : context) as ShownPdu;
}

/** What an event about the part needs, as plain data: it may be stored. */
function plainFields(pdu: Incoming): ShownPdu {
  const fields = Object.entries(pduFields(pdu)).filter(([, value]) => typeof value !== 'object');
  return { ...Object.fromEntries(fields), tlvs: {} } as ShownPdu;
}
