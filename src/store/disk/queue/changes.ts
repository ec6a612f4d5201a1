import type { Clock } from '../../../clock';
import { copyDeliveryState, isUntouched } from '../../delivery-state';
import type { DeadLetter, DeliveryState, Lease, QueueItem, Settlement } from '../../types';
import { Block } from '../record/blocks';
import type { Extent } from '../record/bytes';
import type { StoreChange } from '../commit/requests';
import type { Delayed } from './delayed';
import type { DelayedKey } from '../record/entries';
import { Loan, type ReadEntry } from '../record/entries';
import type { Messages } from './messages';
import type { Ready } from './ready';
import { addRecord, addRoom, roomFor, sumOf, type Room } from '../lmdb/space';
import { NOTED, type StoreTime } from '../commit/time';

export interface ChangeParts {
  readonly messages: Messages;
  readonly delayed: Delayed;
  readonly ready: Ready;
  readonly clock: Clock;
  readonly time: StoreTime;
  /** The change that keeps a message which failed for good. */
  readonly bury: (letter: DeadLetter) => StoreChange;
}

/** What the removal of messages takes: of those of one block together little more than of one. */
function removalOf(entries: readonly ReadEntry[]): Room {
  const room = { octets: 0, rows: 0, touches: 0 };
  const blocks = new Set<Block>();
  for (const { block, recorded, notBefore } of entries) {
    room.touches += (recorded ? 1 : 0) + (notBefore === undefined ? 0 : 1);
    blocks.add(block);
  }
  for (const { count, tombs } of blocks) {
    room.touches += 1 + tombs.length;
    if (count > 1) addRecord(room, LARGEST_TOMB);
  }
  return room;
}

/** Octets, for as many messages as share a page. */
const LARGEST_TOMB = 256;

/** A history of twenty takes less. */
export const NOTE = roomFor([3999], 3);

/** The changes that the queue consists of, and the counts that follow from them. */
export class QueueChanges {
  readonly #parts: ChangeParts;
  /** What is on loan, by sequence number. */
  readonly onLoan = new Map<number, ReadEntry>();
  /** What is being dropped. */
  readonly dropping = new Map<number, ReadEntry>();
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
  appending(items: readonly QueueItem[], states?: readonly DeliveryState[]): Appending {
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
  drop(entry: ReadEntry): StoreChange {
    const { messages, delayed, ready } = this.#parts;
    this.dropping.set(entry.seq, entry);
    return {
      room: removalOf([entry]),
      apply: () => messages.remove(entry),
      done: () => {
        this.dropping.delete(entry.seq);
        this.#stored--;
        delayed.gone(entry.seq);
      },
      failed: () => {
        this.dropping.delete(entry.seq);
        const { priority, seq, notBefore } = entry;
        const waits = notBefore !== undefined && delayed.synced([notBefore, priority, seq], true);
        if (!waits) ready.putBack(entry);
      },
    };
  }

  lend(entry: ReadEntry): Loan {
    this.onLoan.set(entry.seq, entry);
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

  /** Without those whose loan is over already. */
  settling(settlements: readonly Settlement[]): StoreChange[] {
    const done: Loan[] = [];
    const changes: StoreChange[] = [];
    for (const settlement of settlements) {
      const loan = openLoan(settlement.lease);
      if (!loan) continue;
      loan.open = false;
      if (settlement.outcome === 'done') done.push(loan);
      else changes.push(this.#keeping(settlement, loan));
    }
    if (done.length > 0) changes.push(new Removing(this, this.#parts.messages, done));
    return changes;
  }

  /** Settles as other than done. */
  #keeping(settlement: Kept, loan: Loan): StoreChange {
    const change = this.#outcome(settlement, loan.entry);
    return {
      room: change.room,
      apply: () => change.apply(),
      done: () => {
        this.onLoan.delete(loan.entry.seq);
        change.done?.();
      },
      // The holder may settle it again.
      failed: (refusal) => {
        loan.open = true;
        change.failed?.(refusal);
      },
    };
  }

  #outcome(settlement: Kept, entry: ReadEntry): StoreChange {
    const { messages, clock, time, bury } = this.#parts;
    const state = copyDeliveryState(settlement.lease.state);
    if (settlement.outcome === 'retry') {
      return this.#delaying(entry, state, Math.max(0, time.of(settlement.notBefore) || 0));
    }
    const burial = bury({ item: entry.item, state, reason: settlement.reason, failedAt: clock.now() });
    return {
      room: sumOf([burial.room, removalOf([entry])]),
      apply: () => (messages.remove(entry), burial.apply()),
      done: () => (this.removed(1), burial.done?.()),
      failed: (refusal) => burial.failed?.(refusal),
    };
  }

  #delaying(entry: ReadEntry, state: DeliveryState, notBefore: number): StoreChange {
    const { messages, delayed, ready, time } = this.#parts;
    const { priority, seq } = entry;
    const key: DelayedKey = [notBefore, priority, seq];
    const alone = messages.alone(entry);
    return {
      room: sumOf([NOTE, NOTED, ...(alone ? [roomFor([alone.length], 1), removalOf([entry])] : [])]),
      apply: () => {
        time.note();
        messages.delay(entry, state, notBefore, alone);
      },
      done: () => {
        const waits = delayed.synced(key, true);
        if (waits) return;
        const block = alone ? new Block(priority, seq, 1) : entry.block;
        ready.putBack({ ...entry, block, index: 0, state, notBefore, recorded: true, fresh: false });
      },
      failed: () => void delayed.synced(key, false),
    };
  }
}

type Kept = Exclude<Settlement, { readonly outcome: 'done' }>;

/** The removal of what is done. */
class Removing implements StoreChange {
  readonly room: Room;
  readonly #queue: QueueChanges;
  readonly #messages: Messages;
  readonly #loans: readonly Loan[];

  constructor(queue: QueueChanges, messages: Messages, loans: readonly Loan[]) {
    this.#queue = queue;
    this.#messages = messages;
    this.#loans = loans;
    this.room = removalOf(loans.map(({ entry }) => entry));
  }

  apply(): void {
    for (const { entry } of this.#loans) this.#messages.remove(entry);
  }

  done(): void {
    for (const { entry } of this.#loans) this.#queue.onLoan.delete(entry.seq);
    this.#queue.removed(this.#loans.length);
  }

  /** The holder may settle them again. */
  failed(): void {
    for (const loan of this.#loans) loan.open = true;
  }
}

/** One for each call of enqueue, and so with as few objects as can be: it is its room itself. */
class Appending implements StoreChange, Room {
  readonly grows = true;
  octets = 0;
  rows = 0;
  touches = 0;
  readonly #queue: QueueChanges;
  readonly #parts: ChangeParts;
  readonly #items: readonly QueueItem[];
  readonly #first: number;
  /** Of one message its only record. */
  readonly #records: Extent | readonly Extent[];
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
    if (items.length === 1) this.#records = this.#encode(items[0] as QueueItem, first);
    else this.#records = items.map((item, at) => this.#encode(item, first + at));
    if (states) for (const state of states) if (!isUntouched(state)) addRoom(this, NOTE);
  }

  #encode(item: QueueItem, seq: number): Extent {
    const record = this.#parts.messages.encode(seq, item);
    addRecord(this, record.end - record.start);
    return record;
  }

  get room(): Room {
    return this;
  }

  apply(): void {
    const records = this.#records;
    if ('slab' in records) this.#put(0, records);
    else for (let at = 0; at < records.length; at++) this.#put(at, records[at] as Extent);
  }

  #put(at: number, record: Extent): void {
    const { messages } = this.#parts;
    const { priority } = this.#items[at] as QueueItem;
    messages.put(priority, this.#first + at, record);
    const state = this.#states?.[at];
    if (state && !isUntouched(state)) messages.noteNew(this.#first + at, state);
  }

  done(): void {
    this.#queue.appended(this.#items.length, true);
    let seq = this.#first;
    for (const { priority } of this.#items) this.#parts.ready.appended(priority, seq++);
  }

  failed(): void {
    this.#queue.appended(this.#items.length, false);
  }
}

export function openLoan(lease: Lease): Loan | undefined {
  const loan = lease.token;
  return loan instanceof Loan && loan.open ? loan : undefined;
}
