import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Clock } from '../clock';
import type { Log } from '../observability';
import type { Pdu, PduError } from '../protocol';
import {
  BindError,
  Session,
  connect,
  type CloseReason,
  type SequenceGenerator,
  type SessionHandlers,
} from '../session';
import { backoff } from './backoff';
import type { Settings } from './options';
import { sleep } from './timing';

type Answered = ReturnType<SessionHandlers['request']>;

export interface LinkListener extends Pick<SessionHandlers, 'trace'> {
  request(pdu: Pdu, octets: Buffer, session: Session): Answered;
  malformed(command: string, octets: Buffer, error: PduError, session: Session): Answered;
  connecting(): void;
  /** `number` counts the connection's sessions, from 1. */
  bound(session: Session, number: number): void;
  down(facts: LinkDown): void;
}

export interface LinkDown {
  /** Why, for people. */
  readonly reason: string;
  /** Of a refused bind. */
  readonly commandStatus?: string;
  /** Milliseconds until the next try; absent when the link is not to come back. */
  readonly retryIn?: number;
  /** Where connecting or binding failed. */
  readonly error?: Error;
}

export interface LinkParts {
  readonly settings: Settings;
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly sequence: (() => SequenceGenerator) | undefined;
  readonly listener: LinkListener;
}

const INTERFACE_VERSIONS = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 } as const;
/** A bind that held so long was a good one: the next failure starts the backoff anew. */
const STABLE_AFTER = 10_000;
/** A session of the same account that the centre has not noticed to be gone yet. */
const STILL_BOUND = new Set(['ESME_RALYBND', 'ESME_RSYSERR']);
const SPEC_PASSWORD = 8;
const UNBIND_TIMEOUT = 1000;
const STOPPED = 'the link is stopped';

/** Keeps one session up: connects, binds, and comes back for ever until it is stopped. */
export class Link {
  readonly #parts: LinkParts;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #session: Session | undefined;
  #count = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** The session, while it is bound. */
  get session(): Session | undefined {
    return this.#session;
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
    await this.#session?.unbind(UNBIND_TIMEOUT);
    await running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { settings, clock, listener } = this.#parts;
    let failures = 0;
    this.#warnOfPassword();
    while (!signal.aborted) {
      let error: Error | undefined;
      let reason: CloseReason | undefined;
      try {
        listener.connecting();
        this.#count++;
        const session = await this.#open(signal);
        const boundAt = clock.monotonic();
        listener.bound(session, this.#count);
        reason = await session.closed;
        if (clock.monotonic() - boundAt >= Math.min(STABLE_AFTER, settings.reconnectMax)) failures = 0;
      } catch (cause) {
        error = cause as Error;
        this.#session?.destroy();
      }
      this.#session = undefined;
      const retryIn = signal.aborted ? undefined : this.#delay(failures++, error);
      listener.down({
        reason: error?.message ?? reason?.text ?? '',
        ...(error instanceof BindError ? { commandStatus: error.command_status } : {}),
        ...(retryIn === undefined ? {} : { retryIn }),
        ...(error ? { error } : {}),
      });
      if (retryIn === undefined) return;
      await sleep(clock, retryIn, signal);
    }
    listener.down({ reason: STOPPED });
  }

  #delay(failures: number, error: Error | undefined): number {
    const { settings, random } = this.#parts;
    const { reconnectMin, reconnectMax } = settings;
    if (error instanceof BindError && error.credentials) return reconnectMax * (0.5 + random() / 2);
    if (error instanceof BindError && STILL_BOUND.has(error.command_status)) {
      return backoff(Math.min(failures, 2), reconnectMin, reconnectMax, random);
    }
    return backoff(failures, reconnectMin, reconnectMax, random);
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const { settings, tls, clock, log, sequence, listener } = this.#parts;
    const transport = await connect({
      host: settings.host,
      port: settings.port,
      tls: settings.useTls ? (tls ?? {}) : undefined,
      localAddress: settings.localAddress || undefined,
      timeout: settings.connectTimeout,
      signal,
    });
    if (signal.aborted) transport.destroy();
    signal.throwIfAborted();
    const session: Session = new Session({
      role: 'esme',
      transport,
      handlers: {
        request: (pdu, octets) => listener.request(pdu, octets, session),
        malformed: (command, octets, problem) => listener.malformed(command, octets, problem, session),
        trace: listener.trace,
      },
      clock,
      log: log.child({ session: this.#count }),
      windowSize: settings.windowSize,
      responseTimeout: settings.responseTimeout,
      enquireLinkInterval: settings.enquireLinkInterval,
      inactivityTimeout: settings.inactivityTimeout,
      maxPduLength: settings.maxPduLength,
      assumeTlvs: settings.assumeTlvs,
      interfaceVersion: INTERFACE_VERSIONS[settings.interfaceVersion],
      vendorTlvs: settings.vendorTlvs,
      ...(sequence ? { sequence: sequence() } : {}),
    });
    const abort = (): void => session.destroy('destroyed');
    signal.addEventListener('abort', abort, { once: true });
    try {
      await session.bind(`bind_${settings.bindType}`, this.#bindFields(), settings.bindTimeout);
      signal.throwIfAborted();
      // Still under the signal's eye: whoever stops the link finds the session either way.
      this.#session = session;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    return session;
  }

  #warnOfPassword(): void {
    const { settings, log } = this.#parts;
    if (settings.password.length <= SPEC_PASSWORD) return;
    log.warn(
      { event: 'bind', stage: 'start' },
      'the password has more than the 8 octets of the specification; sent whole, but some SMSCs cut or refuse it',
    );
  }

  #bindFields(): Record<string, unknown> {
    const { settings } = this.#parts;
    return {
      system_id: settings.systemId,
      password: settings.password,
      system_type: settings.systemType,
      interface_version: INTERFACE_VERSIONS[settings.interfaceVersion],
      addr_ton: settings.addressRangeTon,
      addr_npi: settings.addressRangeNpi,
      address_range: settings.addressRange,
    };
  }
}
