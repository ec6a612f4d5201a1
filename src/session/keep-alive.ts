import type { Watch } from './deadlines';

/** What asking whether the peer is there needs of a session. */
export interface Enquirer {
  /** When a whole PDU of the peer's came last, in monotonic milliseconds; undefined: it is not to be asked now. */
  heardAt(): number | undefined;
  /** Sends enquire_link; rejects where no response comes in time. */
  enquire(): Promise<unknown>;
  /** No response came, and nothing else either. */
  silent(): void;
}

/** Asks a peer that has said nothing for the interval whether it is there. */
export class KeepAlive implements Watch {
  readonly #session: Enquirer;
  readonly #interval: number;
  #asking = false;

  /** `interval`: milliseconds; 0: never asks. */
  constructor(session: Enquirer, interval: number) {
    this.#session = session;
    this.#interval = interval;
  }

  dueAt(): number | undefined {
    if (this.#interval === 0 || this.#asking) return undefined;
    const heardAt = this.#session.heardAt();
    return heardAt === undefined ? undefined : heardAt + this.#interval;
  }

  async onDue(): Promise<void> {
    this.#asking = true;
    const before = this.#session.heardAt();
    try {
      await this.#session.enquire();
    } catch {
      // Whatever else came meanwhile proves that the peer lives.
      if (this.#session.heardAt() === before) this.#session.silent();
    } finally {
      this.#asking = false;
    }
  }
}
