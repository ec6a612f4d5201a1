/**
 * What waits: abortable waits, sleeps, time limits. All of it runs on the clock given and ends by an AbortSignal.
 */
import type { Clock, TimerHandle } from './clock';

interface Watched {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** One listener for each signal, however many wait on it: ten thousand are slow, and Node warns of them. */
const watched = new WeakMap<AbortSignal, Watched>();

function watch(signal: AbortSignal): Watched {
  if (typeof (signal as Partial<AbortSignal>).addEventListener !== 'function')
    throw new TypeError('signal is no AbortSignal; give that of an AbortController');
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
  };
  const made = { callbacks, listener };
  watched.set(signal, made);
  return made;
}

/** Calls back when the signal aborts, once, or at once where it has. Returns what takes that back. */
export function onAbort(signal: AbortSignal, given: () => void): () => void {
  // The same function may wait twice.
  const callback = (): void => given();
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const { callbacks, listener } = watched.get(signal) ?? watch(signal);
  if (callbacks.size === 0) signal.addEventListener('abort', listener, { once: true });
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) signal.removeEventListener('abort', listener);
  };
}

/** Waits for `work`, but not longer than `ms`, nor than until `signal` aborts. Never rejects. */
export async function within(
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  let timer: TimerHandle;
  let off: (() => void) | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
    off = signal && onAbort(signal, resolve);
  });
  try {
    await Promise.race([work, limit]);
  } catch {
    // Whoever started the work hears of its failure.
  } finally {
    clock.clearTimeout(timer);
    off?.();
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

/** The reason of a signal of {@link withLimit} whose time is over. */
export const isTimeout = (error: unknown): boolean => (error as Partial<Error>).name === 'TimeoutError';

/**
 * Runs `work` with a signal that aborts after `ms`, with a `TimeoutError`, or when `signal` does. As
 * `AbortSignal.timeout`, but by the clock given.
 */
export async function withLimit<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T> | T,
  signal?: AbortSignal,
): Promise<T> {
  const limit = new AbortController();
  const over = (): void => limit.abort(new DOMException(`not within ${ms} ms`, 'TimeoutError'));
  const timer = clock.setTimeout(over, ms);
  const off = signal && onAbort(signal, () => limit.abort(signal.reason));
  try {
    return await work(limit.signal);
  } finally {
    clock.clearTimeout(timer);
    off?.();
  }
}

/** Runs `work` with a signal that aborts when either of two does, with its reason. */
export async function untilEither<T>(
  one: AbortSignal,
  other: AbortSignal,
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const either = new AbortController();
  const offs = [one, other].map((signal) => onAbort(signal, () => either.abort(signal.reason)));
  try {
    return await work(either.signal);
  } finally {
    for (const off of offs) off();
  }
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
    const off = onAbort(signal, () => reject(signal.reason as Error));
    work.then(
      (value) => {
        off();
        if (signal.aborted) late(value);
        else resolve(value);
      },
      (error: unknown) => (off(), reject(error as Error)),
    );
  });
}

/** Waits `ms`, or until `signal` aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => (off?.(), resolve()), ms);
    const off = signal && onAbort(signal, () => (clock.clearTimeout(timer), resolve()));
  });
}

export interface Repeated {
  start(): void;
  stop(): void;
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
