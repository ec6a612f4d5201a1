import type { Clock } from '../../clock';
import { SmppError } from '../../protocol';
import type { Tables } from './tables';

/** A change to the tables and to what is known of them in memory. */
export interface StoreChange {
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

/** Deleting takes pages too: these are given up when the disk is full, so that the queue can drain. */
const BALLAST = Buffer.alloc(256 * 1024);
const BALLAST_PIECES = 4;
/** Milliseconds for which a full disk is not tried again; each try costs a line that lmdb prints. */
const FULL_FOR = 1000;

/**
 * Writes in groups: all that is asked for while a transaction is on its way
 * makes the next one, so that a thousand callers share one sync. A change is
 * made whole or not at all, in the order of asking; its promise resolves when it is synced.
 */
export class Committer {
  readonly #tables: Tables;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #directory: string;
  #next: Request[] = [];
  #scheduled = false;
  #running = false;
  #hasBallast: boolean;
  #fullUntil = -Infinity;

  /** Called after each commit, when all who asked for it are told. */
  onCommit: () => void = () => undefined;

  constructor(tables: Tables, clock: Pick<Clock, 'monotonic'>, directory: string) {
    this.#tables = tables;
    this.#clock = clock;
    this.#directory = directory;
    this.#hasBallast = tables.ballast.count === BALLAST_PIECES;
  }

  /** Makes all of them in one transaction, or none, and resolves with `result`; or rejects with `QUEUE_UNAVAILABLE`. */
  make<T>(changes: readonly StoreChange[], grows: boolean, result: T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#next.push({ changes, grows, result, resolve, reject });
      this.#schedule();
    });
  }

  /** The same for one without consequences in memory. */
  write(apply: () => void, grows: boolean): Promise<void> {
    return this.make([{ apply }], grows, undefined);
  }

  /** Resolves when all that was asked for so far is written, or refused. */
  async idle(): Promise<void> {
    while (this.#scheduled || this.#running) await nextTurn();
  }

  /** One turn later: by then all that the last commit woke has asked. */
  #schedule(): void {
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const requests = this.#next;
    this.#next = [];
    this.#running = true;
    await this.#commit(requests);
    this.#running = false;
    if (this.#next.length > 0) this.#schedule();
    this.onCommit();
  }

  async #commit(requests: readonly Request[]): Promise<void> {
    const growing = requests.filter(({ grows }) => grows);
    if (growing.length === 0) return this.#tell(requests, await this.#transact(requests, keepBallast));
    let cause: Error | undefined;
    if (this.#clock.monotonic() >= this.#fullUntil) {
      cause = await this.#transact(requests, this.#hasBallast ? keepBallast : putBallast);
      if (!cause) {
        this.#hasBallast = true;
        return this.#tell(requests, undefined);
      }
      this.#fullUntil = this.#clock.monotonic() + FULL_FOR;
    }
    this.#tell(growing, cause ?? new Error('its disk was full a moment ago'));
    const rest = requests.filter(({ grows }) => !grows);
    if (rest.length > 0) this.#tell(rest, await this.#transact(rest, keepBallast));
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

  /** The error, or undefined when all is synced. Tries again without the ballast where there is one. */
  async #transact(requests: readonly Request[], ballast: BallastChange): Promise<Error | undefined> {
    const error = await this.#attempt(requests, ballast);
    const last = this.#hasBallast && requests.every(({ grows }) => !grows);
    if (!error || !last) return error;
    this.#fullUntil = this.#clock.monotonic() + FULL_FOR;
    const again = await this.#attempt(requests, dropBallast);
    if (!again) this.#hasBallast = false;
    return again;
  }

  async #attempt(requests: readonly Request[], ballast: BallastChange): Promise<Error | undefined> {
    try {
      await this.#tables.root.batch(() => {
        ballast(this.#tables);
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

type BallastChange = (tables: Tables) => void;

const keepBallast: BallastChange = () => undefined;

const putBallast: BallastChange = ({ ballast }) => {
  for (let piece = 0; piece < BALLAST_PIECES; piece++) ballast.put(piece, BALLAST);
};

const dropBallast: BallastChange = ({ ballast }) => {
  for (let piece = 0; piece < BALLAST_PIECES; piece++) ballast.remove(piece);
};

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
