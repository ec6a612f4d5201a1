import type { Clock } from '../../clock';
import type { Delivery } from './delivery';

/** Milliseconds that others wait for the answer to one that goes alone. */
const PATIENCE = 5000;

/**
 * Lets a message that was there at two lost links go alone on its session: so the one that the SMSC cannot bear
 * is found out, and the others get through. Nobody waits long for one that is not answered.
 */
export class PoisonIsolation {
  readonly #clock: Clock;
  readonly #flying: ReadonlySet<Delivery>;
  /** The last one that went alone. */
  #alone: Delivery | undefined;
  #until = 0;
  #wake: () => void = () => undefined;

  /** `flying`: what is on the wire of the session. */
  constructor(clock: Clock, flying: ReadonlySet<Delivery>) {
    this.#clock = clock;
    this.#flying = flying;
  }

  /** Whether it may go beside what is on the wire. */
  mayGo(delivery: Delivery): boolean {
    if (this.#isWaitedFor() && this.#alone !== delivery) return false;
    if (!delivery.isSuspect) return true;
    const others = this.#flying.size - (this.#flying.has(delivery) ? 1 : 0);
    if (others > 0) return false;
    if (this.#alone !== delivery || !this.#flying.has(delivery)) {
      this.#alone = delivery;
      this.#until = this.#clock.monotonic() + PATIENCE;
    }
    return true;
  }

  /** Resolves when the one that comes next may go. */
  async respected(next: () => Delivery | undefined, signal: AbortSignal): Promise<void> {
    for (let first = next(); first && !this.#mayGoNow(first) && !signal.aborted; first = next()) {
      await this.#change(signal);
    }
  }

  /** Something is not on the wire any more. */
  changed(): void {
    this.#wake();
  }

  /** Like {@link mayGo}, but it need not go. */
  #mayGoNow(delivery: Delivery): boolean {
    if (this.#isWaitedFor() && this.#alone !== delivery) return false;
    return (
      !delivery.isSuspect ||
      this.#flying.size === 0 ||
      (this.#flying.size === 1 && this.#flying.has(delivery))
    );
  }

  #isWaitedFor(): boolean {
    if (!this.#alone) return false;
    if (this.#flying.has(this.#alone) && this.#clock.monotonic() < this.#until) return true;
    this.#alone = undefined;
    return false;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#clock.clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const left = this.#alone ? this.#until - this.#clock.monotonic() : PATIENCE;
      const timer = this.#clock.setTimeout(done, Math.max(1, left));
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
