import type { StoreCore } from '../commit/core';
import { MetaRecord } from '../commit/meta';

/**
 * Up to which dead letter whoever sent them knows of it. Written behind the telling, for as many as there are by then:
 * at a kill in between too many are told again, never too few.
 */
export class ToldMark {
  readonly #core: StoreCore;
  readonly #record: MetaRecord<{ readonly upTo: number }>;
  #upTo: number;
  #isWriting = false;
  /** Absent: there is no mark yet. */
  #written: number | undefined;
  /** The last one of an earlier run, as long as not all of them are told. */
  #untold: number | undefined;
  /** Told of this run meanwhile. */
  #ahead = 0;

  /** `last` is the number of the last letter: of a store that has no mark yet all are told. */
  constructor(core: StoreCore, last: number) {
    this.#core = core;
    this.#record = new MetaRecord(core, 'told', 'The mark "told" of the dead letters that are told');
    this.#written = this.#record.read()?.upTo;
    this.#upTo = this.#written ?? last;
    if (last > this.#upTo) this.#untold = last;
  }

  /** The last letter of an earlier run that nobody was told of; undefined: there is none. */
  get untold(): number | undefined {
    return this.#untold;
  }

  get upTo(): number {
    return this.#upTo;
  }

  /** From now on it is known which are told. */
  async begin(): Promise<void> {
    if (this.#written === undefined) await this.#put();
  }

  async #put(): Promise<void> {
    const upTo = this.#upTo;
    await this.#core.committer.make([this.#record.change({ upTo })]);
    this.#written = upTo;
  }

  tell(upTo: number): void {
    if (this.#untold !== undefined && upTo > this.#untold) this.#ahead = Math.max(this.#ahead, upTo);
    else this.#moveTo(upTo);
  }

  #moveTo(upTo: number): void {
    this.#upTo = Math.max(this.#upTo, upTo);
    if (this.#untold !== undefined && this.#upTo >= this.#untold) {
      this.#untold = undefined;
      this.#upTo = Math.max(this.#upTo, this.#ahead);
    }
    // Whoever never asked what is untold does not want to know.
    if (!this.#isWriting && this.#written !== undefined) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#written !== this.#upTo) await this.#put();
    } catch {
      // With the next one.
    }
    this.#isWriting = false;
  }
}
