import type { Clock } from '../../clock';
import { Pause, type AsyncThrottleHandler, type ThrottleHandler } from '../../flow-control';
import { isThenable } from '../../observability';
import { answered } from './answers';
import { PartError } from '../config/errors';
import { partFailed, wrongResult, type PartFaults } from './part-faults';

const PART = 'throttleHandler';
/** Seconds until a throttle handler that failed is asked again. */
const ASK_AGAIN = 1;
/** Seconds: Node's timers hold no more than 31 bits of milliseconds. */
const LONGEST_DELAY = 2_000_000;

/** What the gate asks: at once where that is possible, else when the answer is there. */
export interface AskedHandler extends ThrottleHandler {
  ask(): boolean | Promise<boolean>;
}

interface Method<T> {
  readonly name: 'allowRequest' | 'throttleDelay' | 'rate';
  readonly wanted: string;
  readonly fits: (value: unknown) => value is T;
  readonly fallback: T;
}

const ALLOW: Method<boolean> = {
  name: 'allowRequest',
  wanted: 'true or false',
  fits: (value): value is boolean => typeof value === 'boolean',
  fallback: false,
};
const DELAY: Method<number> = {
  name: 'throttleDelay',
  wanted: `seconds, from 0 to ${LONGEST_DELAY}`,
  fits: (value): value is number => typeof value === 'number' && value >= 0 && value <= LONGEST_DELAY,
  fallback: ASK_AGAIN,
};
const RATE: Method<number | undefined> = {
  name: 'rate',
  wanted: 'segments per second, 0 or more, or undefined',
  fits: (value): value is number | undefined =>
    value === undefined || (typeof value === 'number' && value >= 0),
  fallback: undefined,
};

/**
 * A throttle handler that was brought along. Its methods may return promises: then whoever cannot wait gets what was
 * known last. They are called while octets of the socket are read, where an error would end the process: one that
 * fails denies, rather too slow than too fast. Beyond what it says, each throttled answer pauses for
 * `throttleWait`, as with the handlers that are built in.
 */
export class GuardedHandler implements AskedHandler {
  readonly #handler: AsyncThrottleHandler;
  readonly #faults: PartFaults;
  readonly #pause: Pause;
  /** What an asynchronous handler said last. */
  readonly #known = new Map<string, unknown>();
  readonly #asking = new Map<string, Promise<unknown>>();

  constructor(
    handler: AsyncThrottleHandler,
    pause: { throttleWait: number; clock: Clock },
    faults: PartFaults,
  ) {
    this.#handler = handler;
    this.#faults = faults;
    this.#pause = new Pause(pause.throttleWait, pause.clock);
  }

  throttled(): void {
    this.#pause.begin();
    this.#tell('throttled');
  }

  notThrottled(): void {
    this.#tell('notThrottled');
  }

  allowRequest(): boolean {
    if (this.#pause.active) return false;
    return this.#now(ALLOW, true);
  }

  throttleDelay(): number {
    if (this.#pause.active) return this.#pause.remaining;
    return this.#now(DELAY, ASK_AGAIN);
  }

  rate(): number | undefined {
    return this.#handler.rate ? this.#now(RATE, undefined) : undefined;
  }

  ask(): boolean | Promise<boolean> {
    if (this.#pause.active) return false;
    const allowed = this.#answer(ALLOW);
    if (typeof allowed === 'boolean') return allowed;
    return allowed.then(async (answer) => {
      // Whoever is denied asks how long next, and must not wait for that.
      if (!answer) await this.#answer(DELAY);
      return answer && !this.#pause.active;
    });
  }

  /** The answer, or what was known last while it is on its way. */
  #now<T>(method: Method<T>, unknown: T): T {
    const answer = this.#answer(method);
    if (!isThenable(answer)) return answer;
    return this.#known.has(method.name) ? (this.#known.get(method.name) as T) : unknown;
  }

  /** One that is on its way is not asked for twice. */
  #answer<T>(method: Method<T>): T | Promise<T> {
    const asking = this.#asking.get(method.name) as Promise<T> | undefined;
    if (asking) return asking;
    let given: unknown;
    let isPromise: boolean;
    try {
      given = this.#handler[method.name]?.();
      isPromise = isThenable(given);
    } catch (error) {
      return this.#failed(method, error);
    }
    if (!isPromise) return this.#checked(method, given);
    const answer = answered(this.#faults, PART, method.name, given)
      .then(
        (value) => this.#checked(method, value),
        (error: unknown) => this.#failed(method, error),
      )
      .then((value) => {
        this.#asking.delete(method.name);
        this.#known.set(method.name, value);
        return value;
      });
    this.#asking.set(method.name, answer);
    return answer;
  }

  #checked<T>(method: Method<T>, value: unknown): T {
    const { name, wanted, fits, fallback } = method;
    if (fits(value)) {
      this.#faults.worked(PART, name);
      return value;
    }
    this.#faults.failed(PART, name, wrongResult(PART, name, value, wanted));
    return fallback;
  }

  #failed<T>({ name, fallback }: Method<T>, error: unknown): T {
    this.#faults.failed(PART, name, error instanceof PartError ? error : partFailed(PART, name, error));
    return fallback;
  }

  #tell(name: 'throttled' | 'notThrottled'): void {
    const failed = (error: unknown): void =>
      void this.#faults.failed(PART, name, partFailed(PART, name, error));
    try {
      const given: unknown = this.#handler[name]();
      if (isThenable(given)) given.then(() => this.#faults.worked(PART, name), failed);
      else this.#faults.worked(PART, name);
    } catch (error) {
      failed(error);
    }
  }
}
