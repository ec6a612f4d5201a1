/** Fewer callers than this tell nothing of how long asking takes. */
const FEW = 50;

/**
 * Whether all callers are to share a transaction, or two halves of them take turns. Where they share
 * it they wait for the disk together, and then it waits for them. Turns keep both at work, at the price
 * of a sync for each: that pays where asking anew takes the callers longer than writing takes the disk.
 */
export class Turns {
  /** Milliseconds of one transaction. */
  #writing = Infinity;
  /** Milliseconds for each caller, from being told to having asked anew. */
  #asking = 0;

  wrote(elapsed: number): void {
    this.#writing = Number.isFinite(this.#writing) ? smooth(this.#writing, elapsed) : elapsed;
  }

  asked(callers: number, elapsed: number): void {
    if (callers >= FEW) this.#asking = smooth(this.#asking, elapsed / callers);
  }

  pay(callers: number): boolean {
    return this.#asking * callers > this.#writing;
  }
}

const smooth = (before: number, now: number): number => before + (now - before) / 4;
