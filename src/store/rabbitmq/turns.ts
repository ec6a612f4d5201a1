import type { Eventually } from '../types';

/** Calls that ask the broker before they act, one after the other. */
export class Turns {
  #last: Promise<void> | undefined;

  /** Whether somebody has his turn, so that whoever comes is behind. */
  get isBusy(): boolean {
    return this.#last !== undefined;
  }

  /** `work` answers in two steps: the second does not keep the next one waiting. */
  async take<T>(work: () => Promise<{ readonly answer: Eventually<T> }>): Promise<T> {
    const turn = Promise.resolve(this.#last).then(work);
    const last = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#last = last;
    void last.then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return (await turn).answer;
  }
}
