import type { Clock } from '../../../clock';
import { SmppError } from '../../../protocol';
import { Group, Request, type Asked, type StoreChange } from './requests';
import { addRoom, roomFor, Space, sumOf, type Room } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';
import { Turns } from './turns';

/** What belongs to a transaction as a whole. */
export interface Last {
  readonly roomAtEnd: Room;
  /** Puts and removes; returns what is to be told whether all is synced, before the callers are. */
  atEnd(): (synced: boolean) => void;
}

/** Callers that share a transaction at most. */
const LARGEST_GROUP = 5000;
/** Milliseconds for which a disk that was full is not tried again. */
const FULL_FOR = 1000;
/** So long after that whoever can do without room goes without. */
const SCARCE_FOR = 600_000;

/**
 * Writes in groups: what is asked for while a transaction is on its way makes
 * the next one, so that a thousand callers share one sync. A change is
 * made whole or not at all, in the order of asking; its promise resolves when it is synced.
 */
export class Committer {
  readonly #tables: Tables;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #directory: string;
  readonly #space: Space;
  readonly #turns = new Turns();
  #groups: Group[] = [];
  /** Callers that are not told yet. */
  #waiting = 0;
  #groupSize = LARGEST_GROUP;
  #scheduled = false;
  #running = false;
  /** Nothing new is begun. */
  #exclusive = false;
  #fullUntil = -Infinity;
  #broken: Error | undefined;

  /** Called when all who asked for a commit are told. */
  onCommit: () => void = () => undefined;

  /** What each transaction does last. */
  last: Last = { roomAtEnd: roomFor([], 0), atEnd: () => () => undefined };

  constructor(tables: Tables, clock: Pick<Clock, 'monotonic'>, directory: string) {
    this.#tables = tables;
    this.#clock = clock;
    this.#directory = directory;
    this.#space = new Space(tables, directory);
  }

  /** Makes all of them in one transaction, or none; rejects with `QUEUE_UNAVAILABLE`. */
  make(changes: readonly StoreChange[], grows: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ask(new Request(changes, grows, resolve, reject));
    });
  }

  /** The same for one that takes room for good; the promise is one for many callers. */
  append(change: StoreChange & { readonly grows: true }): Promise<void> {
    return this.#ask(change).appended;
  }

  /** The same for one without consequences in memory. */
  write(room: Room, apply: () => void, grows: boolean): Promise<void> {
    return this.make([{ room, apply }], grows);
  }

  #ask(asked: Asked): Group {
    let group = this.#groups.at(-1);
    if (!group || group.asked.length >= this.#groupSize) this.#groups.push((group = new Group()));
    group.add(asked);
    this.#waiting++;
    if (!this.#scheduled && !this.#running && !this.#exclusive) this.#schedule();
    return group;
  }

  /** Resolves when all that was asked for so far is written, or refused. */
  async idle(): Promise<void> {
    while (this.#scheduled || this.#running || this.#exclusive) await nextTurn();
  }

  /**
   * Does something to the file while nothing is being written; what is asked for meanwhile waits. `reopened` is to be
   * called where the file is another one then.
   */
  async exclusively<T>(work: (reopened: () => Promise<void>) => Promise<T>): Promise<T> {
    while (this.#exclusive) await nextTurn();
    this.#exclusive = true;
    while (this.#scheduled || this.#running) await nextTurn();
    try {
      return await work(() => this.#space.reopen());
    } finally {
      this.#exclusive = false;
      if (this.#groups.length > 0) this.#schedule();
    }
  }

  /** From now on all is refused: what would be written would be lost. */
  fail(cause: Error): void {
    this.#broken = cause;
  }

  /** Nothing may be asked for any more. */
  async close(): Promise<void> {
    await this.idle();
    await this.#space.close();
  }

  /** One turn later: by then all that the last commit woke has asked. */
  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  /** Whether the disk was full a while ago. */
  get isScarce(): boolean {
    return this.#clock.monotonic() < this.#fullUntil + SCARCE_FOR;
  }

  async #run(): Promise<void> {
    this.#running = true;
    let writing = this.#begin();
    while (writing) {
      const { callers, elapsed, tell } = await writing;
      this.#turns.wrote(elapsed);
      const byTurns = this.#turns.pay(this.#waiting);
      this.#groupSize = byTurns ? Math.min(LARGEST_GROUP, Math.ceil(this.#waiting / 2)) : LARGEST_GROUP;
      writing = byTurns ? this.#begin() : undefined;
      // Only in the next turn does lmdb begin with it.
      if (writing) await nextTurn();
      this.#tellAll(callers, tell);
      if (writing) continue;
      await nextTurn();
      writing = this.#begin();
    }
    this.#running = false;
  }

  #begin(): Promise<Written> | undefined {
    const group = this.#exclusive ? undefined : this.#groups.shift();
    return group && this.#write(group);
  }

  async #write(group: Group): Promise<Written> {
    const started = this.#clock.monotonic();
    const tell = await this.#commit(group);
    return { callers: group.asked.length, elapsed: this.#clock.monotonic() - started, tell };
  }

  /** Tells the callers, and sees how long they take until they have asked anew. */
  #tellAll(callers: number, tell: Tell): void {
    const told = this.#clock.monotonic();
    setImmediate(() => {
      this.#turns.asked(callers, this.#clock.monotonic() - told);
    });
    this.#waiting -= callers;
    tell();
  }

  async #commit(group: Group): Promise<Tell> {
    const { asked } = group;
    const room = sumOf([group.room, this.last.roomAtEnd]);
    if (!group.grows) return this.#commitEach(asked, room);
    const full = this.#clock.monotonic() < this.#fullUntil && new Error('its disk was full a moment ago');
    const cause = full || this.#space.reserve(room, true);
    if (!cause) {
      const error = await this.#attempt(asked);
      return () => this.#tell(asked, error, group);
    }
    if (!full) this.#fullUntil = this.#clock.monotonic() + FULL_FOR;
    const rest = await this.#commitEach(asked.filter(({ grows }) => !grows));
    const growing = asked.filter(({ grows }) => grows);
    return () => (this.#tell(growing, cause, group), rest());
  }

  /** Together where there is room for all; else one by one, as long as there is room for one. */
  async #commitEach(asked: readonly Asked[], room = this.#roomOf(asked)): Promise<Tell> {
    if (asked.length === 0) return nothing;
    const cause = this.#space.reserve(room, false);
    const together = !cause || asked.length === 1;
    if (!together) for (const one of asked) (await this.#commitEach([one]))();
    if (!together) return nothing;
    const error = cause ?? (await this.#attempt(asked));
    return () => this.#tell(asked, error);
  }

  #tell(asked: readonly Asked[], cause: Error | undefined, group?: Group): void {
    const refusal = cause && this.#refusal(cause);
    for (const change of asked) {
      if (refusal) change.failed?.(refusal);
      else change.done?.();
    }
    group?.settle(refusal);
    this.onCommit();
  }

  /** The error, or undefined when all is synced. */
  async #attempt(asked: readonly Asked[]): Promise<Error | undefined> {
    if (this.#broken) return this.#broken;
    let ended: ((synced: boolean) => void) | undefined;
    try {
      await this.#tables.root.batch(() => {
        for (const change of asked) change.apply();
        ended = this.last.atEnd();
      });
      ended?.(true);
      return undefined;
    } catch (error) {
      ended?.(false);
      return causeOf(error as Error);
    }
  }

  #roomOf(asked: readonly Asked[]): Room {
    const sum = { ...this.last.roomAtEnd };
    for (const { room } of asked) addRoom(sum, room);
    return sum;
  }

  #refusal(cause: Error): SmppError {
    return new SmppError(
      'QUEUE_UNAVAILABLE',
      `The queue in ${this.#directory} cannot be written (${cause.message}). Make room on its disk, or make it ` +
        'writable; what is queued already stays and is sent.',
      { cause, retriable: true },
    );
  }
}

/** Tells those who asked how it went. */
type Tell = () => void;

interface Written {
  readonly callers: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly tell: Tell;
}

const nothing = (): void => undefined;

/** lmdb tells the reason by a second promise, rejected in the same turn: uncaught it would end the process. */
async function causeOf(error: Error & { commitError?: Promise<unknown> }): Promise<Error> {
  let cause = error;
  error.commitError?.catch((reason: unknown) => {
    if (reason instanceof Error) cause = reason;
  });
  await nextTurn();
  return cause;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
