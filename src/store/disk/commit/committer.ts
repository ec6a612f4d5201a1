import { nextTurn, type Clock } from '../../../clock';
import { SmppError } from '../../../protocol';
import { CommitBatch, type Asked, type StoreChange } from './requests';
import { addRoom, roomFor, Space, sumOf, type Room } from '../lmdb/space';
import type { Tables } from '../lmdb/tables';

/** What belongs to a transaction as a whole. */
export interface Last {
  readonly roomAtEnd: Room;
  /** Puts and removes; returns what is to be told whether all is synced, before the callers are. */
  atEnd(): (synced: boolean) => void;
}

/** Callers that share a transaction at most. */
const LARGEST_BATCH = 5000;
/** Milliseconds for which a disk that was full is not tried again. */
const FULL_FOR = 1000;
/** So long after that whoever can do without room goes without. */
const SCARCE_FOR = 600_000;

/**
 * Group commit: what is asked for while a transaction is on its way makes the next one, so that a thousand callers
 * share one sync. A change is made whole or not at all, in the order of asking; its promise resolves when it is synced.
 */
export class Committer {
  readonly #tables: Tables;
  readonly #clock: Pick<Clock, 'monotonic' | 'setImmediate'>;
  readonly #directory: string;
  readonly #space: Space;
  #batches: CommitBatch[] = [];
  #running = false;
  /** Nothing new is begun. */
  #exclusive = false;
  #fullUntil = -Infinity;
  #broken: Error | undefined;

  /** Called when all who asked for a commit are told. */
  onCommit: () => void = () => undefined;

  /** What each transaction does last. */
  last: Last = { roomAtEnd: roomFor([], 0), atEnd: () => () => undefined };

  constructor(tables: Tables, clock: Pick<Clock, 'monotonic' | 'setImmediate'>, directory: string) {
    this.#tables = tables;
    this.#clock = clock;
    this.#directory = directory;
    this.#space = new Space(tables, directory);
  }

  /** Makes all of them in one transaction, or none; rejects with `QUEUE_UNAVAILABLE`. */
  make(changes: readonly StoreChange[], grows = false): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ask({
        grows,
        room: sumOf(changes.map(({ room }) => room)),
        apply: () => {
          for (const change of changes) change.apply();
        },
        done: () => {
          for (const change of changes) change.done?.();
          resolve();
        },
        failed: (refusal) => {
          for (const change of changes) change.failed?.(refusal);
          reject(refusal);
        },
      });
    });
  }

  /** The same for one that takes room for good; the promise is one for many callers. */
  append(change: StoreChange & { readonly grows: true }): Promise<void> {
    return this.#ask(change).appended;
  }

  #ask(asked: Asked): CommitBatch {
    let batch = this.#batches.at(-1);
    if (!batch || batch.asked.length >= LARGEST_BATCH) this.#batches.push((batch = new CommitBatch()));
    batch.add(asked);
    if (!this.#running && !this.#exclusive) void this.#run();
    return batch;
  }

  /** Resolves when all that was asked for so far is written, or refused. */
  async idle(): Promise<void> {
    while (this.#running || this.#exclusive) await nextTurn(this.#clock);
  }

  /**
   * Does something to the file while nothing is being written; what is asked for meanwhile waits. `reopened` is to be
   * called where the file is another one then.
   */
  async exclusively<T>(work: (reopened: () => Promise<void>) => Promise<T>): Promise<T> {
    while (this.#exclusive) await nextTurn(this.#clock);
    this.#exclusive = true;
    while (this.#running) await nextTurn(this.#clock);
    try {
      return await work(() => this.#space.reopen());
    } finally {
      this.#exclusive = false;
      if (this.#batches.length > 0) void this.#run();
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

  /** Whether the disk was full a while ago. */
  get isScarce(): boolean {
    return this.#clock.monotonic() < this.#fullUntil + SCARCE_FOR;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      // By then all that the last commit woke has asked anew.
      await nextTurn(this.#clock);
      const batch = this.#exclusive ? undefined : this.#batches.shift();
      if (!batch) break;
      await this.#commit(batch);
    }
    this.#running = false;
  }

  async #commit(batch: CommitBatch): Promise<void> {
    const { asked } = batch;
    if (!batch.grows) return this.#commitEach(asked, batch.room);
    const full = this.#clock.monotonic() < this.#fullUntil && new Error('its disk was full a moment ago');
    const cause = full || this.#space.reserve(this.#withEnd(batch.room), true);
    if (!cause) return this.#tell(asked, await this.#attempt(asked), batch);
    if (!full) this.#fullUntil = this.#clock.monotonic() + FULL_FOR;
    await this.#commitEach(asked.filter(({ grows }) => !grows));
    this.#tell(
      asked.filter(({ grows }) => grows),
      cause,
      batch,
    );
  }

  /** Together where there is room for all; else one by one, as long as there is room for one. */
  async #commitEach(asked: readonly Asked[], room = sumOf(asked.map((one) => one.room))): Promise<void> {
    if (asked.length === 0) return;
    const cause = this.#space.reserve(this.#withEnd(room), false);
    if (!cause) return this.#tell(asked, await this.#attempt(asked));
    if (asked.length === 1) return this.#tell(asked, cause);
    for (const one of asked) await this.#commitEach([one]);
  }

  #withEnd(room: Room): Room {
    const sum = { ...this.last.roomAtEnd };
    addRoom(sum, room);
    return sum;
  }

  #tell(asked: readonly Asked[], cause: Error | undefined, batch?: CommitBatch): void {
    const refusal = cause && this.#refusal(cause);
    for (const change of asked) {
      if (refusal) change.failed?.(refusal);
      else change.done?.();
    }
    batch?.settle(refusal);
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
      return this.#causeOf(error as Error);
    }
  }

  /** lmdb tells the reason by a second promise, rejected in the same turn: uncaught it would end the process. */
  async #causeOf(error: Error & { commitError?: Promise<unknown> }): Promise<Error> {
    let cause = error;
    error.commitError?.catch((reason: unknown) => {
      if (reason instanceof Error) cause = reason;
    });
    await nextTurn(this.#clock);
    return cause;
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
