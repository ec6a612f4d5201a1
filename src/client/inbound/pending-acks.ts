import { randomBytes } from 'node:crypto';
import type { Clock, TimerHandle } from '../../clock';
import type { Log } from '../../observability';
import { SmppError, describeStatus } from '../../protocol';
import type { Answer, Session } from '../../session';
import { MessageError } from '../config/errors';

export interface PendingAcksParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds. */
  readonly timeout: number;
  /** The answer where nobody acknowledged in time. */
  readonly timeoutStatus: number;
}

/** How a held request ended: its answer, or that there is nobody any more to answer. */
export type Released = Answer | 'gone';

/** A session, as far as what it brings is held. */
export type AckSession = Pick<Session, 'parting' | 'closed'>;

interface Held {
  readonly dueAt: number;
  readonly session: AckSession;
  resolve(released: Released): void;
}

/** Requests of the SMSC that wait for the flow to acknowledge them, by their ack_id. */
export class PendingAcks {
  readonly #parts: PendingAcksParts;
  /** An ack_id of another client, or of one before a restart, must not hit by chance. */
  readonly #prefix = randomBytes(6).toString('hex');
  #count = 0;
  /** Insertion order is the order in which they become due. */
  readonly #held = new Map<string, Held>();
  readonly #sessions = new Set<AckSession>();
  #timer: TimerHandle | undefined;
  #warned = false;
  #closed = false;

  constructor(parts: PendingAcksParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Tells of a request under a new ack_id; resolves when it is acknowledged, or not in time, or its session is gone. */
  async until(session: AckSession, tell: (ackId: string) => unknown): Promise<Released> {
    const { clock, timeout } = this.#parts;
    if (this.#closed) return this.#late();
    const ackId = `${this.#prefix}-${++this.#count}`;
    this.#know(session);
    const released = new Promise<Released>((resolve) => {
      this.#held.set(ackId, { dueAt: clock.monotonic() + timeout, session, resolve });
    });
    this.#timer ??= clock.setTimeout(() => this.#expire(), timeout);
    tell(ackId);
    return released;
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
    for (const [ackId, held] of [...this.#held]) if (held.session === session) this.#release(ackId, 'gone');
  }

  /** Lets all go, unacknowledged, and holds nothing any more: the SMSC repeats them. */
  close(): void {
    this.#closed = true;
    for (const ackId of [...this.#held.keys()]) this.#release(ackId, this.#late());
  }

  #late(): Answer {
    return { command_status: this.#parts.timeoutStatus };
  }

  #release(ackId: string, released: Released): boolean {
    const held = this.#held.get(ackId);
    if (!held) return false;
    this.#held.delete(ackId);
    if (this.#held.size === 0) {
      this.#parts.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    held.resolve(released);
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
    // Timers may fire a fraction of a millisecond early.
    const now = this.#parts.clock.monotonic() + 1;
    for (const [ackId, held] of this.#held) {
      if (held.dueAt > now) {
        this.#timer = this.#parts.clock.setTimeout(() => this.#expire(), held.dueAt - now);
        return;
      }
      this.#warn(ackId);
      this.#release(ackId, this.#late());
    }
  }

  #warn(ackId: string): void {
    const text =
      'what came in was not acknowledged within ackTimeout, and the SMSC is asked to repeat it: ' +
      'acknowledge each message and receipt by its ack_id, or set acknowledge to auto';
    this.#parts.log[this.#warned ? 'debug' : 'warn']({ event: 'ack', stage: 'timeout', ack_id: ackId }, text);
    this.#warned = true;
  }
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
