import { MOST_CANDIDATES } from '../../candidates';
import { SMALLEST_STEP } from '../../../clock';
import { NOW } from './common';
import { script } from './script';

/** Of each message_id with too many entries so many go at once: to find them all are looked at. */
const TRIMMED = 100;
/** Entries that one put may drop beside twice its own number, where the capacity has become smaller. */
const MORE_DROPPED = 1000;
/** Milliseconds for which the orders outlive the last entry, so that whoever drops what is over can count it. */
const SPARE = 3_600_000;

/**
 * Correlation entries in Lua, for scripts of which one key is the base of all (`smpp:{id}:`):
 *
 * - `corr:<folded message_id>`: a hash, for each entry a field `segment:length of the id:id` and, where it is written
 *   otherwise than folded, the message_id; its value is a version (1), `a` (awaited), `n` (no receipt was asked
 *   for) or `f` (final), when it is due (a double, big end first; ms by the server's clock), and the record.
 * - `corr-awaited`, `corr-final`: sorted sets of `a`, `n` or `f`, the length of the folded message_id, `:`, that
 *   message_id and the field, by the number of the put, which `corr-puts` counts.
 *
 * All expire by themselves when nobody uses them any more.
 */
export const CORRELATION_LUA = `
local correlation = (function()
  local self = {}
  local function call(...) return redis.call(...) end
  ${NOW}
  self.now = now
  -- How far the server's clock is ahead of the caller's.
  function self.skew(now, theirs)
    local skew = math.floor(now - theirs)
    if math.abs(skew) < ${SMALLEST_STEP} then return 0 end
    return skew
  end
  function self.order(base, flag)
    return base .. (flag == 'f' and 'corr-final' or 'corr-awaited')
  end
  local function due(value) return (struct.unpack('>d', value, 3)) end
  local function keyAndField(base, member)
    local from, to, length = string.find(member, '^(%d+):', 2)
    return base .. 'corr:' .. string.sub(member, to + 1, to + length), string.sub(member, to + length + 1)
  end
  local function drop(base, member)
    call('HDEL', keyAndField(base, member))
  end
  local function liveLonger(key, ttl)
    if call('PTTL', key) < ttl then call('PEXPIRE', key, ttl) end
  end
  function self.isDue(base, member, now)
    local value = call('HGET', keyAndField(base, member))
    return not value or due(value) <= now
  end
  -- Drops what is due at the front of the orders, at most so many of each.
  function self.expire(base, now, most)
    local dropped = 0
    for _, flag in ipairs({'f', 'a'}) do
      local order, left, chunk = self.order(base, flag), most, 1
      while left > 0 do
        local over = {}
        local members = call('ZRANGE', order, 0, math.min(left, chunk) - 1)
        for _, member in ipairs(members) do
          if not self.isDue(base, member, now) then break end
          over[#over + 1] = member
          drop(base, member)
        end
        if #over > 0 then call('ZREM', order, unpack(over)) end
        dropped = dropped + #over
        left = left - #over
        if #over == 0 or #over < #members then break end
        chunk = 100
      end
    end
    return dropped
  end
  local function shrink(base, capacity, most)
    local final, awaited = self.order(base, 'f'), self.order(base, 'a')
    local excess = math.min(call('ZCARD', final) + call('ZCARD', awaited) - capacity, most)
    for _, order in ipairs({final, awaited}) do
      while excess > 0 do
        local popped = call('ZPOPMIN', order, math.min(excess, 100))
        if #popped == 0 then break end
        for at = 1, #popped, 2 do drop(base, popped[at]) end
        excess = excess - #popped / 2
      end
    end
  end
  -- Too many entries have this message_id: those with a final state go first, then the oldest.
  local function trim(base, key, prefix)
    local all = {}
    local fields = call('HGETALL', key)
    for at = 1, #fields, 2 do
      local flag = string.sub(fields[at + 1], 2, 2)
      local member = flag .. prefix .. fields[at]
      local order = self.order(base, flag)
      all[#all + 1] = {order, member, fields[at], flag == 'f' and 0 or 1, tonumber(call('ZSCORE', order, member)) or 0}
    end
    table.sort(all, function(a, b)
      if a[4] ~= b[4] then return a[4] < b[4] end
      return a[5] < b[5]
    end)
    for at = 1, math.min(#all, ${TRIMMED}) do
      call('ZREM', all[at][1], all[at][2])
      call('HDEL', key, all[at][3])
    end
  end
  -- From ARGV[at] on: how many, capacity, the caller's time, then of each folded message_id, field, flag, end, record.
  -- Returns where the next argument is.
  function self.put(base, at)
    local count, capacity = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local behind = at + 3 + 5 * count
    if count == 0 then return behind end
    local now = self.now()
    local skew = self.skew(now, tonumber(ARGV[at + 2]))
    local puts = call('INCRBY', base .. 'corr-puts', count) - count
    local longest = 1
    for entry = at + 3, behind - 1, 5 do
      local folded, field, flag = ARGV[entry], ARGV[entry + 1], ARGV[entry + 2]
      local ends = tonumber(ARGV[entry + 3]) + skew
      local key, prefix = base .. 'corr:' .. folded, #folded .. ':' .. folded
      local ttl = math.max(1, math.ceil(ends - now))
      local value = string.char(1) .. flag .. struct.pack('>d', ends) .. ARGV[entry + 4]
      -- By all its names: its value may have expired.
      call('ZREM', self.order(base, 'a'), 'a' .. prefix .. field, 'n' .. prefix .. field)
      call('ZREM', self.order(base, 'f'), 'f' .. prefix .. field)
      local isNew = call('HSET', key, field, value) == 1
      puts = puts + 1
      call('ZADD', self.order(base, flag), puts, flag .. prefix .. field)
      local fields = call('HLEN', key)
      if isNew and fields > ${MOST_CANDIDATES} then trim(base, key, prefix) end
      if fields == 1 then call('PEXPIRE', key, ttl) else liveLonger(key, ttl) end
      longest = math.max(longest, ttl)
    end
    self.expire(base, now, 2 * count)
    shrink(base, capacity, 2 * count + ${MORE_DROPPED})
    if call('PTTL', base .. 'corr-puts') < longest + ${SPARE / 2} then
      for _, name in ipairs({'corr-puts', 'corr-awaited', 'corr-final'}) do liveLonger(base .. name, longest + ${SPARE}) end
    end
    return behind
  end
  -- Forgets the first so many of each order; returns how many there were.
  function self.forget(base, most)
    local dropped = 0
    for _, flag in ipairs({'f', 'a'}) do
      local popped = call('ZPOPMIN', self.order(base, flag), most)
      for at = 1, #popped, 2 do drop(base, popped[at]) end
      dropped = dropped + #popped / 2
    end
    return dropped
  end
  return self
end)()
`;

export const CORRELATION_SCRIPTS = {
  /** KEYS: the base. ARGV: see `put`. */
  put: script('correlate', `${CORRELATION_LUA}\ncorrelation.put(KEYS[1], 1)`),

  /** KEYS: the base. ARGV: folded message_id. Replies the server's time (ms), and the values, which are few. */
  get: script(
    'candidates',
    `${NOW}
return {now(), redis.call('HVALS', KEYS[1] .. 'corr:' .. ARGV[1])}`,
  ),

  /** KEYS: the base. ARGV: how many of each order at most. Replies how many it has dropped. */
  expire: script(
    'expire-correlations',
    `${CORRELATION_LUA}
return correlation.expire(KEYS[1], correlation.now(), tonumber(ARGV[1]))`,
  ),

  /** KEYS: the base. ARGV: from which on, how many. Replies how many it has seen, and how many of these wait for a receipt. */
  count: script(
    'count-awaited',
    `${CORRELATION_LUA}
local now, count = correlation.now(), 0
local members = redis.call('ZRANGE', correlation.order(KEYS[1], 'a'), ARGV[1], ARGV[1] + ARGV[2] - 1)
for _, member in ipairs(members) do
  if string.sub(member, 1, 1) == 'a' and not correlation.isDue(KEYS[1], member, now) then count = count + 1 end
end
return {#members, count}`,
  ),

  /**
   * Looks through an order from its newest end back. KEYS: the base. ARGV: the flag of the order, the number of the put before
   * which it goes on (`+inf`: of all), how many, then the ids of messages, each as a field begins behind its segment:
   * `length:id`. Replies [the server's time (ms), the number where it stopped (blank: at the end), then folded message_id and
   * value of what was found …].
   */
  find: script(
    'find-correlations',
    `${CORRELATION_LUA}
local order, before, most = correlation.order(KEYS[1], ARGV[1]), ARGV[2], tonumber(ARGV[3])
local some = redis.call('ZREVRANGEBYSCORE', order, before, '-inf', 'WITHSCORES', 'LIMIT', 0, most)
local answer = {correlation.now(), #some == 2 * most and '(' .. some[#some] or ''}
for at = 1, #some, 2 do
  local _, to, length = string.find(some[at], '^(%d+):', 2)
  local folded = string.sub(some[at], to + 1, to + length)
  local field = string.sub(some[at], to + length + 1)
  local _, colon = string.find(field, ':', 1, true)
  for i = 4, #ARGV do
    if string.sub(field, colon + 1, colon + #ARGV[i]) == ARGV[i] then
      local value = redis.call('HGET', KEYS[1] .. 'corr:' .. folded, field)
      if value then
        answer[#answer + 1] = folded
        answer[#answer + 1] = value
      end
    end
  end
end
return answer`,
  ),

  /** KEYS: the base. ARGV: how many of each order at most. Replies how many it has forgotten. */
  forget: script(
    'forget-correlations',
    `${CORRELATION_LUA}
return correlation.forget(KEYS[1], tonumber(ARGV[1]))`,
  ),
} as const;
