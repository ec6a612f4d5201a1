import { COMMON, COUNTS, NOW } from './common';
import { BURY } from './settle';

/** KEYS: the base. ARGV: limit, the id of the last one seen or ''. Replies [total, records …]. */
export const LETTERS = `${COMMON}
local from = 0
if ARGV[2] ~= '' then from = (call('ZRANK', B .. 'dead:order', ARGV[2]) or -1) + 1 end
local answer = {call('ZCARD', B .. 'dead:order')}
for _, id in ipairs(call('ZRANGE', B .. 'dead:order', from, from + tonumber(ARGV[1]) - 1)) do
  answer[#answer + 1] = call('HGET', B .. 'dead', id)
end
return answer
`;

/** KEYS: the base. ARGV: ids. Replies the record of each; nil: it is not kept. */
export const LETTERS_OF = `${COMMON}
local answer = {}
for i, id in ipairs(ARGV) do answer[i] = call('HGET', B .. 'dead', id) end
return answer
`;

/**
 * KEYS: the base. ARGV: capacity, then (id, priority from 0, field of the entry, its value, state or '') of each. Replies
 * ['ok', the ids that were kept until now …] or ['full', used, how many of them are kept].
 */
export const REPLAY = `${COMMON}${COUNTS}
local capacity, count = tonumber(ARGV[1]), 0
for at = 2, #ARGV, 5 do count = count + call('HEXISTS', B .. 'dead', ARGV[at]) end
local n = used()
if capacity > 0 and n + count > capacity then return {'full', n, count} end
local answer = {'ok'}
for at = 2, #ARGV, 5 do
  local id, p = ARGV[at], ARGV[at + 1]
  if call('HDEL', B .. 'dead', id) == 1 then
    call('ZREM', B .. 'dead:order', id)
    call('HDEL', B .. 'untold', id)
    local entry = call('XADD', B .. 'queue:' .. p, '*', ARGV[at + 2], ARGV[at + 3])
    if ARGV[at + 4] ~= '' then call('HSET', B .. 'states', p .. ':' .. entry, ARGV[at + 4]) end
    answer[#answer + 1] = id
  end
end
return answer
`;

/** KEYS: the base. ARGV: dead letters kept, then (id, record) of each. */
export const ADD_LETTERS = `${COMMON}${BURY}
for at = 2, #ARGV, 2 do bury(ARGV[at], ARGV[at + 1]) end
trim(tonumber(ARGV[1]))
return 0
`;

/** KEYS: the base. Replies how many there were. */
export const PURGE_LETTERS = `${COMMON}
local count = call('ZCARD', B .. 'dead:order')
call('DEL', B .. 'dead:order', B .. 'dead', B .. 'untold')
return count
`;

/** KEYS: the base. ARGV: ids of letters that were told. */
export const TOLD = `${COMMON}
if #ARGV > 0 then call('HDEL', B .. 'untold', unpack(ARGV)) end
return 0
`;

/**
 * Letters of which instances that live no more have not told; from now on it is this instance's to tell of them. No more
 * can be `untold` than dead letters are kept.
 *
 * KEYS: the base. ARGV: instance, how many at most. Replies their records.
 */
export const UNTOLD = `${COMMON}
local answer = {}
if call('EXISTS', B .. 'untold') == 0 then return answer end
${NOW}
local me, most, time = ARGV[1], tonumber(ARGV[2]), now()
local all = call('HGETALL', B .. 'untold')
for at = 1, #all, 2 do
  if #answer >= most then break end
  local id, holder = all[at], all[at + 1]
  local till = holder ~= me and call('ZSCORE', B .. 'instances', holder)
  if holder ~= me and (not till or tonumber(till) < time) then
    local letter = call('HGET', B .. 'dead', id)
    if letter then
      call('HSET', B .. 'untold', id, me)
      answer[#answer + 1] = letter
    else
      call('HDEL', B .. 'untold', id)
    end
  end
end
return answer
`;
