import type { Lease } from '../../store';
import { wrongResult } from './part-faults';
import { unlessAborted } from '../../waiting';

export type Options = { signal: AbortSignal };

/** A `take` that the queue has not ended yet. */
interface Open {
  readonly result: Promise<unknown>;
  /** Of the taker that waits for it; aborted: nobody does. */
  owner: AbortSignal;
}

/**
 * The takes of a queue that may not know of their signals. A take that was given up goes on in the queue and gets the
 * next message; so that this stays in order, the next taker gets what it brings. What nobody wants is released before
 * anything else is taken.
 */
export class Takes {
  readonly #take: (max: number, options: Options) => Promise<unknown>;
  readonly #release: (leases: readonly Lease[]) => Promise<void>;
  readonly #sound: (given: unknown) => readonly Lease[];
  /** The oldest first. */
  readonly #open = new Set<Open>();
  /** Releases that have not ended. */
  readonly #returning = new Set<Promise<void>>();

  /** `sound`: those of what the queue gave that are leases. */
  constructor(
    take: (max: number, options: Options) => Promise<unknown>,
    release: (leases: readonly Lease[]) => Promise<void>,
    sound: (given: unknown) => readonly Lease[],
  ) {
    this.#take = take;
    this.#release = release;
    this.#sound = sound;
  }

  async take(max: number, options: Options): Promise<readonly Lease[]> {
    const { signal } = options;
    signal.throwIfAborted();
    for (;;) {
      while (this.#returning.size > 0) await unlessAborted(Promise.all(this.#returning), signal);
      const left = this.#left();
      const open = left ?? this.#begin(max, options);
      open.owner = signal;
      try {
        const late = (given: unknown): void => {
          if (open.owner === signal) this.#giveBack(this.#sound(given));
        };
        const given = await unlessAborted(open.result, signal, late);
        const leases = this.#sound(given);
        if (leases.length === 0)
          throw wrongResult('queue', 'take', given, 'a list of at least one lease, and wait for it');
        // Another one asked for more.
        const wanted = left ? Math.max(1, max) : leases.length;
        this.#giveBack(leases.slice(wanted));
        return leases.slice(0, wanted);
      } catch (error) {
        // It ended because it was given up.
        if (!left || signal.aborted) throw error;
      }
    }
  }

  /** The oldest that nobody waits for. */
  #left(): Open | undefined {
    for (const open of this.#open) if (open.owner.aborted) return open;
    return undefined;
  }

  #begin(max: number, options: Options): Open {
    const open: Open = { result: this.#take(max, options), owner: options.signal };
    const ended = (): void => void this.#open.delete(open);
    this.#open.add(open);
    open.result.then(ended, ended);
    return open;
  }

  #giveBack(leases: readonly Lease[]): void {
    if (leases.length === 0) return;
    const ended = (): void => void this.#returning.delete(returned);
    const returned = this.#release(leases).then(ended, ended);
    this.#returning.add(returned);
  }
}
