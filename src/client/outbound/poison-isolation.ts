import type { Clock, TimerHandle } from '../../clock';
import type { Delivery } from './delivery';

/** Milliseconds that others wait for the answer to one that goes alone. */
const PATIENCE = 5000;

/**
 * Lets a message that was there at two lost links go alone on its session: so the one that the SMSC cannot bear
 * is found out, and the others get through. Nobody waits long for one that is not answered.
 */
export class PoisonIsolation {
  readonly #clock: Clock;
  readonly #changed: () => void;
  /** The last one that went alone. */
  #alone: Delivery | undefined;
  #until = 0;
  #timer: TimerHandle;

  /** `changed` is called when the time of one that goes alone is over. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Whether it may go beside what is on the wire of the session; `inFlight`: messages. */
  mayGo(delivery: Delivery, session: { readonly inFlight: number }): boolean {
    if (this.#alone && this.#alone !== delivery && this.#isWaitedFor(this.#alone)) return false;
    if (!delivery.isSuspect) return true;
    const isFlying = delivery.flying > 0;
    if (session.inFlight > (isFlying ? 1 : 0)) return false;
    if (this.#alone !== delivery || !isFlying) {
      this.#alone = delivery;
      this.#until = this.#clock.monotonic() + PATIENCE;
    }
    return true;
  }

  #isWaitedFor(alone: Delivery): boolean {
    const left = this.#until - this.#clock.monotonic();
    if (alone.flying > 0 && !alone.isOver && left > 0) {
      this.#timer ??= this.#clock.setTimeout(
        () => {
          this.#timer = undefined;
          this.#changed();
        },
        Math.max(1, left),
      );
      return true;
    }
    this.#alone = undefined;
    return false;
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }
}
