import type { Log } from '../../observability';
import type { Answer } from '../../session';
import type { Events } from '../events/events';
import type { Listening, Settings } from '../config/options';

export interface AudienceParts {
  readonly settings: Pick<Settings, 'whenNobodyListens'>;
  readonly events: Pick<Events, 'has'>;
  readonly log: Log;
  readonly listening: (() => Listening | Promise<Listening>) | undefined;
}

const LATER: Answer = { command_status: 'ESME_RX_T_APPN' };

/** Whether anybody takes the messages that come in, and what becomes of them where nobody does (whenNobodyListens). */
export class Audience {
  readonly #parts: AudienceParts;
  #warned = false;

  constructor(parts: AudienceParts) {
    this.#parts = parts;
  }

  /** The answer to a message that is not to be taken now, so that the SMSC keeps it; undefined: it is taken. */
  async refusal(): Promise<Answer | undefined> {
    const { settings } = this.#parts;
    const listening = await this.#listening();
    const refused = listening === 'later' || (listening === 'no' && settings.whenNobodyListens === 'later');
    return refused ? LATER : undefined;
  }

  #listening(): Listening | Promise<Listening> {
    const { listening, events } = this.#parts;
    if (listening) return listening();
    if (events.has('message')) return 'yes';
    this.#warn();
    return 'no';
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
}
