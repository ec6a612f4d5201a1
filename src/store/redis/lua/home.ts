import { NOW } from './common';
import { script } from './script';

/** Notices that wait for one instance, at most: what is told beyond that is not taken. */
export const MOST_NOTICES = 100_000;

/**
 * Functions for scripts; `base` is an expression for the base of all keys (`smpp:{id}:`).
 *
 * - `LIVES(instance)`: whether it takes notices. It does until another has found it dead and taken over what it has.
 * - `TELL(instance, octets)`: puts a notice into its stream `home:<instance>`; false: it was not taken.
 *
 * `instances` is a sorted set of the living, by when they are dead unless they are heard of (ms by the server's clock).
 */
export const noticesLua = (base: string): string => `
local function LIVES(instance) return redis.call('ZSCORE', ${base} .. 'instances', instance) and true end
local function TELL(instance, octets)
  local home = ${base} .. 'home:' .. instance
  if not LIVES(instance) or redis.call('XLEN', home) >= ${MOST_NOTICES} then return false end
  redis.call('XADD', home, '*', 'n', octets)
  return true
end
`;

export const HOME_SCRIPTS = {
  /** KEYS: the base. ARGV: instance and octets in turn. Replies the places, from 0, of those that nobody takes. */
  tell: script(
    'tell',
    `${noticesLua('KEYS[1]')}
local untaken = {}
for at = 1, #ARGV, 2 do
  if not TELL(ARGV[at], ARGV[at + 1]) then untaken[#untaken + 1] = (at - 1) / 2 end
end
return untaken`,
  ),

  /**
   * A sign of life. KEYS: the base, `instances`, `orphans`: a set of instances that live no more and have notices.
   * ARGV: instance, milliseconds that it lives without another, whether it may take over what the dead left (1), how many
   * at most. Replies 1 where it was known as living, and how many it took over.
   */
  heartbeat: script(
    'heartbeat',
    `${NOW}
local me, base = ARGV[1], KEYS[1]
local time = now()
local deadline = redis.call('ZSCORE', KEYS[2], me)
local lived = deadline and tonumber(deadline) >= time
redis.call('ZADD', KEYS[2], time + ARGV[2], me)
redis.call('SREM', KEYS[3], me)
local moved = 0
-- Who was away itself cannot tell who is dead.
if not lived or ARGV[3] ~= '1' then return {lived and 1 or 0, moved} end
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. time, 'LIMIT', 0, 100)) do
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
    'repeats',
    ['', 'instances', 'orphans'],
  ),

  /** KEYS: as of the heartbeat. ARGV: instance. What it has not heard is left to others. */
  leave: script(
    'leave-home',
    `
redis.call('ZREM', KEYS[2], ARGV[1])
local home = KEYS[1] .. 'home:' .. ARGV[1]
if redis.call('XLEN', home) > 0 then redis.call('SADD', KEYS[3], ARGV[1]) else redis.call('DEL', home) end`,
    'repeats',
    ['', 'instances', 'orphans'],
  ),
} as const;
