import { steadyTime, type Clock } from '../clock';
import type { AdjustableLimiter, CompositeLimiter } from '../flow-control';
import type { QueueStats, Store } from '../store';
import type { ConnectionState } from './events/events';
import type { EventReporter } from './events/reporter';
import { rounded } from './events/throttle-log';
import type { Parties } from './connection/connection-manager';
import type { Bound, ReconnectingSession } from './connection/reconnecting-session';
import type { Outcomes } from './outbound/outcomes';
import type { Receiving } from './inbound/receiving';
import type { Dispatcher } from './outbound/dispatcher';
import { within } from '../waiting';

/** How a connection is. */
export interface StatusReport {
  /** Of all sessions together. */
  state: ConnectionState;
  /** Messages in the queue that nobody has taken, those delayed included. */
  queued: number;
  /** Of these, messages that wait for their next try. */
  delayed: number;
  /** Messages that were taken from the queue and have no final outcome yet. */
  in_flight: number;
  /** Messages that other instances have taken from a queue in Redis, those included whose instance has died; else 0. */
  in_flight_elsewhere: number;
  /** Messages whose sender waits for the outcome. */
  waiting: number;
  /** Messages and receipts that came in and are not answered yet. */
  unanswered: number;
  /** Seconds that the oldest queued message has been waiting. */
  oldest_age: number;
  /** Whether the queue answers, or can be written; if not, the counts of messages are the last that are known. */
  queue_state: 'available' | 'unavailable';
  /** Segments per second over the last seconds. */
  rate: number;
  /** What was set (sendRate); 0: no limit. */
  send_rate: number;
  /** What may go now: `send_rate`, or less where the SMSC was found to take less; 0: no limit. */
  allowed_rate: number;
  /** Of each session. */
  window_size: number;
  /** Where the first session is bound, or was last tried. */
  host: string;
  /** TCP port of `host`. */
  port: number;
  /** Each session that is wanted, and each that the SMSC has asked for. */
  sessions: SessionReport[];
  /** The port where the SMSC connects to us; absent where it is not to. */
  outbind?: OutbindReport;
}

/** The port where the SMSC connects to us and asks for a bind. */
export interface OutbindReport {
  /** Whether it is open. */
  listening: boolean;
  /** Name or address. */
  host: string;
  /** TCP port of `host`. */
  port: number;
}

/** One session, whether bound or not. */
export interface SessionReport {
  /** Whether it is up. */
  state: 'disconnected' | 'connecting' | 'bound';
  /** `transceiver`, `transmitter` or `receiver`. */
  bind_type: string;
  /** Where it is bound, or was last tried. */
  host: string;
  /** TCP port of `host`. */
  port: number;
  /** What the log calls it; absent while it is not bound. */
  session?: number;
  /** Requests without response. */
  in_flight: number;
  /** How many there may be: windowSize, or fewer while the SMSC is congested; absent while it is not bound. */
  window_size?: number;
  /** The SMSC has connected to us and asked for it. */
  outbind?: true;
  /** How busy the SMSC said it is, in percent (SMPP 5.0 section 4.8.4.18); absent while it never said it. */
  congestion_state?: number;
}

export interface ReportParts {
  readonly store: Pick<Store, 'queue' | 'capabilities' | 'deadLetters'>;
  /** Calls back when the store is open. */
  readonly whenOpen: (handler: () => void) => void;
  readonly reporter: Pick<EventReporter, 'isQueueAvailable'>;
  readonly dispatcher: Dispatcher;
  readonly outcomes: Outcomes;
  readonly receiving: Pick<Receiving, 'unanswered'>;
  readonly bucket: AdjustableLimiter | undefined;
  readonly limiter: CompositeLimiter;
  readonly clock: Clock;
}

/** What the client itself knows of its connection. */
export interface Connected extends Parties {
  readonly state: ConnectionState;
  readonly windowSize: number;
}

/** When the messages of the queue were counted last. */
interface Counted {
  /** Milliseconds ago. */
  readonly age: number;
  /** Absent where the store keeps none, or cannot tell how many. */
  readonly deadLetters: number | undefined;
}

/** Milliseconds that a server may take to count. */
const COUNTING = 2000;

/** Tells how a client is. Where the server of the queue is away that is told all the same, with the counts from before. */
export class StatusReporter {
  readonly #parts: ReportParts;
  #stats: QueueStats = { queued: 0, delayed: 0, leased: 0 };

  /** Leased by others. */
  #elsewhere = 0;

  #deadLetters: number | undefined;
  /** Monotonic milliseconds. */
  #countedAt: number | undefined;
  #counting: Promise<void> | undefined;
  #isOpen = false;

  constructor(parts: ReportParts) {
    this.#parts = parts;
    parts.whenOpen(() => (this.#isOpen = true));
  }

  async report(connected: Connected): Promise<StatusReport> {
    await this.#count();
    return this.#report(connected);
  }

  #report(connected: Connected): StatusReport {
    return statusReport(this.#parts, { ...this.#stats, elsewhere: this.#elsewhere }, connected);
  }

  /**
   * The same for who asks all the time: with the counts of `holds` milliseconds ago at most, or older ones where the
   * queue does not tell them within `waits`. Opens no queue, and never rejects.
   */
  async recent(
    connected: Connected,
    { holds, waits }: { readonly holds: number; readonly waits: number },
  ): Promise<StatusReport> {
    const { clock } = this.#parts;
    const age = this.counted?.age ?? Infinity;
    if (this.#isOpen && age > holds) {
      this.#counting ??= this.#countAll().finally(() => (this.#counting = undefined));
      await within(clock, waits, this.#counting);
    }
    return this.#report(connected);
  }

  /** Undefined: never yet. */
  get counted(): Counted | undefined {
    if (this.#countedAt === undefined) return undefined;
    return { age: this.#parts.clock.monotonic() - this.#countedAt, deadLetters: this.#deadLetters };
  }

  async #countAll(): Promise<void> {
    const { store, reporter } = this.#parts;
    try {
      await this.#count();
      if (reporter.isQueueAvailable) this.#deadLetters = await store.deadLetters?.count?.();
    } catch {
      // It is closed, or away: the counts are the last that are known.
    }
  }

  async #count(): Promise<void> {
    const { store, reporter, clock } = this.#parts;
    const { shared } = store.capabilities;
    if (shared && !reporter.isQueueAvailable) return;
    const counted = store.queue.stats().then((stats) => {
      this.#stats = shared ? this.#own(stats) : stats;
      this.#countedAt = clock.monotonic();
    });
    await (shared ? within(clock, COUNTING, counted) : counted);
  }

  /** What others have leased is on their wires, as far as is known. */
  #own(stats: QueueStats): QueueStats {
    const leased = Math.min(stats.leased, this.#parts.dispatcher.held.size);
    this.#elsewhere = stats.leased - leased;
    return { ...stats, leased };
  }
}

function statusReport(
  { dispatcher, outcomes, receiving, bucket, limiter, clock, reporter }: ReportParts,
  stats: QueueStats & { readonly elsewhere: number },
  { state, windowSize, links, outbind }: Connected,
): StatusReport {
  const called = outbind?.bound.map((bound): SessionReport => ({ ...reportOf(bound), outbind: true })) ?? [];
  const sessions = [...links.flatMap(reportsOf), ...called];
  const { host, port } = links[0]?.endpoint ?? outbind?.endpoint ?? { host: '', port: 0 };
  return {
    state,
    // What is leased but not on the wire counts as queued.
    queued: Math.max(0, stats.queued + stats.leased - dispatcher.inFlight),
    delayed: stats.delayed,
    in_flight: dispatcher.inFlight,
    in_flight_elsewhere: stats.elsewhere,
    waiting: outcomes.waiting,
    unanswered: receiving.unanswered,
    oldest_age: stats.oldestAt === undefined ? 0 : steadyTime(clock).since(stats.oldestAt) / 1000,
    queue_state: reporter.isQueueAvailable ? 'available' : 'unavailable',
    rate: limiter.effectiveRate(),
    send_rate: bucket?.rate ?? 0,
    allowed_rate: allowedRate(bucket, limiter),
    window_size: windowSize,
    host,
    port,
    sessions,
    ...(outbind ? { outbind: { listening: outbind.isListening, ...outbind.endpoint } } : {}),
  };
}

function allowedRate(bucket: AdjustableLimiter | undefined, limiter: CompositeLimiter): number {
  const rate = Math.min(bucket?.rate || Infinity, limiter.wish ?? Infinity);
  return rate === Infinity ? 0 : rounded(rate);
}

/** A link has two sessions while it moves from one host to another. */
function reportsOf({ state, type, endpoint, bound }: ReconnectingSession): SessionReport[] {
  if (bound.length === 0) return [{ state, bind_type: type, ...endpoint, in_flight: 0 }];
  return bound.map(reportOf);
}

function reportOf({ session, number, type, endpoint: { host, port } }: Bound): SessionReport {
  return {
    state: 'bound',
    bind_type: type,
    host,
    port,
    session: number,
    in_flight: session.outstanding,
    window_size: session.windowSize,
    ...(session.congestionState === undefined ? {} : { congestion_state: session.congestionState }),
  };
}
