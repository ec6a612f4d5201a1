import type { ConfirmChannel, Message } from 'amqplib';
import { LinkedList, type Link as Linked } from '../../collections';
import type { Clock } from '../../clock';
import { storeClosed } from '../errors';
import { gather } from './gather';

/** What is put into the broker. */
export interface Outgoing {
  readonly exchange: string;
  readonly key: string;
  readonly id: string;
  readonly content: Buffer;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** It may find no queue: then it is handed back. Else that is a failure of the topology. */
  readonly mayReturn?: boolean;
}

interface Batch {
  left: number;
  readonly returned: Outgoing[];
  resolve(returned: readonly Outgoing[]): void;
  reject(error: Error): void;
}

class Pending implements Linked<Pending> {
  older: Pending | undefined;
  newer: Pending | undefined;
  readonly message: Outgoing;
  readonly batch: Batch;

  constructor(message: Outgoing, batch: Batch) {
    this.message = message;
    this.batch = batch;
  }
}

/**
 * Publishes in the order of the calls. What was not confirmed when the link was lost is published again over the next,
 * under the same ids: so a call never fails of which a part may have arrived.
 */
export class Publisher {
  readonly #pending = new LinkedList<Pending>();
  readonly #fail: (error: Error) => void;
  /** The oldest that the channel has not been given. */
  #next: Pending | undefined;
  #channel: ConfirmChannel | undefined;
  #isWritable = false;
  #closed = false;
  readonly #returned = new Set<string>();
  readonly #idle: (() => void)[] = [];

  readonly #clock: Clock;

  /** `fail`: the link is of no use. */
  constructor(clock: Clock, fail: (error: Error) => void) {
    this.#clock = clock;
    this.#fail = fail;
  }

  /** Messages that the broker has not confirmed. */
  get length(): number {
    return this.#pending.length;
  }

  attach(channel: ConfirmChannel): void {
    this.#channel = channel;
    this.#isWritable = true;
    this.#next = this.#pending.oldest;
    this.#returned.clear();
    channel.on('drain', () => {
      if (this.#channel !== channel) return;
      this.#isWritable = true;
      this.#pump();
    });
    channel.on('return', ({ properties }: Message) => void this.#returned.add(String(properties.messageId)));
    this.#pump();
  }

  detach(): void {
    this.#channel = undefined;
    this.#isWritable = false;
  }

  /** Resolves when the broker has them all, with those that were handed back. Rejects with `STORE_CLOSED` only. */
  publish(messages: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    if (this.#closed) return Promise.reject(storeClosed());
    if (messages.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const batch: Batch = { left: messages.length, returned: [], resolve, reject };
      for (const message of messages) {
        const pending = new Pending(message, batch);
        this.#pending.push(pending);
        this.#next ??= pending;
      }
      this.#pump();
    });
  }

  #pump(): void {
    const channel = this.#channel;
    if (!channel || this.#next === undefined || !this.#isWritable) return;
    gather(channel, this.#clock);
    try {
      for (let next: Pending | undefined = this.#next; next && this.#isWritable; next = this.#next) {
        this.#next = next.newer;
        this.#isWritable = this.#write(channel, next);
      }
    } catch (error) {
      // The channel is closed, and will say so.
      this.detach();
      this.#fail(error as Error);
    }
  }

  #write(channel: ConfirmChannel, pending: Pending): boolean {
    const { exchange, key, id, content, contentType, headers } = pending.message;
    const options = { persistent: true, mandatory: true, messageId: id, contentType, headers };
    return channel.publish(exchange, key, content, options, (error: unknown) => {
      if (this.#channel !== channel) return;
      if (error === null) this.#confirmed(pending);
      else this.#fail(error as Error);
    });
  }

  #confirmed(pending: Pending): void {
    const { message, batch } = pending;
    if (this.#returned.size > 0 && this.#returned.delete(message.id)) {
      if (!message.mayReturn)
        return this.#fail(
          new Error(
            `NOT_FOUND - no queue is bound to exchange '${message.exchange}' with key '${message.key}'`,
          ),
        );
      batch.returned.push(message);
    }
    this.#pending.remove(pending);
    if (--batch.left === 0) batch.resolve(batch.returned);
    if (this.#pending.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when the broker has confirmed all that was published by now. */
  idle(): Promise<void> {
    if (this.#closed || this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#idle.push(resolve));
  }

  /** Whoever still waits is refused. */
  close(): void {
    this.#closed = true;
    this.detach();
    const error = storeClosed();
    for (let next = this.#pending.oldest; next; next = this.#pending.oldest) {
      this.#pending.remove(next);
      next.batch.reject(error);
    }
  }
}
