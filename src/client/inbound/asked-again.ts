import type { Clock } from '../../clock';
import { LogRateLimiter, type Log, type LogLine } from '../../observability';
import type { Answer } from '../../session';
import { LATER } from './acknowledging';

/** What the SMSC is asked to send again because the store does not answer: one line a minute tells of all. */
export class AskedAgain {
  readonly #log: Log;
  readonly #limiter: LogRateLimiter;

  constructor(clock: Clock, log: Log) {
    this.#log = log;
    this.#limiter = new LogRateLimiter(clock, 1);
  }

  /** `what` begins the line: "a part of a long message cannot be kept". */
  because(error: unknown, what: string): Answer {
    const { message } = error as Error;
    const level = this.#limiter.next() === undefined ? 'debug' : 'warn';
    const facts = {
      event: 'message',
      stage: 'later',
      code: (error as { code?: string }).code,
    } satisfies LogLine;
    this.#log[level](
      facts,
      `${what} now: the SMSC is asked to send it again, as all that follow. ${message}`,
    );
    return LATER;
  }
}
