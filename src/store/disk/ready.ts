import { newDeliveryState } from '../delivery-state';
import { damagedRecord, type OnDamage } from './damage';
import type { Delayed } from './delayed';
import type { DelayedKey } from './entries';
import type { Entry, ReadEntry } from './entries';
import { DiskLane } from './lane';
import type { Tables } from './tables';
import type { LoanMarks } from './marks';
import type { Messages } from './messages';
import { decodeDelivery, decodeItem, type StoredDelivery } from './records';

/** So that a million messages that come due together do not all come into memory. */
const RIPE_AT_ONCE = 10_000;

/** What can be taken: all lanes, and those put off whose time has come. */
export class Ready {
  readonly #tables: Tables;
  readonly #delayed: Delayed;
  readonly #marks: LoanMarks;
  readonly #messages: Messages;
  readonly #onDamage: OnDamage;
  readonly #lanes: readonly DiskLane[];
  #unreadable = 0;

  constructor(parts: {
    tables: Tables;
    messages: Messages;
    delayed: Delayed;
    marks: LoanMarks;
    onDamage: OnDamage;
  }) {
    this.#tables = parts.tables;
    this.#delayed = parts.delayed;
    this.#marks = parts.marks;
    this.#messages = parts.messages;
    this.#onDamage = parts.onDamage;
    const end = parts.marks.firstFreeSeq - 1;
    this.#lanes = parts.tables.lanes.map(
      (table, lane) =>
        new DiskLane(lane, table, table.count, end, (seq, octets) => this.#found(lane, seq, octets)),
    );
  }

  /** Messages that were met and cannot be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  isEmpty(lane: number): boolean {
    return this.#lane(lane).isEmpty;
  }

  /** One more is synced, at the end of its lane. */
  appended(lane: number, seq: number): void {
    this.#lane(lane).appended(seq);
  }

  putBack(entry: Entry): void {
    this.#lane(entry.lane).putBack(entry);
  }

  /** Up to `max` of the most urgent, each lane's first first. */
  take(max: number, now: number): ReadEntry[] {
    this.ripen(now);
    return this.#shiftFrom(
      this.#lanes,
      max,
      (entry) => !entry.fresh || this.#marks.allows(entry.lane, entry.seq),
    );
  }

  /** Up to `max` of the least urgent lanes, each lane's first first, and those put off last. */
  dropOldest(max: number, now: number): ReadEntry[] {
    this.ripen(now);
    const dropped = this.#shiftFrom([...this.#lanes].reverse(), max, () => true);
    if (dropped.length === max) return dropped;
    const early = this.#delayed.takeOut(max - dropped.length).map((key) => this.#putOff(key));
    return [...dropped, ...early.filter((entry) => this.#complete(entry))];
  }

  #shiftFrom(lanes: readonly DiskLane[], max: number, allows: (entry: Entry) => boolean): ReadEntry[] {
    const taken: ReadEntry[] = [];
    for (const lane of lanes) {
      while (taken.length < max) {
        const entry = lane.peek(max - taken.length);
        if (!entry) break;
        if (!allows(entry)) return taken;
        lane.shift(entry);
        if (this.#complete(entry)) taken.push(entry);
      }
    }
    return taken;
  }

  /** Moves those whose time has come to their lanes, as long as these do not hold too many. */
  ripen(now: number): void {
    while (this.#lanes.reduce((total, lane) => total + lane.returned, 0) < RIPE_AT_ONCE) {
      const keys = this.#delayed.ripen(now);
      if (keys.length === 0) return;
      for (const key of keys) this.putBack(this.#putOff(key));
    }
  }

  #putOff([notBefore, lane, seq]: DelayedKey): Entry {
    return { lane, seq, item: undefined, state: undefined, recorded: true, notBefore, fresh: false };
  }

  /** Reads what is not read yet. */
  #complete(entry: Entry): entry is ReadEntry {
    if (entry.item) return true;
    const octets = this.#tables.lanes[entry.lane]?.get(entry.seq);
    const read = octets && this.#found(entry.lane, entry.seq, octets, entry.notBefore);
    if (!read) return false;
    entry.item = read.item;
    entry.state = read.state;
    return true;
  }

  /**
   * An entry of a record, or undefined: not readable, or put off. Those put off
   * come by their index alone, whose key is then given as `notBefore`.
   */
  #found(lane: number, seq: number, octets: Buffer, notBefore?: number): ReadEntry | undefined {
    const delivery = this.#delivery(seq);
    if (delivery?.notBefore !== notBefore) return undefined;
    const decoded = decodeItem(octets);
    const misplaced = 'value' in decoded && (decoded.value.seq !== seq || decoded.value.item.lane !== lane);
    if (!('value' in decoded) || misplaced) {
      this.#unreadable++;
      const why = 'value' in decoded ? 'damaged' : decoded.unreadable;
      this.#onDamage(damagedRecord(`The queued message number ${seq} of lane ${lane}`, why));
      return undefined;
    }
    const { item } = decoded.value;
    const recorded = delivery !== undefined;
    const lostState = recorded && !delivery.state;
    const suspect = lostState || this.#marks.suspects(lane, seq, notBefore);
    const state = delivery?.state ?? (suspect ? newDeliveryState(item) : undefined);
    if (state && suspect) state.redelivered = true;
    return { lane, seq, item, state, recorded, notBefore, fresh: notBefore === undefined };
  }

  #delivery(seq: number): Partial<StoredDelivery> | undefined {
    const octets = this.#messages.noted ? this.#tables.delivery.get(seq) : undefined;
    if (!octets) return undefined;
    const decoded = decodeDelivery(octets);
    if ('value' in decoded) return decoded.value;
    this.#onDamage(damagedRecord(`What happened to the queued message number ${seq}`, decoded.unreadable));
    return {};
  }

  /** The oldest that is not on loan; epoch milliseconds. */
  oldestAt(onLoan: ReadonlySet<number>): number | undefined {
    let oldest = Infinity;
    for (const table of this.#tables.lanes) {
      for (const seq of table.keys()) {
        if (onLoan.has(seq)) continue;
        const decoded = decodeItem(table.get(seq) ?? Buffer.alloc(0));
        if (!('value' in decoded)) continue;
        oldest = Math.min(oldest, decoded.value.item.enqueuedAt);
        break;
      }
    }
    return oldest === Infinity ? undefined : oldest;
  }

  /** Forgets all that is not on loan; returns the last sequence number that this goes for, per lane. */
  clear(): number[] {
    this.#delayed.clear();
    this.#unreadable = 0;
    return this.#lanes.map((lane) => lane.clear());
  }

  #lane(lane: number): DiskLane {
    return this.#lanes[lane] as DiskLane;
  }
}
