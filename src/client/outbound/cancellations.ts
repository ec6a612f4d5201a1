import type { DeadReason } from '../../store';
import type { Delivery } from './delivery';

/** Why a message fails that was taken back before it was accepted. */
export const CANCELLED: DeadReason = {
  code: 'CANCELLED',
  text: 'cancelled by cancel_sm before the SMSC had accepted all of it',
};

/** Marks at most: of those that a queue cannot take out. */
const MOST = 10_000;

/**
 * Messages that are not to be sent any more, and who waits until a delivery has ended. While there are none of either a
 * message costs one comparison.
 */
export class Cancellations {
  readonly #marks = new Set<string>();
  readonly #waiting = new Map<string, ((delivery: Delivery) => void)[]>();
  readonly #dropped: (id: string) => void;
  /** Whether {@link taken} and {@link ended} are to be told. */
  isAny = false;

  /** `dropped` hears of each message that came here marked. */
  constructor(dropped: (id: string) => void) {
    this.#dropped = dropped;
  }

  /** From now on it is not sent from here. False: there are too many already. */
  mark(id: string): boolean {
    if (this.#marks.size >= MOST) return false;
    this.#marks.add(id);
    return (this.isAny = true);
  }

  unmark(id: string): void {
    this.#marks.delete(id);
    this.#look();
  }

  /** A message was leased. */
  taken(delivery: Delivery): void {
    const { id } = delivery.lease.item;
    if (!this.#marks.has(id)) return;
    delivery.abandon({ kind: 'cancelled' });
    this.#dropped(id);
  }

  /** Resolves with the delivery when it has ended. */
  until(delivery: Delivery): Promise<Delivery> {
    if (delivery.isOver) return Promise.resolve(delivery);
    const { id } = delivery.lease.item;
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
      this.isAny = true;
    });
  }

  ended(delivery: Delivery): void {
    const { id } = delivery.lease.item;
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#look();
    for (const tell of waiting) tell(delivery);
  }

  #look(): void {
    this.isAny = this.#marks.size + this.#waiting.size > 0;
  }
}
