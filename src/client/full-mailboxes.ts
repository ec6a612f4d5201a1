import { BoundedMap } from './bounded-map';

/** What the centre calls full for one message while it accepts others: so often, then it is set aside. */
const PATIENCE = 3;
/** A message that is called full so often while nobody else gets a chance: then others are tried. */
const ALONE_PATIENCE = 10;
const REMEMBERED = 10_000;

/** How often the centre had no room for a message. */
interface Fullness {
  /** While others were accepted. */
  readonly times: number;
  /** In a row, without anybody accepted. */
  readonly alone: number;
  /** Messages accepted when it was last told so. */
  readonly accepted: number;
}

/** Tells one full mailbox from a full centre: both answer ESME_RMSGQFUL. */
export class FullMailboxes {
  /** By the id of the message, also while it is set aside: one that was is not waited for again. */
  readonly #full = new BoundedMap<Fullness>(REMEMBERED);
  #accepted = 0;

  /** The centre took some message. */
  accepted(): void {
    this.#accepted++;
  }

  /**
   * The centre has no room for this message. Returns whether it is to be set aside: others fare better, or
   * have waited for it long enough to be tried.
   */
  full(id: string): boolean {
    const before = this.#full.get(id);
    const overtaken = before !== undefined && before.accepted < this.#accepted;
    const times = (before?.times ?? 0) + (overtaken || !before ? 1 : 0);
    const alone = overtaken ? 0 : (before?.alone ?? 0) + 1;
    const waited = alone >= ALONE_PATIENCE;
    this.#full.set(id, { times, alone: waited ? 0 : alone, accepted: this.#accepted });
    return waited || (overtaken && times >= PATIENCE);
  }

  /** How often it was set aside because others fared better, from 1: its delay grows with it. */
  turns(id: string): number {
    return Math.max(1, (this.#full.get(id)?.times ?? 0) - PATIENCE + 1);
  }

  forget(id: string): void {
    this.#full.delete(id);
  }
}
