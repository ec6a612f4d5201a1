/** Work on the same thing, one after the other in the order in which it was asked for; all other at once. */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether no work is under way, on whatever. */
  get isIdle(): boolean {
    return this.#last.size === 0;
  }

  /** `keys`: what the work is about; no two that have one in common are done at once. Settles as the work does. */
  take<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#last.get(key)).filter((one) => one !== undefined);
    const turn = before.length === 0 ? work() : Promise.all(before).then(breathe).then(work);
    const leave = (): void => this.#leave(keys, last);
    const last: Promise<void> = turn.then(leave, leave);
    for (const key of keys) this.#last.set(key, last);
    return turn;
  }

  #leave(keys: readonly string[], turn: Promise<void>): void {
    for (const key of keys) if (this.#last.get(key) === turn) this.#last.delete(key);
  }
}

/** Many in a row, of which none waits for anything, would leave no time for sockets and timers. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
