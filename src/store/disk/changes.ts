import type { Clock } from '../../clock';
import { copyDeliveryState, isUntouched } from '../delivery-state';
import type { DeadLetter, DeliveryState, Lease, QueueItem, Settlement } from '../types';
import type { StoreChange } from './committer';
import type { Delayed } from './delayed';
import type { DelayedKey } from './entries';
import { Loan, type ReadEntry } from './entries';
import type { Messages } from './messages';
import type { Ready } from './ready';
import { addRecord, roomFor, type Room } from './space';

export interface ChangeParts {
  readonly messages: Messages;
  readonly delayed: Delayed;
  readonly ready: Ready;
  readonly clock: Clock;
  /** The change that keeps a message which failed for good. */
  readonly bury: (letter: DeadLetter) => StoreChange;
}

/** A message has up to three records. */
function removalOf({ recorded, notBefore }: ReadEntry): Room {
  return roomFor([], 1 + (recorded ? 1 : 0) + (notBefore === undefined ? 0 : 1));
}

/** A history of twenty takes less. */
export const NOTE = roomFor([3999], 3);

/** The changes that the queue consists of, and the counts that follow from them. */
export class QueueChanges {
  readonly #parts: ChangeParts;
  /** The sequence numbers of what is on loan. */
  readonly onLoan = new Set<number>();
  #stored: number;
  #coming = 0;
  #lastSeq: number;

  constructor(parts: ChangeParts, stored: number, firstFreeSeq: number) {
    this.#parts = parts;
    this.#stored = stored;
    this.#lastSeq = firstFreeSeq - 1;
  }

  /** Messages that are stored. */
  get stored(): number {
    return this.#stored;
  }

  /** Messages that are being written. */
  get coming(): number {
    return this.#coming;
  }

  get nextSeq(): number {
    return this.#lastSeq + 1;
  }

  removed(count: number): void {
    this.#stored -= count;
  }

  /** Appends messages; `states` where something happened to them before. */
  appending(items: readonly QueueItem[], states?: readonly DeliveryState[]): StoreChange {
    const first = this.nextSeq;
    this.#lastSeq += items.length;
    this.#coming += items.length;
    return new Appending(this, this.#parts, items, first, states);
  }

  appended(count: number, success: boolean): void {
    this.#coming -= count;
    if (success) this.#stored += count;
  }

  /** Removes a message that `Ready.dropOldest` took out. */
  dropping(entry: ReadEntry): StoreChange {
    const { messages, delayed, ready } = this.#parts;
    return {
      room: removalOf(entry),
      apply: () => messages.remove(entry),
      done: () => {
        this.#stored--;
        delayed.gone(entry.seq);
      },
      failed: () => {
        const { lane, seq, notBefore } = entry;
        const waits = notBefore !== undefined && delayed.synced([notBefore, lane, seq], true);
        if (!waits) ready.putBack(entry);
      },
    };
  }

  lend(entry: ReadEntry): Loan {
    this.onLoan.add(entry.seq);
    return new Loan(entry);
  }

  /** Ends the loan for good; undefined when it was over already. */
  takeBack(lease: Lease): ReadEntry | undefined {
    const loan = openLoan(lease);
    if (!loan) return undefined;
    loan.open = false;
    this.onLoan.delete(loan.entry.seq);
    return loan.entry;
  }

  /** Undefined where the loan is over already. */
  settling(settlement: Settlement): StoreChange | undefined {
    const loan = openLoan(settlement.lease);
    if (!loan) return undefined;
    loan.open = false;
    const change = this.#outcome(settlement, loan.entry);
    return {
      room: change.room,
      apply: () => change.apply(),
      done: () => {
        this.onLoan.delete(loan.entry.seq);
        change.done?.();
      },
      // The holder may settle it again.
      failed: () => {
        loan.open = true;
        change.failed?.();
      },
    };
  }

  #outcome(settlement: Settlement, entry: ReadEntry): StoreChange {
    const { messages, clock, bury } = this.#parts;
    const done = (): void => this.removed(1);
    const room = removalOf(entry);
    if (settlement.outcome === 'done') return { room, apply: () => messages.remove(entry), done };
    const state = copyDeliveryState(settlement.lease.state);
    if (settlement.outcome === 'retry') {
      return this.#delaying(entry, state, Math.max(0, settlement.notBefore));
    }
    const burial = bury({ item: entry.item, state, reason: settlement.reason, failedAt: clock.now() });
    return {
      room: { ...burial.room, touches: burial.room.touches + room.touches },
      apply: () => (messages.remove(entry), burial.apply()),
      done: () => (done(), burial.done?.()),
      failed: () => burial.failed?.(),
    };
  }

  #delaying(entry: ReadEntry, state: DeliveryState, notBefore: number): StoreChange {
    const { messages, delayed, ready } = this.#parts;
    const key: DelayedKey = [notBefore, entry.lane, entry.seq];
    return {
      room: NOTE,
      apply: () => messages.delay(entry, state, notBefore),
      done: () => {
        const waits = delayed.synced(key, true);
        if (!waits) ready.putBack({ ...entry, state, notBefore, recorded: true, fresh: false });
      },
      failed: () => void delayed.synced(key, false),
    };
  }
}

/** A class, and not an object of closures, because there is one for each call of enqueue. */
class Appending implements StoreChange {
  readonly room: Room;
  readonly #queue: QueueChanges;
  readonly #parts: ChangeParts;
  readonly #items: readonly QueueItem[];
  readonly #first: number;
  readonly #octets: readonly Buffer[];
  readonly #states: readonly DeliveryState[] | undefined;

  constructor(
    queue: QueueChanges,
    parts: ChangeParts,
    items: readonly QueueItem[],
    first: number,
    states: readonly DeliveryState[] | undefined,
  ) {
    this.#queue = queue;
    this.#parts = parts;
    this.#items = items;
    this.#first = first;
    this.#states = states;
    // Now, for what the caller does to its items afterwards must not be seen.
    const octets: Buffer[] = [];
    const touched = states?.filter((state) => !isUntouched(state)).length ?? 0;
    const room = { octets: touched * NOTE.octets, rows: 0, touches: touched * NOTE.touches };
    for (const item of items) {
      const record = parts.messages.encode(first + octets.length, item);
      octets.push(record);
      addRecord(room, record.length);
    }
    this.#octets = octets;
    this.room = room;
  }

  apply(): void {
    const { messages } = this.#parts;
    for (let at = 0; at < this.#items.length; at++) {
      const { lane } = this.#items[at] as QueueItem;
      messages.put(lane, this.#first + at, this.#octets[at] as Buffer);
      const state = this.#states?.[at];
      if (state && !isUntouched(state)) messages.noteNew(this.#first + at, state);
    }
  }

  done(): void {
    this.#queue.appended(this.#items.length, true);
    let seq = this.#first;
    for (const { lane } of this.#items) this.#parts.ready.appended(lane, seq++);
  }

  failed(): void {
    this.#queue.appended(this.#items.length, false);
  }
}

export function openLoan(lease: Lease): Loan | undefined {
  const loan = lease.token;
  return loan instanceof Loan && loan.open ? loan : undefined;
}
