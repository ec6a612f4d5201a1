import type { Clock } from '../../clock';
import type { Broker } from './broker';
import type { Consumers } from './consumers';
import type { Counts } from './counts';
import type { Entry } from './entry';
import type { Held } from './held';
import { queueAt, RANKS, type Names } from './names';
import { asRetry } from './outgoing';
import type { Publisher } from './publisher';
import { readOurs } from './record';

/** Milliseconds for which the head of a queue that is not consumed is believed to be the same. */
const FRESH = 10_000;

export interface HeadsOptions {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly consumers: Consumers;
  readonly held: Held;
}

/** How old the first message of each queue is, of which the broker says nothing. */
export class Heads {
  readonly #options: HeadsOptions;
  readonly #seen = new Map<number, { readonly enqueuedAt: number; readonly at: number }>();

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  /** The next one of its queue is not older. */
  leased({ rank, item }: Entry): void {
    this.#see(rank, item.enqueuedAt);
  }

  #see(rank: number, enqueuedAt: number): void {
    this.#seen.set(rank, { enqueuedAt, at: this.#options.clock.monotonic() });
  }

  /** The `enqueuedAt` of the oldest that lies in the broker, as far as can be known; Infinity: of none. */
  async oldestAt({ ready }: Counts): Promise<number> {
    const { consumers, held } = this.#options;
    let oldest = Infinity;
    for (let rank = 0; rank < RANKS; rank++) {
      if (ready[rank] === 0) this.#seen.delete(rank);
      // What is here of it came before.
      else if (held.buffer.ready(rank) === 0) {
        if (rank > consumers.level) await this.#peek(rank);
        oldest = Math.min(oldest, this.#seen.get(rank)?.enqueuedAt ?? Infinity);
      }
    }
    return oldest;
  }

  /** Takes the head of what is new, and puts it back before all others of its priority. */
  async #peek(rank: number): Promise<void> {
    const { clock, names, broker, publisher, held } = this.#options;
    const seen = this.#seen.get(rank);
    if (rank % 2 === 0 || (seen && clock.monotonic() - seen.at < FRESH)) return;
    const { consuming } = await broker.up();
    const { acks } = held;
    const message = await consuming.get(queueAt(names, rank));
    if (!message) return;
    const { fields } = message;
    const record = readOurs(message);
    this.#see(rank, record?.item.enqueuedAt ?? Infinity);
    // What was marked already, and what is not ours, may go back as it is.
    if (!record || fields.redelivered) return acks?.requeue(fields.deliveryTag);
    await publisher.publish([asRetry(names, record)]);
    if (held.acks === acks) acks?.ack(fields.deliveryTag);
  }
}
