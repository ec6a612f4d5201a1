import { SmppError, type Pdu } from '../../protocol';
import type { Session } from '../../session';
import { unlessAborted } from '../../waiting';
import type { Outcome } from '../events/outcome';
import type { EventReporter } from '../events/reporter';
import type { DirectRequest } from '../message/requests';
import type { SendOptions } from './completion';
import type { Outcomes } from './outcomes';
import { tooOld } from './unsupported';

export interface DirectRequestsParts {
  readonly outcomes: Pick<Outcomes, 'reserve'>;
  readonly reporter: Pick<EventReporter, 'asked' | 'told' | 'answered' | 'unanswered'>;
  /** The session that has most room among those that may send. */
  readonly session: () => Session | undefined;
}

/** Queries, cancels and replaces: they go straight to a session's window, past the queue. */
export class DirectRequests {
  readonly #parts: DirectRequestsParts;
  /** Those whose answer is to come. */
  #asking = 0;

  constructor(parts: DirectRequestsParts) {
    this.#parts = parts;
  }

  /** Resolves with the fields of the response; rejects where it is a refusal, or there is none. */
  async ask(request: DirectRequest, options: SendOptions): Promise<Outcome> {
    const session = this.#parts.session();
    if (!session) {
      const text = `${request.command} cannot be sent: no session is bound to send; it is not queued, try again when bound`;
      throw new SmppError('NOT_BOUND', text, { retriable: true });
    }
    const cannot = tooOld(request.command, session);
    if (cannot !== undefined) throw new SmppError('NOT_SUPPORTED', cannot);
    if (session.version < 0x34 && request.pdu.tlvs?.['message_payload'] !== undefined) {
      const text = `${request.command} cannot be sent: its text is in message_payload, and this SMSC takes no optional parameters (SMPP 3.3); give it as short_message`;
      throw new SmppError('NO_TLVS', text);
    }
    this.#parts.outcomes.reserve(this.#asking + 1);
    this.#asking++;
    try {
      const { reporter } = this.#parts;
      const askedAt = reporter.asked({ request, session });
      const answer = { request, session, msgid: options.msgid, askedAt };
      const { signal } = options;
      const asked = session.request(request.pdu, signal, (late) =>
        reporter.told({ ...answer, response: late.pdu(), late: true }),
      );
      const told = (response: Pdu): void => reporter.told({ ...answer, response });
      const response = await (signal ? unlessAborted(asked, signal, told) : asked).catch((error: unknown) =>
        reporter.unanswered(answer, error),
      );
      return reporter.answered({ ...answer, response });
    } finally {
      this.#asking--;
    }
  }
}
