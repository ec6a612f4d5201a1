import { SMALLEST_STEP } from '../../../clock';
import { MOST_COUNTED } from '../../account';
import { SegmentSearch, byAge, foldedId } from '../../candidates';
import { chunksOf } from '../../chunks';
import { RecordReader, RecordWriter } from '../../record/bytes';
import { readCorrelation, writeCorrelation } from '../../record/message-codec';
import type { CorrelationEntry, Correlator } from '../../types';
import type { Argument, RedisCalls } from '../connection/calls';
import { CORRELATION_SCRIPTS } from '../lua/correlation';
import { dropInChunks } from './in-chunks';

/** Octets before the record: version, flag, when it is due. */
const HEAD = 10;
const VERSION = 1;
/** Entries per script: the server serves nobody else meanwhile. */
const AT_ONCE = 200;
/** Entries that one call drops or looks at. */
const CHUNK = 1000;
/** Scripts of one {@link RedisCorrelator.expire}. */
const MOST_CHUNKS = 100;

/**
 * Entries by their message_id, case apart, in hashes, and beside that in the order of putting, those that have had
 * their final receipt apart: see `lua/correlation.ts`. What is due is so by the server's clock; where the wall clock here
 * shows another time, ends are moved by the difference.
 */
export class RedisCorrelator implements Correlator {
  readonly #calls: RedisCalls;
  readonly #capacity: number;
  readonly #writer = new RecordWriter();

  constructor(calls: RedisCalls, capacity: number) {
    this.#calls = calls;
    this.#capacity = capacity;
  }

  async put(entries: readonly CorrelationEntry[]): Promise<void> {
    const puts: Promise<unknown>[] = [];
    for (const chunk of chunksOf(entries, AT_ONCE))
      puts.push(this.#calls.run(CORRELATION_SCRIPTS.put, this.argumentsOf(chunk)));
    await Promise.all(puts);
  }

  /** What `correlation.put` of `lua/correlation.ts` takes; none is allowed, too. */
  argumentsOf(entries: readonly CorrelationEntry[]): Argument[] {
    const args: Argument[] = [entries.length, this.#capacity, this.#calls.clock.now()];
    for (const entry of entries) {
      const { messageId, id, segment } = entry;
      const folded = foldedId(messageId);
      const written = messageId === folded ? '' : messageId;
      args.push(folded, `${segment}:${id.length}:${id}${written}`, flagOf(entry), entry.expiresAt);
      args.push(this.#record(entry, written));
    }
    return args;
  }

  #record(entry: CorrelationEntry, messageId: string): Buffer {
    this.#writer.begin(0);
    writeCorrelation(this.#writer, entry, messageId);
    return this.#writer.octets;
  }

  async get(messageId: string): Promise<readonly CorrelationEntry[]> {
    const folded = foldedId(messageId);
    const reply = await this.#calls.run(CORRELATION_SCRIPTS.get, [folded]);
    const [now, found] = reply as [now: number, values: Buffer[]];
    if (found.length === 0) return [];
    const skew = this.#skewOf(now);
    return found.flatMap((value) => readValue(value, folded, now, skew) ?? []).sort(byAge);
  }

  async find(ids: readonly string[]): Promise<readonly CorrelationEntry[]> {
    const search = new SegmentSearch(ids);
    const wanted = ids.map((id) => `${id.length}:${id}`);
    for (const flag of ['a', 'f']) {
      for (let before = '+inf'; before !== '' && !search.isComplete;) {
        const reply = await this.#calls.run(CORRELATION_SCRIPTS.find, [flag, before, CHUNK, ...wanted]);
        const [now, stopped, ...found] = reply as [number, Buffer, ...Buffer[]];
        before = String(stopped);
        const skew = this.#skewOf(now);
        for (let at = 0; at < found.length; at += 2) {
          const entry = readValue(found[at + 1] as Buffer, String(found[at]), now, skew);
          if (entry) search.look(entry);
        }
      }
    }
    return search.found;
  }

  /** Milliseconds that the server's clock is ahead of the wall clock here. */
  #skewOf(now: number): number {
    const ahead = Math.floor(now - this.#calls.clock.now());
    return Math.abs(ahead) < SMALLEST_STEP ? 0 : ahead;
  }

  expire(): Promise<number> {
    return dropInChunks((most) => this.#calls.run(CORRELATION_SCRIPTS.expire, [most]), CHUNK, MOST_CHUNKS);
  }

  /** For how many a final receipt is still waited, as far as that is counted. */
  async awaited(): Promise<number> {
    let awaited = 0;
    for (let chunk = 0; chunk < MOST_CHUNKS && awaited < MOST_COUNTED; chunk++) {
      const [seen, count] = (await this.#calls.run(CORRELATION_SCRIPTS.count, [chunk * CHUNK, CHUNK])) as [
        number,
        number,
      ];
      awaited += count;
      if (seen < CHUNK) break;
    }
    return Math.min(awaited, MOST_COUNTED);
  }

  /** Forgets all entries, except what is put meanwhile. */
  async forgetAwaited(): Promise<void> {
    const { keys } = this.#calls;
    const counts = ['corr-awaited', 'corr-final'].map((name) =>
      this.#calls.command(['ZCARD', keys.of(name)]),
    );
    let left = Math.max(...(await Promise.all(counts)).map(Number));
    for (; left > 0; left -= CHUNK) await this.#calls.run(CORRELATION_SCRIPTS.forget, [CHUNK]);
  }
}

function flagOf({ finalState, receiptRequested }: CorrelationEntry): 'a' | 'n' | 'f' {
  if (finalState !== undefined) return 'f';
  return receiptRequested === false ? 'n' : 'a';
}

/** Undefined: it is over, or written by a version that is not known here. Times are the server's, `skew` is how far that is ahead. */
export function readValue(
  value: Buffer,
  folded: string,
  now: number,
  skew: number,
): CorrelationEntry | undefined {
  if (value.length < HEAD || value[0] !== VERSION) return undefined;
  const due = value.readDoubleBE(2);
  if (!(due > now)) return undefined;
  try {
    const entry = readCorrelation(new RecordReader(value, HEAD));
    return { ...entry, messageId: entry.messageId === '' ? folded : entry.messageId, expiresAt: due - skew };
  } catch {
    return undefined;
  }
}
