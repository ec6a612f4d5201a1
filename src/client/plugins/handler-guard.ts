import type { Clock } from '../../clock';
import {
  Pause,
  type AsyncThrottleHandler,
  type ThrottleCounts,
  type ThrottleHandler,
} from '../../flow-control';
import { guard, type Rule } from './guard';
import type { PartFaults } from './part-faults';

/** Seconds until a throttle handler that failed is asked again. */
const ASK_AGAIN = 1;
/** Seconds: Node's timers hold no more than 31 bits of milliseconds. */
const LONGEST_DELAY = 2_000_000;

/** What the gate asks: at once where that is possible, else when the answer is there. */
export interface AskedHandler extends ThrottleHandler {
  ask(): boolean | Promise<boolean>;
}

const isFrom0 = (value: unknown): value is number => typeof value === 'number' && value >= 0;

/** By method: its rule, with what it gives where it failed, and what is taken where nothing is known yet. */
const ASKED = {
  allowRequest: {
    wanted: 'true or false',
    fits: (value: unknown) => typeof value === 'boolean',
    instead: (): boolean => false,
    unknown: true,
  },
  throttleDelay: {
    wanted: `seconds, from 0 to ${LONGEST_DELAY}`,
    fits: (value: unknown) => isFrom0(value) && value <= LONGEST_DELAY,
    instead: (): number => ASK_AGAIN,
    unknown: ASK_AGAIN,
  },
  rate: {
    wanted: 'segments per second, 0 or more, or undefined',
    fits: (value: unknown) => value === undefined || isFrom0(value),
    instead: (): number | undefined => undefined,
    unknown: undefined,
  },
} as const;

type Asked = keyof typeof ASKED;
type Answer<M extends Asked> = ReturnType<(typeof ASKED)[M]['instead']>;

/**
 * A throttle handler of the user's. Its methods may return promises: who cannot wait gets the last answer that is known.
 * Some are called while octets of the socket are read, where an error would end the process; one that fails denies.
 * As with the handlers built in, each throttled answer pauses for `throttleWait` seconds, whatever it says.
 */
export class GuardedHandler implements AskedHandler {
  readonly throttled: () => void;
  readonly notThrottled: () => void;
  readonly #ask: (method: Asked) => unknown;
  readonly #pause: Pause;
  #throttled = 0;
  #notThrottled = 0;
  readonly #known = new Map<Asked, unknown>();
  readonly #asking = new Map<Asked, Promise<unknown>>();

  constructor(
    handler: () => AsyncThrottleHandler,
    pause: { throttleWait: number; clock: Clock },
    faults: PartFaults,
  ) {
    const guarded = (method: keyof AsyncThrottleHandler, rule: Partial<Rule>): (() => unknown) =>
      guard({ part: 'throttleHandler', method, ...rule }, () => handler()[method]?.(), faults);
    const tell = { promise: 'any', instead: () => undefined } as const;
    const throttled = guarded('throttled', tell);
    this.throttled = () => {
      this.#throttled++;
      this.#pause.begin();
      throttled();
    };
    const notThrottled = guarded('notThrottled', tell);
    this.notThrottled = () => {
      this.#notThrottled++;
      notThrottled();
    };
    const methods = Object.keys(ASKED) as Asked[];
    const asks = new Map(methods.map((one) => [one, guarded(one, { ...ASKED[one], promise: 'limited' })]));
    this.#ask = (method) => asks.get(method)?.();
    this.#pause = new Pause(pause.throttleWait, pause.clock);
  }

  allowRequest(): boolean {
    return this.#pause.active ? false : this.#now('allowRequest');
  }

  throttleDelay(): number {
    return this.#pause.active ? this.#pause.remaining : this.#now('throttleDelay');
  }

  rate(): number | undefined {
    return this.#now('rate');
  }

  counts(): ThrottleCounts {
    return { throttled: this.#throttled, notThrottled: this.#notThrottled };
  }

  ask(): boolean | Promise<boolean> {
    if (this.#pause.active) return false;
    const allowed = this.#answer('allowRequest');
    if (typeof allowed === 'boolean') return allowed;
    return allowed.then(async (answer) => {
      // Whoever is denied asks how long next, and must not wait for that.
      if (!answer) await this.#answer('throttleDelay');
      return answer && !this.#pause.active;
    });
  }

  /** The answer, or what was known last while it is on its way. */
  #now<M extends Asked>(method: M): Answer<M> {
    const answer = this.#answer(method);
    if (!(answer instanceof Promise)) return answer;
    return (this.#known.has(method) ? this.#known.get(method) : ASKED[method].unknown) as Answer<M>;
  }

  /** One that is on its way is not asked for twice. */
  #answer<M extends Asked>(method: M): Answer<M> | Promise<Answer<M>> {
    const asking = this.#asking.get(method);
    if (asking) return asking as Promise<Answer<M>>;
    const given = this.#ask(method) as Answer<M> | Promise<Answer<M>>;
    if (!(given instanceof Promise)) return given;
    const answer = given.then((value) => {
      this.#asking.delete(method);
      this.#known.set(method, value);
      return value;
    });
    this.#asking.set(method, answer);
    return answer;
  }
}
