import { BindError, ResponseTime, type CloseCode, type CloseReason, type Session } from '../../session';
import { HostSelector, type Endpoint, type LinkType, type BoundCounts } from './hosts';
import { openSession, type OpeningParts } from './opening';
import { onAbort, sleep } from '../../waiting';

/** A session that is bound. */
export interface Bound {
  readonly session: Session;
  /** Counts the connection's sessions, from 1. */
  readonly number: number;
  readonly endpoint: Endpoint;
  /** The endpoint's place among the hosts. */
  readonly at: number;
  readonly type: LinkType;
  /** Milliseconds for which there was no session in its place, where there had been one. */
  readonly away?: number;
}

export interface ReconnectingListener {
  connecting(): void;
  bound(bound: Bound): void;
  /** One of two sessions has gone; the other carries on. */
  left(bound: Bound, reason: string): void;
  /** The session is about to be unbound; resolves when all that is on the wire has its answer, or time is up. */
  drain(session: Session): Promise<void>;
  down(facts: SessionDown): void;
}

export interface SessionDown {
  readonly type: LinkType;
  /** Where it was bound, or was to be. */
  readonly endpoint: Endpoint;
  /** What the session was called that has ended; absent where none was bound. */
  readonly number?: number;
  /** Why, for people. */
  readonly reason: string;
  /** Of a refused bind, or of a session that the SMSC does not know. */
  readonly commandStatus?: string;
  /** What happened to a session that was bound, for programs. */
  readonly code?: string;
  /** Milliseconds until the next try; absent when the link is not to come back. */
  readonly retryIn?: number;
  /** Where the next try goes to. */
  readonly next?: Endpoint;
  /** Where connecting or binding failed. */
  readonly error?: Error;
  /** No host has let it in since it was last bound. */
  readonly exhausted: boolean;
}

export interface ReconnectingSessionParts extends OpeningParts {
  /** The hosts, the best first. */
  readonly endpoints: readonly Endpoint[];
  /** Shared by all links that are alike. */
  readonly boundCounts: BoundCounts;
  /** The number of the next session. */
  readonly count: () => number;
  readonly random: () => number;
  readonly listener: ReconnectingListener;
}

const UNBIND_TIMEOUT = 1000;
/** Milliseconds between two departures from a good session for a better host that lets us in nowhere else. */
const LET_GO_EVERY = 600_000;
const STOPPED = 'the link is stopped';
/** What the event about a session says that was bound and that the SMSC refuses. */
const REFUSALS: Partial<Record<CloseCode, Pick<SessionDown, 'code' | 'commandStatus'>>> = {
  'session-unknown': { code: 'SESSION_UNKNOWN', commandStatus: 'ESME_RINVBNDSTS' },
};

/**
 * Keeps one session up: connects, binds, fails over, and comes back for ever until it is stopped. While it moves
 * back to a better host it has two, so that there is one at every moment.
 */
export class ReconnectingSession {
  readonly #parts: ReconnectingSessionParts;
  readonly #hostSelector: HostSelector;
  /** By host: how long each takes to answer a bind. */
  readonly #bindTimes: readonly ResponseTime[];
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: 'disconnected' | 'connecting' = 'disconnected';
  /** The newest first. */
  #bound: Bound[] = [];
  #endpoint: Endpoint;
  #turn = 0;
  /** Tries since it was last bound. */
  #fruitless = 0;
  #letGoAt = -Infinity;
  /** When the last session was lost, while there is none in its place; monotonic milliseconds. */
  #lostAt: number | undefined;
  /** Where sessions have gone to that are unbound to move. */
  readonly #movedTo = new WeakMap<Session, Endpoint>();

  constructor(parts: ReconnectingSessionParts) {
    this.#parts = parts;
    this.#hostSelector = new HostSelector({ ...parts, hosts: parts.endpoints.length });
    this.#endpoint = parts.endpoints[0] as Endpoint;
    const { settings, clock } = parts;
    this.#bindTimes = parts.endpoints.map(
      () => new ResponseTime(settings.bindTimeout, clock, { forgetAfter: 0 }),
    );
  }

  get type(): LinkType {
    return this.#parts.type;
  }

  get state(): 'disconnected' | 'connecting' | 'bound' {
    return this.#bound.length > 0 ? 'bound' : this.#state;
  }

  /** Its sessions that are bound. */
  get bound(): readonly Bound[] {
    return this.#bound;
  }

  /** Where it is bound, or was or is to be. */
  get endpoint(): Endpoint {
    return this.#bound[0]?.endpoint ?? this.#endpoint;
  }

  get started(): boolean {
    return this.#stopping?.signal.aborted === false;
  }

  /** While it is being stopped: starts again when it is down. */
  start(): void {
    if (this.started) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#running = this.#running.then(() => this.#run(stopping.signal));
  }

  /** Unbinds where bound; resolves when the link is down. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#stopping?.abort(new Error(STOPPED));
    await Promise.all(this.#bound.map(({ session }) => session.unbind(UNBIND_TIMEOUT)));
    await running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#hostSelector.reset();
    this.#fruitless = 0;
    while (!signal.aborted) {
      let bound = await this.#climb(signal);
      while (bound) bound = await this.#hold(bound, signal);
    }
    if (this.#state !== 'disconnected') this.#down({ reason: STOPPED }, signal);
  }

  /** Tries the hosts until one lets it in. */
  async #climb(signal: AbortSignal): Promise<Bound | undefined> {
    while (!signal.aborted) {
      const { at, wait } = this.#hostSelector.next();
      if (wait > 0) {
        await sleep(this.#parts.clock, wait, signal);
        continue;
      }
      try {
        this.#state = 'connecting';
        this.#endpoint = this.#parts.endpoints[at] as Endpoint;
        this.#parts.listener.connecting();
        return await this.#open(at, signal);
      } catch (cause) {
        const error = cause as Error;
        if (signal.aborted) this.#down({ reason: error.message }, signal);
        else this.#failed(at, error, signal);
      }
    }
    return undefined;
  }

  #failed(at: number, error: Error, signal: AbortSignal): void {
    this.#hostSelector.failed(at, error);
    this.#fruitless++;
    const status = error instanceof BindError ? { commandStatus: error.command_status } : {};
    this.#down({ reason: error.message, error, ...status }, signal);
  }

  /** Until it has closed; or until a better host has taken over, whose session is returned. */
  async #hold(bound: Bound, signal: AbortSignal): Promise<Bound | undefined> {
    const over = new AbortController();
    const off = onAbort(signal, () => over.abort(signal.reason));
    const closed = bound.session.closed.then((reason) => (over.abort(new Error(reason.text)), reason));
    const successor = await this.#moveBack(bound, over.signal);
    const reason = successor ? undefined : await closed;
    off();
    // Whoever was to take over may have gone at the same moment.
    if (successor && this.#bound.includes(successor)) return successor;
    const { code, ...why } = reason ?? (await closed);
    const whyClosed = this.#whyClosed(bound.session, { code, ...why });
    this.#down({ reason: whyClosed, number: bound.number, ...REFUSALS[code] }, signal);
    return undefined;
  }

  /** Tries better hosts from time to time. Resolves with a session that has taken over. */
  async #moveBack(bound: Bound, signal: AbortSignal): Promise<Bound | undefined> {
    const { settings, clock, log } = this.#parts;
    if (!settings.failback || bound.at === 0) return undefined;
    while (!signal.aborted) {
      const { at, wait } = this.#hostSelector.before(bound.at);
      await sleep(clock, Math.max(wait, this.#hostSelector.stableAfter), signal);
      if (signal.aborted) break;
      try {
        const successor = await this.#open(at, signal);
        if (await this.#provesBetter(successor, bound)) return successor;
      } catch (cause) {
        if (signal.aborted) break;
        const error = cause as Error;
        this.#hostSelector.failed(at, error);
        log.debug(
          { event: 'session', stage: 'failback', reason: error.message },
          `still away: ${error.message}`,
        );
        if (isTaken(error)) await this.#letGo(bound, at);
      }
    }
    return undefined;
  }

  /** Both work until the new session has held for a while; then the old one finishes what it has and goes. */
  async #provesBetter(successor: Bound, bound: Bound): Promise<boolean> {
    const { clock } = this.#parts;
    const over = new AbortController();
    const gone = (): void => over.abort();
    void successor.session.closed.then(gone);
    void bound.session.closed.then(gone);
    await sleep(clock, this.#hostSelector.stableAfter, over.signal);
    if (!this.#bound.includes(successor)) return false;
    if (this.#bound.includes(bound) && this.started) await this.#quit(bound.session, successor.endpoint);
    return true;
  }

  /** A better host is there, and has room for us once we are nowhere else: an account may have one bind in all. */
  async #letGo({ session }: Bound, at: number): Promise<void> {
    const { clock, endpoints } = this.#parts;
    if (clock.monotonic() - this.#letGoAt < LET_GO_EVERY) return;
    this.#letGoAt = clock.monotonic();
    this.#hostSelector.prefer(at);
    await this.#quit(session, endpoints[at] as Endpoint);
  }

  async #quit(session: Session, next: Endpoint): Promise<void> {
    this.#movedTo.set(session, next);
    await this.#parts.listener.drain(session);
    await session.unbind(UNBIND_TIMEOUT);
  }

  #whyClosed(session: Session, { code, text }: CloseReason): string {
    const next = code === 'unbound' ? this.#movedTo.get(session) : undefined;
    return next ? `unbound to go back to ${next.host}:${next.port}` : text;
  }

  async #open(at: number, signal: AbortSignal): Promise<Bound> {
    const { count, endpoints, type } = this.#parts;
    const endpoint = endpoints[at] as Endpoint;
    const number = count();
    const turn = this.#turn++;
    const bindTime = this.#bindTimes[at] as ResponseTime;
    let bound: Bound | undefined;
    await openSession({ ...this.#parts, endpoint, number, turn, bindTime, signal }, (session) => {
      const away = this.#lostAt === undefined ? {} : { away: this.#parts.clock.monotonic() - this.#lostAt };
      bound = { session, number, endpoint, at, type, ...away };
      this.#enter(bound);
    });
    return bound as unknown as Bound;
  }

  #enter(bound: Bound): void {
    const { clock, boundCounts, listener, counters } = this.#parts;
    const boundAt = clock.monotonic();
    this.#fruitless = 0;
    if (this.#lostAt !== undefined) counters?.reconnected();
    this.#lostAt = undefined;
    this.#bound.unshift(bound);
    boundCounts.enter(bound.at);
    void bound.session.closed.then((reason) => this.#leave(bound, reason, clock.monotonic() - boundAt));
    listener.bound(bound);
  }

  #leave(bound: Bound, reason: CloseReason, held: number): void {
    const { boundCounts, listener, counters } = this.#parts;
    counters?.sessionEnded(reason.code);
    this.#bound = this.#bound.filter((other) => other !== bound);
    boundCounts.leave(bound.at);
    this.#hostSelector.left(bound.at, held, reason, bound.session.evidence);
    this.#endpoint = bound.endpoint;
    this.#lostAt = this.started && this.#bound.length === 0 ? this.#parts.clock.monotonic() : undefined;
    if (this.#bound.length > 0) listener.left(bound, this.#whyClosed(bound.session, reason));
  }

  #down(
    facts: Pick<SessionDown, 'reason' | 'number' | 'error' | 'code' | 'commandStatus'>,
    signal: AbortSignal,
  ): void {
    const { type, listener, endpoints } = this.#parts;
    this.#state = signal.aborted ? 'disconnected' : 'connecting';
    const { at, wait } = this.#hostSelector.next();
    const next = signal.aborted ? {} : { retryIn: wait, next: endpoints[at] as Endpoint };
    const exhausted = this.#fruitless >= endpoints.length;
    listener.down({ type, endpoint: this.#endpoint, exhausted, ...facts, ...next });
  }
}

function isTaken(error: Error): boolean {
  return error instanceof BindError && error.command_status === 'ESME_RALYBND';
}
