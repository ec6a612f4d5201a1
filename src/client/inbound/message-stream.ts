import { SmppError } from '../../protocol';
import { onAbort } from '../../waiting';
import type { ClientEvents } from '../events/events';

/** Events that come from the SMSC and are answered. */
export type IncomingName = 'message' | 'receipt';

/** How incoming messages are iterated over. */
export interface MessagesOptions<E extends IncomingName = IncomingName> {
  /** What is given: messages, delivery receipts or both. Default: messages alone. */
  events?: readonly E[];
  /** Ends the iteration: a loop that waits, or asks for the next one, throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * What a stream needs of the client that it belongs to.
 * @internal
 */
export interface StreamSource {
  /** With `acknowledge: manual`, an item is answered by its ack_id alone. */
  readonly isManual: boolean;
  /** From now on `handler` hears what comes; what it returns calls that off. */
  listen(name: IncomingName, handler: (event: Incoming) => unknown): () => void;
  /** The SMSC is asked to repeat what is held under this ack_id. `unlessHeard`: unless somebody else listens. */
  letGo(ackId: string, unlessHeard: IncomingName | undefined): void;
}

type Incoming = ClientEvents[IncomingName];

/** One that came in, and is not done with. */
interface Item {
  readonly event: Incoming;
  /** It may be answered. */
  readonly done: () => void;
}

interface Waiter {
  readonly hand: Hand;
  readonly resolve: (result: IteratorResult<Incoming, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** The items that one loop was given and is not done with. */
type Hand = Set<Item>;

const NAMES: readonly unknown[] = ['message', 'receipt'] satisfies IncomingName[];

/**
 * Throws `INVALID_OPTION` for what comes from the SMSC by no such name.
 * @internal
 */
export function checkNames(events: readonly IncomingName[] = ['message']): ReadonlySet<IncomingName> {
  if (Array.isArray(events) && events.length > 0 && events.every((name) => NAMES.includes(name)))
    return new Set(events);
  const text = `events (${JSON.stringify(events)}): give a list of "message", "receipt" or both`;
  throw new SmppError('INVALID_OPTION', text);
}

const END: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * Incoming messages to loop over: `for await (const message of client.messages())`.
 *
 *     SMSC ─▶ ackLimit ─▶ waiting ─▶ in hand ─▶ next() ─▶ deliver_sm_resp
 *
 * An item is answered when its loop asks for the next one, or by `client.acknowledge(item.ack_id)`; with
 * `acknowledge: manual` by that alone. What is not answered within `ackTimeout` the SMSC is asked to repeat, and
 * where no loop was given it by then, none gets it. Several loops over one stream share its items; several
 * streams each get all of them, which are answered when all are done.
 *
 * A loop that is left, by `break` or by an error, has not done with what it has in hand: the SMSC is asked to repeat
 * it, and when no other loop is at work, the stream ends. So it does by {@link close}, by its signal, and when the
 * client stops: then loops end after the item that they have in hand, which counts as done if they ask for the next.
 */
export class MessageStream<T extends Incoming = Incoming> implements AsyncIterable<T>, AsyncDisposable {
  readonly #source: StreamSource;
  readonly #offs: (() => void)[] = [];
  /** By ack_id, oldest first; what was answered before it was told has none, and itself as its key. */
  readonly #waiting = new Map<unknown, Item>();
  readonly #hands = new Set<Hand>();
  #waiters: Waiter[] = [];
  #ended: { readonly error?: unknown } | undefined;

  /** @internal */
  constructor(
    source: StreamSource,
    { events, signal }: MessagesOptions,
    ended: (stream: MessageStream) => void,
  ) {
    this.#source = source;
    const names = checkNames(events);
    // What is no signal throws: nothing may listen by then.
    if (signal) this.#offs.push(onAbort(signal, () => this.#end({ error: signal.reason })));
    for (const name of names) this.#offs.push(source.listen(name, (event) => this.#take(event)));
    this.#offs.push(() => ended(this));
    // The signal may be aborted already: there was nothing yet to call off.
    if (this.#ended) this.#callOff();
  }

  /** A loop of its own over what the stream has: `for await` asks for it. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    const hand: Hand = new Set();
    if (!this.#ended) this.#hands.add(hand);
    const iterator: AsyncIterableIterator<T, undefined> = {
      next: () => this.#next(hand) as Promise<IteratorResult<T, undefined>>,
      return: () => this.#leave(hand),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Ends the stream: what no loop was given is left to the SMSC to repeat. Never rejects; may be called again. */
  close(): Promise<void> {
    this.#end({});
    return Promise.resolve();
  }

  /** As {@link close}: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * It was answered: its time was over, its session is gone, or it was acknowledged. None gets it who was not given it.
   * @internal
   */
  answered(ackId: string): void {
    const item = this.#waiting.get(ackId);
    if (!item) return;
    this.#waiting.delete(ackId);
    item.done();
  }

  #take(event: Incoming): Promise<void> | undefined {
    let done: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (done = resolve));
    const item = { event, done };
    const waiter = this.#waiters.shift();
    if (waiter) this.#give(item, waiter.hand, waiter.resolve);
    else this.#waiting.set(event.ack_id ?? item, item);
    return this.#source.isManual ? undefined : finished;
  }

  #give(item: Item, hand: Hand, resolve: Waiter['resolve']): void {
    hand.add(item);
    resolve({ done: false, value: item.event });
  }

  #next(hand: Hand): Promise<IteratorResult<Incoming, undefined>> {
    for (const item of hand) item.done();
    hand.clear();
    return new Promise((resolve, reject) => {
      const waiter = { hand, resolve, reject };
      const [key, item] = this.#waiting.entries().next().value ?? [];
      if (item) {
        this.#waiting.delete(key);
        this.#give(item, hand, resolve);
      } else if (this.#ended) this.#tellEnd(waiter, this.#ended);
      else this.#waiters.push(waiter);
    });
  }

  /** The loop is over: left by itself, or because it failed. */
  #leave(hand: Hand): Promise<IteratorResult<never, undefined>> {
    const mine = this.#waiters.filter((waiter) => waiter.hand === hand);
    this.#waiters = this.#waiters.filter((waiter) => waiter.hand !== hand);
    for (const waiter of mine) waiter.resolve(END);
    // By hand, it may be acknowledged by whoever got it from the loop.
    for (const item of hand) if (!this.#source.isManual) this.#letGo(item, undefined);
    hand.clear();
    this.#hands.delete(hand);
    if (this.#hands.size === 0) this.#end({});
    return Promise.resolve(END);
  }

  #letGo({ event, done }: Item, unlessHeard: IncomingName | undefined): void {
    if (event.ack_id !== undefined) this.#source.letGo(event.ack_id, unlessHeard);
    done();
  }

  #end(how: { readonly error?: unknown }): void {
    if (this.#ended) return;
    this.#ended = how;
    this.#callOff();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const item of waiting) this.#letGo(item, this.#source.isManual ? item.event.event : undefined);
    for (const waiter of this.#waiters.splice(0)) this.#tellEnd(waiter, how);
  }

  #callOff(): void {
    for (const off of this.#offs.splice(0)) off();
  }

  /** A loop throws why the stream ended where that was its signal. */
  #tellEnd({ hand, resolve, reject }: Waiter, { error }: { readonly error?: unknown }): void {
    this.#hands.delete(hand);
    if (error === undefined) resolve(END);
    else reject(error);
  }
}
