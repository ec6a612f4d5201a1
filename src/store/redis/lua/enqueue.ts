import { MOST_FACTS } from '../../claims';
import { STATE_LUA } from './state';
import { BACK, COMMON, COUNTS, POSITIONS, REMOVE } from './common';

/** Messages that one call may drop beside as many as it adds, where the capacity has become smaller. */
const MORE_DROPPED = 1000;

/**
 * Adds a batch, all or nothing. One that was accepted before is not added again: a string has an octet for each of the last
 * 4,096 batches of an instance, which names the round in which it was accepted.
 *
 * KEYS: the base, that string. ARGV: capacity, whenFull, whether it is the first of those who wait (1), instance, number of
 * the batch, messages in it, whether there is a fact (1), its key, its value, how many have a state, how many claims, then
 * (index from 1, state) of these, (key, value, ttl) of those, then runs of (priority from 0, count, records …), last: 1 where the call is made again.
 * Replies ['ok', dropped …], as `remove` gives them, ['full', used], ['claimed', key, value, …] or ['many']: nothing was claimed then.
 */
export const ENQUEUE = `${COMMON}${COUNTS}
local capacity, mode, head, me = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local seq, count = tonumber(ARGV[5]), tonumber(ARGV[6])
local mark, slot = string.char(65 + math.floor(seq / 4096) % 26), seq % 4096
if ARGV[#ARGV] == '1' and call('GETRANGE', KEYS[2], slot, slot) == mark then return {'ok'} end
local claims, claimsAt = tonumber(ARGV[11]), 12 + 2 * tonumber(ARGV[10])
if claims > 0 then
  local claimed = {'claimed'}
  for at = claimsAt, claimsAt + 3 * claims - 1, 3 do
    local value = call('GET', B .. 'state:' .. ARGV[at])
    if value then
      claimed[#claimed + 1] = ARGV[at]
      claimed[#claimed + 1] = value
    end
  end
  local isFull = call('ZCARD', B .. 'facts-due') + claims > ${MOST_FACTS}
  if #claimed > 1 or isFull then
    if mode == 'wait' and head == '1' then call('HDEL', B .. 'waiting', me) end
    return #claimed > 1 and claimed or {'many'}
  end
end
local dropped = {'ok'}
if capacity > 0 then
  local waiting = B .. 'waiting'
  local n = used()
  -- Whoever waits already goes first.
  if mode == 'wait' and head ~= '1' and call('HEXISTS', waiting, me) == 1 then return {'full', n} end
  if n + count > capacity then
    if mode ~= 'drop-oldest' or leased() + count > capacity then
      if mode == 'wait' then call('HSET', waiting, me, seq) end
      return {'full', n}
    end
    ${BACK}${POSITIONS}${REMOVE}
    local drops = math.min(n + count - capacity, count + ${MORE_DROPPED})
    local function excess() return drops - (#dropped - 1) end
    for p = 4, 0, -1 do
      while excess() > 0 do
        local found = call('ZPOPMIN', B .. 'returned:' .. p, math.min(excess(), 100))
        if #found == 0 then break end
        for i = 1, #found, 2 do remove(p, idOf(found[i]), dropped) end
      end
      if excess() > 0 then
        local fresh = call('XRANGE', B .. 'queue:' .. p, '(' .. delivered(p), '+', 'COUNT', excess())
        for _, entry in ipairs(fresh) do remove(p, entry[1], dropped) end
      end
    end
    while excess() > 0 do
      local found = call('ZPOPMIN', B .. 'delayed')
      if #found == 0 then break end
      local p, id = split(found[1])
      remove(p, id, dropped)
    end
  end
  if mode == 'wait' and head == '1' then call('HDEL', waiting, me) end
end
local states, at = {}, 12
for i = 1, tonumber(ARGV[10]) do
  states[tonumber(ARGV[at])] = ARGV[at + 1]
  at = at + 2
end
at = at + 3 * claims
local index = 0
while at < #ARGV do
  local p, to = ARGV[at], at + 1 + tonumber(ARGV[at + 1])
  local key = B .. 'queue:' .. p
  for i = at + 2, to do
    index = index + 1
    local id = call('XADD', key, '*', 'm', ARGV[i])
    if states[index] then call('HSET', B .. 'states', p .. ':' .. id, states[index]) end
  end
  at = to + 1
end
if ARGV[7] == '1' then
  ${STATE_LUA}
  state.set(B, ARGV[8], ARGV[9], '', 'facts')
end
if claims > 0 then
  ${STATE_LUA}
  for claim = claimsAt, claimsAt + 3 * claims - 1, 3 do
    state.set(B, ARGV[claim], ARGV[claim + 1], ARGV[claim + 2], 'facts')
  end
  -- As many as come go, where their time is over.
  local due = call('ZRANGEBYSCORE', B .. 'facts-due', '-inf', state.now(), 'LIMIT', 0, 2 * claims)
  for _, key in ipairs(due) do state.forget(B, key) end
end
call('SETRANGE', KEYS[2], slot, mark)
if seq % 1024 == 1 then call('PEXPIRE', KEYS[2], 86400000) end
return dropped
`;
