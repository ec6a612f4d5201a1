import { chunksOf } from '../../chunks';
import { revive } from '../../delivery-state';
import { queueFull } from '../../errors';
import { repeat, type Repeated } from '../../../waiting';
import type { DeadLetter, DeadLetters, QueueLimits, Untold } from '../../types';
import type { Argument, RedisCalls } from '../connection/calls';
import { readLetter, stateOf, type RecordCodec } from './record';
import { SCRIPTS } from '../lua/queue-scripts';

const LIST_LIMIT = 1000;
/** Letters of one script. */
const AT_ONCE = 500;
/** Milliseconds between looks for what instances that died have not told. */
const UNTOLD_INTERVAL = 15_000;

export interface LettersOptions {
  readonly calls: RedisCalls;
  readonly codec: RecordCodec;
  readonly capacity: number;
  readonly limits: QueueLimits;
  /** Messages were put into the queue. */
  readonly onReplayed: () => void;
}

/** In a hash by the message's id, and in the order of failing. */
export class RedisDeadLetters implements DeadLetters {
  readonly #options: LettersOptions;
  readonly #calls: RedisCalls;
  #telling: Repeated | undefined;

  constructor(options: LettersOptions) {
    this.#options = options;
    this.#calls = options.calls;
  }

  async list(
    options: { limit?: number; after?: string } = {},
  ): Promise<{ total: number; letters: DeadLetter[] }> {
    const { limit = LIST_LIMIT, after = '' } = options;
    const answer = (await this.#calls.run(SCRIPTS.letters, [limit, after])) as [number, ...(Buffer | null)[]];
    const [total, ...records] = answer;
    const letters = records.flatMap((record) => (record && readLetter(record)?.letter) ?? []);
    return { total, letters };
  }

  async count(): Promise<number> {
    return (await this.list({ limit: 1 })).total;
  }

  async replay(
    ids: readonly string[],
    options: { expiresAt?: number } = {},
  ): Promise<{ replayed: string[]; missing: string[] }> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return { replayed: [], missing: [] };
    const { limits, codec, onReplayed } = this.#options;
    const records = (await this.#calls.run(SCRIPTS.lettersOf, wanted)) as (Buffer | null)[];
    const now = this.#calls.clock.now();
    const args: Argument[] = [limits.capacity];
    for (const [at, id] of wanted.entries()) {
      const octets = records[at];
      const read = octets ? readLetter(octets) : undefined;
      if (!read) continue;
      const { item, state, record } = read.letter;
      if (record) {
        args.push(id, item.priority, read.field, record, '');
        continue;
      }
      const revived = revive(item, state, now, options.expiresAt);
      args.push(id, item.priority, 'm', codec.writeItem(revived.item), stateOf(revived.state));
    }
    const answer = (await this.#calls.run(SCRIPTS.replay, args)) as [Buffer, ...unknown[]];
    const [outcome, ...rest] = answer;
    if (String(outcome) === 'full') {
      const full = queueFull(limits, Number(rest[0]), Number(rest[1]));
      if (full) throw full;
    }
    const replayed = rest.map(String);
    if (replayed.length > 0) onReplayed();
    const isReplayed = new Set(replayed);
    return { replayed, missing: wanted.filter((id) => !isReplayed.has(id)) };
  }

  async purge(): Promise<number> {
    return Number(await this.#calls.run(SCRIPTS.purgeLetters, []));
  }

  async add(letters: readonly DeadLetter[]): Promise<void> {
    const { codec, capacity } = this.#options;
    for (const chunk of chunksOf(letters, AT_ONCE)) {
      const args = chunk.flatMap((letter): Argument[] => [letter.item.id, codec.writeLetter(letter)]);
      await this.#calls.run(SCRIPTS.addLetters, [capacity, ...args]);
    }
  }

  told(ids: readonly string[]): void {
    for (const chunk of chunksOf(ids, AT_ONCE)) this.#calls.run(SCRIPTS.told, chunk).catch(() => undefined);
  }

  /**
   * Tells of what instances failed for good and did not tell before they died: now, and from now on. One of which it is
   * not known yet that it lives no more is told of later.
   */
  async tellUntold(tell: (failed: readonly Untold[]) => unknown): Promise<void> {
    const look = async (): Promise<void> => {
      for (;;) {
        const records = (await this.#calls.run(SCRIPTS.untold, [this.#calls.instance, AT_ONCE])) as Buffer[];
        if (records.length === 0) return;
        const letters = records.flatMap((record) => readLetter(record)?.letter ?? []);
        if (letters.length > 0) await tell(letters);
        this.told(letters.map(({ item }) => item.id));
      }
    };
    this.#telling?.stop();
    this.#telling = repeat(this.#calls.clock, UNTOLD_INTERVAL, look);
    await look();
    this.#telling.start();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#telling?.stop();
  }
}
