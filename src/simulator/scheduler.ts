import type { Clock, TimerHandle } from '../clock';
import type { Log } from '../observability';
import { SmppError } from '../protocol';

/** Milliseconds: what is due within the same few shares one timer. */
const GRAIN = 5;

interface Task {
  readonly run: () => void;
  /** Called where it is not run any more. */
  readonly dropped: ((error: Error) => void) | undefined;
}

interface Slot {
  readonly timer: TimerHandle;
  readonly tasks: Task[];
}

/**
 * Runs tasks later. A timer per message would cost more than the message,
 * so at most one per {@link GRAIN} is set, however many tasks there are.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #slots = new Map<number, Slot>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs a task in `ms` milliseconds, and at most {@link GRAIN} later. Tasks of one slot keep their order. */
  in(ms: number, run: () => void, dropped?: (error: Error) => void): void {
    const now = this.#clock.monotonic();
    const slot = Math.ceil((now + ms) / GRAIN);
    const waiting = this.#slots.get(slot);
    if (waiting) return void waiting.tasks.push({ run, dropped });
    const timer = this.#clock.setTimeout(() => this.#run(slot), slot * GRAIN - now);
    this.#slots.set(slot, { timer, tasks: [{ run, dropped }] });
  }

  /** Resolves in `ms` milliseconds; rejects with `STOPPED` when {@link clear} comes before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => this.in(ms, resolve, reject));
  }

  /** Drops all tasks. */
  clear(): void {
    const stopped = new SmppError('STOPPED', 'the simulator was stopped');
    for (const { timer, tasks } of this.#slots.values()) {
      this.#clock.clearTimeout(timer);
      for (const { dropped } of tasks) dropped?.(stopped);
    }
    this.#slots.clear();
  }

  #run(slot: number): void {
    const tasks = this.#slots.get(slot)?.tasks ?? [];
    this.#slots.delete(slot);
    for (const { run } of tasks) {
      try {
        run();
      } catch (error) {
        this.#log.error(
          { event: 'scheduler', stage: 'failed', err: error },
          'what was to be done later failed',
        );
      }
    }
  }
}
