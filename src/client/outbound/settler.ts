import { steadyTime, type Clock, type SteadyTime } from '../../clock';
import type { Log } from '../../observability';
import type { CorrelationEntry, Correlator, Lease, OutboundQueue, Settlement, Store } from '../../store';
import { PartError } from '../config/errors';

const FIRST_PAUSE = 250;
const LAST_PAUSE = 10_000;

interface Batch {
  entries: CorrelationEntry[];
  /** Of the wall clock, when the entries were made. */
  lag: number;
  settlements: Settlement[];
  /** Called when all of the batch is as safe as the store makes it. */
  then: (() => void)[];
  released: Lease[];
  /** Long messages of which some segments are accepted. */
  progressed: Set<Lease>;
}

const emptyBatch = (): Batch => ({
  entries: [],
  lag: 0,
  settlements: [],
  then: [],
  released: [],
  progressed: new Set(),
});

/**
 * Writes what became of messages back to the store, in batches, one at a time.
 *
 * Correlation goes first: a crash between the two repeats a message, but never
 * leaves a receipt without its message. While the store is away it tries again.
 */
export class Settler {
  readonly #queue: OutboundQueue;
  readonly #correlator: Correlator;
  readonly #atomic: Store['settle'];
  readonly #told: (ids: readonly string[]) => void;
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #log: Log;
  readonly #correlated: (entry: CorrelationEntry) => void;
  readonly #tried: (failure?: unknown) => void;
  #next = emptyBatch();
  /** What is being written; its lists as they were. */
  #writing: Pick<Batch, 'settlements' | 'released'> | undefined;
  #running: Promise<void> | undefined;
  /** Settlements not yet durable. */
  #unsettled = 0;
  /** Leases that the store does not have back yet. */
  #unreleased = 0;
  #abandoned = false;
  #endPause: () => void = () => undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: {
    store: Store;
    correlator: Correlator;
    clock: Clock;
    log: Log;
    /** Told when a message_id can be found. */
    correlated: (entry: CorrelationEntry) => void;
    /** Told after each try to write, with why the store did not take it if it did not. */
    tried: (failure?: unknown) => void;
  }) {
    this.#queue = parts.store.queue;
    this.#correlator = parts.correlator;
    // One transaction is possible only where both are the same store's.
    const own = parts.correlator === parts.store.correlator;
    this.#atomic = own ? parts.store.settle?.bind(parts.store) : undefined;
    this.#told = (ids) => parts.store.deadLetters?.told?.(ids);
    this.#clock = parts.clock;
    this.#time = steadyTime(parts.clock);
    this.#log = parts.log;
    this.#correlated = parts.correlated;
    this.#tried = parts.tried;
  }

  correlate(entry: CorrelationEntry): void {
    if (this.#next.entries.length === 0) this.#next.lag = this.#time.lag;
    this.#next.entries.push(entry);
    this.#run();
  }

  /** Some segments of a long message are accepted, others are to follow. */
  progress(lease: Lease): void {
    this.#next.progressed.add(lease);
    this.#run();
  }

  /** Resolves when the states of these are written, and rejects when they cannot be: whoever waits must not go on. */
  async note(leases: readonly Lease[]): Promise<void> {
    await this.#queue.extend(leases);
  }

  settle(settlement: Settlement, then: () => void): void {
    this.#unsettled++;
    this.#next.settlements.push(settlement);
    this.#next.then.push(then);
    this.#run();
  }

  release(lease: Lease): void {
    this.#unreleased++;
    this.#next.released.push(lease);
    this.#run();
  }

  /** Whether leases are on their way back: what is taken before they are there overtakes them. */
  get isReleasing(): boolean {
    return this.#unreleased > 0 && !this.#abandoned;
  }

  /** Resolves when the store has back all that was released. */
  async released(): Promise<void> {
    while (this.isReleasing) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** What is on its way back to the store. */
  get unwritten(): Lease[] {
    const batches = [this.#next, ...(this.#writing ? [this.#writing] : [])];
    return batches.flatMap(({ settlements, released }) => [
      ...settlements.map(({ lease }) => lease),
      ...released,
    ]);
  }

  /** Resolves when all that was given so far is written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Resolves when at most `count` settlements are open. */
  async below(count: number): Promise<void> {
    while (this.#unsettled > count && !this.#abandoned) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /**
   * Tries each only once from now on, however late the store answers: a store that outlives the client must not keep
   * for lent what nobody holds any more. What it does not take comes again after a restart.
   */
  abandon(): void {
    this.#abandoned = true;
    this.#endPause();
    this.#wake();
  }

  #run(): void {
    this.#running ??= this.#loop();
  }

  async #loop(): Promise<void> {
    // All that one chunk of the socket brings makes one batch.
    await Promise.resolve();
    let pause = FIRST_PAUSE;
    while (this.#hasWork()) {
      const batch = this.#next;
      this.#next = emptyBatch();
      this.#writing = { settlements: batch.settlements, released: batch.released };
      while (!(await this.#write(batch)) && !this.#abandoned) {
        await this.#pause(pause);
        pause = Math.min(LAST_PAUSE, pause * 2);
        // A correlator that is away must not keep messages from the queue.
        batch.released.push(...this.#next.released.splice(0));
        this.#writing.released = batch.released;
      }
      if (this.#abandoned) await this.#giveUp(batch);
      pause = FIRST_PAUSE;
      this.#writing = undefined;
    }
    // Here and not when the promise is done: what is given in between would wait for ever.
    this.#running = undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(resolve, ms);
      this.#endPause = () => (this.#clock.clearTimeout(timer), resolve());
    });
  }

  #hasWork(): boolean {
    const { entries, settlements, released, progressed } = this.#next;
    return entries.length + settlements.length + released.length + progressed.size > 0;
  }

  /** Each part is dropped from the batch once it is written, so that a failure repeats none of it. */
  async #write(batch: Batch): Promise<boolean> {
    const { settlements } = batch;
    if (batch.entries.length > 0) this.#follow(batch);
    try {
      // First: whoever takes waits for them.
      if (batch.released.length > 0) await this.#release(batch);
      if (this.#atomic && batch.settlements.length > 0) {
        await this.#atomic(batch.entries, batch.settlements);
        batch.settlements = [];
      } else if (batch.entries.length > 0) await this.#correlator.put(batch.entries);
      for (const entry of batch.entries.splice(0)) this.#correlated(entry);
      if (batch.settlements.length > 0) await this.#queue.settle(batch.settlements);
      batch.settlements = [];
      if (batch.progressed.size > 0) await this.#queue.extend([...batch.progressed]);
    } catch (error) {
      const isQueue = !this.#isCorrelator(error);
      // Who is told of the try says why, once; and of a correlator, who guards it.
      this.#log.debug(
        { event: isQueue ? 'queue' : 'correlator', stage: 'settle', err: error },
        `the ${isQueue ? 'store' : 'correlator'} does not take results; trying again`,
      );
      if (isQueue) this.#tried(error);
      return false;
    }
    this.#tried();
    this.#unsettled -= batch.then.length;
    for (const then of batch.then) then();
    const dead = settlements.filter(({ outcome }) => outcome === 'dead');
    if (dead.length > 0) this.#told(dead.map(({ lease }) => lease.item.id));
    this.#wake();
    return true;
  }

  async #release(batch: Batch): Promise<void> {
    const { released } = batch;
    await this.#queue.release(released);
    batch.released = [];
    this.#unreleased -= released.length;
    this.#wake();
  }

  /** What was not reached because something before it failed. */
  async #giveUp(batch: Batch): Promise<void> {
    const { settlements, released } = batch;
    try {
      if (settlements.length > 0) await this.#queue.release(settlements.map(({ lease }) => lease));
      if (released.length > 0) await this.#release(batch);
    } catch {
      // It is away, or closed: then its loans are over.
    }
  }

  /** Dates of the wall clock as it was are those of the clock as it is: it may have been set while the store was away. */
  #follow(batch: Batch): void {
    const { lag } = this.#time;
    const by = batch.lag - lag;
    if (by === 0) return;
    batch.lag = lag;
    // In place: who waits for one knows it as the object that it is.
    for (const entry of batch.entries as { expiresAt: number }[]) entry.expiresAt += by;
  }

  #isCorrelator(error: unknown): boolean {
    return error instanceof PartError && error.part === 'correlator';
  }

  #wake(): void {
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
