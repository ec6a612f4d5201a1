import { setMaxListeners } from 'node:events';
import { isThenable } from '../../observability';
import { SmppError } from '../../protocol';
import type { Session } from '../../session';
import type { DeadReason, DeliveryState, Eventually, OutboundQueue, QueueItem } from '../../store';
import type { EventReporter } from '../events/reporter';
import { MessageError } from '../config/errors';
import type { Outcome } from '../events/events';
import type { DirectRequest, Intake, Origin } from '../message/intake';
import type { Message } from '../message/message';
import { unlessAborted } from '../../waiting';
import { failureText, queuedOutcome } from '../events/outcome-form';
import type { CompleteWhen, Outcomes } from './outcomes';

export interface SendOptions {
  /** When the promise resolves; default `accepted`. */
  completeWhen?: CompleteWhen;
  /** With `delivered`: how many seconds to wait for the receipts; default 86,400. */
  deliveredTimeout?: number;
  /** The `_msgid` of the flow message that it comes from. */
  msgid?: string;
}

export interface SenderParts {
  readonly intake: Intake;
  readonly outcomes: Outcomes;
  readonly reporter: EventReporter;
  readonly queue: OutboundQueue;
  readonly capacity: number;
  /** Told of what is in the queue now. */
  readonly queued: (items: readonly QueueItem[]) => void;
  /** The session that has most room among those that may send. */
  readonly session: () => Session | undefined;
}

const DEFAULT_DELIVERED_TIMEOUT = 86_400;
/** Seconds: Node's timers hold no more than 31 bits of milliseconds. */
const LONGEST_TIMEOUT = 2_000_000;

function ignore(): void {
  // Whoever gave the message hears of it.
}

/** From a message that a user gives to the queue, and from its end back to the user. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #stopping = new AbortController();
  /** For every call of the queue. */
  readonly #options = { signal: this.#stopping.signal };
  /** Batches that the queue does not have yet. */
  readonly #queueing = new Set<readonly QueueItem[]>();
  /** Settles when all that waits for its turn is with the queue; undefined: nothing waits. */
  #last: Promise<void> | undefined;
  /** Queries and the like whose answer is to come. */
  #asking = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    // As many as wait for their turn or for room.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** From now on nothing comes into the queue. */
  stop(): void {
    const text = 'the client was stopped before the message was queued; make a new client and send it again';
    this.#stopping.abort(new SmppError('NOT_QUEUED', text, { retriable: true }));
  }

  async enqueue(messages: readonly (Message | string)[], origin: Origin): Promise<QueueItem[]> {
    return this.#queueAll(this.#prepare(messages, origin));
  }

  #queueAll(prepared: QueueItem[] | Promise<QueueItem[]>): Promise<QueueItem[]> {
    return this.#inOrder(prepared, async (items) => {
      await this.#queue(items);
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
   * items to the queue before it returns. Where nobody waits, neither does this.
   */
  #inOrder<T>(
    prepared: QueueItem[] | Promise<QueueItem[]>,
    queue: (items: QueueItem[]) => Promise<T>,
  ): Promise<T> {
    if (!this.#last && Array.isArray(prepared)) return queue(prepared);
    const turn = this.#turn(prepared, this.#last, queue);
    const last = settled(turn);
    this.#last = last;
    void last.then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return turn.then(({ queued }) => queued);
  }

  /** Resolves when the queue has been asked, whatever it says. */
  async #turn<T>(
    prepared: QueueItem[] | Promise<QueueItem[]>,
    before: Promise<unknown> | undefined,
    queue: (items: QueueItem[]) => Promise<T>,
  ): Promise<{ queued: Promise<T> }> {
    const { signal } = this.#stopping;
    const [items] = await unlessAborted(Promise.all([prepared, before]), signal);
    const queued = queue(items);
    queued.catch(ignore);
    return { queued };
  }

  /** One promise where nobody before waits and the queue answers at once. */
  send(message: Message | string, options: SendOptions): Promise<Outcome> {
    try {
      this.#stopping.signal.throwIfAborted();
      const until = completionOf(options);
      const taken = this.#parts.intake.take(message, options);
      if ('pdu' in taken) return this.#ask(taken, options);
      const prepared = taken instanceof Promise ? taken.then((item) => [item]) : [taken];
      if (!until) return this.#queueAll(prepared).then(([item]) => queuedOutcome(item as QueueItem));
      return this.#inOrder(prepared, ([item]) => this.#sendOne(item as QueueItem, until));
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
    const until = completionOf(options);
    if (!until) {
      const queued = await this.enqueue(messages, options);
      return queued.map((item) => ({ status: 'fulfilled', value: queuedOutcome(item) }));
    }
    const prepared = this.#prepare(messages, options);
    return Promise.allSettled(await this.#inOrder(prepared, (items) => this.#sendMany(items, until)));
  }

  #sendOne(item: QueueItem, until: Completion): Promise<Outcome> {
    this.#parts.outcomes.reserve(1);
    const outcome = this.#wait(item, until);
    const refused = (error: unknown): never => {
      this.#parts.outcomes.forget(item.id);
      throw error;
    };
    try {
      const queued = this.#queue([item]);
      if (!isThenable(queued)) return outcome;
      outcome.catch(ignore);
      return queued.then(() => outcome, refused);
    } catch (error) {
      return refused(error);
    }
  }

  async #sendMany(items: readonly QueueItem[], until: Completion): Promise<Promise<Outcome>[]> {
    const { outcomes } = this.#parts;
    outcomes.reserve(items.length);
    if (until.event === 'delivered') items.forEach(checkReceipt);
    const waiting = items.map((item) => this.#wait(item, until));
    for (const outcome of waiting) outcome.catch(ignore);
    try {
      await this.#queue(items);
    } catch (error) {
      for (const item of items) outcomes.forget(item.id);
      throw error;
    }
    return waiting;
  }

  /** Before it is queued: the response may be faster than the queue's promise. */
  #wait(item: QueueItem, { event, deliveredTimeout }: Completion): Promise<Outcome> {
    if (event === 'delivered') checkReceipt(item);
    return this.#parts.outcomes.wait(item, event, deliveredTimeout);
  }

  #queue(items: readonly QueueItem[]): Eventually<void> {
    let queued: Eventually<string[]>;
    try {
      queued = this.#parts.queue.enqueue(items, this.#options);
    } catch (error) {
      this.#refused(error);
      throw error;
    }
    return Array.isArray(queued) ? this.#queued(items) : this.#queueLater(items, queued);
  }

  async #queueLater(items: readonly QueueItem[], queued: Promise<string[]>): Promise<void> {
    this.#queueing.add(items);
    try {
      await queued;
    } catch (error) {
      this.#refused(error);
      throw error;
    } finally {
      this.#queueing.delete(items);
    }
    this.#queued(items);
  }

  #queued(items: readonly QueueItem[]): void {
    const { reporter, queued } = this.#parts;
    reporter.queueFull(false, 0);
    reporter.queueTried();
    queued(items);
  }

  #refused(error: unknown): void {
    const { reporter, capacity } = this.#parts;
    const { code } = error as Partial<SmppError>;
    if (code === 'QUEUE_FULL') reporter.queueFull(true, capacity);
    if (code === 'QUEUE_UNAVAILABLE') reporter.queueTried(error);
  }

  /** Messages whose sender waits and that the queue has, or had. */
  get awaited(): QueueItem[] {
    const queueing = new Set([...this.#queueing].flat());
    return this.#parts.outcomes.pending.filter((item) => !queueing.has(item));
  }

  /** A message failed for good: everybody hears of it. */
  fail(item: QueueItem, reason: DeadReason, state?: DeliveryState): void {
    const failure = this.#parts.reporter.failed(item, reason, state);
    this.#parts.outcomes.failed(item, failure, failureText(state, reason));
  }

  /** At once, unless one of them takes longer; all by their order. */
  #prepare(messages: readonly (Message | string)[], origin: Origin): QueueItem[] | Promise<QueueItem[]> {
    this.#stopping.signal.throwIfAborted();
    const items: QueueItem[] = [];
    const { now } = this.#parts.intake;
    for (const at of messages.keys()) {
      const item = this.#prepareOne(messages, at, origin, now);
      if (item instanceof Promise) return this.#prepareRest(messages, items, item, origin, now);
      items.push(item);
    }
    return items;
  }

  async #prepareRest(
    messages: readonly (Message | string)[],
    items: QueueItem[],
    next: Promise<QueueItem>,
    origin: Origin,
    now: number,
  ): Promise<QueueItem[]> {
    items.push(await next);
    while (items.length < messages.length)
      items.push(await this.#prepareOne(messages, items.length, origin, now));
    return items;
  }

  #prepareOne(
    messages: readonly (Message | string)[],
    at: number,
    origin: Origin,
    now: number,
  ): QueueItem | Promise<QueueItem> {
    const { intake } = this.#parts;
    const message = messages[at] as Message | string;
    if (messages.length === 1) return intake.prepare(message, origin, now);
    const own = origin.msgid === undefined ? origin : { ...origin, label: `${origin.msgid}.${at}` };
    const failed = (error: unknown): never => {
      if (error instanceof MessageError) error.index = at;
      throw error;
    };
    try {
      const item = intake.prepare(message, own, now);
      return item instanceof Promise ? item.catch(failed) : item;
    } catch (error) {
      return failed(error);
    }
  }

  async #ask(request: DirectRequest, options: SendOptions): Promise<Outcome> {
    const session = this.#parts.session();
    if (!session) {
      const text = `${request.command} cannot be sent: no session is bound to send; it is not queued, try again when bound`;
      throw new SmppError('NOT_BOUND', text, { retriable: true });
    }
    if (!session.tlvsAllowed && request.pdu.tlvs?.['message_payload'] !== undefined) {
      const text = `${request.command} cannot be sent: its text is in message_payload, and this SMSC takes no optional parameters (SMPP 3.3); give it as short_message`;
      throw new SmppError('NO_TLVS', text);
    }
    this.#parts.outcomes.reserve(this.#asking + 1);
    this.#asking++;
    try {
      const { reporter } = this.#parts;
      const answer = { request, session, msgid: options.msgid };
      const response = await session.request(request.pdu, undefined, (late) =>
        reporter.told({ ...answer, response: late.pdu(), late: true }),
      );
      return reporter.answered({ ...answer, response });
    } finally {
      this.#asking--;
    }
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(ignore, ignore);
}

function checkReceipt(item: QueueItem): void {
  if (item.receiptRequested) return;
  const text =
    'no receipt is asked for, so nobody will know when the message is delivered; ' +
    'set registered_delivery to final, or complete when accepted';
  throw new MessageError('INVALID_FIELD', 'registered_delivery', text);
}

/** When the outcome of a message is told; `deliveredTimeout` in milliseconds. */
interface Completion {
  readonly event: 'accepted' | 'delivered';
  readonly deliveredTimeout: number;
}

/** Undefined: when it is queued. */
function completionOf({ completeWhen = 'accepted', deliveredTimeout }: SendOptions): Completion | undefined {
  if (completeWhen === 'queued') return undefined;
  return { event: completeWhen, deliveredTimeout: checkedTimeout(deliveredTimeout) };
}

/** Seconds in, milliseconds out. */
function checkedTimeout(seconds = DEFAULT_DELIVERED_TIMEOUT): number {
  if (seconds >= 0 && seconds <= LONGEST_TIMEOUT) return seconds * 1000;
  const text = `deliveredTimeout ${String(seconds)}: give seconds, from 0 to ${LONGEST_TIMEOUT}`;
  throw new SmppError('INVALID_OPTION', text);
}
