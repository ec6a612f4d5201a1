import { systemClock, type Clock, type TimerHandle } from '../src/clock';
import {
  ConfigError,
  type DeliveryState,
  type Message,
  type Outcome,
  type QueueItem,
  type SendOptions,
  type Settings,
  type SmppClient,
  type SmppError,
} from '../src/index';
import { bindsOf, tellShared } from './accounts';
import type { Configuration } from './configuration';
import { Listeners, type AnyEvent, type Listener } from './listeners';
import type { NodeLog } from './log-bridge';
import { labelOf, openClient } from './opening';
import { awaited, nameOf, type ConnectionHealth, type Monitored } from './monitor';
import type { Hold, Member, Registry } from './registry';
import { saidInFlow } from './wording';
import { Handover, type Purged, type PurgedCounts } from './queue-change';
import { removedEvent } from './removed';
import { SharedQueue, reportOf } from './shared-queue';
import {
  StatusBoard,
  TLS_FAILED,
  errorStatus,
  troubleOf,
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
  /** Whether the flows have an smpp-in for messages of the connection, running or not; default: no. */
  readonly wantsMessages?: () => boolean;
  readonly clock?: Clock;
}

/** What stands behind an smpp-config node: client, store, and the nodes that use it. Wrongly configured: no client. */
export class Connection implements Member, Monitored {
  /** What is wrong with the configuration. */
  readonly unusable: SmppError | undefined;
  /** Absent where it is unusable. */
  readonly settings: Settings | undefined;
  readonly #parts: ConnectionParts;
  readonly #client: SmppClient | undefined;
  readonly #hold: Hold | undefined;
  readonly #listeners: Listeners;
  readonly #viewers = new Set<Viewer>();
  readonly #board: StatusBoard;
  #started = false;
  /** Away because no node uses it. */
  #idle = false;
  /** Taken down by hand. */
  #down = false;
  #own: Member['inUse'];
  /** The node was deleted: what is queued will not be sent any more. */
  removed = false;
  #refused: string | undefined;
  readonly #shared: SharedQueue | undefined;
  /** What keeps it from even trying to connect, for the status and in words. */
  #trouble: Trouble | undefined;
  #troubleText = '';
  readonly #clock: Clock;
  /** Whether it is to come up by itself as soon as it can. */
  #wanted = false;
  #retry: TimerHandle;
  #following: TimerHandle;
  #closed = false;
  /** Of what an earlier instance queued elsewhere. */
  readonly #handover: Handover | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    parts.registry.monitor.enter(this);
    this.#clock = parts.clock ?? systemClock;
    const { nodeId, registry, log, wantsMessages = () => false } = parts;
    this.#listeners = new Listeners({ nodeId, registry, log, wantsMessages });
    this.#board = new StatusBoard({
      translate: parts.translate,
      show: (status) => this.#viewers.forEach((viewer) => viewer.status(status)),
      read: () => this.#facts(),
    });
    const opened = openClient({ ...parts, listening: () => this.#listeners.listening() });
    if (opened instanceof ConfigError) {
      this.unusable = opened;
      this.#hold = parts.registry.keep(parts.nodeId);
      parts.log.error(`this connection cannot be used: ${opened.message}`);
      return;
    }
    this.#client = opened.client;
    this.#hold = opened.claim;
    this.#handover = new Handover(opened.change);
    const warn = (text: string): void => log.warn(text);
    this.#shared = new SharedQueue({ ...opened, clock: this.#clock, warn });
    this.settings = opened.settings;
    this.#own = { label: labelOf(opened.settings), binds: bindsOf(opened.settings) };
    this.#listeners.attach(opened.client, opened.settings);
    this.#watch(opened.client);
    parts.registry.join(this);
    this.#board.touch();
  }

  get nodeId(): string {
    return this.#parts.nodeId;
  }

  /** As in logs and metrics. */
  get name(): string {
    return nameOf(this.#parts.configuration.options, this.nodeId);
  }

  /** Never rejects. */
  async health(): Promise<ConnectionHealth> {
    const who = { id: this.nodeId, name: this.name };
    if (!this.#client) return { ...who, healthy: false, problems: [this.unusable?.message ?? ''] };
    const report = await this.#client.health();
    return { ...who, ...awaited(report, this.isAwaited, this.#trouble && this.#troubleText) };
  }

  get isAwaited(): boolean {
    if (this.unusable) return true;
    const isKeptDown = this.#idle || this.#down;
    return !isKeptDown && (this.#wanted || (!this.#started && this.settings?.autoConnect === true));
  }

  /** Throws where the connection is not usable. */
  get client(): SmppClient {
    if (this.#client) return this.#client;
    throw this.unusable ?? new ConfigError([]);
  }

  get inUse(): Member['inUse'] {
    return this.#viewers.size > 0 ? this.#own : undefined;
  }

  /** All nodes exist and listen: now messages may come, where any node is there for them. */
  deployed(): void {
    this.#listeners.settle();
    if (this.#viewers.size === 0) return this.#rest();
    this.#idle = false;
    this.#handover?.begin();
    tellShared(this, this.#parts.registry.others(this), (text) => this.#parts.log.warn(text));
    if (this.#started || !this.settings?.autoConnect) return;
    this.#wanted = true;
    void this.#connectOrTell();
  }

  /** Without a node that uses it the connection stays away, and comes up when a deploy brings one. */
  #rest(): void {
    if (this.#idle) return;
    this.#idle = true;
    this.#parts.log.log(UNUSED);
    if (!this.#started || this.#down) return;
    this.#started = false;
    this.#giveUp();
    this.client.disconnect().catch((error: unknown) => this.#parts.log.warn(String(error)));
  }

  /** Stays away, also where it only waits to be able to connect. */
  async disconnect(): Promise<void> {
    this.#down = true;
    this.#giveUp();
    await this.client.disconnect();
  }

  /** Takes over what another account left in the queue, or in the one before it, and connects if that waited for it. */
  async claim(): Promise<void> {
    await this.#handover?.claim();
    await this.client.claim();
    this.#retryNow();
  }

  /** Removes messages, dead letters or both, also those that another account left, and says how many. */
  async purge(what: Purged): Promise<PurgedCounts> {
    const { client } = this;
    const tell = (item: QueueItem, state?: DeliveryState): void =>
      this.announce(removedEvent(item, PURGED, state));
    const left = (await this.#handover?.purge(what, tell)) ?? { removed: 0, dead_letters: 0 };
    const removed = what.queue ? await client.purge() : 0;
    const letters = what.deadLetters ? await client.purgeDeadLetters() : 0;
    this.#retryNow();
    return { removed: removed + left.removed, dead_letters: letters + left.dead_letters };
  }

  /** What kept it from connecting may be gone. */
  #retryNow(): void {
    const isWaiting = this.#trouble !== undefined && this.#wanted;
    this.#trouble = undefined;
    if (!isWaiting) return;
    this.#clock.clearTimeout(this.#retry);
    void this.#connectOrTell();
  }

  #giveUp(): void {
    this.#wanted = false;
    this.#clock.clearTimeout(this.#retry);
  }

  /** Resolves when it is bound; keeps trying until then. Rejects where the queue or a plugin is missing. */
  async connect(): Promise<void> {
    this.#started = true;
    this.#down = false;
    const { client } = this;
    try {
      await this.#handover?.follow();
      this.#followLater();
      const bound = client.connect();
      this.#trouble = undefined;
      await bound;
    } catch (error) {
      this.#trouble = troubleOf(error);
      this.#troubleText = saidInFlow(error as Error).message;
      this.#board.touch();
      throw error;
    }
  }

  /** Fetches what the queue before still holds because it is put off. */
  #followLater(): void {
    this.#clock.clearTimeout(this.#following);
    if (!this.#handover?.isPending || this.#closed) return;
    const followed = (): void => this.#followLater();
    const follow = (): void => void this.#handover?.follow().then(followed, followed);
    this.#following = this.#clock.setTimeout(follow, FOLLOW);
  }

  /** What cannot work now may work later: a disk with room again, a plugin that is installed. */
  async #connectOrTell(told?: string): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      if (!this.#wanted || (error as SmppError).code === 'STOPPED') return;
      const problem = saidInFlow(error as Error).message;
      if (problem !== told) this.#parts.log.error(problem);
      this.#retry = this.#clock.setTimeout(() => void this.#connectOrTell(problem), RETRY);
    }
  }

  send(message: Message, options: SendOptions): Promise<Outcome> {
    this.#queued();
    return this.client.send(message, options);
  }

  sendBatch(messages: readonly Message[], options: SendOptions): Promise<PromiseSettledResult<Outcome>[]> {
    this.#queued();
    return this.client.sendBatch(messages, options);
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
    this.removed = removed;
    this.#closed = true;
    this.#clock.clearTimeout(this.#following);
    this.#giveUp();
    this.#parts.registry.leave(this);
    this.#parts.registry.monitor.leave(this);
    this.#board.close();
    this.#listeners.close();
    try {
      await this.#shared?.leave(removed).catch((error: unknown) => this.#parts.log.warn(String(error)));
      await this.#client?.stop();
      // The next instance would find the directory of the old queue in use.
      await this.#handover?.idle(this.#clock, MOVING_GRACE);
    } finally {
      this.#hold?.release(removed);
    }
  }

  #watch(client: SmppClient): void {
    client.on('session', ({ bound, command_status, code }) => {
      if (bound > 0) this.#refused = undefined;
      else this.#refused = command_status ?? (code === TLS_FAILED ? TLS_FAILED : this.#refused);
      this.touch();
    });
    for (const event of ['throttle', 'queue'] as const) client.on(event, () => this.touch());
  }

  async #facts(): Promise<Facts> {
    const now = { refused: this.#refused, trouble: this.#trouble };
    const client = this.#client;
    if (!client || this.#trouble) return { state: 'disconnected', queued: 0, ...now };
    const counted = await reportOf(client, this.#clock, ANSWER);
    if (!counted) return { state: client.state, queued: 0, ...now };
    const { state, queued, sessions, queue_state } = counted;
    const bound = sessions.filter((session) => session.state === 'bound').length;
    return { state, queued, bound, sessions: sessions.length, ...now, isAway: queue_state === 'unavailable' };
  }

  /** The queue is longer now. Messages wait for what is to be moved, also where nobody deploys or connects. */
  #queued(): void {
    this.#handover?.begin();
    this.#board.touch();
  }
}

const UNUSED =
  'no enabled smpp-out or smpp-in uses this connection: it stays away until one does; what is queued stays queued';
const PURGED = 'removed from the queue by purge';

/** Milliseconds that a queue on a server has to say how long it is. */
const ANSWER = 2000;
/** Milliseconds that a move may go on while the connection closes. */
const MOVING_GRACE = 2000;
/** Milliseconds until it is looked whether the time of what was put off has come. */
const FOLLOW = 10_000;
/** Milliseconds until what could not be opened is tried again. */
const RETRY = 10_000;
