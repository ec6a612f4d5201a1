import { SmppError } from '../protocol';
import type { Session } from '../session';
import type { Announcer } from './announcer';
import type { ConnectionState, SessionEvent } from './events';
import { Link, type LinkDown, type LinkParts } from './link';

export interface StartOptions {
  signal?: AbortSignal;
  /** Reject at the first failure instead of trying on. */
  failFast?: boolean;
}

export interface UpkeepParts extends Omit<LinkParts, 'listener'> {
  readonly announcer: Announcer;
  readonly request: LinkParts['listener']['request'];
  readonly malformed: LinkParts['listener']['malformed'];
  /** The state that people see: it knows of pauses and throttling. */
  readonly state: () => ConnectionState;
  readonly bound: (session: Session) => void;
}

interface Waiter {
  readonly failFast: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** Keeps the connection up while it is wanted, and tells how it is. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #link: Link;
  #state: 'disconnected' | 'connecting' | 'bound' = 'disconnected';
  /** Who waits for the first bind. */
  readonly #waiters = new Set<Waiter>();

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.#link = new Link({
      ...parts,
      listener: {
        request: parts.request,
        malformed: parts.malformed,
        connecting: () => this.#become('connecting'),
        bound: (session, number) => this.#bound(session, number),
        down: (facts) => this.#down(facts),
      },
    });
  }

  get state(): 'disconnected' | 'connecting' | 'bound' {
    return this.#state;
  }

  get session(): Session | undefined {
    return this.#link.session;
  }

  /** Whether it is up or to come up. */
  get wanted(): boolean {
    return this.#link.started;
  }

  /**
   * Resolves when bound. Rejects when aborted, or with `failFast` at the first failure; then it stays
   * away, unless somebody else wants it.
   */
  async start({ signal, failFast = false }: StartOptions): Promise<void> {
    signal?.throwIfAborted();
    const wantedBefore = this.wanted;
    this.#link.start();
    if (this.#state === 'bound') return;
    try {
      await this.#firstBind(failFast, signal);
    } catch (error) {
      if (!wantedBefore && this.#waiters.size === 0) await this.#link.stop();
      throw error;
    }
  }

  /** Unbinds and stays away. */
  async stop(): Promise<void> {
    await this.#link.stop();
    const text = 'disconnected before the first bind';
    for (const waiter of this.#waiters) waiter.reject(new SmppError('STOPPED', text, { retriable: true }));
  }

  announce(facts: Partial<SessionEvent> = {}): void {
    const { announcer, state, settings } = this.#parts;
    const { host, port, bindType } = settings;
    announcer.session({ state: state(), host, port, bind_type: bindType, ...facts });
  }

  #firstBind(failFast: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        failFast,
        resolve: () => (finish(), resolve()),
        reject: (error) => (finish(), reject(error)),
      };
      const onAbort = (): void => waiter.reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #become(state: 'connecting' | 'bound'): void {
    this.#state = state;
    this.announce();
  }

  #bound(session: Session, number: number): void {
    this.#parts.announcer.sessionNumber = number;
    this.#parts.bound(session);
    this.#become('bound');
    for (const waiter of this.#waiters) waiter.resolve();
  }

  #down({ reason, commandStatus, retryIn, error }: LinkDown): void {
    this.#state = retryIn === undefined ? 'disconnected' : 'connecting';
    this.announce({
      reason,
      ...(commandStatus === undefined ? {} : { command_status: commandStatus }),
      ...(retryIn === undefined ? {} : { retry_in: Math.round(retryIn) / 1000 }),
    });
    if (!error) return;
    for (const waiter of this.#waiters) if (waiter.failFast) waiter.reject(error);
  }
}
