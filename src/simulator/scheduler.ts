import type { Clock, TimerHandle } from '../clock';
import type { Log } from '../observability';
import { SmppError } from '../protocol';

/** Milliseconds: what is due within the same few shares one timer. */
const GRAIN = 5;

interface Slot {
  readonly timer: TimerHandle;
  readonly tasks: (() => void)[];
}

/**
 * Runs tasks later. A timer per message would cost more than the message,
 * so at most one per {@link GRAIN} is set, however many tasks there are.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #slots = new Map<number, Slot>();
  readonly #sleepers = new Set<(error: Error) => void>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs a task in `ms` milliseconds, and at most {@link GRAIN} later. Tasks of one slot keep their order. */
  in(ms: number, task: () => void): void {
    const now = this.#clock.monotonic();
    const slot = Math.ceil((now + ms) / GRAIN);
    const waiting = this.#slots.get(slot);
    if (waiting) {
      waiting.tasks.push(task);
      return;
    }
    const timer = this.#clock.setTimeout(() => this.#run(slot), slot * GRAIN - now);
    this.#slots.set(slot, { timer, tasks: [task] });
  }

  /** Resolves in `ms` milliseconds; rejects with `STOPPED` when {@link clear} comes before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.add(reject);
      this.in(ms, () => {
        this.#sleepers.delete(reject);
        resolve();
      });
    });
  }

  /** Drops all tasks. */
  clear(): void {
    for (const { timer } of this.#slots.values()) this.#clock.clearTimeout(timer);
    this.#slots.clear();
    for (const reject of this.#sleepers) reject(new SmppError('STOPPED', 'the simulator was stopped'));
    this.#sleepers.clear();
  }

  #run(slot: number): void {
    const tasks = this.#slots.get(slot)?.tasks ?? [];
    this.#slots.delete(slot);
    for (const task of tasks) {
      try {
        task();
      } catch (error) {
        this.#log.error({ event: 'agenda', stage: 'failed', err: error }, 'what was to be done later failed');
      }
    }
  }
}
