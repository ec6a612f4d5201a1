import type { KeyValueState } from '../key-value';
import type { RedisCalls, Script } from './calls';

/** Counters with a lifetime: beyond that those that were not used for longest go before their time. */
const MOST_COUNTERS = 100_000;
/** Facts that one call drops or returns. */
const CHUNK = 500;
/** Calls of one {@link RedisState.expire}. */
const MOST_CHUNKS = 20;
/** Milliseconds: what is to last longer lasts for ever, as the server counts in 63 bits. */
const LONGEST = 1e15;

/**
 * Facts in Lua, for scripts of which one key is the base of all (`smpp:{id}:`): `state:<key>` is the value, the sorted set
 * `facts` has all keys in the order of their octets, `facts-due` those of facts with a lifetime by their end, and
 * `counters-due` those of counters with a lifetime (ms by the server's clock).
 */
export const STATE_LUA = `
local state = (function()
  local self = {}
  function self.now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
  end
  function self.forget(base, key)
    redis.call('ZREM', base .. 'facts', key)
    redis.call('ZREM', base .. 'facts-due', key)
    redis.call('ZREM', base .. 'counters-due', key)
    return redis.call('DEL', base .. 'state:' .. key)
  end
  -- ttl in ms, '': it stays for ever; kind: 'facts' or 'counters'.
  function self.set(base, key, value, ttl, kind)
    local other = kind == 'facts' and 'counters' or 'facts'
    redis.call('ZADD', base .. 'facts', 0, key)
    redis.call('ZREM', base .. other .. '-due', key)
    if ttl == '' then
      redis.call('SET', base .. 'state:' .. key, value)
      redis.call('ZREM', base .. kind .. '-due', key)
    else
      redis.call('SET', base .. 'state:' .. key, value, 'PX', ttl)
      redis.call('ZADD', base .. kind .. '-due', self.now() + ttl, key)
    end
  end
  return self
end)()
`;

const script = (name: string, lua: string): Script => ({
  name,
  keys: [''],
  whenLost: 'repeats',
  lua: `${STATE_LUA}local base = KEYS[1]\n${lua}`,
});

const GET = script('get-fact', `return redis.call('GET', base .. 'state:' .. ARGV[1])`);

const SET = script('set-fact', `state.set(base, ARGV[1], ARGV[2], ARGV[3], 'facts')`);

const DELETE = script('delete-facts', `for _, key in ipairs(ARGV) do state.forget(base, key) end`);

/** ARGV: from and to as ZRANGEBYLEX takes them, how many. Replies the last key seen, then keys and values in turn. */
const LIST = script(
  'list-facts',
  `
local keys = redis.call('ZRANGEBYLEX', base .. 'facts', ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local found = {}
for _, key in ipairs(keys) do
  local value = redis.call('GET', base .. 'state:' .. key)
  if value then
    found[#found + 1] = key
    found[#found + 1] = value
  end
end
return {#keys, keys[#keys] or '', found}`,
);

/** ARGV: key, modulo, start, ttl, most counters. */
const INCREMENT = script(
  'count-up',
  `
local before = redis.call('GET', base .. 'state:' .. ARGV[1])
local value = ARGV[3] % ARGV[2]
if before then value = ((tonumber(before) or -1) + 1) % ARGV[2] end
local kind = ARGV[4] == '' and 'facts' or 'counters'
state.set(base, ARGV[1], string.format('%.0f', value), ARGV[4], kind)
if kind == 'counters' and redis.call('ZCARD', base .. 'counters-due') > tonumber(ARGV[5]) then
  local oldest = redis.call('ZRANGE', base .. 'counters-due', 0, 0)[1]
  if oldest ~= ARGV[1] then state.forget(base, oldest) end
end
return value`,
);

const EXPIRE = script(
  'expire-facts',
  `
local now, dropped = state.now(), 0
for _, kind in ipairs({'facts', 'counters'}) do
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', base .. kind .. '-due', '-inf', now, 'LIMIT', 0, ARGV[1])) do
    state.forget(base, key)
    dropped = dropped + 1
  end
end
return dropped`,
);

export class RedisState implements KeyValueState {
  readonly #calls: RedisCalls;
  readonly #mostCounters: number;

  constructor(calls: RedisCalls, mostCounters = MOST_COUNTERS) {
    this.#calls = calls;
    this.#mostCounters = mostCounters;
  }

  async get(key: string): Promise<Buffer | undefined> {
    const value = await this.#calls.run(GET, [key]);
    return Buffer.isBuffer(value) ? value : undefined;
  }

  async set(key: string, value: Buffer, ttl?: number): Promise<void> {
    // The caller may change it at once, and it may wait for the server.
    await this.#calls.run(SET, [key, Buffer.from(value), ttlOf(ttl)]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < keys.length; at += CHUNK)
      calls.push(this.#calls.run(DELETE, keys.slice(at, at + CHUNK)));
    await Promise.all(calls);
  }

  async list(prefix: string): Promise<[key: string, value: Buffer][]> {
    const found: [string, Buffer][] = [];
    // No octet of UTF-8 is 0xFF.
    const end = prefix === '' ? '+' : Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)]);
    let from: string | Buffer = prefix === '' ? '-' : `[${prefix}`;
    for (;;) {
      const reply = (await this.#calls.run(LIST, [from, end, CHUNK])) as [number, Buffer, Buffer[]];
      const [seen, last, some] = reply;
      for (let at = 0; at + 1 < some.length; at += 2) found.push([String(some[at]), some[at + 1] as Buffer]);
      if (seen < CHUNK) break;
      from = Buffer.concat([Buffer.from('('), last]);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async increment(key: string, modulo: number, start: number, ttl?: number): Promise<number> {
    const args = [key, modulo, start, ttlOf(ttl), this.#mostCounters];
    return Number(await this.#calls.run(INCREMENT, args));
  }

  async expire(): Promise<number> {
    let dropped = 0;
    for (let chunk = 0; chunk < MOST_CHUNKS; chunk++) {
      const some = Number(await this.#calls.run(EXPIRE, [CHUNK]));
      dropped += some;
      if (some < CHUNK) break;
    }
    return dropped;
  }
}

/** As {@link STATE_LUA} takes it. */
export function ttlOf(ttl: number | undefined): number | '' {
  if (ttl === undefined || ttl > LONGEST) return '';
  return Math.max(1, Math.ceil(ttl));
}
