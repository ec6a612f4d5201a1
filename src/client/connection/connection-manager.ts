import { inSeconds } from '../../clock';
import { unlessAborted } from '../../waiting';
import { SmppError } from '../../protocol';
import { canSubmit, responseTimes, type ResponseTimeChange, type Session } from '../../session';
import type { SessionFacts } from '../events/events';
import type { EventReporter } from '../events/reporter';
import type { ConnectionState } from '../events/events';
import { BoundCounts, endpointsOf, typesOf, type Endpoint, type LinkType } from './hosts';
import { OutbindSessions, failureOf, type OutbindParts } from './outbind-sessions';
import {
  ReconnectingSession,
  type Bound,
  type SessionDown,
  type ReconnectingListener,
} from './reconnecting-session';
import { warnOfLongFields } from '../message/long-fields';
import type { OpeningParts } from './opening';
import { statusFields } from '../events/wire-form';

/** How {@link SmppClient.start} waits. */
export interface StartOptions {
  /** Stops trying: the call rejects with its reason. */
  signal?: AbortSignal;
  /** Reject at the first failure instead of trying on: where there are several hosts, when none lets it in. */
  failFast?: boolean;
}

export interface ConnectionManagerParts
  extends
    Omit<OpeningParts, 'type' | 'credentials' | 'responseTimes'>,
    Pick<ReconnectingListener, 'drain'>,
    Pick<OutbindParts, 'outbindTls'> {
  readonly random: () => number;
  readonly reporter: EventReporter;
  /** The client's state, with `paused` and `throttled`. */
  readonly state: () => ConnectionState;
  readonly bound: (session: Session) => void;
}

/** The state of all links together. */
export type LinkState = Exclude<ConnectionState, 'paused' | 'throttled'>;

/** Who holds sessions: links that we keep up, and where the SMSC may ask for some, those that it has asked for. */
export interface Parties {
  readonly links: readonly ReconnectingSession[];
  readonly outbind: Pick<OutbindSessions, 'isListening' | 'bound' | 'endpoint'> | undefined;
}

interface Waiter {
  readonly failFast: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** Keeps all sessions of the connection up while it is wanted, and tells how they are. */
export class ConnectionManager {
  readonly #parts: ConnectionManagerParts;
  readonly #links: readonly ReconnectingSession[];
  readonly #responseTimes: OpeningParts['responseTimes'];
  /** Sessions that the SMSC asks for, where it may. */
  readonly #outbind: OutbindSessions | undefined;
  /** Sessions so far. */
  #count = 0;
  /** Who waits for the first bind. */
  readonly #waiters = new Set<Waiter>();
  /** Why each link was not let in last; until it is. */
  readonly #problems = new WeakMap<ReconnectingSession, string | undefined>();

  constructor(parts: ConnectionManagerParts) {
    this.#parts = parts;
    const { sessions, responseTimeout } = parts.settings;
    this.#responseTimes = responseTimes(responseTimeout, parts.clock, (change) => this.#responseTime(change));
    const makers = typesOf(parts.settings).map((type) => this.#maker(type));
    this.#links = Array.from({ length: sessions }, () => makers.map((make) => make())).flat();
    if (parts.settings.outbindPort > 0) this.#outbind = this.#outbindSessions();
  }

  get links(): readonly ReconnectingSession[] {
    return this.#links;
  }

  /** Who holds sessions. */
  get parties(): Parties {
    return { links: this.#links, outbind: this.#outbind };
  }

  /** The one place where the links' states become one. */
  get state(): LinkState {
    const up = this.#links.filter(({ state }) => state === 'bound');
    if (up.length === 0) return this.#withoutLinks;
    if (this.#parts.settings.bindType !== 'pair') return 'bound';
    const halves = new Set(up.map(({ type }) => type));
    if (halves.size === 2) return 'bound';
    return halves.has('transmitter') ? 'tx only' : 'rx only';
  }

  /** What we hold by ourselves is down, or there is nothing of that kind. */
  get #withoutLinks(): LinkState {
    const isCalled = (this.#outbind?.bound.length ?? 0) > 0;
    if (isCalled) return this.#links.length === 0 ? 'bound' : 'rx only';
    if (this.#links.length === 0 && this.#outbind?.isListening) return 'listening';
    const isTrying = this.#links.length === 0 && this.#outbind?.started === true;
    return isTrying || this.#links.some(({ state }) => state === 'connecting')
      ? 'connecting'
      : 'disconnected';
  }

  /** All sessions that are bound. */
  get sessions(): readonly Session[] {
    const own = this.#links.flatMap(({ bound }) => bound);
    return [...own, ...(this.#outbind?.bound ?? [])].map(({ session }) => session);
  }

  /** The session with most room among those that may send. */
  get sending(): Session | undefined {
    const able = this.sessions.filter(({ state }) => canSubmit(state));
    return able.sort((a, b) => b.freeSlots - a.freeSlots)[0];
  }

  /** Whether it is up or to come up. */
  get wanted(): boolean {
    return this.#links.some(({ started }) => started) || this.#outbind?.started === true;
  }

  /**
   * Resolves when a session is bound, or where none is opened from here, when the SMSC may connect. Rejects when aborted, or with `failFast` at the first failure; then it stays
   * away, unless somebody else wants it.
   */
  async start({ signal, failFast = false }: StartOptions): Promise<void> {
    signal?.throwIfAborted();
    const wantedBefore = this.wanted;
    if (!wantedBefore) warnOfLongFields(this.#parts.settings, this.#parts.log);
    this.#outbind?.start();
    for (const link of this.#links) link.start();
    if (this.#isUp) return;
    try {
      await this.#firstBind(failFast, signal);
    } catch (error) {
      if (!wantedBefore && this.#waiters.size === 0) await this.#stopLinks();
      throw error;
    }
  }

  get #isUp(): boolean {
    if (this.#links.length === 0) return this.#outbind?.isListening === true;
    return this.#links.some(({ bound }) => bound.length > 0);
  }

  /** The SMSC may not connect any more; what is bound stays. */
  closePort(): void {
    this.#outbind?.close();
  }

  /** Unbinds and stays away. */
  async stop(): Promise<void> {
    await this.#stopLinks();
    const text = 'disconnected before the first bind';
    for (const waiter of this.#waiters) waiter.reject(new SmppError('STOPPED', text, { retriable: true }));
  }

  /** Tells how the connection is now. */
  announce(): void {
    this.#parts.reporter.session(this.#facts(this.#first));
  }

  #responseTime({ timeout, took }: ResponseTimeChange): void {
    const response_timeout = inSeconds(timeout);
    this.#parts.reporter.responseTime(this.#facts({ ...this.#first, response_timeout }), took);
  }

  get #first(): Pick<SessionFacts, 'host' | 'port' | 'bind_type'> {
    const first = this.#links[0]?.endpoint ?? this.#outbind?.endpoint;
    const { host, port, bindType } = { ...this.#parts.settings, ...first };
    return { host, port, bind_type: bindType };
  }

  async #stopLinks(): Promise<void> {
    await Promise.all([...this.#links.map((link) => link.stop()), this.#outbind?.stop()]);
  }

  get #receiver(): OpeningParts['credentials'] {
    const { systemId, password, receiverSystemId, receiverPassword } = this.#parts.settings;
    return { systemId: receiverSystemId || systemId, password: receiverPassword || password };
  }

  #outbindSessions(): OutbindSessions {
    const { reporter } = this.#parts;
    const place = { bind_type: 'receiver', outbind: true } as const;
    const tell = (facts: Partial<SessionFacts> & Endpoint, session?: number): void =>
      reporter.session(this.#facts({ ...place, ...facts }), session);
    const sessions: OutbindSessions = new OutbindSessions({
      ...this.#parts,
      credentials: this.#receiver,
      responseTimes: this.#responseTimes,
      count: () => ++this.#count,
      listener: {
        listening: () => {
          tell(sessions.endpoint);
          if (this.#links.length === 0) for (const waiter of this.#waiters) waiter.resolve();
        },
        notListening: (error, retryIn) => {
          const { code, message: reason } = error;
          tell({ ...sessions.endpoint, code, reason, retry_in: inSeconds(retryIn) });
          if (this.#links.length > 0) return;
          for (const waiter of this.#waiters) if (waiter.failFast) waiter.reject(error);
        },
        bound: ({ session, number, endpoint }) => {
          this.#parts.bound(session);
          reporter.bound(number, this.#facts({ ...endpoint, ...place }));
        },
        ended: ({ endpoint, number }, { text: reason }) => tell({ ...endpoint, reason }, number),
        failed: (endpoint, error) => {
          const { code, commandStatus } = failureOf(error);
          const status = { ...statusFields(commandStatus), ...(code === undefined ? {} : { code }) };
          tell({ ...endpoint, reason: error.message, ...status });
        },
      },
    });
    return sessions;
  }

  #maker(type: LinkType): () => ReconnectingSession {
    const { settings, drain } = this.#parts;
    const { systemId, password } = settings;
    const boundCounts = new BoundCounts();
    return () => {
      const link: ReconnectingSession = new ReconnectingSession({
        ...this.#parts,
        type,
        credentials: type === 'receiver' ? this.#receiver : { systemId, password },
        endpoints: endpointsOf(settings, type),
        boundCounts,
        responseTimes: this.#responseTimes,
        count: () => ++this.#count,
        listener: {
          drain,
          connecting: () => this.#connecting(link),
          bound: (bound) => this.#bound(link, bound),
          left: ({ endpoint, number, type: bind_type }, reason) =>
            this.#parts.reporter.session(this.#facts({ ...endpoint, bind_type, reason }), number),
          down: (facts) => this.#down(link, facts),
        },
      });
      return link;
    };
  }

  async #firstBind(failFast: boolean, signal: AbortSignal | undefined): Promise<void> {
    let waiter: Waiter | undefined;
    const bound = new Promise<void>((resolve, reject) => {
      this.#waiters.add((waiter = { failFast, resolve, reject }));
    });
    try {
      await (signal ? unlessAborted(bound, signal) : bound);
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  #facts(facts: Omit<SessionFacts, 'state' | 'bound' | 'sessions'>): SessionFacts {
    const called = this.#outbind?.bound.length ?? 0;
    const bound = this.#links.filter(({ state }) => state === 'bound').length + called;
    return { state: this.#parts.state(), bound, sessions: this.#links.length + called, ...facts };
  }

  #connecting({ endpoint, type }: ReconnectingSession): void {
    // What one of several does meanwhile is no news.
    if (this.state !== 'connecting') return;
    this.#parts.reporter.session(this.#facts({ ...endpoint, bind_type: type }));
  }

  #bound(link: ReconnectingSession, { session, number, endpoint, type, away }: Bound): void {
    this.#problems.delete(link);
    this.#parts.bound(session);
    this.#parts.reporter.bound(number, this.#facts({ ...endpoint, bind_type: type }), away);
    for (const waiter of this.#waiters) waiter.resolve();
  }

  #down(link: ReconnectingSession, down: SessionDown): void {
    const { endpoint, type, reason, commandStatus, retryIn, next, error, exhausted } = down;
    const code = error instanceof SmppError ? error.code : down.code;
    if (this.#isNews(link, down)) {
      const elsewhere = next && next !== endpoint ? { next_host: next.host, next_port: next.port } : {};
      const facts = this.#facts({
        ...endpoint,
        bind_type: type,
        reason,
        ...statusFields(commandStatus),
        ...(code === undefined ? {} : { code }),
        ...(retryIn === undefined ? {} : { retry_in: inSeconds(retryIn), ...elsewhere }),
      });
      this.#parts.reporter.session(facts, down.number);
    }
    if (!error || !exhausted) return;
    for (const waiter of this.#waiters) if (waiter.failFast) waiter.reject(error);
  }

  /** A host that is away is away for all: of links that fail alike only the first one tells. */
  #isNews(link: ReconnectingSession, { type, endpoint, reason, error }: SessionDown): boolean {
    const problem = error && [type, endpoint.host, endpoint.port, reason].join(' ');
    this.#problems.set(link, problem);
    if (problem === undefined) return true;
    return this.#links.find((one) => this.#problems.get(one) === problem) === link;
  }
}
