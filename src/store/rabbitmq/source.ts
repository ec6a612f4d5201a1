/** A queue that is consumed: how much it may deliver, and how much of that is not acknowledged. */
export class Source {
  readonly queue: string;
  /** The lesser is the more urgent. */
  readonly rank: number;
  readonly tags: string[] = [];
  /** Prefetch of all its consumers together. */
  credit = 0;
  unacked = 0;
  /** It may have more although it has delivered nothing; how often that was so. */
  doubts = 0;

  constructor(queue: string, rank: number) {
    this.queue = queue;
    this.rank = rank;
  }

  /** It would have delivered more, if it had. */
  get hasCredit(): boolean {
    return this.unacked < this.credit;
  }

  /** One of its deliveries is acknowledged. */
  settled(): void {
    // Whatever waits for the room comes later than who asks next.
    if (!this.hasCredit) this.doubts++;
    this.unacked--;
  }
}
