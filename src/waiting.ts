/**
 * What waits: abortable waits, sleeps, time limits. All of it takes the clock and ends by an AbortSignal.
 */
import type { Clock, TimerHandle } from './clock';

/** Waits for `work`, but not longer than `ms`. Never rejects. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let timer: TimerHandle;
  const limit = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, ms)));
  try {
    await Promise.race([work, limit]);
  } catch {
    // Whoever started the work hears of its failure.
  } finally {
    clock.clearTimeout(timer);
  }
}

/** As {@link within}, but rejects where the work does so in time. */
export async function inTime(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await within(
    clock,
    ms,
    work.catch((error: unknown) => (failure = { error })),
  );
  if (failure) throw failure.error;
}

/**
 * As `work`, or rejects with the signal's reason, also where the work knows of no signal: what comes of it
 * all the same is given to `late`, which must not throw.
 */
export function unlessAborted<T>(
  work: PromiseLike<T>,
  signal: AbortSignal,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    const done = (): void => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => {
        done();
        if (signal.aborted) late(value);
        else resolve(value);
      },
      (error: unknown) => (done(), reject(error as Error)),
    );
  });
}

export interface Repeated {
  start(): void;
  stop(): void;
}

/** Waits `ms`, or until `signal` aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Runs `work` every `ms` until stopped, never twice at once. Its failures are nobody's: it runs again. */
export function repeat(clock: Clock, ms: number, work: () => Promise<unknown>): Repeated {
  let timer: TimerHandle;
  let running = false;
  let working = false;
  const next = (): void => {
    if (!running || working) return;
    timer = clock.setTimeout(() => void run(), ms);
  };
  const run = async (): Promise<void> => {
    working = true;
    try {
      await work();
    } catch {
      // Next time.
    }
    working = false;
    next();
  };
  return {
    start: () => {
      if (running) return;
      running = true;
      next();
    },
    stop: () => {
      running = false;
      clock.clearTimeout(timer);
    },
  };
}

interface Watched {
  readonly signal: AbortSignal;
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** Waits on signals with one listener for each signal, however many wait: ten thousand listeners are slow, and Node warns of them. */
export class Aborts {
  readonly #watched = new WeakMap<AbortSignal, Watched>();
  /** Waited on last, and most likely next: whoever sends waits on the same one for every message. */
  #last: Watched | undefined;

  /** Calls back when the signal aborts, at most once. Returns what takes that back. */
  on(signal: AbortSignal, callback: () => void): () => void {
    const watched = this.#last?.signal === signal ? this.#last : (this.#last = this.#find(signal));
    const { callbacks, listener } = watched;
    if (callbacks.size === 0) signal.addEventListener('abort', listener, { once: true });
    callbacks.add(callback);
    return () => {
      if (callbacks.delete(callback) && callbacks.size === 0) signal.removeEventListener('abort', listener);
    };
  }

  #find(signal: AbortSignal): Watched {
    const known = this.#watched.get(signal);
    if (known) return known;
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
    };
    const watched = { signal, callbacks, listener };
    this.#watched.set(signal, watched);
    return watched;
  }
}
