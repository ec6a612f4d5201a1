import { COMMON } from './common';
import { BURY } from './settle';

/** ARGV: limit, the id of the last one seen or ''. Answers [total, records …]. */
export const LETTERS = `${COMMON}
local from = 0
if ARGV[2] ~= '' then from = (redis.call('ZRANK', ORDER, ARGV[2]) or -1) + 1 end
local answer = {redis.call('ZCARD', ORDER)}
for _, id in ipairs(redis.call('ZRANGE', ORDER, from, from + tonumber(ARGV[1]) - 1)) do
  answer[#answer + 1] = redis.call('HGET', DEAD, id)
end
return answer
`;

/** ARGV: ids. Answers the record of each; nil: it is not kept. */
export const LETTERS_OF = `${COMMON}
local answer = {}
for i, id in ipairs(ARGV) do answer[i] = redis.call('HGET', DEAD, id) end
return answer
`;

/**
 * ARGV: capacity, then (id, priority from 0, field of the entry, its value, state or '') of each. Answers ['ok', the ids that
 * were kept until now …] or ['full', used].
 */
export const REPLAY = `${COMMON}
local capacity, count = tonumber(ARGV[1]), 0
for at = 2, #ARGV, 5 do count = count + redis.call('HEXISTS', DEAD, ARGV[at]) end
local n = used()
if capacity > 0 and n + count > capacity then return {'full', n, count} end
local answer = {'ok'}
for at = 2, #ARGV, 5 do
  local id, p = ARGV[at], tonumber(ARGV[at + 1]) + 1
  if redis.call('HDEL', DEAD, id) == 1 then
    redis.call('ZREM', ORDER, id)
    local entry = redis.call('XADD', KEYS[p], '*', ARGV[at + 2], ARGV[at + 3])
    if ARGV[at + 4] ~= '' then redis.call('HSET', STATES, p .. ':' .. entry, ARGV[at + 4]) end
    answer[#answer + 1] = id
  end
end
return answer
`;

/** ARGV: dead letters kept, then (id, record) of each. */
export const ADD_LETTERS = `${COMMON}${BURY}
for at = 2, #ARGV, 2 do bury(ARGV[at], ARGV[at + 1]) end
trim(tonumber(ARGV[1]))
return 0
`;

export const PURGE_LETTERS = `${COMMON}
local count = redis.call('ZCARD', ORDER)
redis.call('DEL', ORDER, DEAD)
return count
`;
