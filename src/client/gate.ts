import type { Clock } from '../clock';
import type { ThrottleHandler } from '../flow-control';

/**
 * What stands at the head of the road: closed while the user has paused sending, or
 * while the throttle handler denies.
 */
export class Gate {
  readonly #handler: ThrottleHandler;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #paused = false;

  constructor(handler: ThrottleHandler, clock: Clock) {
    this.#handler = handler;
    this.#clock = clock;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get isOpen(): boolean {
    return !this.#paused && this.#handler.allowRequest();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when messages may go; rejects with the signal's reason. */
  async open(signal: AbortSignal): Promise<void> {
    while (!this.isOpen) {
      const delay = this.#paused ? undefined : Math.max(1, this.#handler.throttleDelay() * 1000);
      await this.#wait(delay, signal);
    }
  }

  #wait(delay: number | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        if (timer !== undefined) this.#clock.clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', onAbort);
      };
      const wake = (): void => (finish(), resolve());
      const onAbort = (): void => (finish(), reject(signal.reason as Error));
      const timer = delay === undefined ? undefined : this.#clock.setTimeout(wake, delay);
      this.#waiting.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
