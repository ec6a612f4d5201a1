import type { Session } from '../../session';
import type { CorrelationEntry, QueueItem, Unsuccess } from '../../store';
import { isMulti, takenOf } from '../message/destinations';
import { sentAs } from '../message/sent-as';
import { Flight } from './delivery';
import type { Settler } from './settler';

/** A segment that the SMSC has accepted. */
export interface AcceptedSegment {
  readonly item: QueueItem;
  readonly segment: number;
  readonly messageId: string;
  /** Of submit_multi: the destinations that it was not taken for. */
  readonly refused: readonly Unsuccess[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The messages whose message_id the correlator does not have yet: accepted ones on their way into it, and those that
 * wait for a response on a session.
 */
export class Acceptances {
  readonly #sessions: () => Iterable<Session>;
  readonly #settler: Pick<Settler, 'correlating' | 'correlated'>;
  #lastAccepted = 0;

  /** `sessions`: those that messages are sent over; `settler`: knows what the correlator does not have yet. */
  constructor(sessions: () => Iterable<Session>, settler: Pick<Settler, 'correlating' | 'correlated'>) {
    this.#sessions = sessions;
    this.#settler = settler;
  }

  /**
   * What the correlator keeps of a segment that was accepted `now`, epoch milliseconds; `ttl` in milliseconds. Also where
   * no receipt was asked for: SMSCs send some all the same, message_ids are learned from them, and without its entry one
   * could be taken for another message's.
   */
  entry({ item, segment, messageId, refused }: AcceptedSegment, now: number, ttl: number): CorrelationEntry {
    const { id, source, destination, correlationId, msgid, metadata, trace } = item;
    const acceptedAt = this.#acceptedAt(now);
    const entry: Mutable<CorrelationEntry> = {
      messageId,
      id,
      segment,
      segments: item.segments.length,
      source,
      destination,
      acceptedAt,
      expiresAt: Math.floor(acceptedAt) + ttl,
      sentAs: sentAs(item.command, item.segments[segment] as Buffer),
    };
    if (isMulti(item)) {
      const { text, lists } = takenOf(item, refused);
      entry.destination = text;
      if (lists > 0) entry.lists = lists;
    }
    if (!item.receiptRequested) entry.receiptRequested = false;
    if (correlationId !== undefined) entry.correlationId = correlationId;
    if (msgid !== undefined) entry.msgid = msgid;
    if (metadata !== undefined) entry.metadata = metadata;
    if (trace !== undefined) entry.trace = trace;
    if (item.home?.until === 'delivered') entry.home = item.home.instance;
    return entry;
  }

  /** Resolves when all that are on their way to the correlator now have arrived. */
  written(): Promise<void> {
    return this.#settler.correlated();
  }

  /** The ids of messages to a number of which this is true whose message_id is about to become known. */
  awaited(isFor: (destination: string) => boolean): string[] {
    return this.#find('awaited', ({ destination }) => isFor(destination));
  }

  /** And of those of which it may come after all: their response is overdue. */
  overdue(isFor: (destination: string) => boolean): string[] {
    return this.#find('overdue', ({ destination }) => isFor(destination));
  }

  isAwaited(id: string): boolean {
    return this.#find('awaited', (one) => one.id === id).length > 0;
  }

  isOverdue(id: string): boolean {
    return this.#find('overdue', (one) => one.id === id).length > 0;
  }

  /** For each receipt over whole windows: no generators of generators. */
  #find(kind: 'awaited' | 'overdue', isIt: (one: { id: string; destination: string }) => boolean): string[] {
    const found: string[] = [];
    if (kind === 'awaited')
      for (const entry of this.#settler.correlating()) if (isIt(entry)) found.push(entry.id);
    for (const session of this.#sessions())
      for (const asked of session[kind]())
        if (asked instanceof Flight && isIt(asked.item)) found.push(asked.item.id);
    return found;
  }

  /** A fraction tells the order of those of one millisecond. */
  #acceptedAt(now: number): number {
    const next = this.#lastAccepted + 0.001;
    this.#lastAccepted = next - now < 1 && next > now ? next : now;
    return this.#lastAccepted;
  }
}
