/** Time as every component here takes it: injected, so that tests own it. */
export interface Clock {
  /**
   * Milliseconds since the epoch: for what people read, and for what is promised as a date. It jumps when somebody
   * sets the clock: what lasts a while runs on {@link monotonic}, or on steady time where it is kept as a date.
   */
  now(): number;
  /** Milliseconds that never jump: for durations. */
  monotonic(): number;
  /** Calls back once, after so many milliseconds. */
  setTimeout(callback: () => void, ms: number): TimerHandle;
  /** Calls a timer off; undefined: nothing. */
  clearTimeout(timer: TimerHandle | undefined): void;
  /** Calls back in the next turn of the event loop, behind what has come in by then. Absent: the platform's. */
  setImmediate?(callback: () => void): void;
  /** Calls back when the code that runs now has ended, before anything else comes; absent: `process.nextTick`. */
  nextTick?(callback: () => void): void;
}

/** As {@link Clock.nextTick} of this clock, or of the platform. */
export function nextTick(clock: Pick<Clock, 'nextTick'>, callback: () => void): void {
  if (clock.nextTick) clock.nextTick(callback);
  else process.nextTick(callback);
}

/** Epoch milliseconds, with fractions, by ISO 8601 to the microsecond, as captures have them. */
export function isoTime(time: number): string {
  const micros = Math.round((time - Math.floor(time)) * 1000);
  const carried = micros === 1000 ? Math.floor(time) + 1 : Math.floor(time);
  return new Date(carried).toISOString().replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`);
}

/** Milliseconds as lines and events tell them: in seconds, to the millisecond. */
export const inSeconds = (ms: number): number => Math.round(ms) / 1000;

/** Seconds since a moment of monotonic time. */
export function secondsSince(clock: Pick<Clock, 'monotonic'>, since: number): number {
  return inSeconds(clock.monotonic() - since);
}

/** What {@link Clock.setTimeout} returns; opaque. */
export type TimerHandle = unknown;

/** Milliseconds: timers of the platform hold 31 bits, and fire at once where it is more. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** A timer that is longer than those of the platform, which it sets one after the other. */
class LongTimer {
  #timer: NodeJS.Timeout | undefined;

  constructor(callback: () => void, ms: number) {
    const sleep = (left: number): void => {
      const nap = Math.min(left, LONGEST_TIMER);
      this.#timer = setTimeout(() => (left > nap ? sleep(left - nap) : callback()), nap);
    };
    sleep(ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** The clock of this machine, and Node's timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => (ms > LONGEST_TIMER ? new LongTimer(callback, ms) : setTimeout(callback, ms)),
  clearTimeout: (timer) => {
    if (timer instanceof LongTimer) timer.clear();
    else clearTimeout(timer as NodeJS.Timeout | undefined);
  },
  setImmediate: (callback) => void setImmediate(callback),
};

/** Resolves in the next turn of the event loop: long work lets others in between. */
export function nextTurn(clock: Pick<Clock, 'setImmediate'>): Promise<void> {
  return new Promise((resolve) =>
    clock.setImmediate ? clock.setImmediate(resolve) : void setImmediate(resolve),
  );
}

/** Milliseconds: by less than that clocks run apart; by more somebody has set one, or the machine has slept. */
export const SMALLEST_STEP = 1000;

/** Somebody has set the wall clock. */
interface Step {
  /** What it showed before. */
  readonly before: number;
  /** Milliseconds, ahead or, below zero, back. */
  readonly by: number;
}

const MOST_STEPS = 100;
/** Milliseconds: whoever waits for steps looks as often as that. */
const NOTICED_WITHIN = 10_000;

/**
 * Epoch milliseconds that go on as time does when the wall clock is set: what lasts a while, but is given, compared or
 * kept as a date, runs on it. As long as nobody sets the clock it is the wall clock's time.
 */
export class SteadyTime {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Added to monotonic time. */
  readonly #base: number;
  #lag: number;
  readonly #steps: Step[] = [];

  /** `start`: what it begins with, where that is not what the wall clock shows. */
  constructor(clock: Pick<Clock, 'now' | 'monotonic'>, start = clock.now()) {
    this.#clock = clock;
    this.#base = start - clock.monotonic();
    this.#lag = this.lag;
  }

  now(): number {
    return this.#base + this.#clock.monotonic();
  }

  /** What is to be added to a date of the wall clock; 0 as long as nobody has set it. */
  get lag(): number {
    const lag = Math.round(this.now() - this.#clock.now());
    return Math.abs(lag) < SMALLEST_STEP ? 0 : lag;
  }

  /** A date by the wall clock as it is now. What is due by that is due, also where the two run a little apart. */
  of(date: number): number {
    const time = date + this.lag;
    return date <= this.#clock.now() ? Math.min(time, this.now()) : time;
  }

  /** The other way round. */
  dateOf(time: number): number {
    return time - this.lag;
  }

  /** By how many milliseconds the clock was set since the last look; below zero: back. 0: it was not. */
  look(): number {
    const by = this.#lag - this.lag;
    this.#lag -= by;
    if (Math.abs(by) < SMALLEST_STEP) return 0;
    this.#steps.push({ before: this.#clock.now() - by, by });
    if (this.#steps.length > MOST_STEPS) this.#steps.shift();
    return by;
  }

  /**
   * Milliseconds since a date that was the wall clock's at its time; not less than 0. Of a date that the clock has
   * shown twice the later time is meant.
   */
  since(date: number): number {
    this.look();
    const now = this.#clock.now();
    let shift = 0;
    let latest = now;
    for (const { before, by } of [...this.#steps].reverse()) {
      // As precisely as steps are noticed.
      if (date >= before + by - NOTICED_WITHIN && date <= latest) break;
      shift += by;
      latest = before;
    }
    return Math.max(0, now - date - shift);
  }
}

const shared = new WeakMap<object, SteadyTime>();

/** The one of all who have this clock, so that what one of them keeps the next can read. */
export function steadyTime(clock: Clock): SteadyTime {
  let time = shared.get(clock);
  if (!time) shared.set(clock, (time = new SteadyTime(clock)));
  return time;
}
