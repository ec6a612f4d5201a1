import type { Clock } from '../../clock';
import type { Log } from '../../observability';
import type { Lease, OutboundQueue } from '../../store';
import { isTimeout, withLimit } from '../../waiting';
import type { LateAcceptances } from './late-acceptances';

export interface RecallParts {
  readonly queue: OutboundQueue;
  readonly late: LateAcceptances;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when what was given to the store is written. */
  readonly written: () => Promise<void>;
  /** Lets nothing be sent for as long as the work takes: what is looked at is on loan, and would be overtaken. */
  readonly hold: (work: () => Promise<void>) => Promise<void>;
  /** These are accepted. */
  readonly accepted: (leases: readonly Lease[]) => void;
}

/** Messages looked at, at most: what came back lies in front. */
const MOST = 200;
/** Milliseconds. */
const PATIENCE = 1000;

/**
 * Takes messages out of the store that are accepted after all, also while nothing is sent: whoever waits for them need
 * not wait on, and a crash meanwhile does not send them again. What it does not find ends when its turn comes.
 */
export class Recall {
  readonly #parts: RecallParts;
  #again = false;
  #running: Promise<void> | undefined;

  constructor(parts: RecallParts) {
    this.#parts = parts;
  }

  look(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is on loan for it. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { written, hold, late, log } = this.#parts;
    try {
      // All that one chunk of the socket brings makes one look.
      await Promise.resolve();
      while (this.#again && late.complete > 0) {
        this.#again = false;
        await written();
        await hold(() => this.#take());
      }
    } catch (error) {
      if (!isTimeout(error))
        log.debug(
          { event: 'queue', stage: 'late', err: error },
          'what was accepted late could not be taken out',
        );
    }
    this.#again = false;
    this.#running = undefined;
  }

  async #take(): Promise<void> {
    const { queue, late, accepted, clock } = this.#parts;
    const { queued, delayed } = await queue.stats();
    // To take from an empty queue is to wait.
    if (late.complete === 0 || queued <= delayed) return;
    const leases = await withLimit(clock, PATIENCE, (signal) => queue.take(MOST, { signal }));
    const over = new Set(leases.filter(({ item }) => late.isComplete(item.id)));
    accepted([...over]);
    const others = leases.filter((lease) => !over.has(lease));
    if (others.length > 0) await queue.release(others);
  }
}
