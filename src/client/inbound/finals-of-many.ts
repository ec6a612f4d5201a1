import type { CorrelationEntry, FinalOf } from '../../store';

/** Addresses of one message's segment; a distribution list may have any number of members. */
const MOST_OF_ONE = 255;
/** Addresses of all; they are cut to 255 characters before they come here. */
const MOST = 50_000;
/** In place of a state: it is being told. */
const CLAIMED = '';

/**
 * Whose final receipts have come, of messages to several: what the correlator has of them, and what is being told or on
 * its way there. Each address has one receipt of its own; beyond 255 of a message it is not known that one is repeated.
 */
export class FinalsOfMany {
  /** By the entry, those changed last behind. */
  readonly #known = new Map<string, Map<string, string>>();
  #count = 0;

  has(entry: CorrelationEntry, address: string): boolean {
    const known = this.#known.get(keyOf(entry));
    return known?.has(address) === true || entry.finals?.some(([one]) => one === address) === true;
  }

  /** This address' final receipt is about to be told. */
  claim(entry: CorrelationEntry, address: string): void {
    if (!this.has(entry, address)) this.#set(entry, address, CLAIMED);
  }

  /** It is to come again. */
  unclaim(entry: CorrelationEntry, address: string): void {
    const known = this.#known.get(keyOf(entry));
    if (known?.get(address) === CLAIMED && known.delete(address)) this.#count--;
  }

  /** It was told. Returns all that were. */
  settle(entry: CorrelationEntry, address: string, state: string): FinalOf[] {
    const known = this.#set(entry, address, state);
    return [...known].filter(([, one]) => one !== CLAIMED);
  }

  #set(entry: CorrelationEntry, address: string, state: string): Map<string, string> {
    const key = keyOf(entry);
    const known = this.#known.get(key) ?? new Map<string, string>();
    this.#known.delete(key);
    this.#known.set(key, known);
    // Another instance may have told some, too.
    for (const [one, itsState] of [...(entry.finals ?? []), [address, state] as const]) {
      if (known.has(one) ? one !== address : known.size >= MOST_OF_ONE) continue;
      if (!known.has(one)) this.#count++;
      known.set(one, itsState);
    }
    this.#bound(key);
    return known;
  }

  #bound(newest: string): void {
    for (const [key, { size }] of this.#known) {
      if (this.#count <= MOST || key === newest) break;
      this.#known.delete(key);
      this.#count -= size;
    }
  }
}

/** Whether each of its recipients has had one, and all of them are known. */
export function hasAll({ destination, lists }: CorrelationEntry, finals: readonly FinalOf[]): boolean {
  if (lists !== undefined) return false;
  const told = new Set(finals.map(([address]) => address));
  return destination.split(',').every((address) => told.has(address));
}

const keyOf = ({ messageId, id, segment }: CorrelationEntry): string => `${id} ${segment} ${messageId}`;
