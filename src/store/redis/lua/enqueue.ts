import { STATE_LUA } from '../state';
import { COMMON } from './common';

/**
 * ARGV: capacity, whenFull, whether it is the first of those who wait (1), instance, number of the batch, messages in it,
 * whether there is a fact (1), its key, its value, how many have a state, then (index from 1, state) of these, then runs of
 * (priority from 0, count, records …), last: 1 where the call is made again. KEYS[20]: what the batches are remembered in.
 *
 * Answers ['ok', dropped …] or ['full', used]. A batch that was accepted before is not added again: a string has an octet for
 * each of the last 4,096 batches of an instance, which names the round in which it was accepted.
 */
export const ENQUEUE = `${COMMON}${STATE_LUA}
local capacity, mode, head, me = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local seq, count = tonumber(ARGV[5]), tonumber(ARGV[6])
local BATCHES = KEYS[20]
local mark, slot = string.char(65 + math.floor(seq / 4096) % 26), seq % 4096
if ARGV[#ARGV] == '1' and redis.call('GETRANGE', BATCHES, slot, slot) == mark then return {'ok'} end
local dropped = {'ok'}
if capacity > 0 then
  if mode == 'wait' and head ~= '1' and redis.call('HEXISTS', WAITING, me) == 1 then
    return {'full', used()}
  end
  local n = used()
  if n + count > capacity then
    if mode ~= 'drop-oldest' or leased() + count > capacity then
      if mode == 'wait' then redis.call('HSET', WAITING, me, seq) end
      return {'full', n}
    end
    local excess = n + count - capacity
    for p = 5, 1, -1 do
      while excess > 0 do
        local found = redis.call('ZPOPMIN', KEYS[5 + p], math.min(excess, 100))
        if #found == 0 then break end
        for i = 1, #found, 2 do remove(p, idOf(found[i]), dropped) end
        excess = n + count - capacity - (#dropped - 1)
      end
      if excess > 0 then
        local fresh = redis.call('XRANGE', KEYS[p], '(' .. delivered(p), '+', 'COUNT', excess)
        for _, entry in ipairs(fresh) do remove(p, entry[1], dropped) end
        excess = n + count - capacity - (#dropped - 1)
      end
    end
    while excess > 0 do
      local found = redis.call('ZPOPMIN', DELAYED)
      if #found == 0 then break end
      remove(tonumber(string.sub(found[1], 1, 1)), string.sub(found[1], 3), dropped)
      excess = n + count - capacity - (#dropped - 1)
    end
  end
  if mode == 'wait' and head == '1' then redis.call('HDEL', WAITING, me) end
end
local states, at = {}, 11
for i = 1, tonumber(ARGV[10]) do
  states[tonumber(ARGV[at])] = ARGV[at + 1]
  at = at + 2
end
local index = 0
while at < #ARGV do
  local p = tonumber(ARGV[at]) + 1
  local key, to = KEYS[p], at + 1 + tonumber(ARGV[at + 1])
  for i = at + 2, to do
    index = index + 1
    local id = redis.call('XADD', key, '*', 'm', ARGV[i])
    if states[index] then redis.call('HSET', STATES, p .. ':' .. id, states[index]) end
  end
  at = to + 1
end
if ARGV[7] == '1' then state.set(KEYS[19], ARGV[8], ARGV[9], '', 'facts') end
redis.call('SETRANGE', BATCHES, slot, mark)
if seq % 1024 == 1 then redis.call('PEXPIRE', BATCHES, 86400000) end
return dropped
`;
