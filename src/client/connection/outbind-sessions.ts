import type { TlsOptions } from 'node:tls';
import type { SmppError } from '../../protocol';
import { BindError, ResponseTime, type CloseReason } from '../../session';
import { sleep } from '../../waiting';
import { backoff, type Endpoint } from './hosts';
import { openSession, type OpeningParts } from './opening';
import { OutbindPort, type Caller } from './outbind-port';
import type { Bound } from './reconnecting-session';

/** What becomes of the port, and of sessions that the SMSC asked for. */
export interface OutbindListener {
  /** The port is open. */
  listening(): void;
  /** It cannot be opened, and is tried again in `retryIn` milliseconds. */
  notListening(error: SmppError, retryIn: number): void;
  bound(bound: Bound): void;
  /** A session has ended; it is the SMSC that comes again. */
  ended(bound: Bound, reason: CloseReason): void;
  /** The SMSC asked for a bind, and did not let us in. */
  failed(endpoint: Endpoint, error: Error): void;
}

export interface OutbindParts extends Omit<OpeningParts, 'type' | 'tls'> {
  readonly outbindTls: TlsOptions | undefined;
  /** The number of the next session. */
  readonly count: () => number;
  readonly random: () => number;
  readonly listener: OutbindListener;
}

const UNBIND_TIMEOUT = 1000;
const STOPPED = 'the connection is stopped';

/**
 * Sessions that the SMSC asks for (SMPP 3.4 section 2.2.1): it connects to us and sends an outbind, and we bind as receiver
 * over that connection. They are not made again when they end.
 *
 * ```
 * connect ─▶ allowed? ─▶ outbind in time? ─▶ credentials? ─▶ room? ─▶ bind_receiver ─▶ a session as any other
 *              └────────────┴─────────────────┴──────────────┴─▶ closed, without a word
 * ```
 */
export class OutbindSessions {
  readonly #parts: OutbindParts;
  readonly #port: OutbindPort;
  readonly #bindTime: ResponseTime;
  #stopping: AbortController | undefined;
  #bound: Bound[] = [];
  /** Binds under way. */
  #opening = 0;

  constructor(parts: OutbindParts) {
    const { settings, clock, outbindTls: tls } = parts;
    this.#parts = parts;
    this.#bindTime = new ResponseTime(settings.bindTimeout, clock, { forgetAfter: 0 });
    this.#port = new OutbindPort({
      ...parts,
      tls,
      hasRoom: () => this.#bound.length + this.#opening < settings.outbindConnections,
      called: (caller) => void this.#bind(caller),
    });
  }

  get isListening(): boolean {
    return this.#port.isOpen;
  }

  get started(): boolean {
    return this.#stopping?.signal.aborted === false;
  }

  get bound(): readonly Bound[] {
    return this.#bound;
  }

  /** Where it listens, or is to. */
  get endpoint(): Endpoint {
    const { outbindHost: host, outbindPort: port } = this.#parts.settings;
    return { host, port };
  }

  start(): void {
    if (this.started) return;
    this.#stopping = new AbortController();
    void this.#listen(this.#stopping.signal);
  }

  /** Lets nobody in any more, nor who is about to be; sessions that are bound stay. The port is free at once. */
  close(): void {
    this.#stopping?.abort(new Error(STOPPED));
    this.#port.close();
  }

  /** As {@link close}, and unbinds; resolves when all sessions have ended. */
  async stop(): Promise<void> {
    this.close();
    await Promise.all(this.#bound.map(({ session }) => session.unbind(UNBIND_TIMEOUT)));
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { settings, clock, random, listener } = this.#parts;
    const { reconnectMin, reconnectMax } = settings;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#port.open();
        if (signal.aborted) this.#port.close();
        else listener.listening();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const retryIn = backoff(attempt, reconnectMin, reconnectMax, random);
        listener.notListening(error as SmppError, retryIn);
        await sleep(clock, retryIn, signal);
      }
    }
  }

  async #bind({ transport, endpoint }: Caller): Promise<void> {
    const signal = this.#stopping?.signal;
    if (!signal || signal.aborted) return transport.destroy();
    const { count, listener } = this.#parts;
    const opening = { ...this.#parts, type: 'receiver', tls: undefined, turn: 0, endpoint, signal } as const;
    const number = count();
    this.#opening++;
    try {
      await openSession({ ...opening, number, bindTime: this.#bindTime, transport }, (session) =>
        this.#enter({ session, number, endpoint, at: 0, type: 'receiver' }),
      );
    } catch (error) {
      transport.destroy();
      if (!signal.aborted) listener.failed(endpoint, error as Error);
    } finally {
      this.#opening--;
    }
  }

  #enter(bound: Bound): void {
    const { listener, counters } = this.#parts;
    this.#bound = [...this.#bound, bound];
    void bound.session.closed.then((reason) => {
      counters?.sessionEnded(reason.code);
      this.#bound = this.#bound.filter((other) => other !== bound);
      listener.ended(bound, reason);
    });
    listener.bound(bound);
  }
}

/** What the event about a bind that failed says beside its reason. */
export function failureOf(error: Error): { code?: string; commandStatus?: string } {
  const { code } = error as Partial<SmppError>;
  return {
    ...(code === undefined ? {} : { code }),
    ...(error instanceof BindError ? { commandStatus: error.command_status } : {}),
  };
}
