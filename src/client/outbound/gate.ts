import type { Clock, TimerHandle } from '../../clock';
import type { ThrottleHandler } from '../../flow-control';

/** A throttle handler; where its answer may take time, `ask` gives it when it is there. */
export type GateHandler = Pick<ThrottleHandler, 'allowRequest' | 'throttleDelay'> & {
  ask?(): boolean | Promise<boolean>;
};

/**
 * Whether messages may go at all: not while the user has paused sending, while the throttle handler denies, and while
 * somebody holds it.
 */
export class Gate {
  readonly #handler: GateHandler;
  readonly #clock: Clock;
  readonly #changed: () => void;
  #paused = false;
  #holders = 0;
  #asking = false;
  /** The answer of a handler that took its time: for whoever comes next. */
  #allowed = false;
  /** Until the handler is to be asked again. */
  #timer: TimerHandle;

  /** `changed` is called when what {@link lets} said may hold no more. */
  constructor(handler: GateHandler, clock: Clock, changed: () => void) {
    this.#handler = handler;
    this.#clock = clock;
    this.#changed = changed;
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
      if (this.#holders === 0) this.#changed();
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#changed();
  }

  /** Whether a batch may go; where that is not known yet the answer is no, and another when it is. */
  lets(): boolean {
    if (this.isHeld || this.#asking || this.#timer !== undefined) return false;
    if (this.#allowed) return !(this.#allowed = false);
    const answer = this.#handler.ask?.() ?? this.#handler.allowRequest();
    if (answer === true) return true;
    if (answer === false) this.#askLater();
    else void this.#wait(answer);
    return false;
  }

  /** Never rejects: neither does what it waits for. */
  async #wait(answer: Promise<boolean>): Promise<void> {
    this.#asking = true;
    this.#allowed = await answer;
    this.#asking = false;
    if (this.#allowed) this.#changed();
    else this.#askLater();
  }

  #askLater(): void {
    const delay = Math.max(1, this.#handler.throttleDelay() * 1000);
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#changed();
    }, delay);
  }

  /** Nobody asks for now. */
  rest(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
