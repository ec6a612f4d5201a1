import type { Lease } from '../../store';
import { wrongResult } from './part-faults';
import { unlessAborted } from '../../waiting';

type Options = { signal: AbortSignal };

/** A `take` that the queue has not ended yet. */
interface Open {
  readonly result: Promise<unknown>;
  /** Whose it is; where this is aborted, nobody's. */
  owner: AbortSignal;
}

/**
 * The takes of a queue that may not know of their signals. One that was given up and goes on in the queue would get the
 * next message, which the taker after it would overtake: so that one gets what it brings. What nobody wants goes back,
 * before anything else is taken.
 */
export class Takes {
  readonly #take: (max: number, options: Options) => Promise<unknown>;
  readonly #release: (leases: readonly Lease[]) => Promise<void>;
  readonly #sound: (given: unknown) => readonly Lease[];
  /** By their age. */
  readonly #open = new Set<Open>();
  /** What goes back. */
  readonly #returning = new Set<Promise<void>>();

  /** `sound`: what of that which the queue gave are leases. */
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
