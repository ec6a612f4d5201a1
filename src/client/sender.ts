import { SmppError } from '../protocol';
import type { Session } from '../session';
import type { DeadReason, DeliveryState, OutboundQueue, QueueItem } from '../store';
import type { Announcer } from './announcer';
import { MessageError } from './errors';
import type { Outcome } from './events';
import type { DirectRequest, Intake, Origin } from './intake';
import type { Message } from './message';
import { failureText, queuedOutcome, type CompleteWhen, type Outcomes } from './outcomes';

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
  readonly announcer: Announcer;
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
  // A failure that comes while the message is still being queued is heard of later.
}

/** From a message that a user gives to the queue, and from its end back to the user. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #stopping = new AbortController();
  /** Batches that the queue does not have yet. */
  readonly #queueing = new Set<readonly QueueItem[]>();
  /** Queries and the like whose answer is to come. */
  #asking = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** From now on nothing comes into the queue. */
  stop(): void {
    const text = 'the client was stopped before the message was queued; make a new client and send it again';
    this.#stopping.abort(new SmppError('NOT_QUEUED', text, { retriable: true }));
  }

  async enqueue(messages: readonly (Message | string)[], origin: Origin): Promise<QueueItem[]> {
    const items = await this.#prepare(messages, origin);
    await this.#queue(items);
    return items;
  }

  async send(message: Message | string, options: SendOptions): Promise<Outcome> {
    const { intake } = this.#parts;
    if (!intake.isQueued(message)) return this.#ask(intake.direct(message), options);
    const [outcome] = await this.#sendAll([message], options);
    return outcome as Promise<Outcome>;
  }

  async sendBatch(
    messages: readonly (Message | string)[],
    options: SendOptions,
  ): Promise<PromiseSettledResult<Outcome>[]> {
    return Promise.allSettled(await this.#sendAll(messages, options));
  }

  /** All are queued when it resolves; the promises within are the outcomes. */
  async #sendAll(
    messages: readonly (Message | string)[],
    { completeWhen = 'accepted', deliveredTimeout = DEFAULT_DELIVERED_TIMEOUT, msgid }: SendOptions,
  ): Promise<Promise<Outcome>[]> {
    if (completeWhen === 'queued') {
      const queued = await this.enqueue(messages, { msgid });
      return queued.map((item) => Promise.resolve(queuedOutcome(item)));
    }
    const { outcomes } = this.#parts;
    const timeout = checkedTimeout(deliveredTimeout);
    outcomes.reserve(messages.length);
    const items = await this.#prepare(messages, { msgid });
    if (completeWhen === 'delivered') items.forEach(checkReceipt);
    outcomes.reserve(items.length);
    // They wait before they are queued: the response may be faster than the queue's promise.
    const waiting = items.map((item) => outcomes.wait(item, completeWhen, timeout));
    for (const outcome of waiting) outcome.catch(ignore);
    try {
      await this.#queue(items);
    } catch (error) {
      for (const item of items) outcomes.forget(item.id);
      throw error;
    }
    return waiting;
  }

  async #queue(items: readonly QueueItem[]): Promise<void> {
    const { queue, announcer, capacity, queued } = this.#parts;
    this.#queueing.add(items);
    try {
      await queue.enqueue(items, { signal: this.#stopping.signal });
    } catch (error) {
      const { code } = error as Partial<SmppError>;
      if (code === 'QUEUE_FULL') announcer.queueFull(true, capacity);
      if (code === 'QUEUE_UNAVAILABLE') announcer.queueTried(error);
      throw error;
    } finally {
      this.#queueing.delete(items);
    }
    announcer.queueFull(false, 0);
    announcer.queueTried();
    queued(items);
  }

  /** Messages whose sender waits and that the queue has, or had. */
  get awaited(): QueueItem[] {
    const queueing = new Set([...this.#queueing].flat());
    return this.#parts.outcomes.pending.filter((item) => !queueing.has(item));
  }

  /** A message failed for good: everybody hears of it. */
  fail(item: QueueItem, reason: DeadReason, state?: DeliveryState): void {
    const failure = this.#parts.announcer.failed(item, reason, state);
    this.#parts.outcomes.failed(item, failure, state ? failureText(state, reason) : reason.text);
  }

  async #prepare(messages: readonly (Message | string)[], origin: Origin): Promise<QueueItem[]> {
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const single = messages.length === 1;
    const items: QueueItem[] = [];
    for (const [index, message] of messages.entries()) {
      const labelled = !single && origin.msgid !== undefined;
      const own = labelled ? { ...origin, label: `${origin.msgid}.${index}` } : origin;
      try {
        items.push(await this.#parts.intake.prepare(message, own));
      } catch (error) {
        if (error instanceof MessageError && !single) error.index = index;
        throw error;
      }
    }
    signal.throwIfAborted();
    return items;
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
      const { announcer } = this.#parts;
      const answer = { request, session, msgid: options.msgid };
      const response = await session.request(request.pdu, undefined, (late) =>
        announcer.told({ ...answer, response: late, late: true }),
      );
      return announcer.answered({ ...answer, response });
    } finally {
      this.#asking--;
    }
  }
}

function checkReceipt(item: QueueItem): void {
  if (item.receiptRequested) return;
  const text =
    'no receipt is asked for, so nobody will know when the message is delivered; ' +
    'set registered_delivery to final, or complete when accepted';
  throw new MessageError('INVALID_FIELD', 'registered_delivery', text);
}

/** Seconds in, milliseconds out. */
function checkedTimeout(seconds: number): number {
  if (seconds >= 0 && seconds <= LONGEST_TIMEOUT) return seconds * 1000;
  const text = `deliveredTimeout ${String(seconds)}: give seconds, from 0 to ${LONGEST_TIMEOUT}`;
  throw new SmppError('INVALID_OPTION', text);
}
