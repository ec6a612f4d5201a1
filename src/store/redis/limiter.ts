import { SharedBucket, type Draw, type SharedPermits } from '../../flow-control';
import { SmppError } from '../../protocol';
import type { RedisCalls, Script } from './calls';
import { CALM, MOST_EVENTS, RATE_CHANGED, writeCalm } from './events';
import { EVENTS } from './keys';
import { isLostReply } from './lost-reply';

/** Microseconds by which a busy bucket may be late and still catch up, as the token bucket of one process may. */
const LATENESS = 30_000;
/** Microseconds of the rate that one draw may take ahead of time: so draws are no more than 200/s, however many take part. */
const AHEAD_AT_ONCE = 5000;
/** Microseconds before its time that a permit can be drawn: longer waits ask again, for much may change meanwhile. */
const MOST_AHEAD = 1_000_000;

/**
 * The bucket, a hash: `rate`; `tokens`, below 0 where permits are drawn ahead of their time; `at`, when they were counted;
 * `busy`, until when it is late and not idle; `paused`, until when nobody draws, and `pause`, how long that was at its
 * begin. Times are the server's, in microseconds.
 */
const BUCKET = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local h = redis.call('HMGET', key, 'rate', 'tokens', 'at', 'busy', 'paused', 'pause')
local rate, tokens, at = tonumber(h[1]), tonumber(h[2]) or 0, tonumber(h[3]) or now
local busy, paused, pause = tonumber(h[4]) or 0, tonumber(h[5]) or 0, tonumber(h[6]) or 0
local function whole(value) return string.format('%.0f', value) end
-- The server's clock was set back.
if at > now then at = now end
if paused > now + pause then
  paused = now + pause
  redis.call('HSET', key, 'paused', whole(paused))
end
local function refill(burst, lateness)
  local most = burst
  if at < paused then most = 1
  elseif now <= busy then most = burst + rate * lateness / 1000000 end
  tokens = math.min(tokens + rate * (now - at) / 1000000, most)
  at = now
end
local function save()
  redis.call('HSET', key, 'rate', string.format('%.17g', rate), 'tokens', string.format('%.9f', tokens),
    'at', whole(at), 'busy', whole(busy), 'paused', whole(paused), 'pause', whole(pause))
end
`;

/** ARGV: wanted, rate of a new bucket, burst, lateness, ahead at once, most ahead. Replies granted, µs to wait, rate. */
const DRAW: Script = {
  name: 'draw',
  keys: ['rate'],
  whenLost: 'fails',
  lua: `${BUCKET}
local wanted, burst, lateness = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not rate then
  rate, tokens = tonumber(ARGV[2]), burst
end
local told = string.format('%.17g', rate)
if now < paused then return {0, whole(paused - now), told} end
if rate == 0 then return {wanted, 0, told} end
refill(burst, lateness)
local granted = math.min(wanted, math.floor(tokens + 0.000001))
local wait = 0
if granted < 1 then
  local function due(count) return math.ceil((count - tokens) / rate * 1000000 - 0.001) end
  local most = tonumber(ARGV[6])
  granted = math.min(wanted, math.max(1, math.floor(rate * ARGV[5] / 1000000)))
  wait = due(granted)
  if wait > most then
    granted = 1
    wait = due(1)
  end
  if wait > most then
    granted = 0
    wait = wait - most / 2
  end
end
tokens = tokens - granted
busy = math.max(busy, now + wait + lateness)
save()
return {granted, whole(wait), told}`,
};

/** ARGV: how many. */
const GIVE_BACK: Script = {
  name: 'give-back',
  keys: ['rate'],
  whenLost: 'fails',
  lua: `${BUCKET}
if rate and rate > 0 then
  tokens = tokens + ARGV[1]
  save()
end`,
};

/** ARGV: rate, burst, lateness, instance, most events. */
const SET_RATE: Script = {
  name: 'set-rate',
  keys: ['rate', EVENTS],
  whenLost: 'repeats',
  lua: `${BUCKET}
local changed = tonumber(ARGV[1])
if rate == changed then return end
if rate and rate > 0 then refill(ARGV[2], ARGV[3]) else tokens, at = tonumber(ARGV[2]), now end
rate = changed
save()
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', '${RATE_CHANGED}', ARGV[4])`,
};

/** ARGV: µs, rate of a new bucket, what is told of it, most events. */
const CALM_DOWN: Script = {
  name: 'calm',
  keys: ['rate', EVENTS],
  whenLost: 'repeats',
  lua: `${BUCKET}
rate = rate or tonumber(ARGV[2])
if now + ARGV[1] > paused then
  paused, pause = now + ARGV[1], tonumber(ARGV[1])
  save()
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', '${CALM}', ARGV[3])`,
};

/** Replies rate, if there is one, and µs of pause. */
const LOOK: Script = {
  name: 'look-at-rate',
  keys: ['rate'],
  whenLost: 'repeats',
  lua: `${BUCKET}
return {h[1], whole(math.max(0, paused - now))}`,
};

export interface RedisLimiterOptions {
  /** Segments per second; 0: no limit. Absent: nothing is granted before `setRate`. */
  readonly rate?: number | undefined;
  /** Segments that may leave at once after a pause; at least 1. */
  readonly burst: number;
  /** The server is there and refuses what the limiter asks: nothing is granted until it does not. */
  onRefused?(error: unknown): void;
}

/** One rate for all who share the store, by a token bucket in the server. */
export class RedisLimiter extends SharedBucket {
  readonly #calls: RedisCalls;
  readonly #off: () => void;

  constructor(calls: RedisCalls, options: RedisLimiterOptions) {
    const { clock } = calls;
    super({
      permits: new RedisPermits(calls, options),
      rate: options.rate,
      clock,
      // Whoever keeps the connection tells where the server is away.
      onFailure: (error) => {
        if (calls.connectedFor > 0 && !isLostReply(error)) options.onRefused?.(error);
      },
    });
    this.#calls = calls;
    this.#off = calls.onBack(() => this.look());
    this.look();
  }

  /** Takes over what another instance may have set: an event said so, or may have been missed. */
  look(): void {
    void this.#look().catch(() => undefined);
  }

  async #look(): Promise<void> {
    const [rate, pause] = (await this.#calls.run(LOOK, [])) as [Buffer | null, Buffer];
    if (rate !== null) this.heardRate(Number(rate.toString()));
    const seconds = Number(pause.toString()) / 1_000_000;
    if (seconds > 0) this.heardCalm(seconds);
  }

  override close(): void {
    this.#off();
    super.close();
  }
}

class RedisPermits implements SharedPermits {
  readonly #calls: RedisCalls;
  readonly #burst: number;
  #rate: number;

  constructor(calls: RedisCalls, { rate = 0, burst }: RedisLimiterOptions) {
    if (!(burst >= 1 && burst < Infinity))
      throw new SmppError('INVALID_OPTION', `burst must be 1 or more, not ${burst}.`);
    this.#calls = calls;
    this.#burst = burst;
    this.#rate = rate;
  }

  async draw(max: number, rate: number): Promise<Draw> {
    this.#rate = rate;
    const args = [max, rate, this.#burst, LATENESS, AHEAD_AT_ONCE, MOST_AHEAD];
    const [granted, wait, told] = (await this.#calls.run(DRAW, args)) as [number, Buffer, Buffer];
    return { granted, waitMs: Number(String(wait)) / 1000, rate: Number(String(told)) };
  }

  giveBack(count: number): Promise<unknown> {
    return this.#calls.run(GIVE_BACK, [count]);
  }

  setRate(rate: number): Promise<unknown> {
    this.#rate = rate;
    return this.#calls.run(SET_RATE, [rate, this.#burst, LATENESS, this.#calls.instance, MOST_EVENTS]);
  }

  calm(seconds: number): Promise<unknown> {
    const text = writeCalm(seconds, this.#calls.instance);
    return this.#calls.run(CALM_DOWN, [Math.ceil(seconds * 1e6), this.#rate, text, MOST_EVENTS]);
  }
}
