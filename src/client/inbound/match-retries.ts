import type { Clock, TimerHandle } from '../../clock';

/** Milliseconds before each look, the last for all that follow: what another instance sent becomes known soon, if ever. */
const PAUSES = [50, 200, 1000, 3000, 5000];
/** Looks after which nothing is on its way any more that was before. */
const SOON = 3;
/** As many are looked at together. */
const AT_ONCE = 100;

/** Milliseconds between readings of what other instances have learned. */
const REFRESHED_EVERY = 1000;

export interface MatchRetriesParts<H> {
  /** Reads what other instances have learned; must not reject. */
  readonly refresh: () => Promise<void> | undefined;
  /** Must not reject; may settle it. */
  readonly look: (held: H) => Promise<unknown>;
}

export interface Retried {
  readonly settled: boolean;
  /** What other instances have sent before it came is known by now. */
  looked: boolean;
}

interface Turn<H> {
  readonly held: H;
  readonly looks: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/**
 * Looks again, with growing pauses, at what waits for something that no event of this process tells of. Each pause has a
 * queue of its own, which is in the order of time.
 */
export class MatchRetries<H extends Retried> {
  readonly #clock: Clock;
  readonly #parts: MatchRetriesParts<H>;
  #refreshedAt = -Infinity;
  readonly #queues: Turn<H>[][] = PAUSES.map(() => []);
  readonly #timers: TimerHandle[] = [];
  readonly #running = new Set<number>();

  constructor(clock: Clock, parts: MatchRetriesParts<H>) {
    this.#clock = clock;
    this.#parts = parts;
  }

  add(held: H, looks = 0): void {
    const step = Math.min(looks, PAUSES.length - 1);
    const at = this.#clock.monotonic() + (PAUSES[step] ?? 0);
    this.#queues[step]?.push({ held, looks, at });
    this.#arm(step);
  }

  clear(): void {
    this.#timers.splice(0).forEach((timer) => this.#clock.clearTimeout(timer));
    for (const queue of this.#queues) queue.length = 0;
  }

  #arm(step: number): void {
    const next = this.#queues[step]?.[0];
    if (!next || this.#timers[step] !== undefined || this.#running.has(step)) return;
    const ms = Math.max(1, next.at - this.#clock.monotonic());
    this.#timers[step] = this.#clock.setTimeout(() => void this.#run(step), ms);
  }

  async #run(step: number): Promise<void> {
    this.#timers[step] = undefined;
    this.#running.add(step);
    const queue = this.#queues[step] ?? [];
    const now = this.#clock.monotonic() + 1;
    const after = queue.findIndex(({ at }) => at > now);
    const due = queue.splice(0, Math.min(AT_ONCE, after < 0 ? queue.length : after));
    const open = due.filter(({ held }) => !held.settled);
    for (const { held, looks } of open) held.looked ||= looks + 1 >= SOON;
    if (open.length > 0) await this.#refresh();
    await Promise.all(open.map(({ held }) => this.#parts.look(held)));
    for (const { held, looks } of open) if (!held.settled) this.add(held, looks + 1);
    this.#running.delete(step);
    this.#arm(step);
  }

  async #refresh(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#refreshedAt < REFRESHED_EVERY) return;
    this.#refreshedAt = now;
    await this.#parts.refresh();
  }
}
