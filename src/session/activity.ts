/** When something went over the link; monotonic milliseconds. */
export class Activity {
  readonly openedAt: number;
  /** The last whole PDU of the peer's. */
  heardAt: number;
  /** The last PDU either way but enquire_link and its response. */
  busyAt: number;
  /** Since when a PDU of the peer's has begun and not ended. */
  unfinishedSince: number | undefined;

  constructor(now: number) {
    this.openedAt = this.heardAt = this.busyAt = now;
  }

  heard(now: number): void {
    this.heardAt = now;
    this.unfinishedSince = undefined;
  }

  /** Nothing was read for so many milliseconds. */
  postpone(ms: number): void {
    this.heardAt += ms;
    this.busyAt += ms;
    if (this.unfinishedSince !== undefined) this.unfinishedSince += ms;
  }
}
