import type { Channel, ConsumeMessage } from 'amqplib';
import type { Clock } from '../../clock';
import { KeyedMutex } from '../../collections';
import { newDeliveryState, revive } from '../delivery-state';
import { refusedItem } from '../refused';
import { sleep } from '../../waiting';
import type { DeadLetter, DeadLetters } from '../types';
import type { Broker } from './broker';
import { collect } from './collect';
import type { Link } from './link';
import type { Names } from './names';
import { asDead, asForeign, asNew } from './outgoing';
import type { Outgoing, Publisher } from './publisher';
import type { RabbitQueue } from './queue';
import { CONTENT_TYPE, decodeRecord, type BrokerRecord } from './record';

const LIST_LIMIT = 1000;
/** For so long the queue is asked whether it has back what it is to have: another instance may have taken it. */
const TRIES = 100;
const BETWEEN = 5;

export interface DeadLetterParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly queue: RabbitQueue;
}

interface Read {
  readonly message: ConsumeMessage;
  readonly record: BrokerRecord;
}

interface Worked<T> {
  readonly answer: T;
  /** Those that were acknowledged. */
  readonly removed: number;
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
      return { answer: { total: all.length, letters }, removed: 0 };
    });
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
      return { answer: { replayed, missing }, removed: found.length };
    });
  }

  #revived(record: BrokerRecord, expiresAt: number | undefined): Outgoing {
    const { names, clock } = this.#parts;
    const { item, serial, state = newDeliveryState(item), alien } = record;
    if (alien) return asForeign(names, item.priority, item.id, alien.octets, alien.contentType);
    return asNew(names, { ...revive(item, state, clock.now(), expiresAt), serial: serial + 1 });
  }

  purge(): Promise<number> {
    return this.#with(async (all, channel) => {
      const last = all.at(-1);
      if (last) channel.ack(last.message, true);
      return { answer: all.length, removed: all.length };
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

  /** All there are, oldest first, on a channel whose end hands back what was not acknowledged. */
  #with<T>(work: (all: readonly Read[], channel: Channel) => Promise<Worked<T>>): Promise<T> {
    return this.#mutex.take(['dead'], async () => {
      const { broker, names, clock } = this.#parts;
      const link = await broker.up();
      const channel = await link.openChannel();
      let left = 0;
      try {
        ({ messageCount: left } = await channel.checkQueue(names.dead));
        const messages = left > 0 ? await collect(channel, names.dead, left, clock) : [];
        left = messages.length;
        const { answer, removed } = await work(
          messages.map((message) => ({ message, record: readDead(message) })),
          channel,
        );
        left -= removed;
        return answer;
      } finally {
        await channel.close().catch(() => undefined);
        await this.#handedBack(link, left);
      }
    });
  }

  /** The queue takes a moment: until then the next look would miss them. */
  async #handedBack({ consuming }: Link, count: number): Promise<void> {
    const { names, clock } = this.#parts;
    for (let tries = 0; tries < TRIES && count > 0; tries++) {
      const { messageCount } = await consuming.checkQueue(names.dead).catch(() => ({ messageCount: count }));
      if (messageCount >= count) return;
      await sleep(clock, BETWEEN, new AbortController().signal);
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
function readDead({ content, properties }: ConsumeMessage): BrokerRecord {
  const contentType = String(properties.contentType ?? '');
  if (contentType === CONTENT_TYPE) {
    try {
      return decodeRecord(content);
    } catch {
      // As any other octets.
    }
  }
  const octets = Buffer.from(content);
  const item = refusedItem(octets, String(properties.messageId ?? ''), 0);
  return { item, serial: 0, alien: { octets, contentType } };
}
