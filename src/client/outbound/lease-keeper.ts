import { inSeconds, type Clock, type TimerHandle } from '../../clock';
import type { Log } from '../../observability';
import type { Lease, OutboundQueue } from '../../store';

export interface LeaseKeeperParts {
  readonly queue: Pick<OutboundQueue, 'extend'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds after which a lease that is not renewed ends. */
  readonly leaseTime: number;
  /** All that are leased now. */
  readonly leases: () => readonly Lease[];
}

/** Renewals in the time that a lease lasts: one may fail, and one more come late. */
const TIMES = 3;

/** Renews leases, where leases run out, by one call for all of them. Nothing runs while nothing is leased. */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  /** Monotonic milliseconds. */
  #armedAt = 0;
  #timer: TimerHandle;
  #isExtending = false;
  #stopped = false;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
  }

  /** Something is leased. */
  keep(): void {
    if (this.#timer !== undefined || this.#isExtending || this.#stopped) return;
    const { clock, leaseTime } = this.#parts;
    this.#armedAt = clock.monotonic();
    this.#timer = clock.setTimeout(() => void this.#extend(), leaseTime / TIMES);
  }

  stop(): void {
    this.#stopped = true;
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #extend(): Promise<void> {
    const { queue, leases, log } = this.#parts;
    this.#timer = undefined;
    const held = leases();
    if (held.length === 0) return;
    this.#tellStandstill();
    this.#isExtending = true;
    try {
      await queue.extend(held);
    } catch (error) {
      // Who is told that the store is away says so.
      log.debug({ event: 'queue', stage: 'extend', err: error }, 'leases could not be renewed; trying again');
    }
    this.#isExtending = false;
    this.keep();
  }

  #tellStandstill(): void {
    const { clock, leaseTime, log } = this.#parts;
    const stood = clock.monotonic() - this.#armedAt;
    if (stood <= leaseTime) return;
    const seconds = inSeconds(stood);
    const text =
      `this process stood still for ${seconds} s, longer than its messages are reserved for it (leaseTime ${leaseTime / 1000} s): ` +
      'other instances may have sent them a second time';
    log.warn({ event: 'queue', stage: 'standstill', seconds }, text);
  }
}
