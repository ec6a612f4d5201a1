import type { Clock, TimerHandle } from '../../clock';
import type { Consumers } from './consumers';
import type { Held } from './held';
import { RANKS } from './names';

/** Milliseconds after which what nobody takes goes back to the broker. */
const IDLE = 10_000;
/** Milliseconds between two looks. */
const LOOK = 1000;

/**
 * What was delivered and nobody takes, as sending is paused or more urgent messages go first, goes back for whoever takes
 * it: another instance may, and the broker takes a delivery that is not acknowledged for half an hour for lost.
 */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #consumers: Consumers;
  readonly #held: Held;
  /** Called now and then. */
  readonly #onLook: () => void;
  #timer: TimerHandle;
  /** By rank, monotonic: since when what lies here of it waits. */
  readonly #since = new Array<number>(RANKS).fill(0);

  constructor(clock: Clock, consumers: Consumers, held: Held, onLook: () => void) {
    this.#clock = clock;
    this.#consumers = consumers;
    this.#held = held;
    this.#onLook = onLook;
    this.#next();
  }

  /** Something of a rank was taken. */
  taken(rank: number): void {
    this.#since[rank] = this.#clock.monotonic();
  }

  #next(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#next();
      this.#giveBack();
      this.#onLook();
    }, LOOK);
  }

  #giveBack(): void {
    const now = this.#clock.monotonic();
    for (let rank = 0; rank <= this.#consumers.level; rank++) {
      if (this.#held.buffer.ready(rank) === 0) this.#since[rank] = now;
      else if (now - (this.#since[rank] ?? now) >= IDLE) {
        // With the queue that it goes back to, or it would come here again.
        const from = rank - (rank % 2);
        const back = async (): Promise<void> => {
          await this.#consumers.lower(from);
          await this.#held.giveBack(this.#held.buffer.drain(from));
        };
        return void back().catch(() => undefined);
      }
    }
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }
}
