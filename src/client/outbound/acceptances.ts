import type { RequestHandler, Session } from '../../session';
import type { CorrelationEntry, QueueItem } from '../../store';
import { correlationEntry } from './correlation-entry';
import { Flight } from './delivery';

/**
 * The messages whose message_id the correlator does not have yet: accepted ones on their way into it, and those that
 * wait for a response on a session.
 */
export class Acceptances {
  readonly #correlating: () => Iterable<CorrelationEntry>;
  readonly #sessions: () => Iterable<Session>;
  /** Called when the entry is written. */
  #writing: { readonly entry: CorrelationEntry; readonly done: () => void }[] = [];
  #abandoned = false;
  #lastAccepted = 0;

  /** `sessions`: those that messages are sent over; `correlating`: what the correlator does not have yet, by age. */
  constructor(sessions: () => Iterable<Session>, correlating: () => Iterable<CorrelationEntry>) {
    this.#sessions = sessions;
    this.#correlating = correlating;
  }

  /** Of a segment that was accepted `now`, epoch milliseconds; `ttl` in milliseconds. */
  entry(item: QueueItem, segment: number, messageId: string, now: number, ttl: number): CorrelationEntry {
    return correlationEntry(item, segment, messageId, this.#acceptedAt(now), ttl);
  }

  /** The correlator has it. */
  correlated(entry: CorrelationEntry): void {
    if (this.#writing.length === 0) return;
    const waiting = this.#writing;
    this.#writing = waiting.filter((one) => one.entry !== entry);
    for (const one of waiting) if (one.entry === entry) one.done();
  }

  /** Resolves when all that are on their way now have arrived: they do in the order in which they came. */
  async written(): Promise<void> {
    const last = this.#abandoned ? undefined : [...this.#correlating()].at(-1);
    if (last) await new Promise<void>((done) => this.#writing.push({ entry: last, done }));
  }

  /** Those that have not arrived never will. */
  abandon(): void {
    this.#abandoned = true;
    for (const { done } of this.#writing.splice(0)) done();
  }

  /** The ids of messages to a number of which this is true whose message_id is about to become known. */
  awaited(isFor: (destination: string) => boolean): string[] {
    const found: string[] = [];
    for (const { id, destination } of this.#correlating()) if (isFor(destination)) found.push(id);
    for (const session of this.#sessions()) pushIds(found, session.awaited(), isFor);
    return found;
  }

  /** And of those of which it may come after all: their response is overdue. */
  overdue(isFor: (destination: string) => boolean): string[] {
    const found: string[] = [];
    for (const session of this.#sessions()) pushIds(found, session.overdue(), isFor);
    return found;
  }

  isAwaited(id: string): boolean {
    for (const one of this.#correlating()) if (one.id === id) return true;
    for (const session of this.#sessions()) if (hasId(session.awaited(), id)) return true;
    return false;
  }

  isOverdue(id: string): boolean {
    for (const session of this.#sessions()) if (hasId(session.overdue(), id)) return true;
    return false;
  }

  /** A fraction tells the order of those of one millisecond. */
  #acceptedAt(now: number): number {
    const next = this.#lastAccepted + 0.001;
    this.#lastAccepted = next - now < 1 && next > now ? next : now;
    return this.#lastAccepted;
  }
}

// For each receipt over whole windows: no generators of generators.

function pushIds(
  found: string[],
  requests: Iterable<RequestHandler>,
  isFor: (destination: string) => boolean,
): void {
  for (const asked of requests)
    if (asked instanceof Flight && isFor(asked.item.destination)) found.push(asked.item.id);
}

function hasId(requests: Iterable<RequestHandler>, id: string): boolean {
  for (const asked of requests) if (asked instanceof Flight && asked.item.id === id) return true;
  return false;
}
