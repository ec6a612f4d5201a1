import { BACK, COMMON, NOW, REMOVE } from './common';

/**
 * Looks through a stream, a part at a time, for messages by the octets of their ids. KEYS: the base. ARGV: priority, the entry
 * behind which it goes on (`-`: from the first), how many, then what a record has of each id. Replies [the entry where it
 * stopped (blank: at the end), then of each that may be one: its name, leased (1), put off (1), and as `remove` gives it …].
 */
export const SEARCH = `${COMMON}${NOW}
local p, most = ARGV[1], tonumber(ARGV[3])
local key = B .. 'queue:' .. p
local entries = call('XRANGE', key, ARGV[2], '+', 'COUNT', most)
local last = entries[#entries]
local answer = {#entries == most and '(' .. last[1] or ''}
local anyPrepared = call('EXISTS', B .. 'prepared') == 1
for _, entry in ipairs(entries) do
  local name = p .. ':' .. entry[1]
  local prepared = anyPrepared and call('HGET', B .. 'prepared', name)
  local record = prepared or entry[2][2]
  for i = 4, #ARGV do
    if string.find(record, ARGV[i], 1, true) then
      if prepared then entry[2] = {'m', prepared} end
      local pending = redis.pcall('XPENDING', key, G, entry[1], entry[1], 1)
      local due = call('ZSCORE', B .. 'delayed', name)
      answer[#answer + 1] = name
      answer[#answer + 1] = not pending.err and #pending > 0 and 1 or 0
      answer[#answer + 1] = due and tonumber(due) > now() and 1 or 0
      answer[#answer + 1] = {tonumber(p), entry, call('HGET', B .. 'states', name) or ''}
      break
    end
  end
end
return answer
`;

/**
 * Removes messages that are not leased. KEYS: the base; the latest chunk that this instance removed, which is kept for a while
 * should the reply be lost. ARGV: number of the chunk, names of messages. Replies what it has removed, as `remove` gives it.
 */
export const REMOVE_NAMED = `${COMMON}${BACK}${REMOVE}
local kept = call('HMGET', KEYS[2], 'chunk', 'gone')
if kept[1] == ARGV[1] then return cmsgpack.unpack(kept[2]) end
local gone = {}
for i = 2, #ARGV do
  local p, id = split(ARGV[i])
  local pending = redis.pcall('XPENDING', B .. 'queue:' .. p, G, id, id, 1)
  if pending.err or #pending == 0 then
    local _, member = place(id)
    call('ZREM', B .. 'returned:' .. p, member)
    call('ZREM', B .. 'delayed', ARGV[i])
    remove(p, id, gone)
  end
end
call('HSET', KEYS[2], 'chunk', ARGV[1], 'gone', cmsgpack.pack(gone))
call('PEXPIRE', KEYS[2], 60000)
return gone
`;
