import type { Recorder } from '../recorder';
import { moveStore, type Compaction, type MovedStore, type Store } from '../store';
import { assemble, type Assembly } from './assembly';
import type { EventReporter } from './events/reporter';
import { checkChanges, type Configuration } from './config/configuration';
import { replayLetters, type DeadLetterList, type Replayed } from './outbound/dead-letters';
import { deadLetterOf } from './events/outcome-form';
import type { Events } from './events/emitter';
import type { ClientEvents, ConnectionState, EventHandler, EventName, ListenOptions } from './events/events';
import type { Outcome } from './events/outcome';
import { claimAll, compactStore, purgeAll, purgeLetters } from './plugins/foreign-records';
import type { HealthReport } from './health';
import { tellAll, type Lifecycle } from './lifecycle';
import type { Message } from './message/message';
import type { Settings } from './config/options';
import type { SmppClientOptions } from './plugins/client-options';
import type { OpenParts } from './plugins/parts';
import { purgeQueue } from './outbound/purge';
import type { IncomingName, MessageStream, MessagesOptions } from './inbound/message-stream';
import type { Receiving } from './inbound/receiving';
import type { StatusReporter, StatusReport } from './report';
import type { Dispatcher } from './outbound/dispatcher';
import type { SendOptions, WaitOptions } from './outbound/completion';
import type { Sender } from './outbound/sender';
import type { ConnectionManager, StartOptions } from './connection/connection-manager';
import { unlessAborted } from '../waiting';

/**
 * An SMPP client that looks after itself: it connects and reconnects, sends what is queued
 * no faster than it may, and matches every receipt to its message.
 */
export class SmppClient {
  readonly #assembly: Assembly;
  readonly #settings: Settings;
  readonly #parts: OpenParts;
  readonly #events: Events;
  readonly #reporter: EventReporter;
  readonly #receiving: Receiving;
  readonly #dispatcher: Dispatcher;
  readonly #connections: ConnectionManager;
  readonly #sender: Sender;
  readonly #life: Lifecycle;
  readonly #status: StatusReporter;

  /** Throws {@link ConfigError} with everything that is wrong with the options. Opens no connection. */
  constructor(options: SmppClientOptions = {}) {
    const assembly = assemble(options);
    this.#assembly = assembly;
    this.#settings = assembly.settings;
    this.#parts = assembly.parts;
    this.#events = assembly.events;
    this.#reporter = assembly.reporter;
    this.#receiving = assembly.receiving;
    this.#dispatcher = assembly.dispatcher;
    this.#connections = assembly.connections;
    this.#sender = assembly.sender;
    this.#life = assembly.life;
    this.#status = assembly.status;
  }

  /** Records what goes over the wire: off until it is started, or on from the beginning with `recorderSize`. */
  get recorder(): Recorder {
    return this.#assembly.recorder;
  }

  /** Of all sessions together. */
  get state(): ConnectionState {
    return this.#assembly.state();
  }

  /**
   * Connects and keeps connected. Resolves at the first bind; with `failFast` rejects at the first
   * failure. An aborted `signal` stops trying and rejects with its reason; {@link disconnect} and {@link stop} make it
   * reject with `STOPPED`. Does not try where the queue cannot be opened or a plugin is missing (`QUEUE_UNAVAILABLE`,
   * `STORE_IN_USE`, `PLUGIN_MISSING` …): call again.
   */
  start(options: StartOptions = {}): Promise<void> {
    return this.#life.start(options);
  }

  /** Like {@link start}, again after {@link disconnect}. */
  connect(options: StartOptions = {}): Promise<void> {
    return this.start(options);
  }

  /**
   * Waits for the answers to what is on the wire, drainTimeout at most, unbinds and stays away. The queue goes on
   * taking messages.
   */
  disconnect(): Promise<void> {
    return this.#life.disconnect();
  }

  /**
   * Disconnects for good. Promises of handlers that are at work are waited for, up to `drainTimeout`. What is held for
   * {@link acknowledge} is answered `ackTimeoutStatus`, so that the SMSC repeats it. Promises of {@link send} reject with `STOPPED`; what is queued stays on disk, or in a store that was
   * given as an object, and is gone with a memory store of the client's own. Messages given afterwards, or that still
   * wait for room in the queue, reject with `NOT_QUEUED`.
   */
  stop(): Promise<void> {
    return this.#life.stop();
  }

  /** As {@link stop}: for `await using client = new SmppClient(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Stops sending; receiving goes on. */
  pause(): void {
    this.#dispatcher.gate.pause();
    // What lies in the queue can expire, be overtaken and be purged.
    void this.#dispatcher.giveBack();
    this.#connections.announce();
  }

  /** Sends on after {@link pause}. */
  resume(): void {
    this.#dispatcher.gate.resume();
    this.#connections.announce();
  }

  /**
   * Takes over what another account left in the queue, to be sent and matched as this one's: where it did, {@link start}
   * rejects with `STORE_ACCOUNT`.
   */
  claim(): Promise<void> {
    return claimAll(this.#parts);
  }

  /**
   * Removes all that is queued and not on the wire, also what another account has left, and returns how many messages
   * that were. Each fails with `REMOVED`: as an event, and for who waits in {@link send}.
   */
  async purge(): Promise<number> {
    await this.#dispatcher.giveBack();
    const removed = await purgeAll(this.#parts, (store) => purgeQueue(store, this.#sender, this.#dispatcher));
    this.#reporter.queue({ state: 'purged', queued: 0, removed });
    return removed;
  }

  /**
   * Messages that failed for good and are kept, oldest first, `limit` at most (built-in stores: 1,000 where it is not given) and behind the
   * one with the id `after`; `total` counts all. None where the store keeps none.
   */
  async deadLetters(options: { limit?: number; after?: string } & WaitOptions = {}): Promise<DeadLetterList> {
    const { signal, ...wanted } = options;
    const listed = abortable(signal, () => this.#parts.store.deadLetters?.list(wanted));
    const { total = 0, letters = [] } = (await listed) ?? {};
    return { total, letters: letters.map(deadLetterOf) };
  }

  /**
   * Queues messages again that failed for good, by their ids; all that are kept where none are given. They expire after
   * messageTtl. All or none: rejects with `QUEUE_FULL`. Ids that are not kept are returned as `missing`.
   */
  async replay(ids?: readonly string[]): Promise<Replayed> {
    const { store, clock } = this.#parts;
    return replayLetters(store, ids, this.#settings.messageTtl, clock.now());
  }

  /** Removes all messages that failed for good and are kept; returns how many. */
  purgeDeadLetters(): Promise<number> {
    return purgeLetters(this.#parts);
  }

  /**
   * Writes the queue's file anew, so that no copy is left of what is gone from it. Sending waits. Rejects with
   * `NOT_SUPPORTED` where the store has no file.
   */
  compact(): Promise<Compaction> {
    return compactStore(this.#parts.store);
  }

  /**
   * Takes over what another store holds, which must be open and used by nobody; it stays open. What is queued there is
   * queued here, receipts are matched to what was accepted there, dead letters and parts that wait come along.
   */
  takeOver(from: Store): Promise<MovedStore> {
    const { store, correlator, clock } = this.#parts;
    const moving = async (): Promise<MovedStore> => {
      await from.tellUntold?.((failed) => tellAll(failed, this.#sender));
      const moved = await moveStore(from, store, correlator, clock);
      await this.#assembly.dialogues.load();
      return moved;
    };
    return this.#sender.after(moving());
  }

  /** What is given from now on is queued when the work has ended, well or not: a {@link takeOver} that is yet to begin. */
  queueAfter(work: Promise<unknown>): void {
    void this.#sender.after(work.catch(() => undefined));
  }

  /**
   * How the connection and its queue are. Where the queue does not answer within 2 s, with the counts that are known.
   * Rejects with the signal's reason alone.
   */
  status({ signal }: WaitOptions = {}): Promise<StatusReport> {
    const { parties } = this.#connections;
    const connected = { state: this.state, windowSize: this.#assembly.window.size, ...parties };
    return abortable(signal, () => this.#status.report(connected));
  }

  /** Whether the connection does what it is meant to, and what is in its way; asked at any time, and never rejects. */
  health(): Promise<HealthReport> {
    return this.#assembly.health.report();
  }

  /**
   * Opens the file of the log anew, with `logTarget: file`: after it was moved away lines go to a new one. SIGWINCH does so
   * with all of the process. Rejects with `NOT_SUPPORTED` where lines go to no file, and with what keeps the new one from
   * being opened (`EACCES` …); that is tried again.
   */
  reopenLog(): Promise<void> {
    return this.#parts.reopenLog();
  }

  /** Changes rate, window and log level while running. Throws {@link ConfigError}. */
  configure(changes: Configuration): void {
    const { bucket, log } = this.#parts;
    const { sendRate, windowSize, logLevel } = checkChanges(changes, bucket !== undefined);
    if (sendRate !== undefined) bucket?.setRate(sendRate);
    if (windowSize !== undefined) {
      this.#assembly.window.size = windowSize;
      for (const session of this.#connections.sessions) session.resizeWindow(windowSize);
    }
    if (logLevel !== undefined) log.level = logLevel;
  }

  /**
   * Queues messages, all or none, and resolves with their ids when the queue has them safe. With `payloadFormat: naz`
   * a message may be the JSON text of a queue item of naz, here as in all that takes messages.
   * Rejects with {@link MessageError}, `QUEUE_FULL`, `QUEUE_UNAVAILABLE`, of long messages `STATE_UNAVAILABLE`, or
   * `NOT_QUEUED` where the client is stopped.
   */
  async enqueue(message: Message | string, options?: WaitOptions): Promise<string>;
  async enqueue(messages: readonly (Message | string)[], options?: WaitOptions): Promise<string[]>;
  async enqueue(
    messages: Message | string | readonly (Message | string)[],
    { signal }: WaitOptions = {},
  ): Promise<string | string[]> {
    signal?.throwIfAborted();
    const many = Array.isArray(messages);
    const items = await this.#sender.enqueue(many ? messages : [messages as Message | string], {}, signal);
    const ids = items.map((item) => item.id);
    return many ? ids : (ids[0] as string);
  }

  /**
   * Queues one message and resolves with its outcome. Rejects like {@link enqueue}, with `WAITING_FULL` (maxWaiting),
   * with `STOPPED`, and with {@link DeliveryError} when the message failed for good. Queries, cancels and replaces go
   * straight to the SMSC and resolve with the fields of the response. They reject with {@link MessageError},
   * `NOT_BOUND`, `REFUSED`, `RESPONSE_TIMEOUT`, `SESSION_CLOSED`, `NO_TLVS` or `WAITING_FULL`.
   */
  send(message: Message | string, options: SendOptions = {}): Promise<Outcome> {
    return this.#sender.send(message, options);
  }

  /**
   * Queues messages, all or none, and resolves when the outcome of each is known. Rejects, as {@link enqueue} and with
   * `WAITING_FULL`, where none was queued.
   */
  async sendBatch(
    messages: readonly (Message | string)[],
    options: SendOptions = {},
  ): Promise<PromiseSettledResult<Outcome>[]> {
    return this.#sender.sendBatch(messages, options);
  }

  /**
   * Answers the message or receipt whose event has this `ack_id` (with `acknowledge: manual`, and in the loops of
   * {@link messages}), with a status by name or
   * number (default ESME_ROK). Throws `ACK_GONE` where nothing is held under it any more, and {@link MessageError}
   * where the status is none.
   */
  acknowledge(ackId: string, status?: string | number): void {
    this.#receiving.acknowledge(ackId, status);
  }

  /**
   * Calls the handler at every event of this name, until {@link off} or until the signal aborts. What it throws is logged
   * and harms nobody. Throws `UNKNOWN_EVENT`, and `INVALID_OPTION` where the handler is no function.
   */
  on<E extends EventName>(name: E, handler: EventHandler<E>, options: ListenOptions = {}): this {
    this.#events.on(name, handler, { signal: options.signal });
    return this;
  }

  /** As {@link on}, for the next event alone. */
  once<E extends EventName>(name: E, handler: EventHandler<E>, options: ListenOptions = {}): this {
    this.#events.on(name, handler, { signal: options.signal, once: true });
    return this;
  }

  /**
   * What comes in, to loop over: `for await (const message of client.messages()) …`. Listens from the call on. An item is
   * answered when its loop asks for the next one, or by {@link acknowledge}; see {@link MessageStream}. Throws
   * `INVALID_OPTION`.
   */
  messages<E extends IncomingName = 'message'>(
    options: MessagesOptions<E> = {},
  ): MessageStream<ClientEvents[E]> {
    return this.#receiving.stream(options) as unknown as MessageStream<ClientEvents[E]>;
  }

  /** Takes a handler off that {@link on} or {@link once} put on; nothing happens where none is. */
  off<E extends EventName>(name: E, handler: EventHandler<E>): this {
    this.#events.off(name, handler);
    return this;
  }
}

function abortable<T>(signal: AbortSignal | undefined, work: () => Promise<T> | T): Promise<T> {
  return signal ? unlessAborted(Promise.resolve().then(work), signal) : Promise.resolve(work());
}
