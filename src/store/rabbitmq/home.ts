import type { Channel, ConsumeMessage } from 'amqplib';
import { nextTick, type Clock } from '../../clock';
import type { Home, Notice } from '../sharing';
import type { Settlement } from '../types';
import { answered } from './answered';
import type { Broker } from './broker';
import { KEYS, type Names } from './names';
import type { Outgoing, Publisher } from './publisher';
import { declareHome, replaceHome, TopologyError } from './topology';
import { Acks } from './acks';

const CONTENT_TYPE = 'application/vnd.smpp.notice';
/** Notices that are on their way to the handler. */
const PREFETCH = 1000;
/** Milliseconds that the broker gets to begin with the notices. */
const ANSWER = 4000;

export interface HomeParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly instance: string;
  readonly publisher: Publisher;
  readonly broker: Broker;
}

/**
 * Each instance has a queue for its notices. While its binding is there the instance lives: a notice that finds none is
 * handed back. What an instance does not take within a while goes to a queue that all of them read.
 */
export class RabbitHome implements Home {
  readonly instance: string;
  readonly #parts: HomeParts;
  #handler: ((notices: readonly Notice[]) => unknown) | undefined;
  #serial = 0;
  #channel: Channel | undefined;
  #queue: string;
  /** Its queues so far. */
  #queues = 1;

  constructor(parts: HomeParts) {
    this.#parts = parts;
    this.instance = parts.instance;
    this.#queue = parts.names.home(parts.instance);
  }

  async tell(notices: readonly Notice[]): Promise<readonly Notice[]> {
    const { publisher, names, broker } = this.#parts;
    if (notices.length === 0) return [];
    await broker.up(undefined, true);
    const messages = notices.map((notice): Outgoing & { notice: Notice } => ({
      exchange: names.exchange,
      key: KEYS.home(notice.instance),
      id: `${this.instance}.${this.#serial++}`,
      content: notice.octets,
      contentType: CONTENT_TYPE,
      headers: { instance: notice.instance },
      mayReturn: true,
      notice,
    }));
    const returned = new Set(await publisher.publish(messages));
    return messages.filter((message) => returned.has(message)).map(({ notice }) => notice);
  }

  /** Tells of all that have a notice; those of which nobody took it. */
  async untaken(settlements: readonly Settlement[]): Promise<Settlement[]> {
    const noticed = settlements.flatMap((settlement) => {
      const notice = settlement.outcome === 'retry' ? undefined : settlement.notice;
      return notice ? { settlement, notice } : [];
    });
    const untaken = new Set(await this.tell(noticed.map(({ notice }) => notice)));
    return noticed.filter(({ notice }) => untaken.has(notice)).map(({ settlement }) => settlement);
  }

  listen(handler: (notices: readonly Notice[]) => unknown): void {
    const isFirst = this.#handler === undefined;
    this.#handler = handler;
    if (isFirst && this.#channel) void this.#consume(this.#channel);
  }

  /** On a link that is new. `spare` has nothing to do yet. */
  async attach(channel: Channel, spare: Channel): Promise<void> {
    await declareHome(channel, this.#parts.names, this.instance, this.#queue);
    this.#channel = channel;
    if (!this.#handler) return;
    try {
      await this.#consumeBoth(channel);
    } catch (error) {
      if (error instanceof TopologyError) await this.#replace(spare);
      throw error;
    }
  }

  /** Gives up a queue that answers nothing, for the next link to have another. It is empty, or would answer. */
  async #replace(spare: Channel): Promise<void> {
    const { names } = this.#parts;
    const lost = this.#queue;
    this.#queue = `${names.home(this.instance)}.${++this.#queues}`;
    await replaceHome(spare, names, this.instance, lost, this.#queue);
    // Answered after seconds, if at all.
    void spare.deleteQueue(lost).catch(() => undefined);
  }

  async #consume(channel: Channel): Promise<void> {
    try {
      await this.#consumeBoth(channel);
    } catch (error) {
      this.#parts.broker.fail(error as Error);
    }
  }

  async #consumeBoth(channel: Channel): Promise<void> {
    const { clock, names, broker } = this.#parts;
    const acks = new Acks(channel, clock, PREFETCH, (error) => broker.fail(error));
    let batch: ConsumeMessage[] = [];
    const take = (message: ConsumeMessage | null): void => {
      if (!message) return broker.fail(new Error('NOT_FOUND - the queue of notices was deleted'));
      if (batch.push(message) > 1) return;
      nextTick(clock, () => {
        const taken = batch;
        batch = [];
        void this.#hand(taken, acks);
      });
    };
    await channel.prefetch(PREFETCH);
    await answered(clock, this.#queue, ANSWER, channel.consume(this.#queue, take));
    await channel.consume(names.notices, take);
  }

  async #hand(messages: readonly ConsumeMessage[], acks: Acks): Promise<void> {
    const notices = messages.map(({ content, properties }) => ({
      instance: String(properties.headers?.['instance'] ?? ''),
      octets: content,
    }));
    try {
      await this.#handler?.(notices);
    } catch {
      // Whoever cannot take it now cannot take it later: the client has told of it.
    }
    for (const { fields } of messages) acks.ack(fields.deliveryTag);
  }

  /** From now on others tell by themselves; what has come and was not taken goes to one of them. */
  async leave(): Promise<void> {
    const { names } = this.#parts;
    await this.#channel?.unbindQueue(this.#queue, names.exchange, KEYS.home(this.instance));
  }
}
