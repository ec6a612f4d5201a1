import type { Clock, TimerHandle } from '../clock';

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
