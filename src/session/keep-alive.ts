import type { SessionCore } from './core';
import type { Watch } from './deadlines';
import type { Outbound } from './outbound';
import { isBound } from './states';

const TIMEOUTS_UNTIL_CLOSE = 3;

/** Notices that the peer takes nothing, answers nothing, or says nothing any more. */
export class KeepAlive {
  readonly #core: SessionCore;
  readonly #outbound: Outbound;
  #enquiring = false;

  constructor(core: SessionCore, outbound: Outbound) {
    this.#core = core;
    this.#outbound = outbound;
  }

  watches(): Watch[] {
    const { responseTimeout, enquireLinkInterval } = this.#core.options;
    return [
      // First of all, for it explains why responses are missing.
      {
        dueAt: () =>
          this.#outbound.stalledSince === undefined
            ? undefined
            : this.#outbound.stalledSince + responseTimeout,
        onDue: () => this.#core.close('peer-stalled', 'it takes nothing of what is written'),
      },
      {
        dueAt: () =>
          this.#core.unfinishedSince === undefined
            ? undefined
            : this.#whileReading(this.#core.unfinishedSince + responseTimeout),
        onDue: () => this.#core.close('peer-stalled', 'a PDU began and did not end'),
      },
      { dueAt: () => this.#whileReading(this.#core.window.dueAt()), onDue: (now) => this.#expire(now) },
      {
        dueAt: () => this.#whileReading(this.#core.control.dueAt()),
        onDue: (now) => void this.#core.control.expire(now),
      },
      {
        dueAt: () =>
          enquireLinkInterval > 0 && isBound(this.#core.state) && !this.#enquiring && this.#core.reading
            ? this.#core.lastReceivedAt + enquireLinkInterval
            : undefined,
        onDue: () => void this.#enquire(),
      },
    ];
  }

  /** What the peer has sent in time may lie unread. */
  #whileReading(dueAt: number | undefined): number | undefined {
    return this.#core.reading ? dueAt : undefined;
  }

  #expire(now: number): void {
    const { window, times } = this.#core;
    if (window.hold(now, TIMEOUTS_UNTIL_CLOSE)) return this.#core.look();
    window.expire(now);
    if (window.timeoutsInARow < TIMEOUTS_UNTIL_CLOSE) return times.requests.missing(window.timeoutsInARow);
    times.requests.silent();
    this.#core.close('no-responses', `${window.timeoutsInARow} requests in a row got no response`);
  }

  async #enquire(): Promise<void> {
    this.#enquiring = true;
    const askedAt = this.#core.options.clock.monotonic();
    try {
      await this.#outbound.ask(this.#core.control, { command: 'enquire_link' });
    } catch {
      // Whatever else came meanwhile proves that the peer lives.
      if (this.#core.lastReceivedAt <= askedAt) this.#silent();
    } finally {
      this.#enquiring = false;
      this.#core.look();
    }
  }

  /** Its answers may only be slow: over the next connection they get longer. */
  #silent(): void {
    const { window, times } = this.#core;
    if (this.#core.closing) return;
    times.enquiries.silent();
    if (window.timeoutsInARow > 0) times.requests.silent();
    this.#core.close('peer-silent', 'no answer to enquire_link');
  }
}
