import { SmppError } from '../protocol';
import type { Session } from '../session';
import type { Untold } from '../store';
import type { EventReporter } from './events/reporter';
import type { Expiry } from './outbound/expiry';
import type { Homing } from './outbound/homing';
import type { Settings } from './config/options';
import { warnOfOutbindTls, warnOfTls } from './config/tls';
import { allHosts } from './connection/hosts';
import type { Outcomes } from './outbound/outcomes';
import type { OpenParts } from './plugins/parts';
import type { Receiving } from './inbound/receiving';
import type { Dispatcher } from './outbound/dispatcher';
import type { Managing } from './outbound/managing';
import type { Sender } from './outbound/sender';
import type { Dialogues } from './ussd';
import { rounds } from './rounds';
import { inTime, unlessAborted, within, type Repeated } from '../waiting';
import type { StartOptions, ConnectionManager } from './connection/connection-manager';

/** Milliseconds that a store which does not answer may hold up each step of a stop. */
const STORE_GRACE = 1000;
/** Milliseconds that closing the store may take. */
const CLOSE_GRACE = 3000;

export interface LifecycleParts {
  readonly settings: Settings;
  /** Fields that had a line end behind them. */
  readonly lineEnds: readonly string[];
  readonly open: Pick<
    OpenParts,
    'ready' | 'close' | 'store' | 'clock' | 'log' | 'tls' | 'outbindTls' | 'correlator'
  >;
  readonly reporter: EventReporter;
  readonly outcomes: Outcomes;
  readonly receiving: Receiving;
  readonly dispatcher: Dispatcher;
  readonly connections: ConnectionManager;
  readonly sender: Sender;
  readonly managing: Pick<Managing, 'open'>;
  readonly expiry: Expiry;
  readonly dialogues: Dialogues;
  readonly homing: Homing;
  /** Takes the client out of its metrics. */
  readonly conceal: () => void;
}

/**
 * Starts, disconnects and stops the client, in whatever order and however close to each other that is called. What
 * takes it down counts from the call on: a start that waits for something is over then, and starts nothing.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  readonly #rounds: Repeated;
  /** Ends the starts that were called so far. */
  #ended = new AbortController();
  #disconnecting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #warned = false;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#rounds = rounds(parts.open, () => parts.expiry.stepped());
  }

  get isDisconnecting(): boolean {
    return this.#disconnecting !== undefined;
  }

  async start(options: StartOptions): Promise<void> {
    if (this.#stopping) throw new SmppError('STOPPED', 'the client was stopped; make a new one');
    const { signal: ended } = this.#ended;
    await this.#disconnecting;
    options.signal?.throwIfAborted();
    const opened = this.#opened();
    await unlessAborted(options.signal ? unlessAborted(opened, options.signal) : opened, ended);
    options.signal?.throwIfAborted();
    ended.throwIfAborted();
    this.#warnOnce();
    const { receiving, connections, expiry } = this.#parts;
    receiving.open();
    this.#rounds.start();
    expiry.start();
    try {
      await connections.start(options);
    } finally {
      if (!connections.wanted) this.#rounds.stop();
    }
  }

  async #opened(): Promise<void> {
    const { open, sender, managing, dialogues } = this.#parts;
    await open.ready();
    await managing.open();
    await dialogues.start();
    await open.store.tellUntold?.((failed) => tellAll(failed, sender));
  }

  /** Of values whose line end was taken off, and of what goes over the wire in clear. */
  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    const { settings, lineEnds, open } = this.#parts;
    const { clock, log, tls, outbindTls } = open;
    for (const field of lineEnds)
      log.debug(
        { event: 'bind', stage: 'line_end', field },
        `${field}: the line end behind it was taken off`,
      );
    warnOfOutbindTls(settings, outbindTls, clock, log);
    warnOfTls({ useTls: settings.useTls, tls, hosts: allHosts(settings) }, clock, log);
  }

  disconnect(): Promise<void> {
    this.#endStarts('disconnected before the first bind', true);
    return (this.#disconnecting ??= this.#disconnect().finally(() => (this.#disconnecting = undefined)));
  }

  #endStarts(text: string, retriable: boolean): void {
    this.#ended.abort(new SmppError('STOPPED', text, retriable ? { retriable } : {}));
    this.#ended = new AbortController();
  }

  async #disconnect(): Promise<void> {
    const { receiving, dispatcher, connections, open } = this.#parts;
    receiving.close();
    connections.closePort();
    this.#rounds.stop();
    await this.drain(connections.sessions, receiving.idle());
    await connections.stop();
    await within(open.clock, STORE_GRACE, dispatcher.settled());
  }

  /** Finishes what is on the wire of these sessions, and takes no more for them; drainTimeout at most. */
  async drain(sessions: readonly Session[], answered: Promise<void>): Promise<void> {
    if (sessions.length === 0) return;
    const { receiving, dispatcher, open, settings } = this.#parts;
    const drained = [...sessions.map((session) => dispatcher.drain(session)), answered];
    await within(open.clock, settings.drainTimeout, Promise.all(drained));
    for (const session of sessions) receiving.left(session);
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { sender, expiry, receiving, dispatcher, reporter, outcomes, homing, dialogues, open, conceal } =
      this.#parts;
    const { clock } = open;
    this.#endStarts('the client was stopped; make a new one', false);
    sender.stop();
    await within(clock, STORE_GRACE, expiry.stop());
    receiving.releaseHeld();
    await this.disconnect();
    dispatcher.abandon();
    reporter.stop();
    await within(clock, STORE_GRACE, receiving.stop());
    await within(clock, STORE_GRACE, dialogues.stop());
    await within(clock, STORE_GRACE, homing.stop());
    // Others may have told until now what became of messages given here.
    outcomes.stop();
    conceal();
    await inTime(clock, CLOSE_GRACE, open.close());
  }
}

/** Each hears of its message, as if it had just failed. */
export function tellAll(failed: readonly Untold[], sender: Pick<Sender, 'fail'>): void {
  for (const { item, reason, state } of failed) sender.fail(item, reason, state);
}
