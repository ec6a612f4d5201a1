import type { Channel, Message } from 'amqplib';
import { nextTick, type Clock } from '../../clock';

/**
 * Acknowledges what was delivered over one channel. All of one turn goes out together, and what is settled without a
 * gap as one frame: one for each message costs as much as the message.
 */
export class Acks {
  readonly #channel: Channel;
  readonly #clock: Clock;
  /** The least delivery tag that may not have been acknowledged. */
  #low = 1;
  /** Above that: settled out of order, and acknowledged. */
  readonly #settled = new Set<number>();
  #fresh: number[] = [];
  readonly #fail: (error: Error) => void;

  constructor(channel: Channel, clock: Clock, fail: (error: Error) => void) {
    this.#channel = channel;
    this.#clock = clock;
    this.#fail = fail;
  }

  ack(tag: number): void {
    if (this.#fresh.push(tag) === 1) nextTick(this.#clock, () => this.flush());
  }

  /** Back into its queue, near its head. */
  requeue(tag: number): void {
    this.flush();
    this.#send(() => this.#channel.nack(messageOf(tag), false, true));
    this.#settled.add(tag);
    this.#rise();
  }

  flush(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    for (const tag of fresh) this.#settled.add(tag);
    this.#rise();
    // One that is outstanding: the broker refuses any other.
    const upTo = Math.max(0, ...fresh.filter((tag) => tag < this.#low));
    if (upTo > 0) this.#send(() => this.#channel.ack(messageOf(upTo), true));
    for (const tag of fresh) if (tag > upTo) this.#send(() => this.#channel.ack(messageOf(tag)));
  }

  #rise(): void {
    while (this.#settled.delete(this.#low)) this.#low++;
  }

  #send(frame: () => void): void {
    try {
      frame();
    } catch (error) {
      // The channel is closed: what it delivered comes again.
      this.#fail(error as Error);
    }
  }
}

/** All that amqplib reads of it. */
const messageOf = (deliveryTag: number): Message => ({ fields: { deliveryTag } }) as Message;
