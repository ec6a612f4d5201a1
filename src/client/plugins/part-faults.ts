import type { Clock } from '../../clock';
import { LogRateLimiter, type Log, promiseOf } from '../../observability';
import { SmppError } from '../../protocol';
import { PartError, causeOf, show } from '../config/errors';
import { Deadlines, Unanswered } from './unanswered';

/** What a part is called in texts, and the code of its failures; whether the same call may succeed later. */
const KINDS: Readonly<Record<string, { readonly words: string; readonly code: string; retriable: boolean }>> =
  {
    queue: { words: 'the queue', code: 'QUEUE_UNAVAILABLE', retriable: true },
    correlator: { words: 'the correlator', code: 'CORRELATOR_UNAVAILABLE', retriable: true },
    state: { words: "the store's state", code: 'STATE_UNAVAILABLE', retriable: true },
    deadLetters: { words: 'the dead letters', code: 'DEAD_LETTERS_UNAVAILABLE', retriable: true },
    rateLimiter: { words: 'the rate limiter', code: 'PART_FAILED', retriable: true },
    throttleHandler: { words: 'the throttle handler', code: 'PART_FAILED', retriable: true },
    sequence: { words: 'the sequence generator', code: 'SEQUENCE_INVALID', retriable: true },
    clock: { words: 'the clock', code: 'PART_FAILED', retriable: true },
    random: { words: 'the option random', code: 'PART_FAILED', retriable: true },
    randomOctets: { words: 'the option randomOctets', code: 'PART_FAILED', retriable: true },
    listening: { words: 'the option listening', code: 'PART_FAILED', retriable: true },
    codecs: { words: 'the codec', code: 'PART_FAILED', retriable: false },
  };

const kindOf = (part: string): (typeof KINDS)[string] =>
  KINDS[part] ?? { words: part, code: 'PART_FAILED', retriable: true };

/** The failure of a part's method as an error of ours: the code of an `SmppError` is kept. */
export function partFailed(part: string, method: string, cause: unknown): PartError {
  const { words, code, retriable } = kindOf(part);
  const own = cause instanceof SmppError ? cause : undefined;
  const text = `${words}'s ${method}() failed: ${messageOf(cause)}`;
  return new PartError(part, own?.code ?? code, text, { cause, retriable: own?.retriable ?? retriable });
}

/** A part's method gave what it must not give; `wanted` is what it must. */
export function wrongResult(part: string, method: string, given: unknown, wanted: string): PartError {
  const { words, code, retriable } = kindOf(part);
  const shown = isPromise(given) ? 'a promise' : show(given);
  return new PartError(part, code, `${words}'s ${method}() gave ${shown}: it must give ${wanted}`, {
    retriable,
  });
}

/** What it comes to is nobody's: where it rejects, that must not end the process. */
function isPromise(given: unknown): boolean {
  try {
    const promise = promiseOf(given);
    promise?.catch(() => undefined);
    return promise !== undefined;
  } catch {
    return true;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : show(cause);
}

/**
 * Tells of parts that fail where nobody else hears of it: once until they work again, and of each method at
 * most once a minute, for some are called a thousand times a second.
 */
export class PartFaults {
  /** Until when parts must have answered. */
  readonly deadlines: Deadlines;
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #unanswered: Unanswered;
  readonly #failing = new Set<string>();
  readonly #dampers = new Map<string, LogRateLimiter>();

  constructor(log: Log, clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>) {
    this.#log = log;
    this.#clock = clock;
    this.deadlines = new Deadlines(clock);
    this.#unanswered = new Unanswered(clock, (part, method, seconds) => {
      const text = `${kindOf(part).words}'s ${method}() has not answered for ${seconds} s: what waits for it is held up`;
      log.error({ event: 'part', stage: 'unanswered', part, method }, text);
    });
  }

  /** As `asked`; told of where it never settles. */
  watch<T>(part: string, method: string, asked: PromiseLike<T>): Promise<T> {
    return this.#unanswered.watch(part, method, asked);
  }

  /** Nobody waits any more: tells of what was never answered. */
  end(): void {
    this.#unanswered.end();
    this.deadlines.end();
  }

  failed(part: string, method: string, error: PartError): PartError {
    const key = `${part} ${method}`;
    const facts = {
      event: 'part',
      stage: 'failed',
      part,
      method,
      code: error.code,
      err: causeOf(error),
    };
    const logLimiter = this.#dampers.get(key) ?? new LogRateLimiter(this.#clock, 1);
    this.#dampers.set(key, logLimiter);
    const isNews = !this.#failing.has(key) && logLimiter.next() !== undefined;
    this.#failing.add(key);
    this.#log[isNews ? 'error' : 'debug'](facts, error.message);
    return error;
  }

  worked(part: string, method: string): void {
    if (this.#failing.size > 0) this.#failing.delete(`${part} ${method}`);
  }
}
