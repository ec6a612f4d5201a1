import type { Channel, ConsumeMessage } from 'amqplib';
import { nextTurn, type Clock } from '../../clock';
import { answered } from './answered';
import { queueAt, RANKS, type Names } from './names';
import { Source } from './source';

/** More than a channel may be given at once. */
const MOST_CREDIT = 65_535;
/** Milliseconds that the broker gets to begin with a queue. */
const ANSWER = 10_000;

export interface ConsumersOptions {
  readonly clock: Clock;
  readonly names: Names;
  /** What each queue may deliver before something of it is acknowledged. */
  readonly prefetch: number;
  onMessage(source: Source, message: ConsumeMessage): void;
  /** More is known of what the queues have: who waits may be served. */
  onProgress(): void;
  fail(error: Error): void;
}

/**
 * Which queues are consumed: the urgent ones, and the next only when those have nothing. A queue "has nothing" when it may
 * deliver and does not; where something was done since that may have filled it, it is asked before it is believed.
 */
export class Consumers {
  readonly #options: ConsumersOptions;
  #sources: readonly Source[];
  #channel: Channel | undefined;
  /** The last rank that is consumed; -1: none is. */
  #level = -1;
  /** One change after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #isRaising = false;
  readonly #busy = new Set<number>();

  constructor(options: ConsumersOptions) {
    this.#options = options;
    this.#sources = this.#newSources();
  }

  #newSources(): Source[] {
    const { names } = this.#options;
    return Array.from({ length: RANKS }, (_, rank) => new Source(queueAt(names, rank), rank));
  }

  get level(): number {
    return this.#level;
  }

  attach(channel: Channel): void {
    this.detach();
    this.#channel = channel;
  }

  detach(): void {
    this.#channel = undefined;
    this.#level = -1;
    this.#isRaising = false;
    this.#busy.clear();
    this.#sources = this.#newSources();
  }

  /** A message of this process' own goes there, so that it may have more than it has delivered. */
  doubt(rank: number): void {
    (this.#sources[rank] as Source).doubts++;
  }

  isSure(rank: number): boolean {
    const source = this.#sources[rank] as Source;
    return rank <= this.#level && source.hasCredit && source.doubts === 0;
  }

  /**
   * Whether it is sure that a queue has nothing, or does not matter (`isLast`). Where it is not, that is seen to: `wanted`
   * more are let come, or it is asked; then `onProgress` is called.
   */
  isEmpty(rank: number, wanted: number, isLast: boolean): boolean {
    if (this.isSure(rank)) return true;
    const source = this.#sources[rank] as Source;
    if (!source.hasCredit) this.#grow(source, wanted);
    else if (isLast) return true;
    else this.#ask(source);
    return false;
  }

  /** Whether all queues are consumed. */
  get isOpen(): boolean {
    return this.#level === RANKS - 1;
  }

  /** All that are consumed have nothing: the next are. */
  raise(): void {
    const channel = this.#channel;
    if (!channel || this.#isRaising || this.#level >= RANKS - 1) return;
    this.#isRaising = true;
    void this.#do(async () => {
      for (let rank = this.#level + 1; rank < RANKS && this.#channel === channel; rank++) {
        const source = this.#sources[rank] as Source;
        const { messageCount } = await channel.checkQueue(source.queue);
        await this.#consume(channel, source, this.#options.prefetch);
        this.#level = rank;
        source.doubts++;
        if (messageCount > 0) break;
        source.doubts = 0;
      }
      this.#isRaising = false;
    });
  }

  /** Nothing more comes from a rank on. */
  lower(rank: number): Promise<void> {
    const channel = this.#channel;
    if (!channel || rank > this.#level) return Promise.resolve();
    const given = this.#sources.slice(rank);
    this.#level = rank - 1;
    return this.#do(async () => {
      const fresh = this.#newSources();
      this.#sources = this.#sources.map((source) =>
        source.rank < rank ? source : (fresh[source.rank] as Source),
      );
      this.#level = Math.min(this.#level, rank - 1);
      for (const tag of given.flatMap(({ tags }) => tags)) await channel.cancel(tag);
    });
  }

  #grow(source: Source, wanted: number): void {
    const channel = this.#channel;
    if (!channel || source.rank > this.#level || source.credit >= MOST_CREDIT) return;
    if (!this.#begin(source.rank)) return;
    void this.#do(async () => {
      const more = Math.min(Math.max(wanted, this.#options.prefetch), MOST_CREDIT - source.credit);
      if (!source.hasCredit) await this.#consume(channel, source, more);
      this.#busy.delete(source.rank);
    });
  }

  #ask(source: Source): void {
    const channel = this.#channel;
    if (!channel || source.rank > this.#level || !this.#begin(source.rank)) return;
    void this.#do(async () => {
      const { doubts } = source;
      const { messageCount } = await channel.checkQueue(source.queue);
      if (messageCount === 0) {
        // What the queue had given away by then lies before the next answer.
        await channel.checkExchange(this.#options.names.exchange);
        if (source.doubts === doubts) source.doubts = 0;
      } else await nextTurn(this.#options.clock);
      this.#busy.delete(source.rank);
    });
  }

  #begin(rank: number): boolean {
    if (this.#busy.has(rank)) return false;
    this.#busy.add(rank);
    return true;
  }

  async #consume(channel: Channel, source: Source, count: number): Promise<void> {
    await channel.prefetch(count);
    source.credit += count;
    const consuming = channel.consume(source.queue, (message) => {
      if (this.#channel !== channel) return;
      if (!message) return this.#options.fail(new Error(`NOT_FOUND - queue '${source.queue}' was deleted`));
      source.unacked++;
      this.#options.onMessage(source, message);
    });
    const { consumerTag } = await answered(this.#options.clock, source.queue, ANSWER, consuming);
    source.tags.push(consumerTag);
  }

  /** The channel's own failure is seen to by the link. */
  #do(work: () => Promise<void>): Promise<void> {
    const channel = this.#channel;
    const done = this.#work.then(async () => {
      if (this.#channel !== channel) return;
      try {
        await work();
      } catch (error) {
        if (this.#channel === channel) this.#options.fail(error as Error);
        return;
      }
      if (this.#channel === channel) this.#options.onProgress();
    });
    this.#work = done;
    return done;
  }
}
