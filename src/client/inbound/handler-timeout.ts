import type { Clock, TimerHandle } from '../../clock';
import type { Log } from '../../observability';
import type { Answer } from '../../session';

export interface HandlerTimeoutParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds. */
  readonly timeout: number;
  /** The answer where the handlers are not done in time. */
  readonly timeoutStatus: number;
}

/** Bounds how long handlers that acknowledge by being done may take: one that never is would keep its place for ever. */
export class HandlerTimeout {
  readonly #parts: HandlerTimeoutParts;
  #warned = false;

  constructor(parts: HandlerTimeoutParts) {
    this.#parts = parts;
  }

  /** Resolves with nothing when they are done, or with the answer when they are not in time. */
  async until(handling: Promise<void>): Promise<Answer | undefined> {
    const { clock, timeout, timeoutStatus } = this.#parts;
    let timer: TimerHandle;
    const late = new Promise<Answer>((resolve) => {
      timer = clock.setTimeout(() => resolve({ command_status: timeoutStatus }), timeout);
    });
    const answer = await Promise.race([handling.then(() => undefined), late]);
    clock.clearTimeout(timer);
    if (answer) this.#warn();
    return answer;
  }

  #warn(): void {
    const text =
      'a handler was not done with what came in within ackTimeout, and the SMSC is asked to repeat it: see that the ' +
      'promise that it returns always ends, or raise ackTimeout';
    this.#parts.log[this.#warned ? 'debug' : 'warn']({ event: 'ack', stage: 'timeout' }, text);
    this.#warned = true;
  }
}
