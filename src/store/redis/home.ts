import { sleep, repeat, within, type Repeated } from '../../waiting';
import type { Home, Notice } from '../sharing';
import type { Argument, RedisCalls, Script } from './calls';
import { HomeReader, type Told } from './home-reader';
import type { EventHandlers } from './events';
import { noticesLua } from './notices-lua';

/** Milliseconds for which an instance lives without being heard of, and between two signs of life. */
const LIFE = 10_000;
const HEARTBEAT = 3000;
/** Of dead instances per sign of life. */
const MOVED_AT_ONCE = 1000;
/** Notices per call of the handler, and per script. */
const AT_ONCE = 100;
/** Milliseconds before a handler that failed is asked again. */
const PAUSE = 1000;
/** Milliseconds that a close waits for the handler, and for the server. */
const CLOSE_WAIT = 2000;

/** ARGV: instance and octets in turn. Replies the places, from 0, of those that nobody takes. */
const TELL: Script = {
  name: 'tell',
  keys: [''],
  whenLost: 'repeats',
  lua: `${noticesLua('KEYS[1]')}
local untaken = {}
for at = 1, #ARGV, 2 do
  if not TELL(ARGV[at], ARGV[at + 1]) then untaken[#untaken + 1] = (at - 1) / 2 end
end
return untaken`,
};

/**
 * A sign of life. ARGV: instance, life, whether it may take over what the dead left, how many at most. `left` is a set of
 * instances that live no more and have notices. Replies 1 where it was known as living, and how many it took over.
 */
const BEAT: Script = {
  name: 'heartbeat',
  keys: ['', 'instances', 'left'],
  whenLost: 'repeats',
  lua: `
local me, base = ARGV[1], KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = redis.call('ZSCORE', KEYS[2], me)
local lived = deadline and tonumber(deadline) >= now
redis.call('ZADD', KEYS[2], now + ARGV[2], me)
redis.call('SREM', KEYS[3], me)
local moved = 0
-- Who was away itself cannot tell who is dead.
if not lived or ARGV[3] ~= '1' then return {lived and 1 or 0, moved} end
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[2], dead)
  redis.call('SADD', KEYS[3], dead)
end
local home, most = base .. 'home:' .. me, tonumber(ARGV[4])
local room = most - redis.call('XLEN', home)
for _, dead in ipairs(redis.call('SRANDMEMBER', KEYS[3], 100)) do
  local from = base .. 'home:' .. dead
  if room > moved then
    for _, entry in ipairs(redis.call('XRANGE', from, '-', '+', 'COUNT', room - moved)) do
      local fields = entry[2]
      if #fields == 2 then
        fields[3], fields[4] = 'i', dead
      end
      redis.call('XADD', home, '*', unpack(fields))
      redis.call('XDEL', from, entry[1])
      moved = moved + 1
    end
  end
  if redis.call('XLEN', from) == 0 then
    redis.call('DEL', from)
    redis.call('SREM', KEYS[3], dead)
  end
end
return {1, moved}`,
};

/** ARGV: instance. What it has not heard is left to others. */
const LEAVE: Script = {
  name: 'leave',
  keys: ['', 'instances', 'left'],
  whenLost: 'repeats',
  lua: `
redis.call('ZREM', KEYS[2], ARGV[1])
local home = KEYS[1] .. 'home:' .. ARGV[1]
if redis.call('XLEN', home) > 0 then redis.call('SADD', KEYS[3], ARGV[1]) else redis.call('DEL', home) end`,
};

export interface RedisHomeOptions {
  readonly calls: RedisCalls;
  /** What the stream of events tells, which is read over the same connection. */
  readonly events: EventHandlers;
  /** A handler of {@link RedisHome.listen} failed; it is asked again. */
  onFailure(error: unknown): void;
  /** Milliseconds without a sign of life after which an instance is dead; default 10 s. For tests. */
  readonly life?: number;
}

/**
 * Notices for instances, in a stream for each, and who lives. An instance that lives no more is found dead by one of the
 * others, which moves what is left in its stream into its own in the same step. Until then it takes notices: nothing is
 * lost, whoever dies when.
 */
export class RedisHome implements Home {
  readonly instance: string;
  readonly #options: RedisHomeOptions;
  readonly #life: number;
  readonly #heartbeat: Repeated;
  readonly #reader: HomeReader;
  readonly #closing = new AbortController();
  /** Read, and not handled yet. */
  #backlog: Told[] = [];
  /** Handled, and not deleted yet. */
  #handled: string[] = [];
  #handler: ((notices: readonly Notice[]) => unknown) | undefined;
  #handling: Promise<void> | undefined;
  /** Since when it lives without a break; monotonic milliseconds. */
  #livesSince = Infinity;

  private constructor(options: RedisHomeOptions) {
    const { calls, life = LIFE } = options;
    this.#options = options;
    this.#life = life;
    this.instance = calls.instance;
    this.#heartbeat = repeat(calls.clock, (HEARTBEAT * life) / LIFE, () => this.#beat());
    this.#reader = new HomeReader(calls, options.events, (told) => {
      this.#backlog.push(...told);
      this.#handle();
      return this.#backlog.length;
    });
  }

  /** Resolves when others can tell it something. */
  static async open(options: RedisHomeOptions): Promise<RedisHome> {
    const home = new RedisHome(options);
    await home.#beat();
    await home.#reader.start();
    home.#heartbeat.start();
    return home;
  }

  async tell(notices: readonly Notice[]): Promise<readonly Notice[]> {
    const untaken: Promise<Notice[]>[] = [];
    for (let at = 0; at < notices.length; at += AT_ONCE)
      untaken.push(this.#tell(notices.slice(at, at + AT_ONCE)));
    return (await Promise.all(untaken)).flat();
  }

  async #tell(notices: readonly Notice[]): Promise<Notice[]> {
    const args = notices.flatMap(({ instance, octets }): Argument[] => [instance, octets]);
    const places = (await this.#options.calls.run(TELL, args)) as number[];
    return places.flatMap((place) => notices[place] ?? []);
  }

  listen(handler: (notices: readonly Notice[]) => unknown): void {
    this.#handler = handler;
    this.#handle();
  }

  /** What has not been handled is left to the others, or to whoever comes next. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { calls } = this.#options;
    this.#heartbeat.stop();
    this.#reader.close();
    this.#closing.abort();
    await within(calls.clock, CLOSE_WAIT, Promise.resolve(this.#handling));
    const left = this.#forgetHandled().then(() => calls.run(LEAVE, [this.instance]));
    await within(calls.clock, CLOSE_WAIT, left);
  }

  async #beat(): Promise<void> {
    const { calls } = this.#options;
    const now = calls.clock.monotonic();
    const mayTakeOver = Math.min(calls.connectedFor, now - this.#livesSince) >= this.#life;
    const args = [this.instance, this.#life, mayTakeOver ? 1 : 0, MOVED_AT_ONCE];
    const [lived] = (await calls.run(BEAT, args)) as [number, number];
    if (lived === 0) this.#livesSince = now;
    await this.#forgetHandled();
  }

  #handle(): void {
    this.#handling ??= this.#handleAll().finally(() => (this.#handling = undefined));
  }

  async #handleAll(): Promise<void> {
    const { calls } = this.#options;
    const { signal } = this.#closing;
    while (this.#handler && this.#backlog.length > 0 && !signal.aborted) {
      const some = this.#backlog.slice(0, AT_ONCE);
      try {
        await this.#handler(some.map(({ instance = this.instance, octets }) => ({ instance, octets })));
      } catch (error) {
        this.#options.onFailure(error);
        await sleep(calls.clock, PAUSE, signal);
        continue;
      }
      this.#backlog = this.#backlog.slice(some.length);
      this.#handled.push(...some.map(({ id }) => id));
      await this.#forgetHandled().catch(() => undefined);
    }
  }

  /** Also what could not be deleted before, as the server was away. */
  async #forgetHandled(): Promise<void> {
    const { calls } = this.#options;
    while (this.#handled.length > 0) {
      const ids = this.#handled.slice(0, 1000);
      await calls.command(['XDEL', calls.keys.of(`home:${this.instance}`), ...ids]);
      const deleted = new Set(ids);
      this.#handled = this.#handled.filter((id) => !deleted.has(id));
      this.#reader.forget(ids);
    }
  }
}
