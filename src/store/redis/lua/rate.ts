import { CALM, EVENTS, MOST_EVENTS, RATE_CHANGED } from '../connection/keys';
import { script } from './script';

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

export const RATE_SCRIPTS = {
  /**
   * KEYS: the bucket. ARGV: wanted, rate of a new bucket, burst, then µs: lateness, ahead at once, most ahead. Replies
   * granted, µs to wait, rate.
   */
  draw: script(
    'draw',
    `${BUCKET}
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
    'fails',
    ['rate'],
  ),

  /** KEYS: the bucket. ARGV: how many. */
  giveBack: script(
    'give-back',
    `${BUCKET}
if rate and rate > 0 then
  tokens = tokens + ARGV[1]
  save()
end`,
    'fails',
    ['rate'],
  ),

  /** KEYS: the bucket, the events. ARGV: rate, burst, µs of lateness, instance. */
  setRate: script(
    'set-rate',
    `${BUCKET}
local changed = tonumber(ARGV[1])
if rate == changed then return end
if rate and rate > 0 then refill(ARGV[2], ARGV[3]) else tokens, at = tonumber(ARGV[2]), now end
rate = changed
save()
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${MOST_EVENTS}, '*', '${RATE_CHANGED}', ARGV[4])`,
    'repeats',
    ['rate', EVENTS],
  ),

  /** KEYS: the bucket, the events. ARGV: µs, rate of a new bucket, what is told of it. */
  calm: script(
    'calm',
    `${BUCKET}
rate = rate or tonumber(ARGV[2])
if now + ARGV[1] > paused then
  paused, pause = now + ARGV[1], tonumber(ARGV[1])
  save()
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${MOST_EVENTS}, '*', '${CALM}', ARGV[3])`,
    'repeats',
    ['rate', EVENTS],
  ),

  /** KEYS: the bucket. Replies rate, if there is one, and µs of pause. */
  look: script(
    'look-at-rate',
    `${BUCKET}
return {h[1], whole(math.max(0, paused - now))}`,
    'repeats',
    ['rate'],
  ),
} as const;
