import { SteadyTime, type Clock, type TimerHandle } from '../../clock';
import type { Log } from '../../observability';
import type { Eventually, Lease, OutboundQueue, QueueItem } from '../../store';
import { isTimeout, withLimit } from '../../waiting';

export interface ExpiryParts {
  readonly queue: OutboundQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether nothing is being sent: else the road looks at each message itself. */
  readonly idle: () => boolean;
  /** Lets nothing be sent for as long as the work takes: what is looked at is on loan, and would be overtaken. */
  readonly hold: (work: () => Promise<void>) => Promise<void>;
  /** These must not be sent any more. */
  readonly expired: (leases: readonly Lease[]) => void;
  /** Puts the rest back, however often the store refuses them; resolves when they are there. */
  readonly release: (leases: readonly Lease[]) => Promise<void>;
  /** Lets those fail that are borrowed and wait; returns when the next of them is due, epoch milliseconds. */
  readonly sweep: () => number;
}

const LOOK = 500;
/** Milliseconds between two looks, at least; and where it is not known what is there. */
const OFTEN = 1000;
const SELDOM = 60_000;

/**
 * Lets messages fail in time while nothing is sent: with the link down, paused or throttled for hours, whoever
 * waits for one that was to be sent within minutes must not wait for the link.
 */
export class Expiry {
  readonly #parts: ExpiryParts;
  readonly #time: SteadyTime;
  /** Epoch milliseconds: before that nothing expires, as far as is known; Infinity: there is nothing to look at. */
  #next = Infinity;
  #timer: TimerHandle;
  #running = false;
  #looking: Promise<void> = Promise.resolve();
  /** Ends the wait for what is looked at. */
  readonly #stopping = new AbortController();

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
    this.#time = new SteadyTime(parts.clock);
  }

  start(): void {
    if (this.#running || this.#stopping.signal.aborted) return;
    this.#running = true;
    // What an earlier client left may have expired long ago.
    this.#parts.queue.stats().then(
      ({ queued }) => {
        if (queued > 0) this.#next = 0;
        this.#arm();
      },
      () => undefined,
    );
  }

  /** For good. Resolves when nothing is on loan for it. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#stopping.abort(new Error('the client is stopped'));
    this.#parts.clock.clearTimeout(this.#timer);
    await this.#looking;
  }

  /** These are in the queue now. */
  note(items: readonly QueueItem[]): void {
    let next = this.#next;
    for (const { expiresAt } of items) if (expiresAt !== undefined && expiresAt < next) next = expiresAt;
    if (next >= this.#next) return;
    this.#next = next;
    this.#arm();
  }

  /** The wall clock was set: what was known of dates does not hold any more. */
  stepped(): void {
    if (this.#next === Infinity) return;
    this.#next = 0;
    this.#arm();
  }

  #arm(): void {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#timer);
    if (!this.#running || this.#next === Infinity) return;
    const wait = Math.min(SELDOM, Math.max(OFTEN, this.#next - clock.now()));
    this.#timer = clock.setTimeout(() => {
      // Nobody else looks while it is not connected.
      if (this.#time.look() !== 0) this.#next = 0;
      this.#looking = this.#look().finally(() => this.#arm());
    }, wait);
  }

  async #look(): Promise<void> {
    const { queue, clock, idle, log } = this.#parts;
    if (!this.#running || !idle() || this.#next > clock.now()) return;
    const borrowed = this.#parts.sweep();
    try {
      await this.#parts.hold(() => this.#lookThrough(queue));
    } catch (error) {
      if (this.#running && !isTimeout(error))
        log.debug(
          { event: 'queue', stage: 'expiry', err: error },
          'the queue could not be looked through for expired messages',
        );
    }
    this.#next = Math.min(this.#next, borrowed);
  }

  async #lookThrough(queue: OutboundQueue): Promise<void> {
    const { queued, delayed } = await queue.stats();
    this.#next = queued === 0 ? Infinity : this.#parts.clock.now() + SELDOM;
    if (queued <= delayed || !this.#running) return;
    const take = (signal: AbortSignal): Eventually<Lease[]> => queue.take(LOOK, { signal });
    await this.#sort(await withLimit(this.#parts.clock, OFTEN, take, this.#stopping.signal));
  }

  async #sort(leases: readonly Lease[]): Promise<void> {
    const { clock, expired, release } = this.#parts;
    const now = clock.now();
    const isOver = ({ item }: Lease): boolean => item.expiresAt !== undefined && item.expiresAt <= now;
    const over = leases.filter(isOver);
    expired(over);
    await release(leases.filter((lease) => !isOver(lease)));
    for (const { item } of leases) {
      if (item.expiresAt !== undefined && item.expiresAt > now)
        this.#next = Math.min(this.#next, item.expiresAt);
    }
    // There may be more of them behind these.
    if (over.length === LOOK) this.#next = now;
  }
}
