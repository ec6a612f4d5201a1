import { nextTurn } from '../../../clock';
import { revive, type Revived } from '../../delivery-state';
import type { DeadLetter, DeadLetters } from '../../types';
import type { StoreCore } from '../commit/core';
import type { StoreChange } from '../commit/requests';
import { damagedRecord } from '../record/damage';
import { roomFor } from '../lmdb/space';
import { lastNumber, type NumberTable } from '../lmdb/tables';
import { decodeLetter } from '../record/records';
import { ToldMark } from './told';

type Revive = (revived: readonly Revived[], change: StoreChange) => Promise<void>;

const LIST_LIMIT = 1000;
const UNTOLD_AT_ONCE = 200;

/** The latest failures, oldest first. Their ids are in memory, they themselves are not. */
export class DiskDeadLetters implements DeadLetters {
  readonly #core: StoreCore;
  readonly #table: NumberTable;
  readonly #capacity: number;
  readonly #revive: Revive;
  /** In the order of failing. */
  readonly #keys = new Map<string, number>();
  #lastKey: number;
  readonly #told: ToldMark;

  constructor(core: StoreCore, capacity: number, revive: Revive) {
    this.#core = core;
    this.#table = core.tables.dead;
    this.#capacity = capacity;
    this.#revive = revive;
    this.#lastKey = lastNumber(this.#table);
    this.#told = new ToldMark(core, this.#lastKey);
    // It may be that of letters which are gone: its numbers are not given out again.
    this.#lastKey = Math.max(this.#lastKey, this.#told.upTo);
    for (const [key, value] of this.#table.entries()) {
      const { value: letter, unreadable } = decodeLetter(value);
      if (letter) this.#keys.set(letter.item.id, key);
      else core.onDamage(damagedRecord(`The dead letter number ${key}`, unreadable));
    }
  }

  /** The change that keeps one more, at the expense of the oldest. */
  adding(letter: DeadLetter): StoreChange {
    const key = ++this.#lastKey;
    const octets = this.#core.records.letter(key, letter);
    const { id } = letter.item;
    const gone = new Map<string, number>();
    const before = this.#keys.get(id);
    if (before !== undefined) gone.set(id, before);
    for (const [oldest, at] of this.#keys) {
      if (this.#keys.size + 1 - gone.size <= this.#capacity) break;
      gone.set(oldest, at);
    }
    this.#forget(gone);
    this.#keys.set(id, key);
    return {
      room: roomFor([octets.length], 1 + gone.size),
      apply: () => {
        for (const at of gone.values()) this.#table.remove(at);
        if (this.#capacity > 0) this.#table.put(key, octets);
      },
      failed: () => {
        if (this.#keys.get(id) === key) this.#keys.delete(id);
        this.#remember(gone);
      },
    };
  }

  async add(letters: readonly DeadLetter[]): Promise<void> {
    this.#core.check();
    const changes = letters.map((letter) => this.adding(letter));
    await this.#core.committer.make(changes, true);
    this.told(letters.map(({ item }) => item.id));
  }

  /** Whoever sent these knows that they failed. */
  told(ids: readonly string[]): void {
    let upTo = 0;
    for (const id of ids) upTo = Math.max(upTo, this.#keys.get(id) ?? 0);
    if (upTo > 0) this.#told.tell(upTo);
  }

  /** Tells those of an earlier run of which that is not so, oldest first. */
  async tellUntold(tell: (letters: readonly DeadLetter[]) => unknown): Promise<void> {
    await this.#told.begin();
    for (let last = this.#told.untold; last !== undefined; last = this.#told.untold) {
      const letters: DeadLetter[] = [];
      let upTo = last;
      const range = { from: this.#told.upTo + 1, to: last, limit: UNTOLD_AT_ONCE };
      for (const [key, octets] of this.#table.entries(range)) {
        const { value } = decodeLetter(octets);
        if (value) letters.push(value);
        upTo = key;
      }
      if (letters.length > 0) tell(letters);
      this.#told.tell(upTo);
      // That others get their turn.
      await nextTurn(this.#core.clock);
    }
  }

  async list(
    options: { limit?: number; after?: string } = {},
  ): Promise<{ total: number; letters: DeadLetter[] }> {
    this.#core.check();
    const { limit = LIST_LIMIT, after } = options;
    const from = after === undefined ? -1 : (this.#keys.get(after) ?? -1);
    const letters: DeadLetter[] = [];
    for (const key of this.#keys.values()) {
      if (letters.length >= limit) break;
      const letter = key > from ? this.#read(key) : undefined;
      if (letter) letters.push(letter);
    }
    return { total: this.#keys.size, letters };
  }

  async count(): Promise<number> {
    this.#core.check();
    return this.#keys.size;
  }

  #read(key: number): DeadLetter | undefined {
    const octets = this.#table.get(key);
    return octets && decodeLetter(octets).value;
  }

  async replay(
    ids: readonly string[],
    options: { expiresAt?: number } = {},
  ): Promise<{ replayed: string[]; missing: string[] }> {
    this.#core.check();
    const found = new Map<string, DeadLetter>();
    for (const id of ids) {
      const letter = this.#read(this.#keys.get(id) ?? -1);
      // One without segments was another program's, in another store: here nothing could be sent of it.
      if (letter && letter.item.segments.length > 0) found.set(id, letter);
    }
    const missing = [...new Set(ids)].filter((id) => !found.has(id));
    const now = this.#core.clock.now();
    const gone = new Map([...found.keys()].map((id) => [id, this.#keys.get(id) as number]));
    const revived = [...found.values()].map(({ item, state }) => revive(item, state, now, options.expiresAt));
    if (revived.length > 0) await this.#without(gone, (change) => this.#revive(revived, change));
    return { replayed: [...found.keys()], missing };
  }

  async purge(): Promise<number> {
    this.#core.check();
    const gone = new Map(this.#keys);
    if (gone.size > 0) await this.#without(gone, (change) => this.#core.committer.make([change]));
    return gone.size;
  }

  /** They are gone at once for all others, who would else take them a second time; again there where it fails. */
  async #without(
    gone: ReadonlyMap<string, number>,
    remove: (change: StoreChange) => Promise<unknown>,
  ): Promise<void> {
    this.#forget(gone);
    const apply = (): void => {
      for (const key of gone.values()) this.#table.remove(key);
    };
    try {
      await remove({ room: roomFor([], gone.size), apply });
    } catch (error) {
      this.#remember(gone);
      throw error;
    }
  }

  #forget(gone: ReadonlyMap<string, number>): void {
    for (const [id, key] of gone) if (this.#keys.get(id) === key) this.#keys.delete(id);
  }

  /** Back to the front, where they were. */
  #remember(gone: ReadonlyMap<string, number>): void {
    const later = [...this.#keys];
    this.#keys.clear();
    for (const [id, key] of [...gone, ...later]) this.#keys.set(id, key);
  }
}
