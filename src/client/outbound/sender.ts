import { setMaxListeners } from 'node:events';
import { isThenable } from '../../observability';
import { SmppError } from '../../protocol';
import type { DeadReason, DeliveryState, Eventually, HomeAddress, QueueItem, Store } from '../../store';
import { MessageError } from '../config/errors';
import type { Outcome } from '../events/outcome';
import type { Intake, Origin } from '../message/intake';
import type { ManagedRequest } from '../message/managed';
import type { Message } from '../message/message';
import type { DirectRequest } from '../message/requests';
import { unlessAborted } from '../../waiting';
import { failureText, type FailedMessage } from '../events/outcome-form';
import { checkReceipt, completionOf, type Completion, type SendOptions } from './completion';
import { Enqueuer, type EnqueuerParts } from './enqueuer';
import { Idempotency } from './idempotency';
import type { KeyRecords } from './key-records';
import type { Outcomes } from './outcomes';

export interface SenderParts extends EnqueuerParts {
  readonly intake: Intake;
  readonly outcomes: Outcomes;
  readonly records: KeyRecords;
  readonly store: Pick<Store, 'queue' | 'home'>;
  /** Where others may share the store, which is not open yet: opens it. */
  readonly openShared?: (() => Promise<unknown> | undefined) | undefined;
  /** Sends what does not pass the queue. */
  readonly ask: (request: DirectRequest | ManagedRequest, options: SendOptions) => Promise<Outcome>;
  /** Told of each that failed for good. */
  readonly failed: (item: FailedMessage, reason: DeadReason) => void;
}

function ignore(): void {
  // Whoever gave the message hears of it.
}

/** From a message that a user gives to the queue, and from its end back to the user. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #stopping = new AbortController();
  readonly #enqueuer: Enqueuer;
  readonly #keyed: Idempotency;
  /** Settles when all that waits for its turn is with the queue; undefined: nothing waits. */
  #last: Promise<void> | undefined;
  /** Messages whose sender waits for the store to open. */
  #unaddressed = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#enqueuer = new Enqueuer(parts, this.#stopping.signal);
    this.#keyed = new Idempotency({ ...parts, enqueuer: this.#enqueuer });
    // As many as wait for their turn or for room.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** From now on nothing comes into the queue. */
  stop(): void {
    const text = 'the client was stopped before the message was queued';
    const remedy = 'make a new client and send it again';
    this.#keyed.stop();
    this.#stopping.abort(new SmppError('NOT_QUEUED', text, { retriable: true, remedy }));
  }

  async enqueue(
    messages: readonly (Message | string)[],
    origin: Origin,
    signal?: AbortSignal,
  ): Promise<QueueItem[]> {
    return this.#queueAll(this.#prepare(messages, origin), messages.length, signal);
  }

  /** In a store that is shared: who gave them, and what somebody here waits for. Known when it is open. */
  #addressed(
    prepared: Eventually<QueueItem[]>,
    until: HomeAddress['until'],
    count: number,
  ): Eventually<QueueItem[]> {
    const { store, openShared } = this.#parts;
    const opening = openShared?.();
    if (opening) return this.#addressedLater(prepared, until, count, opening);
    const { home } = store;
    if (!home) return prepared;
    const address = { instance: home.instance, until };
    const put = (items: QueueItem[]): QueueItem[] => items.map((item) => ({ ...item, home: address }));
    return Array.isArray(prepared) ? put(prepared) : prepared.then(put);
  }

  async #addressedLater(
    prepared: Eventually<QueueItem[]>,
    until: HomeAddress['until'],
    count: number,
    opening: Promise<unknown>,
  ): Promise<QueueItem[]> {
    const all = Promise.all([prepared, opening]);
    // As those that wait for their outcome, so that no more wait than may.
    const waiting = until === 'queued' ? 0 : count;
    all.catch(ignore);
    this.#parts.outcomes.reserve(this.#unaddressed + waiting);
    this.#unaddressed += waiting;
    try {
      const [items] = await all;
      return await this.#addressed(items, until, count);
    } catch (error) {
      return this.#enqueuer.refused(error);
    } finally {
      this.#unaddressed -= waiting;
    }
  }

  #queueAll(
    prepared: Eventually<QueueItem[]>,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<QueueItem[]> {
    const addressed = this.#addressed(prepared, 'queued', count);
    return this.#inOrder(addressed, signal, async (items) => {
      if (this.#keyed.concerns(items)) return this.#keyed.queue(items, signal);
      await this.#enqueuer.queue(items, signal);
      return items;
    });
  }

  /** What is given from now on is queued when the work has ended. */
  after<T>(work: Promise<T>): Promise<T> {
    this.#last = settled(Promise.all([this.#last, work]));
    return work;
  }

  /**
   * What is given first is queued first, also where what was given before still waits for something: `queue` gives the
   * items to the queue before it returns. Where nobody waits, neither does this. With a signal it rejects when that
   * aborts, and where the queue was not asked by then, it is not.
   */
  #inOrder<T>(
    prepared: Eventually<QueueItem[]>,
    signal: AbortSignal | undefined,
    queue: (items: QueueItem[]) => Promise<T>,
  ): Promise<T> {
    if (signal) return unlessAborted(this.#inTurn(prepared, signal, queue), signal);
    return this.#inTurn(prepared, signal, queue);
  }

  #inTurn<T>(
    prepared: Eventually<QueueItem[]>,
    signal: AbortSignal | undefined,
    queue: (items: QueueItem[]) => Promise<T>,
  ): Promise<T> {
    if (!this.#last && Array.isArray(prepared)) return queue(prepared);
    const ready = unlessAborted(Promise.all([prepared, this.#last]), this.#stopping.signal);
    // Not unwrapped: it resolves when the queue has been asked, whatever it says.
    const asked = ready.then(([items]) => {
      signal?.throwIfAborted();
      return { queued: queue(items) };
    });
    const last = settled(asked);
    this.#last = last;
    void last.then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return asked.then(({ queued }) => queued);
  }

  /** One promise where nobody before waits and the queue answers at once. */
  send(message: Message | string, options: SendOptions): Promise<Outcome> {
    try {
      const { signal } = options;
      this.#stopping.signal.throwIfAborted();
      signal?.throwIfAborted();
      const until = completionOf(options);
      const taken = this.#parts.intake.take(message, options);
      if ('pdu' in taken) return this.#parts.ask(taken, options);
      const prepared = taken instanceof Promise ? taken.then((item) => [item]) : [taken];
      if (!until)
        return this.#queueAll(prepared, 1, signal).then(([item]) =>
          this.#keyed.queuedOutcome(item as QueueItem),
        );
      const addressed = this.#addressed(prepared, until.event, 1);
      return this.#inOrder(addressed, signal, (items) => this.#sendOne(items, until));
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
      return Promise.reject(error);
    }
  }

  /** All are queued when it looks at the outcomes; else it rejects. */
  async sendBatch(
    messages: readonly (Message | string)[],
    options: SendOptions,
  ): Promise<PromiseSettledResult<Outcome>[]> {
    const { signal } = options;
    const until = completionOf(options);
    if (!until) {
      const queued = await this.enqueue(messages, options, signal);
      return queued.map((item) => ({ status: 'fulfilled', value: this.#keyed.queuedOutcome(item) }));
    }
    const prepared = this.#addressed(this.#prepare(messages, options), until.event, messages.length);
    return Promise.allSettled(
      await this.#inOrder(prepared, signal, async (items) => this.#sendAll(items, until)),
    );
  }

  #sendOne(items: readonly QueueItem[], until: Completion): Promise<Outcome> {
    const sent = this.#sendAll(items, until);
    return Array.isArray(sent)
      ? (sent[0] as Promise<Outcome>)
      : sent.then(([outcome]) => outcome as Promise<Outcome>);
  }

  /** Gives the outcome of each when the queue has them; at once where it answers so. */
  #sendAll(
    items: readonly QueueItem[],
    completion: Completion,
  ): Promise<Outcome>[] | Promise<Promise<Outcome>[]> {
    if (this.#keyed.concerns(items)) return this.#keyed.send(items, completion);
    const { event, deliveredTimeout, signal } = completion;
    const { outcomes } = this.#parts;
    outcomes.reserve(items.length);
    if (event === 'delivered') items.forEach(checkReceipt);
    // Before they are queued: the response may be faster than the queue's promise.
    const waiting = items.map((item) => {
      const outcome = outcomes.wait(item, event, deliveredTimeout);
      return signal ? this.#unlessGivenUp(item, outcome, signal) : outcome;
    });
    const refused = (error: unknown): never => {
      for (const item of items) outcomes.forget(item);
      throw error;
    };
    try {
      const queued = this.#enqueuer.queue(items, signal);
      if (!isThenable(queued)) return waiting;
      for (const outcome of waiting) outcome.catch(ignore);
      return queued.then(() => waiting, refused);
    } catch (error) {
      return refused(error);
    }
  }

  /** Who has given up waiting keeps no place among those that wait. */
  async #unlessGivenUp(item: QueueItem, outcome: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
    try {
      return await unlessAborted(outcome, signal);
    } finally {
      this.#parts.outcomes.forget(item);
    }
  }

  /** Messages whose sender waits and that the queue has, or had. */
  get awaited(): QueueItem[] {
    const { coming } = this.#enqueuer;
    return this.#parts.outcomes.pending.filter((item) => !coming.has(item));
  }

  /** A message failed for good: everybody hears of it. */
  fail(item: FailedMessage, reason: DeadReason, state?: DeliveryState): void {
    const failure = this.#parts.reporter.failed(item, reason, state);
    const text = failureText(state, reason);
    if (item.idempotency) this.#keyed.failed(item, { text, fields: { ...failure, history: [] } });
    this.#parts.outcomes.failed(item, failure, text);
    this.#parts.failed(item, reason);
  }

  /** By their order; at once, unless one of them takes longer. `items`: of the first of them. */
  #prepare(
    messages: readonly (Message | string)[],
    origin: Origin,
    now = this.#parts.intake.now,
    items: QueueItem[] = [],
  ): Eventually<QueueItem[]> {
    this.#stopping.signal.throwIfAborted();
    while (items.length < messages.length) {
      const item = this.#prepareOne(messages, items, origin, now);
      if (item instanceof Promise)
        return item.then((late) => this.#prepare(messages, origin, now, (items.push(late), items)));
      items.push(item);
    }
    return items;
  }

  #prepareOne(
    messages: readonly (Message | string)[],
    before: readonly QueueItem[],
    origin: Origin,
    now: number,
  ): Eventually<QueueItem> {
    const { intake, notQueued } = this.#parts;
    const at = before.length;
    const message = messages[at] as Message | string;
    if (messages.length === 1) return intake.prepare(message, origin, now);
    const own = origin.msgid === undefined ? origin : { ...origin, label: `${origin.msgid}.${at}` };
    const failed = (error: unknown): never => {
      if (error instanceof MessageError) error.index = at;
      notQueued(before);
      throw error;
    };
    try {
      const item = intake.prepare(message, own, now);
      return item instanceof Promise ? item.catch(failed) : item;
    } catch (error) {
      return failed(error);
    }
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(ignore, ignore);
}
