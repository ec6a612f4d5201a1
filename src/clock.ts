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
