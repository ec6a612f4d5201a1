import { steadyTime, type Clock, type SteadyTime, type TimerHandle } from '../../clock';
import { isThenable, type Log } from '../../observability';
import type {
  CorrelationEntry,
  Correlator,
  Eventually,
  Lease,
  OutboundQueue,
  Settlement,
  Store,
} from '../../store';
import { PartError } from '../config/errors';

const FIRST_PAUSE = 250;
const LAST_PAUSE = 10_000;

export interface SettlerParts {
  readonly store: Store;
  readonly correlator: Correlator;
  readonly clock: Clock;
  readonly log: Log;
  /** Settlements that are not durable yet, at most: then no more is to be sent. */
  readonly maxUnsettled: number;
  /** Told when a message_id can be found. */
  correlated(entry: CorrelationEntry): void;
  /** Told when the store has it. */
  settled(settlement: Settlement): void;
  /** Told after each try to write, with why the store did not take it if it did not. */
  tried(failure?: unknown): void;
  /** Called when {@link Settler.isFull} or {@link Settler.isReleasing} is no more. */
  changed(): void;
}

/** What became of messages. */
class Batch {
  entries: CorrelationEntry[] = [];
  /** Of the wall clock, when the entries were made. */
  lag = 0;
  settlements: Settlement[] = [];
  released: Lease[] = [];
  /** Long messages of which some segments are accepted. */
  progressed: Lease[] = [];
}

/** One call of the store, and what to do when it has answered. */
interface Step {
  write(): Eventually<void>;
  written(): void;
}

/**
 * Writes what became of messages back to the store, in batches, one at a time: what one chunk of the socket brings, or
 * what came while the last batch was being written.
 *
 * Correlation goes first: a crash between the two repeats a message, but never leaves a receipt without its message.
 * While the store is away it tries again; what is written already is not repeated.
 */
export class Settler {
  readonly #parts: SettlerParts;
  readonly #queue: OutboundQueue;
  readonly #atomic: Store['settle'];
  readonly #time: SteadyTime;
  #next = new Batch();
  /** What is being written. */
  #batch = new Batch();
  #running = false;
  #unsettled = 0;
  /** Leases that the store does not have back yet. */
  #unreleased = 0;
  #pause = FIRST_PAUSE;
  #timer: TimerHandle;
  #abandoned = false;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    this.#queue = parts.store.queue;
    // One transaction is possible only where both are the same store's.
    const own = parts.correlator === parts.store.correlator;
    this.#atomic = own ? parts.store.settle?.bind(parts.store) : undefined;
    this.#time = steadyTime(parts.clock);
  }

  correlate(entry: CorrelationEntry): void {
    if (this.#next.entries.length === 0) this.#next.lag = this.#time.lag;
    this.#next.entries.push(entry);
    this.#start();
  }

  /** Some segments of a long message are accepted, others are to follow. */
  progress(lease: Lease): void {
    const { progressed } = this.#next;
    if (!progressed.includes(lease)) progressed.push(lease);
    this.#start();
  }

  /** Writes the states of these at once; fails when they cannot be: whoever waits must not go on. */
  note(leases: readonly Lease[]): Eventually<void> {
    return this.#queue.extend(leases);
  }

  settle(settlement: Settlement): void {
    this.#unsettled++;
    this.#next.settlements.push(settlement);
    this.#start();
  }

  release(lease: Lease): void {
    this.#unreleased++;
    this.#next.released.push(lease);
    this.#start();
  }

  /** Whether as much is unsettled as may be. */
  get isFull(): boolean {
    return this.#unsettled >= this.#parts.maxUnsettled && !this.#abandoned;
  }

  /** Whether leases are on their way back: what is taken before they are there overtakes them. */
  get isReleasing(): boolean {
    return this.#unreleased > 0 && !this.#abandoned;
  }

  /** Message_ids that the correlator does not have yet, by age. */
  *correlating(): Iterable<CorrelationEntry> {
    yield* this.#batch.entries;
    yield* this.#next.entries;
  }

  /** What is on its way back to the store. */
  get unwritten(): Lease[] {
    return [this.#batch, this.#next].flatMap(({ settlements, released }) => [
      ...settlements.map(({ lease }) => lease),
      ...released,
    ]);
  }

  /** Resolves when all that was given so far is written. */
  async idle(): Promise<void> {
    if (this.#running) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Tries each only once from now on, however late the store answers: a store that outlives the client must not keep
   * for leased what nobody holds any more. What it does not take comes again after a restart.
   */
  abandon(): void {
    this.#abandoned = true;
    if (this.#timer !== undefined) this.#again();
    this.#parts.changed();
  }

  /** All that one chunk of the socket brings makes one batch. */
  #start(): void {
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => this.#work());
  }

  /** Goes on until nothing is left to write, or the store takes its time. */
  #work(): void {
    for (let step = this.#nextStep(); step; step = this.#nextStep()) {
      let answer: unknown;
      try {
        answer = step.write();
      } catch (error) {
        return this.#failed(error);
      }
      if (isThenable(answer)) return void this.#wait(answer, step);
      step.written();
    }
    this.#running = false;
    if (this.#idleWaiters.length > 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  async #wait(answer: PromiseLike<unknown>, step: Step): Promise<void> {
    try {
      await answer;
    } catch (error) {
      return this.#failed(error);
    }
    step.written();
    this.#work();
  }

  /** Of the batch that is being written, or else of the next. */
  #nextStep(): Step | undefined {
    const step = this.#step(this.#batch);
    if (step) return step;
    const next = this.#step(this.#next);
    if (!next) return undefined;
    this.#batch = this.#next;
    this.#next = new Batch();
    return next;
  }

  /** What is to be written next; each drops from the batch what it has written. */
  #step(batch: Batch): Step | undefined {
    const { released, entries, settlements, progressed } = batch;
    const atomic = this.#atomic;
    // First: whoever takes waits for them.
    if (released.length > 0)
      return { write: () => this.#queue.release(released), written: () => this.#released(batch) };
    if (atomic && settlements.length > 0)
      return {
        write: () => atomic(this.#dated(batch), settlements),
        written: () => (this.#correlated(batch), this.#settled(batch)),
      };
    if (entries.length > 0)
      return {
        write: () => this.#parts.correlator.put(this.#dated(batch)),
        written: () => this.#correlated(batch),
      };
    if (settlements.length > 0)
      return { write: () => this.#queue.settle(settlements), written: () => this.#settled(batch) };
    if (progressed.length > 0)
      return { write: () => this.#queue.extend(progressed), written: () => this.#progressed(batch) };
    return undefined;
  }

  #released(batch: Batch): void {
    this.#unreleased -= batch.released.length;
    batch.released = [];
    this.#worked();
    if (!this.isReleasing) this.#parts.changed();
  }

  #correlated(batch: Batch): void {
    const { entries } = batch;
    batch.entries = [];
    for (const entry of entries) this.#parts.correlated(entry);
  }

  #settled(batch: Batch): void {
    const { settlements } = batch;
    const wasFull = this.isFull;
    batch.settlements = [];
    this.#unsettled -= settlements.length;
    this.#worked();
    let dead: string[] | undefined;
    for (const settlement of settlements) {
      this.#parts.settled(settlement);
      if (settlement.outcome === 'dead') (dead ??= []).push(settlement.lease.item.id);
    }
    if (dead) this.#parts.store.deadLetters?.told?.(dead);
    if (wasFull && !this.isFull) this.#parts.changed();
  }

  #progressed(batch: Batch): void {
    batch.progressed = [];
    this.#worked();
  }

  #worked(): void {
    this.#pause = FIRST_PAUSE;
    this.#parts.tried();
  }

  #failed(error: unknown): void {
    const isQueue = !(error instanceof PartError && error.part === 'correlator');
    // Who is told of the try says why, once; and of a correlator, who guards it.
    this.#parts.log.debug(
      { event: isQueue ? 'queue' : 'correlator', stage: 'settle', err: error },
      `the ${isQueue ? 'store' : 'correlator'} does not take results; trying again`,
    );
    if (isQueue) this.#parts.tried(error);
    if (this.#abandoned) return void this.#giveUp();
    this.#timer = this.#parts.clock.setTimeout(() => this.#again(), this.#pause);
    this.#pause = Math.min(LAST_PAUSE, this.#pause * 2);
  }

  #again(): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    // A correlator that is away must not keep messages from the queue.
    this.#batch.released.push(...this.#next.released.splice(0));
    this.#work();
  }

  /** What was not reached because something before it failed. */
  async #giveUp(): Promise<void> {
    const { settlements, released } = this.#batch;
    try {
      if (settlements.length > 0) await this.#queue.release(settlements.map(({ lease }) => lease));
      if (released.length > 0) await this.#queue.release(released);
    } catch {
      // It is away, or closed: then its leases are over.
    }
    this.#batch = new Batch();
    this.#work();
  }

  /**
   * The entries of a batch. Dates of the wall clock as it was are those of the clock as it is: it may have been set while
   * the store was away.
   */
  #dated(batch: Batch): readonly CorrelationEntry[] {
    const { lag } = this.#time;
    const by = batch.lag - lag;
    batch.lag = lag;
    if (by !== 0) for (const entry of batch.entries as { expiresAt: number }[]) entry.expiresAt += by;
    return batch.entries;
  }
}
