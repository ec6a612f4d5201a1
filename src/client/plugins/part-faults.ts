import type { Clock } from '../../clock';
import { LogRateLimiter, type Log, promiseOf, type LogLine } from '../../observability';
import { SmppError } from '../../protocol';
import { onAbort } from '../../waiting';
import { PartError, causeOf, show } from '../config/errors';

/** Milliseconds: the answer to a receipt, and all later messages, may depend on a call. */
const LONGEST_ANSWER = 10_000;

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

/** Calls of one method that are not answered yet. */
interface Waiting {
  count: number;
  /** When the last answer came, or else the first of these calls; monotonic milliseconds. */
  since: number;
  /** Takes back the timer that tells of it; undefined: it was told. */
  off: (() => void) | undefined;
}

/**
 * Logs failures of parts where nobody else hears of them: the first one at error, later ones at debug until the method
 * has worked again, and each method at error at most once a minute.
 */
export class PartFaults {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>;
  readonly #ended = new AbortController();
  readonly #waiting = new Map<string, Waiting>();
  readonly #failing = new Set<string>();
  readonly #limiters = new Map<string, LogRateLimiter>();

  constructor(log: Log, clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>) {
    this.#log = log;
    this.#clock = clock;
  }

  failed(part: string, method: string, error: PartError): PartError {
    const key = `${part} ${method}`;
    const limiter = this.#limiters.get(key) ?? new LogRateLimiter(this.#clock, 1);
    this.#limiters.set(key, limiter);
    const isNews = !this.#failing.has(key) && limiter.next() !== undefined;
    this.#failing.add(key);
    const facts = {
      event: 'part',
      stage: 'failed',
      part,
      method,
      code: error.code,
      err: causeOf(error),
    } satisfies LogLine;
    this.#log[isNews ? 'error' : 'debug'](facts, error.message);
    return error;
  }

  worked(part: string, method: string): void {
    if (this.#failing.size > 0) this.#failing.delete(`${part} ${method}`);
  }

  /** As `asked`; rejects where that takes longer than 10 s, but not after {@link end}. */
  answered<T>(part: string, method: string, asked: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new Error(`no answer within ${LONGEST_ANSWER / 1000} s`);
      const off = this.after(LONGEST_ANSWER, () => reject(partFailed(part, method, late)));
      Promise.resolve(asked).then(resolve, reject).finally(off);
    });
  }

  /** As `asked`; logs where no call of the method is answered for 10 s, or until {@link end}. */
  async watch<T>(part: string, method: string, asked: PromiseLike<T>): Promise<T> {
    if (this.#ended.signal.aborted) return asked;
    const key = `${part} ${method}`;
    const waiting = this.#waiting.get(key) ?? { count: 0, since: 0, off: undefined };
    const look = (): void => {
      const waited = this.#clock.monotonic() - waiting.since;
      const isOver = waited >= LONGEST_ANSWER || this.#ended.signal.aborted;
      waiting.off = isOver ? undefined : this.after(LONGEST_ANSWER - waited, look, true);
      if (isOver) this.#unanswered(part, method, waited);
    };
    if (waiting.count++ === 0) {
      this.#waiting.set(key, waiting);
      waiting.since = this.#clock.monotonic();
      waiting.off = this.after(LONGEST_ANSWER, look, true);
    }
    try {
      return await asked;
    } finally {
      waiting.since = this.#clock.monotonic();
      if (--waiting.count > 0) waiting.off ??= this.after(LONGEST_ANSWER, look);
      else {
        waiting.off?.();
        this.#waiting.delete(key);
      }
    }
  }

  /** Calls back after so many milliseconds, or with `isLast` at the {@link end}, if that is earlier. Returns what cancels it. */
  after(ms: number, callback: () => void, isLast = false): () => void {
    const { signal } = this.#ended;
    if (signal.aborted) {
      if (isLast) callback();
      return () => undefined;
    }
    const off = onAbort(signal, () => {
      this.#clock.clearTimeout(timer);
      if (isLast) callback();
    });
    const timer = this.#clock.setTimeout(() => (off(), callback()), ms);
    return () => (off(), this.#clock.clearTimeout(timer));
  }

  /** Nobody waits any more: logs what was never answered, and stops all timers. */
  end(): void {
    this.#ended.abort();
  }

  #unanswered(part: string, method: string, waited: number): void {
    const text = `${kindOf(part).words}'s ${method}() has not answered for ${Math.round(waited / 1000)} s: what waits for it is held up`;
    this.#log.error({ event: 'part', stage: 'unanswered', part, method }, text);
  }
}
