import type { Clock } from '../../clock';
import { SmppError } from '../../protocol';
import { Space, type Room } from './space';
import type { Tables } from './tables';

/** A change to the tables and to what is known of them in memory. */
export interface StoreChange {
  /** What it may take at most. */
  readonly room: Room;
  /** Puts and removes, within the transaction; must not throw. */
  apply(): void;
  /** It is synced. */
  done?(): void;
  /** It was not made. */
  failed?(): void;
}

/** What one caller asked for. */
interface Request {
  readonly changes: readonly StoreChange[];
  /** Whether it takes room for good: such a one gives way when the disk is full. */
  readonly grows: boolean;
  readonly result: unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** While one transaction is synced the next is put together, so that neither the disk nor the processor waits. */
const AT_ONCE = 2;
/** Callers that share a transaction at most: more of them take turns. */
const GROUP = 500;
/** Milliseconds for which a disk that was full is not tried again. */
const FULL_FOR = 1000;

/**
 * Writes in groups: what is asked for while transactions are on their way
 * makes the next one, so that a thousand callers share two syncs. A change is
 * made whole or not at all, in the order of asking; its promise resolves when it is synced.
 */
export class Committer {
  readonly #tables: Tables;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #directory: string;
  readonly #space: Space;
  #next: Request[] = [];
  #scheduled = false;
  #running = 0;
  /** The transaction before the next one. */
  #before: Promise<void> = Promise.resolve();
  #fullUntil = -Infinity;

  /** Called after each commit, when all who asked for it are told. */
  onCommit: () => void = () => undefined;

  constructor(tables: Tables, clock: Pick<Clock, 'monotonic'>, directory: string) {
    this.#tables = tables;
    this.#clock = clock;
    this.#directory = directory;
    this.#space = new Space(tables, directory);
  }

  /** Makes all of them in one transaction, or none, and resolves with `result`; or rejects with `QUEUE_UNAVAILABLE`. */
  make<T>(changes: readonly StoreChange[], grows: boolean, result: T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#next.push({ changes, grows, result, resolve, reject });
      this.#schedule();
    });
  }

  /** The same for one without consequences in memory. */
  write(room: Room, apply: () => void, grows: boolean): Promise<void> {
    return this.make([{ room, apply }], grows, undefined);
  }

  /** Resolves when all that was asked for so far is written, or refused. */
  async idle(): Promise<void> {
    while (this.#scheduled || this.#running > 0) await nextTurn();
  }

  /** Nothing may be asked for any more. */
  async close(): Promise<void> {
    await this.idle();
    this.#space.close();
  }

  /** One turn later: by then all that the last commit woke has asked. */
  #schedule(): void {
    if (this.#scheduled || this.#running >= AT_ONCE || this.#next.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const requests = this.#next;
    this.#next = requests.splice(GROUP);
    this.#running++;
    const commit = this.#commit(requests, this.#before);
    this.#before = commit;
    this.#schedule();
    await commit;
    this.#running--;
    this.#schedule();
    this.onCommit();
  }

  async #commit(requests: readonly Request[], before: Promise<void>): Promise<void> {
    const room = roomOf(requests);
    // How much room there is can be seen only while nothing is being written.
    if (!this.#space.covers(room)) await before;
    const rest = requests.filter(({ grows }) => !grows);
    if (rest.length === requests.length) return this.#commitEach(rest, room);
    const full = this.#clock.monotonic() < this.#fullUntil && new Error('its disk was full a moment ago');
    const cause = full || this.#space.reserve(room, true);
    if (!cause) return this.#tell(requests, await this.#attempt(requests));
    if (!full) this.#fullUntil = this.#clock.monotonic() + FULL_FOR;
    this.#tell(
      requests.filter(({ grows }) => grows),
      cause,
    );
    await this.#commitEach(rest);
  }

  /** Together where there is room for all; else one by one, as long as there is room for one. */
  async #commitEach(requests: readonly Request[], room = roomOf(requests)): Promise<void> {
    if (requests.length === 0) return;
    const cause = this.#space.reserve(room, false);
    if (!cause) return this.#tell(requests, await this.#attempt(requests));
    if (requests.length === 1) return this.#tell(requests, cause);
    for (const request of requests) await this.#commitEach([request]);
  }

  #tell(requests: readonly Request[], cause: Error | undefined): void {
    const refusal = cause && this.#refusal(cause);
    for (const request of requests) {
      for (const change of request.changes) {
        if (refusal) change.failed?.();
        else change.done?.();
      }
      if (refusal) request.reject(refusal);
      else request.resolve(request.result as never);
    }
  }

  /** The error, or undefined when all is synced. */
  async #attempt(requests: readonly Request[]): Promise<Error | undefined> {
    try {
      await this.#tables.root.batch(() => {
        for (const { changes } of requests) for (const change of changes) change.apply();
      });
      return undefined;
    } catch (error) {
      return causeOf(error as Error);
    }
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

function roomOf(requests: readonly Request[]): Room {
  const sum = { octets: 0, rows: 0, touches: 0 };
  for (const { changes } of requests) {
    for (const { room } of changes) {
      sum.octets += room.octets;
      sum.rows += room.rows;
      sum.touches += room.touches;
    }
  }
  return sum;
}

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
