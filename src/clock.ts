/** Time as every component here takes it: injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since the epoch: for what people read and what outlives the process. */
  now(): number;
  /** Milliseconds that never jump: for durations. */
  monotonic(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clearTimeout(timer: TimerHandle | undefined): void;
}

/** What {@link Clock.setTimeout} returns; opaque. */
export type TimerHandle = unknown;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

interface Watched {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** Waits on signals with one listener for each signal, however many wait: ten thousand listeners are slow, and Node warns of them. */
export class Aborts {
  readonly #watched = new WeakMap<AbortSignal, Watched>();

  /** Calls back when the signal aborts, at most once. Returns what takes that back. */
  on(signal: AbortSignal, callback: () => void): () => void {
    const watched = this.#watched.get(signal) ?? this.#watch(signal);
    watched.callbacks.add(callback);
    return () => {
      if (!watched.callbacks.delete(callback) || watched.callbacks.size > 0) return;
      signal.removeEventListener('abort', watched.listener);
      this.#watched.delete(signal);
    };
  }

  #watch(signal: AbortSignal): Watched {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
    };
    const watched = { callbacks, listener };
    signal.addEventListener('abort', listener, { once: true });
    this.#watched.set(signal, watched);
    return watched;
  }
}
