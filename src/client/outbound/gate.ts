import type { Clock } from '../../clock';
import type { ThrottleHandler } from '../../flow-control';
import { unlessAborted } from '../../waiting';

/** A throttle handler; where its answer may take time, `ask` gives it when it is there. */
export type GateHandler = Pick<ThrottleHandler, 'allowRequest' | 'throttleDelay'> & {
  ask?(): boolean | Promise<boolean>;
};

/**
 * What stands at the head of the road: closed while the user has paused sending, while the throttle handler
 * denies, and while somebody holds it.
 */
export class Gate {
  readonly #handler: GateHandler;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #paused = false;
  #holders = 0;

  constructor(handler: GateHandler, clock: Clock) {
    this.#handler = handler;
    this.#clock = clock;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Closed whatever the throttle handler says. */
  get isHeld(): boolean {
    return this.#paused || this.#holders > 0;
  }

  get isThrottled(): boolean {
    return !this.#handler.allowRequest();
  }

  get isOpen(): boolean {
    return !this.isHeld && this.#handler.allowRequest();
  }

  /** Keeps it closed for as long as the work takes. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holders++;
    try {
      return await work();
    } finally {
      this.#holders--;
      if (this.#holders === 0) this.#wake();
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when messages may go; rejects with the signal's reason. */
  async open(signal: AbortSignal): Promise<void> {
    while (!(await this.#opens(signal))) {
      const isThrottled = !this.isHeld;
      const delay = isThrottled ? Math.max(1, this.#handler.throttleDelay() * 1000) : undefined;
      await this.#wait(delay, signal);
    }
  }

  async #opens(signal: AbortSignal): Promise<boolean> {
    if (this.isHeld) return false;
    const answer = this.#handler.ask?.() ?? this.#handler.allowRequest();
    if (typeof answer === 'boolean') return answer;
    // It may have been closed meanwhile.
    return (await unlessAborted(answer, signal)) && !this.isHeld;
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
