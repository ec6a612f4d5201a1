import { systemClock, type Clock, type TimerHandle } from '../src/clock';
import {
  ConfigError,
  SmppClient,
  normalise,
  type Message,
  type Outcome,
  type SendOptions,
  type Settings,
  type SmppError,
} from '../src/index';
import type { Configuration } from './configuration';
import { Listeners, type AnyEvent, type Listener } from './listeners';
import { logTo, type NodeLog } from './log-bridge';
import type { Claim, Hold, Member, Registry } from './registry';
import { followQueue, type QueueChange } from './queue-change';
import {
  StatusBoard,
  TLS_FAILED,
  errorStatus,
  type Facts,
  type Status,
  type Translate,
  type Trouble,
} from './status';

/** A node that shows how the connection is. */
export interface Viewer {
  status(status: Status): unknown;
}

export interface ConnectionParts {
  readonly nodeId: string;
  readonly configuration: Configuration;
  readonly log: NodeLog;
  readonly translate: Translate;
  readonly registry: Registry;
  readonly clock?: Clock;
}

/**
 * What stands behind an smpp-config node: the client, its store, and the nodes that use it.
 * With a wrong configuration there is no client, and `unusable` says what is wrong.
 */
export class Connection implements Member {
  readonly unusable: SmppError | undefined;
  /** Fields that the connection gives where a message has none. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Whether a text may be a queue item of naz. */
  readonly payloadFormat: Settings['payloadFormat'];
  readonly #parts: ConnectionParts;
  readonly #client: SmppClient | undefined;
  readonly #hold: Hold | undefined;
  readonly #autoConnect: boolean;
  readonly #listeners: Listeners;
  readonly #viewers = new Set<Viewer>();
  readonly #board: StatusBoard;
  #started = false;
  #removed = false;
  #refused: string | undefined;
  /** What keeps it from even trying to connect. */
  #trouble: Trouble | undefined;
  readonly #clock: Clock;
  /** Whether it is to come up by itself as soon as it can. */
  #wanted = false;
  #retry: TimerHandle;
  /** What is to be done once, before the first connection. */
  #change: QueueChange | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#listeners = new Listeners(parts.nodeId, parts.registry, parts.log);
    this.#board = new StatusBoard({
      translate: parts.translate,
      show: (status) => this.#show(status),
      read: () => this.#facts(),
    });
    const opened = this.#open();
    if (opened instanceof ConfigError) {
      this.unusable = opened;
      this.defaults = {};
      this.payloadFormat = 'fields';
      this.#autoConnect = false;
      this.#hold = parts.registry.keep(parts.nodeId);
      parts.log.error(`this connection cannot be used: ${opened.message}`);
      return;
    }
    this.#client = opened.client;
    this.#hold = opened.claim;
    this.#change = opened.change;
    this.#autoConnect = opened.settings.autoConnect;
    this.defaults = opened.settings.defaults;
    this.payloadFormat = opened.settings.payloadFormat;
    this.#watch(opened.client);
    parts.registry.join(this);
    this.#board.touch();
  }

  get nodeId(): string {
    return this.#parts.nodeId;
  }

  /** Whether the node was deleted: what is queued will not be sent any more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Throws where the connection is not usable. */
  get client(): SmppClient {
    if (this.#client) return this.#client;
    throw this.unusable ?? new ConfigError([]);
  }

  /** All nodes exist and listen: now messages may come. */
  deployed(): void {
    this.#listeners.settle();
    if (this.#started || !this.#autoConnect) return;
    this.#wanted = true;
    void this.#connectOrTell();
  }

  /** Stays away, also where it only waits to be able to connect. */
  async disconnect(): Promise<void> {
    this.#giveUp();
    await this.client.disconnect();
  }

  #giveUp(): void {
    this.#wanted = false;
    this.#clock.clearTimeout(this.#retry);
  }

  /** Resolves when it is bound; keeps trying until then. Rejects where the queue or a plugin is missing. */
  async connect(): Promise<void> {
    this.#started = true;
    const { client } = this;
    try {
      if (this.#change) await followQueue(this.#change);
      this.#change = undefined;
      const bound = client.connect();
      this.#trouble = undefined;
      await bound;
    } catch (error) {
      this.#trouble = troubleOf(error);
      this.#board.touch();
      throw error;
    }
  }

  /** What cannot work now may work later: a disk with room again, a plugin that is installed. */
  async #connectOrTell(told?: string): Promise<void> {
    let problem: string | undefined;
    try {
      await this.connect();
    } catch (error) {
      if (!this.#wanted || (error as SmppError).code === 'STOPPED') return;
      problem = (error as Error).message;
      if (problem !== told) this.#parts.log.error(problem);
      this.#retry = this.#clock.setTimeout(() => void this.#connectOrTell(problem), RETRY);
    }
  }

  send(message: Message, options: SendOptions): Promise<Outcome> {
    return this.#watched(this.client.send(message, options));
  }

  sendBatch(messages: readonly Message[], options: SendOptions): Promise<PromiseSettledResult<Outcome>[]> {
    return this.#watched(this.client.sendBatch(messages, options));
  }

  view(viewer: Viewer): void {
    this.#viewers.add(viewer);
    if (this.unusable) viewer.status(errorStatus(this.#parts.translate));
    else if (this.#board.current) viewer.status(this.#board.current);
  }

  unview(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
  }

  unlisten(listener: Listener, removed: boolean): void {
    this.#listeners.remove(listener, removed);
  }

  /** Tells the listening nodes of an event that did not come from the client. */
  announce(event: AnyEvent): void {
    this.#listeners.deliver(event);
  }

  /** Shows what a change by hand has done. */
  touch(): void {
    this.#board.touch();
  }

  /** Drains, unbinds and leaves the store to the next instance; or for good, where there is none. */
  async close(removed: boolean): Promise<void> {
    this.#removed = removed;
    this.#giveUp();
    this.#parts.registry.leave(this);
    this.#board.close();
    try {
      await this.#client?.stop();
    } finally {
      if (removed) this.#hold?.abandon();
      else this.#hold?.park();
    }
  }

  #open(): Opened | ConfigError {
    const { nodeId, registry, log } = this.#parts;
    const { options, problems } = this.#parts.configuration;
    if (problems.length > 0) return new ConfigError(problems);
    const settings = normalise(options);
    const { clientId } = settings;
    const queue = typeof options.queue === 'string' ? options.queue : 'disk';
    const limits = { capacity: settings.queueCapacity, whenFull: settings.whenFull };
    const { correlationCapacity } = settings;
    const claimed = registry.claim({
      nodeId,
      clientId,
      label: settings.name || `${settings.host}:${settings.port}`,
      account: `${settings.host} ${settings.systemId}`,
      ...(queue === 'memory' ? { memory: { limits, correlationCapacity } } : {}),
    });
    if ('takenBy' in claimed) {
      const remedy = `the connection "${claimed.takenBy}" has this clientId already; give each connection its own`;
      return new ConfigError([{ field: 'clientId', value: clientId, remedy }]);
    }
    const { claim } = claimed;
    try {
      const client = new SmppClient({ ...options, queue: claim.store ?? queue, log: logTo(log) });
      const warn = (text: string): void => log.warn(text);
      const change = { client, settings, clientId, queue, left: claim.left, warn };
      return { client, claim, settings, change };
    } catch (error) {
      claim.park();
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  #watch(client: SmppClient): void {
    this.#listeners.attach(client);
    client.on('session', (event) => {
      if (event.bound > 0) this.#refused = undefined;
      else this.#refused = event.command_status ?? (event.code === TLS_FAILED ? TLS_FAILED : this.#refused);
      this.#board.touch();
    });
    client.on('throttle', () => this.#board.touch());
    client.on('queue', () => this.#board.touch());
  }

  async #facts(): Promise<Facts> {
    const now = { refused: this.#refused, trouble: this.#trouble };
    if (!this.#client || this.#trouble) return { state: 'disconnected', queued: 0, ...now };
    const { state, queued, sessions } = await this.#client.status();
    const bound = sessions.filter((session) => session.state === 'bound').length;
    return { state, queued, bound, sessions: sessions.length, ...now };
  }

  /** The queue is longer now, and shorter when the promise settles. */
  #watched<T>(sent: Promise<T>): Promise<T> {
    const touch = (): void => this.#board.touch();
    touch();
    sent.then(touch, touch);
    return sent;
  }

  #show(status: Status): void {
    for (const viewer of this.#viewers) viewer.status(status);
  }
}

interface Opened {
  readonly client: SmppClient;
  readonly claim: Claim;
  readonly settings: Settings;
  readonly change: QueueChange;
}

/** Milliseconds until what could not be opened is tried again. */
const RETRY = 10_000;

function troubleOf(error: unknown): Trouble | undefined {
  const { code } = error as Partial<SmppError>;
  if (code === undefined || code === 'STOPPED') return undefined;
  return code.startsWith('PLUGIN_') ? 'plugin' : 'queue';
}
