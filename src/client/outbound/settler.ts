import { steadyTime, type SteadyTime, type TimerHandle } from '../../clock';
import { isThenable } from '../../observability';
import type {
  CorrelationEntry,
  Eventually,
  Lease,
  OutboundQueue,
  Settlement,
  Store,
  Untaken,
} from '../../store';
import type { DispatcherParts } from './dispatcher-parts';
import { PartError } from '../config/errors';

const FIRST_PAUSE = 250;
const LAST_PAUSE = 10_000;

export interface SettlerParts extends DispatcherParts {
  /** Settlements that are not durable yet, at most: then no more is to be sent. */
  readonly maxUnsettled: number;
  /** Told when the store has it; `untaken`: but nobody took its notice. */
  settled(settlement: Settlement, untaken: boolean): void;
  /** Called when {@link Settler.isFull} or {@link Settler.isReleasing} is no more. */
  changed(): void;
}

/** What became of messages. */
class Batch {
  entries: CorrelationEntry[] = [];
  /** Of the wall clock, when the entries were made. */
  lag = 0;
  settlements: Settlement[] = [];
  /** Of these, those whose message has an idempotency key that does not know of it yet. */
  keyed: Settlement[] = [];
  released: Lease[] = [];
  /** Long messages of which some segments are accepted. */
  progressed: Lease[] = [];
}

/** One call of the store; `both` where it takes entries and settlements in one transaction. */
type Step = 'release' | 'keys' | 'both' | 'correlate' | 'settle' | 'extend';

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
  readonly #idleWaiters: (() => void)[] = [];
  /** For an entry to be written. */
  readonly #waiters: { readonly last: CorrelationEntry; readonly done: () => void }[] = [];

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

  settle(settlement: Settlement): void {
    this.#unsettled++;
    this.#next.settlements.push(settlement);
    if (settlement.lease.item.idempotency && settlement.outcome !== 'retry')
      this.#next.keyed.push(settlement);
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

  /** Resolves when the correlator has all that it is to have by now, or never will. */
  async correlated(): Promise<void> {
    const last = this.#next.entries.at(-1) ?? this.#batch.entries.at(-1);
    if (last && !this.#abandoned) await new Promise<void>((done) => this.#waiters.push({ last, done }));
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
    for (const { done } of this.#waiters.splice(0)) done();
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
        answer = this.#write(step);
      } catch (error) {
        return this.#failed(error);
      }
      if (isThenable(answer)) return void this.#wait(answer, step);
      this.#written(step, answer);
    }
    this.#running = false;
    if (this.#idleWaiters.length > 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  async #wait(answer: PromiseLike<unknown>, step: Step): Promise<void> {
    let given: unknown;
    try {
      given = await answer;
    } catch (error) {
      return this.#failed(error);
    }
    this.#written(step, given);
    this.#work();
  }

  /** Of the batch that is being written, or else of the next. */
  #nextStep(): Step | undefined {
    const step = this.#stepOf(this.#batch);
    if (step) return step;
    // Two in turns: with a window of one, each message is a batch.
    [this.#batch, this.#next] = [this.#next, this.#batch];
    return this.#stepOf(this.#batch);
  }

  #stepOf({ released, entries, settlements, keyed, progressed }: Batch): Step | undefined {
    // First: whoever takes waits for them.
    if (released.length > 0) return 'release';
    if (keyed.length > 0) return 'keys';
    if (this.#atomic && settlements.length > 0) return 'both';
    if (entries.length > 0) return 'correlate';
    if (settlements.length > 0) return 'settle';
    return progressed.length > 0 ? 'extend' : undefined;
  }

  #write(step: Step): Eventually<Untaken> {
    const { released, settlements, keyed, progressed } = this.#batch;
    if (step === 'release') return this.#queue.release(released);
    if (step === 'keys') return this.#parts.keys.settling(keyed);
    if (step === 'extend') return this.#queue.extend(progressed);
    if (step === 'settle') return this.#queue.settle(settlements);
    return step === 'both'
      ? this.#atomic?.(this.#dated(), settlements)
      : this.#parts.correlator.put(this.#dated());
  }

  /** The store has it, and gave `answer`. The lists are the store's from now on. */
  #written(step: Step, answer: unknown): void {
    const batch = this.#batch;
    if (step === 'both' || step === 'correlate') this.#correlated(batch);
    if (step === 'both' || step === 'settle') return this.#settled(batch, answer as Untaken);
    if (step === 'correlate') return;
    if (step === 'keys') {
      batch.keyed = [];
      return;
    }
    if (step === 'release') {
      this.#unreleased -= batch.released.length;
      batch.released = [];
    } else batch.progressed = [];
    this.#worked();
    if (step === 'release' && !this.isReleasing) this.#parts.changed();
  }

  #correlated(batch: Batch): void {
    const { entries } = batch;
    batch.entries = [];
    for (const entry of entries) this.#parts.listener.correlated(entry);
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.splice(0))
      if (entries.includes(waiter.last)) waiter.done();
      else this.#waiters.push(waiter);
  }

  #settled(batch: Batch, untaken: Untaken): void {
    const { settlements } = batch;
    const wasFull = this.isFull;
    batch.settlements = [];
    this.#unsettled -= settlements.length;
    this.#worked();
    let dead: string[] | undefined;
    for (const settlement of settlements) {
      this.#parts.settled(settlement, untaken?.includes(settlement) === true);
      if (settlement.outcome === 'dead') (dead ??= []).push(settlement.lease.item.id);
    }
    if (dead) this.#parts.store.deadLetters?.told?.(dead);
    if (wasFull && !this.isFull) this.#parts.changed();
  }

  #worked(): void {
    this.#pause = FIRST_PAUSE;
    this.#parts.listener.storeTried();
  }

  #failed(error: unknown): void {
    const isQueue = !(error instanceof PartError && error.part === 'correlator');
    // Who is told of the try says why, once; and of a correlator, who guards it.
    this.#parts.log.debug(
      { event: isQueue ? 'queue' : 'correlator', stage: 'settle', err: error },
      `the ${isQueue ? 'store' : 'correlator'} does not take results; trying again`,
    );
    if (isQueue) this.#parts.listener.storeTried(error);
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
  #dated(): readonly CorrelationEntry[] {
    const { lag } = this.#time;
    const batch = this.#batch;
    const by = batch.lag - lag;
    batch.lag = lag;
    if (by !== 0) for (const entry of batch.entries as { expiresAt: number }[]) entry.expiresAt += by;
    return batch.entries;
  }
}
