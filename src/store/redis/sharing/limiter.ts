import { SharedBucket, type Draw, type SharedPermits } from '../../../flow-control';
import { SmppError } from '../../../protocol';
import type { RedisCalls } from '../connection/calls';
import { writeCalm } from './events';
import { isAway } from '../connection/lost-reply';
import { RATE_SCRIPTS } from '../lua/rate';

/** Microseconds by which a busy bucket may be late and still catch up, as the token bucket of one process may. */
const LATENESS = 30_000;
/** Microseconds of the rate that one draw may take ahead of time: so draws are no more than 200/s, however many take part. */
const AHEAD_AT_ONCE = 5000;
/** Microseconds before its time that a permit can be drawn: longer waits ask again, for much may change meanwhile. */
const MOST_AHEAD = 1_000_000;

export interface RedisLimiterOptions {
  /** Segments per second; 0: no limit. Absent: nothing is granted before `setRate`. */
  readonly rate?: number | undefined;
  /** Segments that may leave at once after a pause; at least 1. */
  readonly burst: number;
  /** The server is there and refuses what the limiter asks: nothing is granted until it does not. */
  onRefused?(error: unknown): void;
}

/** One rate for all who share the store, by a token bucket in the server. */
export class RedisLimiter extends SharedBucket {
  readonly #calls: RedisCalls;
  readonly #off: () => void;

  constructor(calls: RedisCalls, options: RedisLimiterOptions) {
    const { clock } = calls;
    super({
      permits: new RedisPermits(calls, options),
      rate: options.rate,
      clock,
      onFailure: (error) => {
        if (!isAway(calls, error)) options.onRefused?.(error);
      },
    });
    this.#calls = calls;
    this.#off = calls.onBack(() => this.look());
    this.look();
  }

  /** Takes over what another instance may have set: an event said so, or may have been missed. */
  look(): void {
    void this.#look().catch(() => undefined);
  }

  async #look(): Promise<void> {
    const [rate, pause] = (await this.#calls.run(RATE_SCRIPTS.look, [])) as [Buffer | null, Buffer];
    if (rate !== null) this.heardRate(Number(rate.toString()));
    const seconds = Number(pause.toString()) / 1_000_000;
    if (seconds > 0) this.heardCalm(seconds);
  }

  override close(): void {
    this.#off();
    super.close();
  }
}

class RedisPermits implements SharedPermits {
  readonly #calls: RedisCalls;
  readonly #burst: number;
  #rate: number;

  constructor(calls: RedisCalls, { rate = 0, burst }: RedisLimiterOptions) {
    if (!(burst >= 1 && burst < Infinity))
      throw new SmppError('INVALID_OPTION', `burst must be 1 or more, not ${burst}.`);
    this.#calls = calls;
    this.#burst = burst;
    this.#rate = rate;
  }

  async draw(max: number, rate: number): Promise<Draw> {
    this.#rate = rate;
    const args = [max, rate, this.#burst, LATENESS, AHEAD_AT_ONCE, MOST_AHEAD];
    const [granted, wait, told] = (await this.#calls.run(RATE_SCRIPTS.draw, args)) as [
      number,
      Buffer,
      Buffer,
    ];
    return { granted, waitMs: Number(String(wait)) / 1000, rate: Number(String(told)) };
  }

  giveBack(count: number): Promise<unknown> {
    return this.#calls.run(RATE_SCRIPTS.giveBack, [count]);
  }

  setRate(rate: number): Promise<unknown> {
    this.#rate = rate;
    return this.#calls.run(RATE_SCRIPTS.setRate, [rate, this.#burst, LATENESS, this.#calls.instance]);
  }

  calm(seconds: number): Promise<unknown> {
    const text = writeCalm(seconds, this.#calls.instance);
    return this.#calls.run(RATE_SCRIPTS.calm, [Math.ceil(seconds * 1e6), this.#rate, text]);
  }
}
