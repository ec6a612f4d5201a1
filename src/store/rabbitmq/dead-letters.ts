import type { Channel, Message } from 'amqplib';
import type { Clock } from '../../clock';
import { KeyedMutex } from '../../collections';
import { newDeliveryState, revive } from '../delivery-state';
import { refusedItem } from '../refused';
import { sleep } from '../../waiting';
import type { DeadLetter, DeadLetters } from '../types';
import type { Broker } from './broker';
import { collect } from './collect';
import type { Names } from './names';
import { asDead, asForeign, asNew } from './outgoing';
import type { Outgoing, Publisher } from './publisher';
import type { RabbitQueue } from './queue';
import { readOurs, type BrokerRecord } from './record';

const LIST_LIMIT = 1000;
/** Taken at a time. */
const CHUNK = 1000;
/** Milliseconds that the queue gets to have back what it is to have, and between two looks. */
const HANDING_BACK = 5000;
const BETWEEN = 5;

export interface DeadLetterParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly queue: RabbitQueue;
}

interface Read {
  readonly message: Message;
  readonly record: BrokerRecord;
}

interface Worked<T> {
  readonly answer: T;
  /** Whether all were acknowledged. */
  readonly isEmpty: boolean;
}

/**
 * The dead queue, which the broker bounds. It is read by taking all and handing back what is not removed: one call at a
 * time here, while another instance that reads at the same moment sees the rest.
 */
export class RabbitDeadLetters implements DeadLetters {
  readonly #parts: DeadLetterParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: DeadLetterParts) {
    this.#parts = parts;
  }

  list(options: { limit?: number; after?: string } = {}): Promise<{ total: number; letters: DeadLetter[] }> {
    const { limit = LIST_LIMIT, after } = options;
    return this.#with(async (all) => {
      const seen = after === undefined ? -1 : all.findLastIndex(({ record }) => record.item.id === after);
      const letters = all.slice(seen + 1, seen + 1 + limit).map(letterOf);
      return { answer: { total: all.length, letters }, isEmpty: false };
    });
  }

  async count(): Promise<number> {
    const { broker, names } = this.#parts;
    const { consuming } = await broker.up();
    return (await consuming.checkQueue(names.dead)).messageCount;
  }

  replay(
    ids: readonly string[],
    options: { expiresAt?: number } = {},
  ): Promise<{ replayed: string[]; missing: string[] }> {
    const wanted = [...new Set(ids)];
    return this.#with(async (all, channel) => {
      const byId = new Map(all.map((read) => [read.record.item.id, read]));
      const found = wanted.flatMap((id) => byId.get(id) ?? []);
      await this.#parts.queue.revive(found.map(({ record }) => this.#revived(record, options.expiresAt)));
      for (const { message } of found) channel.ack(message);
      const replayed = found.map(({ record }) => record.item.id);
      const missing = wanted.filter((id) => !byId.has(id));
      return { answer: { replayed, missing }, isEmpty: found.length === all.length };
    });
  }

  #revived(record: BrokerRecord, expiresAt: number | undefined): Outgoing {
    const { names, clock } = this.#parts;
    const { item, serial, state = newDeliveryState(item), alien } = record;
    if (alien) return asForeign(names, item, alien.octets, alien.contentType);
    return asNew(names, { ...revive(item, state, clock.now(), expiresAt), serial: serial + 1 });
  }

  purge(): Promise<number> {
    return this.#with(async (all, channel) => {
      const last = all.at(-1);
      if (last) channel.ack(last.message, true);
      return { answer: all.length, isEmpty: true };
    });
  }

  async add(letters: readonly DeadLetter[]): Promise<void> {
    const { names, publisher, broker } = this.#parts;
    await broker.up(undefined, true);
    const messages = letters.map(({ item, state, reason, failedAt, record }) => {
      const alien = record && { octets: record, contentType: 'application/json' };
      return asDead(names, { item, serial: 0, state, failed: { reason, failedAt }, alien });
    });
    await publisher.publish(messages);
  }

  /** All there are, oldest first. What is not acknowledged goes back in the end. */
  #with<T>(work: (all: readonly Read[], channel: Channel) => Promise<Worked<T>>): Promise<T> {
    return this.#mutex.take(['dead'], async () => {
      const { broker } = this.#parts;
      const link = await broker.up();
      const channel = await link.openChannel();
      let isEmpty = false;
      try {
        const messages = await this.#all(channel);
        isEmpty = messages.length === 0;
        const worked = await work(
          messages.map((message) => ({ message, record: readDead(message) })),
          channel,
        );
        isEmpty ||= worked.isEmpty;
        return worked.answer;
      } finally {
        if (!isEmpty) await this.#handBack(channel).catch(() => undefined);
        await channel.close().catch(() => undefined);
      }
    });
  }

  async #all(channel: Channel): Promise<Message[]> {
    const { names, clock } = this.#parts;
    const all: Message[] = [];
    for (;;) {
      const messages = await collect(channel, names.dead, CHUNK, clock);
      all.push(...messages);
      if (messages.length < CHUNK) return all;
    }
  }

  /**
   * Until the queue has them the next look would miss them. It counts whoever holds something of it as a consumer, and says
   * 0 of everything when it does not answer at once; that it has messages and no consumer says that all of them are back.
   */
  async #handBack(channel: Channel): Promise<void> {
    const { names, clock } = this.#parts;
    channel.nackAll(true);
    const until = clock.monotonic() + HANDING_BACK;
    while (clock.monotonic() < until) {
      const { messageCount, consumerCount } = await channel.checkQueue(names.dead);
      if (messageCount > 0 && consumerCount === 0) return;
      await sleep(clock, BETWEEN);
    }
  }
}

function letterOf({ record }: Read): DeadLetter {
  const { item, state = newDeliveryState(item), failed, alien } = record;
  const reason = failed?.reason ?? { code: 'DEAD_LETTERED', text: 'the broker has put it here' };
  const letter = { item, state, reason, failedAt: failed?.failedAt ?? item.enqueuedAt };
  return alien ? { ...letter, item: { ...item, segments: [] }, record: alien.octets } : letter;
}

/** Also of what the broker itself, or somebody else, has put there. */
function readDead(message: Message): BrokerRecord {
  const ours = readOurs(message);
  if (ours) return ours;
  const { content, properties } = message;
  const contentType = String(properties.contentType ?? '');
  const octets = Buffer.from(content);
  const item = refusedItem(octets, String(properties.messageId ?? ''), 0);
  return { item, serial: 0, alien: { octets, contentType } };
}
