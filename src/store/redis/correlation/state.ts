import { chunksOf } from '../../chunks';
import { MOST_FACTS, claimsFull } from '../../claims';
import type { Claim, KeyValueState } from '../../key-value';
import type { RedisCalls } from '../connection/calls';
import { STATE_SCRIPTS, ttlOf } from '../lua/state';
import { dropInChunks } from './in-chunks';

/** Counters with a lifetime: beyond that those that were not used for longest go before their time. */
const MOST_COUNTERS = 100_000;
/** Facts that one call drops or returns. */
const CHUNK = 500;
/** Calls of one {@link RedisState.expire}. */
const MOST_CHUNKS = 20;

export class RedisState implements KeyValueState {
  readonly #calls: RedisCalls;
  readonly #mostCounters: number;

  constructor(calls: RedisCalls, mostCounters = MOST_COUNTERS) {
    this.#calls = calls;
    this.#mostCounters = mostCounters;
  }

  async get(key: string): Promise<Buffer | undefined> {
    const value = await this.#calls.run(STATE_SCRIPTS.get, [key]);
    return Buffer.isBuffer(value) ? value : undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    // The caller may change it at once, and it may wait for the server.
    await this.#calls.run(STATE_SCRIPTS.set, [key, Buffer.from(value), ttlOf(ttl)]);
  }

  async claim({ key, value, ttl }: Claim): Promise<Buffer | undefined> {
    const args = [key, Buffer.from(value), ttlOf(ttl), MOST_FACTS];
    const before = await this.#calls.run(STATE_SCRIPTS.claim, args);
    if (before === 0) throw claimsFull(`${MOST_FACTS} facts`);
    // Its own: the reply of the first call was lost.
    return Buffer.isBuffer(before) && !before.equals(value) ? before : undefined;
  }

  async update(key: string, value: Buffer, expected: Buffer): Promise<void> {
    await this.#calls.run(STATE_SCRIPTS.update, [key, Buffer.from(value), expected]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await Promise.all([...chunksOf(keys, CHUNK)].map((some) => this.#calls.run(STATE_SCRIPTS.delete, some)));
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    const found: [string, Buffer][] = [];
    // No octet of UTF-8 is 0xFF.
    const end = prefix === '' ? '+' : Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)]);
    let from: string | Buffer = prefix === '' ? '-' : `[${prefix}`;
    for (;;) {
      const reply = (await this.#calls.run(STATE_SCRIPTS.list, [from, end, CHUNK])) as [
        number,
        Buffer,
        Buffer[],
      ];
      const [seen, last, some] = reply;
      for (let at = 0; at + 1 < some.length; at += 2) found.push([String(some[at]), some[at + 1] as Buffer]);
      if (seen < CHUNK) break;
      from = Buffer.concat([Buffer.from('('), last]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async increment(key: string, modulo: number, start: number, ttl?: number): Promise<number> {
    const args = [key, modulo, start, ttlOf(ttl), this.#mostCounters];
    return Number(await this.#calls.run(STATE_SCRIPTS.increment, args));
  }

  expire(): Promise<number> {
    return dropInChunks((most) => this.#calls.run(STATE_SCRIPTS.expire, [most]), CHUNK, MOST_CHUNKS);
  }
}
