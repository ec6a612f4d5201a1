import type { Clock } from '../clock';
import { maskNumber } from '../observability';
import type { Events } from './events/emitter';
import type { ConnectionState } from './events/events';
import type { Connected, StatusReport, StatusReporter } from './report';

/** Whether a connection does what it is meant to, and what is in its way. */
export interface HealthReport {
  /** All that is to be bound is (of a pair both halves), and the queue answers; or it is not wanted. */
  healthy: boolean;
  /** Why it is not healthy, for people; empty where it is. */
  problems: string[];
  /** Of all sessions together. */
  state: ConnectionState;
  /** Since when it is in this state; ISO 8601. */
  since: string;
  /** Whether it is to be connected: false before it was started, and after it was disconnected. */
  wanted: boolean;
  /** Sessions that are bound, of how many. */
  bound: number;
  /** Sessions that are wanted. */
  sessions: number;
  /** Where the first session is bound, or was last tried. */
  host: string;
  /** TCP port of `host`. */
  port: number;
  /** Whether sending pauses because the SMSC asked for less. */
  throttled: boolean;
  /** How the queue is. */
  queue: {
    state: 'available' | 'unavailable';
    /** Messages that wait. */
    queued: number;
    /** Seconds that the oldest of them has been waiting. */
    oldest_age: number;
  };
  /** What went wrong last with the connection or its queue, also where that is over. */
  last_error?: HealthProblem;
}

/** Something that went wrong. */
export interface HealthProblem {
  /** ISO 8601. */
  at: string;
  /** Stable, for programs; absent where there is none. */
  code?: string;
  /** For people. */
  text: string;
}

export interface HealthParts {
  readonly clock: Clock;
  readonly events: Pick<Events, 'on'>;
  readonly status: StatusReporter;
  readonly connected: () => Connected;
  readonly isUp: () => boolean;
  readonly isWanted: () => boolean;
  readonly isThrottled: () => boolean;
}

/** Milliseconds for which the counts of a queue hold, and that an answer waits for new ones. */
const HOLDS = 2000;
const WAITS = 1000;

const NOT_THERE = 'the queue does not answer, or cannot be written';

/** Watches how a client is, and tells it at any time, also while the server of its queue is away. */
export class Health {
  readonly #parts: HealthParts;
  #state: ConnectionState = 'disconnected';
  /** Epoch milliseconds. */
  #since: number;
  #last: HealthProblem | undefined;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#since = parts.clock.now();
    const { events } = parts;
    events.on('session', ({ code, reason, retry_in }) => {
      this.#look();
      const isFailure = (code !== undefined && code !== 'RESPONSES_IN_TIME') || retry_in !== undefined;
      if (reason !== undefined && isFailure) this.#failed(reason, code);
    });
    events.on('throttle', () => this.#look());
    events.on('queue', ({ state }) => {
      if (state === 'unavailable') this.#failed(NOT_THERE, 'QUEUE_UNAVAILABLE');
    });
  }

  /** The server of the queue does not answer, and why. */
  queueAway({ message, code }: Error & { code?: unknown }): void {
    this.#failed(message || NOT_THERE, typeof code === 'string' ? code : undefined);
  }

  async report(): Promise<HealthReport> {
    const { status, connected } = this.#parts;
    const report = await status.recent(connected(), { holds: HOLDS, waits: WAITS });
    this.#look();
    const wanted = this.#parts.isWanted();
    const problems = wanted ? this.#problems(report) : [];
    const { state, host, port, sessions, queue_state, queued, oldest_age } = report;
    return {
      healthy: problems.length === 0,
      problems,
      state,
      since: new Date(this.#since).toISOString(),
      wanted,
      bound: sessions.filter((one) => one.state === 'bound').length,
      sessions: sessions.length,
      host,
      port,
      throttled: this.#parts.isThrottled(),
      queue: { state: queue_state, queued, oldest_age },
      ...(this.#last ? { last_error: this.#last } : {}),
    };
  }

  #problems({ state, sessions, queue_state, outbind }: StatusReport): string[] {
    const problems: string[] = [];
    const bound = sessions.filter((one) => one.state === 'bound').length;
    if (outbind && !outbind.listening)
      problems.push(`the SMSC cannot connect to ${outbind.host}:${outbind.port}`);
    // That the SMSC comes when it has something for us is as it should be.
    if (bound === 0 && state !== 'listening') problems.push(`no session is bound (${state})`);
    else if (!this.#parts.isUp()) problems.push(`one half of the pair is not bound (${state})`);
    if (queue_state === 'unavailable') problems.push(NOT_THERE);
    return problems;
  }

  #look(): void {
    const { state } = this.#parts.connected();
    if (state === this.#state) return;
    this.#state = state;
    this.#since = this.#parts.clock.now();
  }

  /** The SMSC's own words may name a recipient. */
  #failed(text: string, code: string | undefined): void {
    const at = new Date(this.#parts.clock.now()).toISOString();
    this.#last = { at, ...(code === undefined ? {} : { code }), text: maskNumber(text) };
  }
}
