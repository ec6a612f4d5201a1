import { inSeconds, secondsSince, type Clock, type TimerHandle } from '../../clock';
import { maskNumber, type Log, type LogLine } from '../../observability';
import { describeStatus, statusName, type CodecOptions, type SmppError } from '../../protocol';
import type { OutboundRequest, ResponseView, Session } from '../../session';
import type { DeadReason, DeliveryState, Lease } from '../../store';
import { Availability } from './availability';
import { causeOf } from '../config/errors';
import type { Events } from './emitter';
import type { ClientEvents, SessionFacts } from './events';
import type { FailureFields, Outcome } from './outcome';
import { requestPdu } from '../message/request-pdu';
import { logSession } from './session-lines';
import { unsuccessLine } from './unsuccess-form';
import { ThrottleLog, rounded, type Throttle } from './throttle-log';
import { directOutcome, failureEvent, failureFields, type FailedMessage } from './outcome-form';
import {
  directResponseEvent,
  logFacts,
  requestEvent,
  responseEvent,
  stateEvent,
  statusFields,
  type DirectResponse,
} from './wire-form';

/** A segment that was written. */
export interface WrittenSegment extends Pick<OutboundRequest, 'commandId' | 'body'> {
  readonly delivery: { readonly lease: Lease };
  readonly segment: number;
  /** Monotonic milliseconds. */
  readonly sentAt: number;
}

/** An answer to a query, cancel or replace. */
export interface DirectAnswer extends DirectResponse {
  readonly session: Session;
  /** When it went out; monotonic milliseconds. */
  readonly askedAt: number;
}

/** Tells what happens, twice: as an event for programs and as a log line for operators. */
export class EventReporter {
  readonly #events: Events;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #codec: CodecOptions;
  #full = false;
  #inVain = false;
  #lastState = '';
  #normalTimer: TimerHandle;
  readonly #availability: Availability;
  readonly #throttleLog: ThrottleLog;

  constructor(events: Events, log: Log, clock: Clock, codec: CodecOptions = {}) {
    this.#codec = codec;
    this.#events = events;
    this.#log = log;
    this.#clock = clock;
    this.#throttleLog = new ThrottleLog(log, clock);
    this.#availability = new Availability(clock, (failure, isEngine) =>
      this.#queueAvailable(failure, isEngine),
    );
  }

  /** Requests were written, with these sequence numbers. */
  sent(written: readonly WrittenSegment[], sequenceNumbers: readonly number[], session: Session): void {
    const logs = this.#log.isLevelEnabled('debug');
    const tells = this.#events.has('request');
    if (!logs && !tells) return;
    written.forEach((one, at) => {
      if (logs) this.#logSent(one, sequenceNumbers[at], session);
      if (tells) this.#tellSent(one, sequenceNumbers[at] ?? 0);
    });
  }

  #logSent({ delivery, segment }: WrittenSegment, number: number | undefined, session: Session): void {
    const { item } = delivery.lease;
    const line = {
      event: 'submit',
      stage: 'start',
      ...logFacts(item, segment, item.segments.length),
      sequence_number: number,
    } satisfies LogLine;
    session.log.debug(line, `sent to ${maskNumber(item.destination)}`);
  }

  #tellSent({ delivery, segment, commandId, body }: WrittenSegment, sequenceNumber: number): void {
    const { item, state } = delivery.lease;
    const { pdu, octets } = requestPdu(commandId, body, sequenceNumber, this.#codec);
    const { redelivered } = state;
    void this.#events.emit('request', requestEvent({ item, segment, redelivered, pdu, octets }));
  }

  /** `session` is absent where the response came after its time-out. */
  responded(written: WrittenSegment, response: ResponseView, session: Session | undefined): void {
    const { command_status: code } = response;
    // What comes of a refusal is told when it is known: a failure, or nothing where a later try succeeds. That the SMSC
    // asks for less is told once for all (`throttle`).
    const refused = unsuccessLine(written.delivery.lease.item, response);
    const level = (code === 0 || code === THROTTLED) && refused === undefined ? 'debug' : 'info';
    const logs = this.#log.isLevelEnabled(level);
    const tells = this.#events.has('response');
    if (!logs && !tells) return;
    const { delivery, segment, sentAt } = written;
    const { item, state } = delivery.lease;
    const duration = secondsSince(this.#clock, sentAt);
    const late = session ? undefined : true;
    if (logs) {
      const line = {
        event: 'submit',
        stage: 'end',
        ...logFacts(item, segment, item.segments.length),
        sequence_number: response.sequence_number,
        message_id: response.message_id || undefined,
        command_status: statusName(code),
        duration,
        late,
        unsuccess: refused?.count,
      } satisfies LogLine;
      const log = session?.log ?? this.#log;
      const text = code === 0 ? 'accepted' : `not accepted: ${describeStatus(code).meaning}`;
      log[level](line, refused?.text ?? text);
    }
    if (!tells) return;
    const octets = response.octets();
    const of = { item, segment, redelivered: state.redelivered, pdu: response.pdu(), octets };
    void this.#events.emit('response', responseEvent(of, duration, late === true));
  }

  /** No answer came, and why: the message goes again, where it may. That is why somebody gets a text twice. */
  lost({ delivery, segment, sentAt }: WrittenSegment, why: 'timeout' | 'closed', session: Session): void {
    const { log } = session;
    if (!log.isLevelEnabled('info')) return;
    const { item } = delivery.lease;
    const line = {
      event: 'submit',
      stage: 'end',
      ...logFacts(item, segment, item.segments.length),
      code: why === 'timeout' ? 'RESPONSE_TIMEOUT' : 'SESSION_CLOSED',
      duration: secondsSince(this.#clock, sentAt),
    } satisfies LogLine;
    const what = why === 'timeout' ? 'not answered in time' : 'not answered before the session ended';
    log.info(line, `${what}; whether the SMSC took it is not known`);
  }

  /** A query, cancel or replace goes out. Returns when. */
  asked({ request, session }: Pick<DirectAnswer, 'request' | 'session'>): number {
    session.log.debug(
      { event: 'request', stage: 'start', ...logFacts(request) },
      `${request.command} goes out`,
    );
    return this.#clock.monotonic();
  }

  /** It got no answer: throws why. */
  unanswered({ request, session, askedAt }: Omit<DirectAnswer, 'response'>, error: unknown): never {
    const { code, message } = error as SmppError;
    const duration = secondsSince(this.#clock, askedAt);
    session.log.debug({ event: 'request', stage: 'end', ...logFacts(request), code, duration }, message);
    throw error;
  }

  /** The answer to a query, cancel or replace. Throws `DeliveryError` where it is a refusal. */
  answered(answer: DirectAnswer): Outcome {
    this.told(answer);
    return directOutcome(answer);
  }

  /** The same, of whatever it says; a late one has been given up by whoever asked. */
  told(answer: DirectAnswer): void {
    const { request, response, session, late, askedAt } = answer;
    const line = {
      event: 'request',
      stage: 'end',
      ...logFacts(request),
      sequence_number: response.sequence_number,
      command_status: statusName(response.command_status),
      duration: secondsSince(this.#clock, askedAt),
      late,
    } satisfies LogLine;
    session.log.debug(line, `${request.command} answered`);
    void this.#events.emit('response', directResponseEvent(answer));
  }

  failed(item: FailedMessage, reason: DeadReason, state: DeliveryState | undefined): FailureFields {
    const failure = failureFields(item, state, reason);
    const event = failureEvent(item, state, reason, failure);
    const { maybe_delivered } = failure;
    const { code, command_status } = reason;
    const line = {
      event: 'failure',
      stage: 'end',
      ...logFacts(item),
      code,
      command_status,
      maybe_delivered,
    } satisfies LogLine;
    // The SMSC's own words may name the recipient.
    const text = maskNumber(event.payload);
    this.#log.warn(line, `${maybe_delivered ? 'failed' : 'not sent'}: ${text}`);
    void this.#events.emit('failure', event);
    return failure;
  }

  /** `status`: what the SMSC answered; undefined: it asked another instance that shares the store for less. */
  throttled(status: string | undefined, throttle: Throttle): void {
    this.#throttleLog.throttled(status, throttle);
    if (this.#normalTimer === undefined) {
      const facts = { wait: throttle.wait(), ...rateFact(throttle) };
      this.#throttle({ state: 'throttled', ...statusFields(status), ...facts });
    }
    this.#awaitNormal(throttle);
  }

  /** A throttle handler may go on denying when its first pause is over. */
  #awaitNormal(throttle: Throttle): void {
    this.#clock.clearTimeout(this.#normalTimer);
    this.#normalTimer = this.#clock.setTimeout(() => {
      if (!throttle.isOver()) return this.#awaitNormal(throttle);
      this.#normalTimer = undefined;
      this.#throttle({ state: 'normal', ...rateFact(throttle) });
    }, throttle.wait() * 1000);
  }

  /** A session was bound; `number` is what it is called, `away` for how many milliseconds there was none in its place. */
  bound(number: number, state: SessionFacts, away?: number): void {
    this.#lastState = keyOf(state);
    this.#tellSession(state, number, away);
  }

  /** The state of the connection, and why it is so; `session`: the number of the session that has ended, where one has. */
  session(state: SessionFacts, session?: number): void {
    const key = keyOf(state);
    // Tries that fail alike are one line each, but the same state is not told twice.
    if (key === this.#lastState && state.retry_in === undefined) return;
    this.#lastState = key;
    this.#tellSession(state, session);
  }

  /** Responses are waited for longer, as one `took` so many milliseconds; or as long as was set again. */
  responseTime(state: SessionFacts, took: number | undefined): void {
    const { response_timeout: timeout } = state;
    const line = { event: 'session', stage: 'responses', response_timeout: timeout } satisfies LogLine;
    const slow = `the SMSC answers late, after ${inSeconds(took ?? 0)} s: responses are waited for ${timeout} s from now on`;
    const reason = took === undefined ? 'the SMSC answers in time again' : slow;
    if (took === undefined) this.#log.info(line, reason);
    else this.#log.warn(line, `${reason}; see responseTimeout`);
    const told = { ...state, code: took === undefined ? 'RESPONSES_IN_TIME' : 'RESPONSES_SLOW', reason };
    void this.#events.emit('session', stateEvent('session', told));
  }

  /** Whether the queue was full when last something was to come in. */
  queueFull(full: boolean, queued: number): void {
    if (full === this.#full) return;
    this.#full = full;
    if (full)
      this.#log.warn({ event: 'queue', stage: 'full', queued }, 'the queue is full: messages are refused');
    else this.#log.info({ event: 'queue', stage: 'ready', queued }, 'the queue takes messages again');
    this.queue({ state: full ? 'full' : 'ready', queued });
  }

  /** A message was queued that this connection will not send; told once. */
  queuedInVain(): void {
    if (this.#inVain) return;
    this.#inVain = true;
    this.#log.warn(
      { event: 'queue', stage: 'receiver' },
      'a message was queued, but this connection only receives (bindType receiver): it waits until it expires; ' +
        'send over a connection that is bound as transceiver, transmitter or pair',
    );
  }

  /** Told of each try, with why it failed if it did; tells of the changes. */
  queueTried(failure?: unknown): void {
    this.#availability.tried(failure);
  }

  /** The server of the queue does not answer, and why; undefined: it does again. */
  queueAway(failure: Error | undefined): void {
    this.#availability.engine(failure);
  }

  /** Whether the queue is there, as far as is known. */
  get isQueueAvailable(): boolean {
    return !this.#availability.isAway;
  }

  #queueAvailable(failure: unknown, isEngine: boolean): void {
    const state = failure === undefined ? 'available' : 'unavailable';
    const event = 'queue';
    if (failure === undefined)
      this.#log.info(
        { event, stage: 'available' },
        isEngine ? ANSWERS_AGAIN : 'the queue can be written again',
      );
    else
      this.#log.warn(
        { event, stage: 'unavailable', err: causeOf(failure) },
        isEngine ? noAnswer(failure) : NOT_WRITTEN,
      );
    this.queue({ state });
  }

  queue(event: Omit<ClientEvents['queue'], 'event' | 'payload' | 'topic'>): void {
    void this.#events.emit('queue', stateEvent('queue', event));
  }

  stop(): void {
    this.#throttleLog.stop();
    this.#clock.clearTimeout(this.#normalTimer);
    this.#availability.stop();
  }

  #throttle(state: Omit<ClientEvents['throttle'], 'event' | 'payload' | 'topic'>): void {
    void this.#events.emit('throttle', stateEvent('throttle', state));
  }

  #tellSession(state: SessionFacts, session?: number, away?: number): void {
    logSession(this.#log, state, session, away);
    void this.#events.emit('session', stateEvent('session', state));
  }
}

/** ESME_RTHROTTLED. */
const THROTTLED = 0x58;

const NOT_WRITTEN = 'the queue cannot be written: new messages are refused, and sending stops before long';
const ANSWERS_AGAIN = "the queue's server answers again: sending goes on";

function noAnswer(failure: unknown): string {
  const { message, code } = failure as Partial<SmppError>;
  const why = (message || (code ?? String(failure))).replace(/\.$/, '');
  return `the queue's server does not answer: new messages are refused and sending pauses until it does; the connection to the SMSC is not affected. ${why}.`;
}

/** What makes two tellings of the session the same. */
const keyOf = ({ state, reason, bound, host, port }: SessionFacts): string =>
  [state, reason, bound, host, port].join(' ');

function rateFact(throttle: Throttle): { rate?: number } {
  const rate = throttle.rate();
  return rate === undefined ? {} : { rate: rounded(rate) };
}
