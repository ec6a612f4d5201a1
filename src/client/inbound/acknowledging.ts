import type { Clock, TimerHandle } from '../../clock';
import type { Log, LogLine } from '../../observability';
import { SmppError, describeStatus } from '../../protocol';
import type { Answer, Session } from '../../session';
import { MessageError } from '../config/errors';
import type { Settings } from '../config/options';
import type { Events } from '../events/emitter';
import type { MessageEvent, ReceiptEvent } from '../events/events';
import { MessageStream, checkNames, type IncomingName, type MessagesOptions } from './message-stream';

export interface AcknowledgingParts {
  readonly settings: Pick<Settings, 'acknowledge' | 'ackTimeout' | 'ackTimeoutStatus'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  /** So many octets. */
  readonly randomOctets: (count: number) => Uint8Array;
}

/** It was told, and nobody says otherwise. */
export const ANSWERED: Answer = { command_status: 0 };
/** Nobody hears it any more; where the SMSC does, it keeps what is answered so, and repeats it. */
export const LATER: Answer = { command_status: 'ESME_RX_T_APPN' };

/** A session, as far as what it brings is held. */
export type AckSession = Pick<Session, 'parting' | 'closed'>;

interface Pending {
  /** Monotonic milliseconds. */
  readonly dueAt: number;
  readonly session: AckSession;
  resolve(answer: Answer): void;
}

/**
 * Tells what came in, and finds out how it is answered: `auto` when the handlers and loops are done, `manual` when it
 * is acknowledged by its ack_id. Where neither is so in time (ackTimeout), the SMSC is asked to repeat it.
 */
export class Acknowledging {
  readonly #parts: AcknowledgingParts;
  readonly #late: Answer;
  /** An ack_id of another client, or of one before a restart, must not hit by chance. */
  readonly #prefix: string;
  #count = 0;
  /** Insertion order is the order in which they become due. */
  readonly #pending = new Map<string, Pending>();
  readonly #sessions = new Set<AckSession>();
  readonly #streams = new Map<MessageStream, ReadonlySet<IncomingName>>();
  #timer: TimerHandle | undefined;
  #warned = false;
  #closed = false;

  constructor(parts: AcknowledgingParts) {
    this.#parts = parts;
    this.#late = { command_status: parts.settings.ackTimeoutStatus };
    this.#prefix = Buffer.from(parts.randomOctets(6)).toString('hex');
  }

  get isManual(): boolean {
    return this.#parts.settings.acknowledge === 'manual';
  }

  /** Whether such an event is held under an ack_id, so that it may be left to the SMSC to repeat. */
  holds(name: IncomingName): boolean {
    if (this.isManual) return true;
    for (const names of this.#streams.values()) if (names.has(name)) return true;
    return false;
  }

  /** The answer, at once where no handler makes it wait. `session` is absent where it was answered before. */
  tell(event: MessageEvent | ReceiptEvent, session?: AckSession): Promise<Answer> | Answer {
    const { events } = this.#parts;
    const isHeard = events.has(event.event);
    // The loops over messages have ended with the client.
    if (this.#closed && !isHeard) return this.#late;
    // No listener: nobody would acknowledge it.
    if (session && isHeard && this.holds(event.event)) return this.#hold(event, session);
    const handling = events.emit(event.event, event);
    return handling ? this.#handled(handling) : ANSWERED;
  }

  /** What comes in from now on, to loop over. */
  stream(options: MessagesOptions): MessageStream {
    const { events } = this.#parts;
    const names = checkNames(options.events);
    const source = {
      isManual: this.isManual,
      listen: (name: IncomingName, handler: (event: MessageEvent | ReceiptEvent) => unknown) => {
        events.on(name, handler);
        return () => events.off(name, handler);
      },
      letGo: (ackId: string, unlessHeard: IncomingName | undefined) => {
        if (unlessHeard === undefined || !events.has(unlessHeard)) this.#release(ackId, this.#late);
      },
    };
    const stream = new MessageStream(source, options, (ended) => this.#streams.delete(ended));
    if (this.#closed) void stream.close();
    else if (!options.signal?.aborted) this.#streams.set(stream, names);
    return stream;
  }

  /** Answers with a status by name or number. Throws `ACK_GONE`, and {@link MessageError} for a status that is none. */
  acknowledge(ackId: string, status: string | number = 0): void {
    const command_status = statusOf(status);
    if (this.#release(ackId, { command_status })) return;
    const text =
      `nothing is held under the ack_id ${JSON.stringify(ackId)}: it was acknowledged before, or not within ackTimeout, ` +
      'or its session is gone; the SMSC sends it again where it was not answered';
    throw new SmppError('ACK_GONE', text);
  }

  /** Nobody will be answered over this session any more. */
  leave(session: AckSession): void {
    for (const [ackId, held] of [...this.#pending]) if (held.session === session) this.#release(ackId, LATER);
  }

  /**
   * Holds nothing any more. What waits for its ack_id by hand is let go: the SMSC repeats it. What a loop has in hand is
   * answered when it asks for the next.
   */
  close(): void {
    this.#closed = true;
    for (const stream of [...this.#streams.keys()]) void stream.close();
    if (this.isManual) for (const ackId of [...this.#pending.keys()]) this.#release(ackId, this.#late);
  }

  #hold(event: MessageEvent | ReceiptEvent, session: AckSession): Promise<Answer> | Answer {
    const { clock, settings, events } = this.#parts;
    if (this.#closed) return this.#late;
    const ackId = `${this.#prefix}-${++this.#count}`;
    this.#know(session);
    this.#timer ??= clock.setTimeout(() => this.#expire(), settings.ackTimeout);
    const dueAt = clock.monotonic() + settings.ackTimeout;
    const answer = new Promise<Answer>((resolve) => this.#pending.set(ackId, { dueAt, session, resolve }));
    event.ack_id = ackId;
    const handling = events.emit(event.event, event);
    if (!this.isManual && handling) void handling.then(() => this.#release(ackId, ANSWERED));
    return answer;
  }

  /** A handler that is never done would keep its place for ever. */
  async #handled(handling: Promise<void>): Promise<Answer> {
    const { clock, settings } = this.#parts;
    let timer: TimerHandle;
    const late = new Promise<Answer>((resolve) => {
      timer = clock.setTimeout(() => resolve(this.#late), settings.ackTimeout);
    });
    const answer = await Promise.race([handling.then(() => ANSWERED), late]);
    clock.clearTimeout(timer);
    if (answer === this.#late)
      this.#warn(
        'a handler was not done with what came in within ackTimeout, and the SMSC is asked to repeat it: see that the ' +
          'promise that it returns always ends, or raise ackTimeout',
      );
    return answer;
  }

  #release(ackId: string, answer: Answer): boolean {
    const held = this.#pending.get(ackId);
    if (!held) return false;
    this.#pending.delete(ackId);
    if (this.#pending.size === 0) {
      this.#parts.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    held.resolve(answer);
    for (const stream of this.#streams.keys()) stream.answered(ackId);
    return true;
  }

  #know(session: AckSession): void {
    if (this.#sessions.has(session)) return;
    this.#sessions.add(session);
    // After a FIN hardly anybody listens, and it could take long: only handlers that work are waited for.
    void session.parting.then((code) => code === 'peer-closed' && this.leave(session));
    void session.closed.then(() => {
      this.#sessions.delete(session);
      this.leave(session);
    });
  }

  #expire(): void {
    this.#timer = undefined;
    const { clock } = this.#parts;
    // Timers may fire a fraction of a millisecond early.
    const now = clock.monotonic() + 1;
    for (const [ackId, { dueAt }] of this.#pending) {
      if (dueAt > now) {
        this.#timer = clock.setTimeout(() => this.#expire(), dueAt - now);
        return;
      }
      this.#warn(this.isManual ? NOT_ACKNOWLEDGED : LOOP_TOO_SLOW, ackId);
      this.#release(ackId, this.#late);
    }
  }

  #warn(text: string, ack_id?: string): void {
    const facts = {
      event: 'ack',
      stage: 'timeout',
      ...(ack_id === undefined ? {} : { ack_id }),
    } satisfies LogLine;
    this.#parts.log[this.#warned ? 'debug' : 'warn'](facts, text);
    this.#warned = true;
  }
}

const NOT_ACKNOWLEDGED =
  'what came in was not acknowledged within ackTimeout, and the SMSC is asked to repeat it: ' +
  'acknowledge each message and receipt by its ack_id, or set acknowledge to auto';
const LOOP_TOO_SLOW =
  'a loop over messages was not done with what came in within ackTimeout, and the SMSC is asked to repeat it: let ' +
  'several loops share the stream, lower ackLimit, or raise ackTimeout';

/** Whether the SMSC sends it again: not answered, or refused for a while. */
export function comesAgain(answer: Answer): boolean {
  if (answer === ANSWERED) return false;
  const { kind } = describeStatus(answer.command_status);
  return kind === 'retry' || kind === 'throttle';
}

function statusOf(status: string | number): number {
  try {
    const { code } = describeStatus(typeof status === 'string' ? status.trim() : status);
    if (Number.isInteger(code) && code >= 0 && code <= 0xffffffff) return code;
  } catch (cause) {
    throw new MessageError('INVALID_FIELD', 'command_status', (cause as Error).message, cause);
  }
  throw new MessageError('INVALID_FIELD', 'command_status', `${status} is not a command_status`);
}
