import { setMaxListeners } from 'node:events';
import type { CompositeLimiter } from '../../flow-control';
import { SmppError, commandFacts, statusName, takesTlvs, type Pdu } from '../../protocol';
import { isLoss, type Session } from '../../session';
import { unlessAborted, untilEither } from '../../waiting';
import type { Settings } from '../config/options';
import type { Outcome } from '../events/outcome';
import { unansweredError } from '../events/outcome-form';
import type { EventReporter } from '../events/reporter';
import type { DirectRequest } from '../message/requests';
import type { SendOptions } from './completion';
import type { Outcomes } from './outcomes';
import { verdictOf } from './retry';
import { tooOld } from './unsupported';

export interface DirectRequestsParts {
  readonly outcomes: Pick<Outcomes, 'reserve'>;
  readonly reporter: Pick<EventReporter, 'asked' | 'told' | 'answered' | 'unanswered'>;
  readonly limiter: Pick<CompositeLimiter, 'acquire' | 'giveBack'>;
  readonly settings: Pick<Settings, 'statusPolicy'>;
  /** The session that has most room among those that may send. */
  readonly session: () => Session | undefined;
  /** The SMSC answered one with a status that asks for less. */
  readonly throttled: (status: string) => void;
}

/**
 * Queries, cancels and replaces: past the queue, by the rate and by a session's window. Each is written once at most,
 * whatever becomes of its answer.
 */
export class DirectRequests {
  readonly #parts: DirectRequestsParts;
  /** Those whose answer is to come. */
  #asking = 0;
  /** What aborts when a session ends. */
  readonly #ended = new WeakMap<Session, AbortSignal>();

  constructor(parts: DirectRequestsParts) {
    this.#parts = parts;
  }

  /** What wants to ask, and whatever it has to do for that, while it counts among those that wait. */
  async waiting<T>(work: () => Promise<T>): Promise<T> {
    this.#parts.outcomes.reserve(this.#asking + 1);
    this.#asking++;
    try {
      return await work();
    } finally {
      this.#asking--;
    }
  }

  /**
   * Resolves with the fields of the response. Rejects with `NOT_BOUND`, with `REFUSED`, and where no answer came with
   * `RESPONSE_TIMEOUT` or `SESSION_CLOSED`.
   */
  async ask(request: DirectRequest, options: SendOptions): Promise<Outcome> {
    const { limiter } = this.#parts;
    const { signal } = options;
    const ready = this.#session(request);
    const granted = this.#permit(ready, signal);
    if (typeof granted !== 'number')
      await granted.catch((error: unknown) => {
        signal?.throwIfAborted();
        throw ready.state === 'closed' ? notBound(request) : error;
      });
    let isSent = false;
    try {
      // Another one may have more room by now, or this one may be gone.
      const session = typeof granted === 'number' ? ready : this.#session(request);
      return await this.#send(request, session, options, () => (isSent = true));
    } catch (error) {
      if (isLoss(error) && !isSent) throw notBound(request);
      throw error;
    } finally {
      if (!isSent) limiter.giveBack(1);
    }
  }

  /** The wait for it ends with the session. */
  #permit(session: Session, signal: AbortSignal | undefined): number | Promise<number> {
    const { limiter } = this.#parts;
    let ended = this.#ended.get(session);
    if (!ended) {
      const gone = new AbortController();
      ended = gone.signal;
      this.#ended.set(session, ended);
      setMaxListeners(0, ended);
      void session.closed.then(() => gone.abort(new Error('the session has ended')));
    }
    if (!signal) return limiter.acquire(1, { signal: ended });
    return untilEither(ended, signal, (either) => limiter.acquire(1, { signal: either }));
  }

  #session(request: DirectRequest): Session {
    const session = this.#parts.session();
    if (!session) throw notBound(request);
    const cannot = tooOld(request.command, session);
    if (cannot !== undefined) throw new SmppError('NOT_SUPPORTED', cannot);
    if (takesTlvs(session.version) || request.pdu.tlvs?.['message_payload'] === undefined) return session;
    const text = `${request.command} cannot be sent: its text is in message_payload, and this SMSC takes no optional parameters (SMPP 3.3); give it as short_message`;
    throw new SmppError('NO_TLVS', text);
  }

  async #send(
    request: DirectRequest,
    session: Session,
    { msgid, signal }: SendOptions,
    onSent: () => void,
  ): Promise<Outcome> {
    const { reporter, settings, throttled } = this.#parts;
    const askedAt = reporter.asked({ request, session });
    let isSent = false;
    const answer = { request, session, msgid, askedAt };
    const asked = session.request(request.pdu, signal, {
      sent: () => {
        isSent = true;
        onSent();
      },
      late: (late) => reporter.told({ ...answer, response: late.pdu(), late: true }),
    });
    const told = (response: Pdu): void => reporter.told({ ...answer, response });
    const response = await (signal ? unlessAborted(asked, signal, told) : asked).catch((error: unknown) => {
      const isOpen = isSent && isLoss(error) && commandFacts(request.command).changes === true;
      return reporter.unanswered(answer, isOpen ? unansweredError(request, error as SmppError) : error);
    });
    const { command_status: status } = response;
    if (verdictOf(status, settings.statusPolicy) === 'throttle') throttled(statusName(status));
    return reporter.answered({ ...answer, response });
  }
}

function notBound({ command }: DirectRequest): SmppError {
  const text = `${command} cannot be sent: no session is bound to send; it is not queued, try again when bound`;
  return new SmppError('NOT_BOUND', text, { retriable: true });
}
