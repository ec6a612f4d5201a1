import type { Clock } from '../../clock';

/** Milliseconds for what somebody waits for: an SMSC for the answer to its receipt, all later messages for their turn. */
export const LONGEST_ANSWER = 10_000;

/** Some call of a method that has no answer yet. */
interface Waiting {
  count: number;
  /** By the monotonic clock: when the last answer came, or the first call after one. */
  since: number;
  told: boolean;
}

/** Tells of calls that are not answered at all, where nobody gives up: what was to be written is held back by them. */
export class Unanswered {
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>;
  readonly #tell: (part: string, method: string, seconds: number) => void;
  readonly #waiting = new Map<string, Waiting>();
  #timer: unknown;
  #ended = false;

  constructor(
    clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>,
    tell: (part: string, method: string, seconds: number) => void,
  ) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** As `asked`. */
  async watch<T>(part: string, method: string, asked: PromiseLike<T>): Promise<T> {
    const key = `${part} ${method}`;
    const waiting = this.#waiting.get(key) ?? { count: 0, since: this.#clock.monotonic(), told: false };
    waiting.count++;
    this.#waiting.set(key, waiting);
    if (!this.#ended) this.#timer ??= this.#clock.setTimeout(() => this.#look(), LONGEST_ANSWER);
    try {
      return await asked;
    } finally {
      waiting.since = this.#clock.monotonic();
      waiting.told = false;
      if (--waiting.count === 0) this.#waiting.delete(key);
      if (this.#waiting.size === 0) this.#rest();
    }
  }

  /** Tells of what is not answered, and looks no more. */
  end(): void {
    this.#ended = true;
    this.#rest();
    this.#tellThose(0);
  }

  #look(): void {
    this.#timer = undefined;
    this.#tellThose(LONGEST_ANSWER);
    if ([...this.#waiting.values()].some(({ told }) => !told))
      this.#timer = this.#clock.setTimeout(() => this.#look(), LONGEST_ANSWER);
  }

  #tellThose(longer: number): void {
    const now = this.#clock.monotonic();
    for (const [key, waiting] of this.#waiting) {
      if (waiting.told || now - waiting.since < longer) continue;
      waiting.told = true;
      const [part = '', method = ''] = key.split(' ');
      this.#tell(part, method, Math.round((now - waiting.since) / 1000));
    }
  }

  #rest(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

type Timers = Pick<Clock, 'setTimeout' | 'clearTimeout'>;

/** Timers that do not outlive whoever waits. */
export class Deadlines {
  readonly #timers: Timers;
  #ended = false;
  readonly #open = new Map<object, { readonly timer: unknown; readonly last: (() => void) | undefined }>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Calls back after so many milliseconds; with `isLast` also at the end. Returns what takes that back. */
  after(ms: number, callback: () => void, isLast = false): () => void {
    if (this.#ended) {
      if (isLast) callback();
      return () => undefined;
    }
    const key = {};
    const timer = this.#timers.setTimeout(() => {
      this.#open.delete(key);
      callback();
    }, ms);
    this.#open.set(key, { timer, last: isLast ? callback : undefined });
    return () => {
      if (this.#open.delete(key)) this.#timers.clearTimeout(timer);
    };
  }

  end(): void {
    this.#ended = true;
    for (const { timer, last } of this.#open.values()) {
      this.#timers.clearTimeout(timer);
      last?.();
    }
    this.#open.clear();
  }
}
