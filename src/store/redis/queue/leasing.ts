import type { BackendContext } from '../../backend';
import type { CorrelationEntry } from '../../types';
import type { Argument, RedisCalls } from '../connection/calls';
import type { ListDrain } from './list-drain';
import { TakeReplyReader, type Refused } from './take-reply';
import type { OpenLeases } from './lease';
import { isLostReply } from '../connection/lost-reply';
import type { RecordCodec } from './record';
import { SCRIPTS } from '../lua/queue-scripts';
import type { LeaseAttempt } from './takers';

export interface LeasingOptions {
  readonly calls: RedisCalls;
  readonly codec: RecordCodec;
  readonly context: BackendContext;
  readonly leases: OpenLeases;
  readonly drain: ListDrain | undefined;
  readonly deadLetterCapacity: number;
  readonly correlationArgs: (entries: readonly CorrelationEntry[]) => readonly Argument[];
}

/** Milliseconds between looks for leases that ran out, at most. */
const LONGEST_RECLAIM = 1000;
/** Milliseconds between looks for consumers that are gone, and for how long they must have been. */
const SWEEP_INTERVAL = 600_000;
const GONE_FOR = 3_600_000;

type Answer = [untilDue: number, seen: Buffer[] | null, ...rest: unknown[]];

/** Leases messages: what is ready, what others left, and what other programs have put there. */
export class Leasing {
  readonly #options: LeasingOptions;
  readonly #calls: RedisCalls;
  readonly #reader: TakeReplyReader;
  readonly #leaseTime: number;
  /** Leases may be ours at the server of which nobody here knows. */
  #isUnsure = false;
  #reclaimedAt = 0;
  #sweptAt: number;

  constructor(options: LeasingOptions) {
    this.#options = options;
    this.#calls = options.calls;
    this.#reader = new TakeReplyReader(options.calls, options.codec, options.context);
    this.#leaseTime = options.context.options.leaseTime;
    this.#sweptAt = options.calls.clock.monotonic();
  }

  /** Leases up to `max`; its first script is sent before it returns. */
  async lease(max: number): Promise<LeaseAttempt> {
    try {
      return await this.#lease(max);
    } catch (error) {
      // What was leased without a reply is taken back first.
      if (isLostReply(error)) return this.#lease(max);
      // Somebody has emptied the server: what is there by now, or comes, is taken all the same.
      if (!(error as Error).message.includes('NOGROUP')) throw error;
      await this.#calls.run(SCRIPTS.open, []);
      return this.#lease(max);
    }
  }

  async #lease(max: number): Promise<LeaseAttempt> {
    if (this.#isUnsure) await this.#recover();
    for (;;) {
      const draining = this.#options.drain?.run(max);
      const [untilDue, seen, ...rest] = await this.#take(max);
      await draining;
      if (rest.length === 0) return this.#nothing(untilDue, seen ?? []);
      const read = this.#reader.read(rest);
      const { leases, refused } = read instanceof Promise ? await this.#unlessFailed(read) : read;
      if (refused.length > 0) await this.#unlessFailed(this.#bury(refused));
      for (const lease of leases) this.#options.leases.add(lease);
      // Where all was refused there may be more.
      if (leases.length > 0) return { leases };
    }
  }

  async #take(max: number): Promise<Answer> {
    const args = [this.#calls.instance, max, this.#reclaims() ? this.#leaseTime : 0];
    try {
      return (await this.#calls.run(SCRIPTS.take, args)) as Answer;
    } catch (error) {
      if (isLostReply(error)) this.#isUnsure = true;
      throw error;
    }
  }

  /**
   * Whether leases of others that ran out are taken back now. While the server was away nobody could extend them, so
   * that is left for as long as a lease lasts.
   */
  #reclaims(): boolean {
    const now = this.#calls.clock.monotonic();
    if (now - this.#reclaimedAt < this.#reclaimInterval || this.#calls.connectedFor < this.#leaseTime)
      return false;
    this.#reclaimedAt = now;
    if (now - this.#sweptAt > SWEEP_INTERVAL) {
      this.#sweptAt = now;
      this.#calls.run(SCRIPTS.sweep, [GONE_FOR]).catch(() => undefined);
    }
    return true;
  }

  get #reclaimInterval(): number {
    return Math.min(LONGEST_RECLAIM, this.#leaseTime / 4);
  }

  #nothing(untilDue: number, seen: readonly Buffer[]): LeaseAttempt {
    let wait = this.#reclaimInterval;
    if (untilDue >= 0) wait = Math.min(wait, untilDue + 1);
    if (this.#options.drain) wait = Math.min(wait, this.#options.drain.interval);
    return { leases: [], wait, seen: seen.map(String) };
  }

  /** What cannot be done with it now is as if it had never been leased. */
  async #unlessFailed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#isUnsure = true;
      throw error;
    }
  }

  async #recover(): Promise<void> {
    await this.#calls.run(SCRIPTS.recover, [this.#calls.instance, ...this.#options.leases.names()]);
    this.#isUnsure = false;
  }

  async #bury(refused: readonly Refused[]): Promise<void> {
    const { codec, context, deadLetterCapacity, correlationArgs } = this.#options;
    const args = refused.flatMap(({ name, letter, field }) => [
      'x',
      name,
      letter.item.id,
      codec.writeLetter(letter, field),
    ]);
    await this.#calls.run(SCRIPTS.settle, [
      ...correlationArgs([]),
      this.#calls.instance,
      deadLetterCapacity,
      ...args,
      '0',
    ]);
    for (const { letter } of refused) context.refused(letter.item, letter.reason);
    this.#calls
      .run(
        SCRIPTS.told,
        refused.map(({ letter }) => letter.item.id),
      )
      .catch(() => undefined);
  }
}
