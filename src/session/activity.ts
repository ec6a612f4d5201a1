/** When something went over the link; monotonic milliseconds. */
export class Activity {
  readonly openedAt: number;
  #heardAt: number;
  #busyAt: number;
  #unfinishedSince: number | undefined;

  constructor(now: number) {
    this.openedAt = this.#heardAt = this.#busyAt = now;
  }

  /** The last whole PDU of the peer's. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The last PDU either way but enquire_link and its response. */
  get busyAt(): number {
    return this.#busyAt;
  }

  /** Since when a PDU of the peer's has begun and not ended. */
  get unfinishedSince(): number | undefined {
    return this.#unfinishedSince;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#unfinishedSince = undefined;
  }

  busy(now: number): void {
    this.#busyAt = now;
  }

  /** Returns whether it is the first that came of a PDU. */
  began(now: number): boolean {
    if (this.#unfinishedSince !== undefined) return false;
    this.#unfinishedSince = now;
    return true;
  }

  /** Nothing was read for so many milliseconds. */
  postpone(ms: number): void {
    this.#heardAt += ms;
    this.#busyAt += ms;
    if (this.#unfinishedSince !== undefined) this.#unfinishedSince += ms;
  }
}
