import type { Channel, Message } from 'amqplib';
import { nextTick, type Clock, type TimerHandle } from '../../clock';
import { gather } from './gather';

/** So many are acknowledged at once, a quarter of the prefetch at most, or what there is after so many milliseconds. */
const MOST_AT_ONCE = 32;
const LATEST = 2;

/**
 * Acknowledges what was delivered over one channel. What is settled within a moment goes out together, and what is settled without a
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
  #timer: TimerHandle;
  readonly #fail: (error: Error) => void;

  readonly #atOnce: number;

  constructor(channel: Channel, clock: Clock, prefetch: number, fail: (error: Error) => void) {
    this.#atOnce = Math.max(1, Math.min(MOST_AT_ONCE, prefetch >> 2));
    this.#channel = channel;
    this.#clock = clock;
    this.#fail = fail;
  }

  ack(tag: number): void {
    const count = this.#fresh.push(tag);
    if (count === this.#atOnce) nextTick(this.#clock, () => this.flush());
    if (count === 1 && count < this.#atOnce) this.#timer = this.#clock.setTimeout(() => this.flush(), LATEST);
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
    this.#clock.clearTimeout(this.#timer);
    this.#fresh = [];
    gather(this.#channel, this.#clock);
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
