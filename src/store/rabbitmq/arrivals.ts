import type { ConsumeMessage } from 'amqplib';
import type { BackendContext } from '../backend';
import { traceContext, type TraceContext } from '../../observability';
import { sleep } from '../../waiting';
import { takeIn } from '../foreign';
import { refusedItem } from '../refused';
import type { DeadLetter, DeadReason, QueueItem } from '../types';
import { newDeliveryState } from '../delivery-state';
import type { Acks } from './acks';
import type { Delivery } from './entry';
import type { Held } from './held';
import { priorityOf, type Names } from './names';
import { asDead, asRetry } from './outgoing';
import type { Publisher } from './publisher';
import { CONTENT_TYPE, decodeRecord, type BrokerRecord } from './record';
import type { Source } from './source';

/** Milliseconds until what intake cannot take just now is tried again. */
const AGAIN = 1000;

export interface ArrivalsOptions extends Pick<BackendContext, 'prepare' | 'clock' | 'random'> {
  readonly names: Names;
  readonly held: Held;
  readonly publisher: Publisher;
  /** Something may be leased. */
  readonly onReady: () => void;
  readonly onRefused: (letter: DeadLetter) => void;
}

/** One that is acknowledged by hand, if the link is the same by then. */
interface ForeignDelivery extends Delivery {
  readonly acks: Acks | undefined;
}

/** What the broker delivers: messages of ours, and what other programs have put there. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** One after the other, so that they come out in their order. */
  #intake: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  take(source: Source, message: ConsumeMessage): void {
    const { held, onReady } = this.#options;
    const { fields, properties, content } = message;
    const delivery = { source, tag: fields.deliveryTag, returns: returnsOf(message), acks: held.acks };
    if (properties.contentType !== CONTENT_TYPE) return this.#prepare(delivery, message);
    let record: BrokerRecord;
    try {
      record = decodeRecord(content);
    } catch (error) {
      const text = `the record cannot be read: ${(error as Error).message}`;
      return this.#bury(delivery, message, { code: 'INVALID_RECORD', text });
    }
    if (held.take(record, delivery, fields.redelivered)) onReady();
  }

  /** Written anew before it is leased: so a crash does not give it another id and other reference numbers. */
  #prepare(delivery: ForeignDelivery, message: ConsumeMessage): void {
    this.#intake = this.#intake.then(async () => {
      const { names, publisher } = this.#options;
      const made = await this.#read(delivery.source, message);
      if (!made) return;
      if ('reason' in made) return this.#bury(delivery, message, made.reason);
      await publisher.publish([asRetry(names, { item: made.item, serial: 0 })]);
      this.#ack(delivery);
    });
    this.#intake = this.#intake.catch(() => undefined);
  }

  /** Tried until intake takes it; undefined: the store was closed, and the broker gives it to somebody else. */
  async #read(
    source: Source,
    message: ConsumeMessage,
  ): Promise<{ readonly item: QueueItem } | { readonly reason: DeadReason } | undefined> {
    const { prepare, clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        return await takeIn(message.content, priorityOf(source.rank), prepare, traceOf(message));
      } catch {
        await sleep(clock, AGAIN, signal);
      }
    }
    return undefined;
  }

  /** Nothing is taken in any more. */
  close(): void {
    this.#closing.abort();
  }

  #bury(delivery: ForeignDelivery, message: ConsumeMessage, reason: DeadReason): void {
    const { content, properties } = message;
    const { clock, random, names, publisher, onRefused } = this.#options;
    const record = Buffer.from(content);
    const id = Buffer.from(random(12)).toString('hex');
    const item = refusedItem(record, id, clock.now(), priorityOf(delivery.source.rank), traceOf(message));
    const failed = { reason, failedAt: clock.now() };
    const alien = { octets: record, contentType: String(properties.contentType ?? '') };
    const letter = { item, state: newDeliveryState(item), record, ...failed };
    const dead = asDead(names, { item, serial: 0, failed, alien });
    publisher.publish([dead]).then(
      () => {
        this.#ack(delivery);
        onRefused(letter);
      },
      () => undefined,
    );
  }

  #ack({ source, tag, acks }: ForeignDelivery): void {
    if (this.#options.held.acks !== acks) return;
    source.settled();
    acks?.ack(tag);
  }
}

/** What the instrumentation of the program that put it there has set. */
const traceOf = ({ properties: { headers } }: ConsumeMessage): TraceContext | undefined =>
  traceContext(headers?.['traceparent'], headers?.['tracestate']);

/** How often the broker has had a message back. */
function returnsOf({ properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.['x-delivery-count'];
  return typeof count === 'number' ? count : 0;
}
