import { acceptSegment, isAccepted, type DeliveryState, type Lease } from '../../store';
import { BoundedMap } from '../../collections';

const REMEMBERED = 10_000;

/**
 * What the SMSC accepts after all of messages that are in the store, where their state cannot be written: kept here
 * until they are taken, or have gone another way.
 */
export class LateAcceptances {
  /** By the id of the message: how its last loan left it, and what was accepted since. */
  readonly #left = new BoundedMap<Pick<Lease, 'item' | 'state'>>(REMEMBERED);
  /** Ids of messages that need not be sent any more. */
  readonly #complete = new Set<string>();
  /** As in a BoundedMap: one for many, and none while nothing is to go. */
  #oldest: Iterator<string> | undefined;

  /** Messages in the store of which everything is accepted. */
  get complete(): number {
    return this.#complete.size;
  }

  isComplete(id: string): boolean {
    return this.#complete.has(id);
  }

  /** It goes back to the store, and an answer to it may still come. */
  expect({ item, state }: Lease): void {
    this.#left.set(item.id, { item, state });
  }

  /** Its end is known, or is no matter of the road's any more. */
  forget(id: string): void {
    this.#left.delete(id);
    this.#complete.delete(id);
  }

  /** Whether all of a message in the store is accepted with that. */
  accepted(id: string, segment: number, messageId: string): boolean {
    const left = this.#left.get(id);
    if (!left) return false;
    acceptSegment(left.state, segment, messageId);
    if (!isAccepted(left)) return false;
    this.#complete.add(id);
    // What the map has forgotten has no end here.
    if (this.#complete.size <= REMEMBERED) this.#oldest = undefined;
    while (this.#complete.size > REMEMBERED) {
      const next = (this.#oldest ??= this.#complete.keys()).next();
      if (next.done) this.#oldest = undefined;
      else this.#complete.delete(next.value);
    }
    return true;
  }

  /** Adds what is known here of a message to what the store knows; from then on that alone counts. */
  moveTo(id: string, state: DeliveryState): void {
    const known = this.#left.get(id)?.state;
    if (!known) return;
    this.forget(id);
    known.accepted.forEach((messageId, segment) => {
      if (messageId !== null) acceptSegment(state, segment, messageId);
    });
    for (const messageId of known.alsoAccepted ?? []) acceptSegment(state, 0, messageId);
  }
}
