import type { Script } from '../connection/calls';
import { NOW } from './common';
import { script } from './script';

/**
 * Facts in Lua, for scripts of which one key is the base of all (`smpp:{id}:`): `state:<key>` is the value, the sorted set
 * `facts` has all keys in the order of their octets, `facts-due` those of facts with a lifetime by their end, and
 * `counters-due` those of counters with a lifetime (ms by the server's clock).
 */
export const STATE_LUA = `
local state = (function()
  local self = {}
  ${NOW}
  self.now = now
  function self.forget(base, key)
    redis.call('ZREM', base .. 'facts', key)
    redis.call('ZREM', base .. 'facts-due', key)
    redis.call('ZREM', base .. 'counters-due', key)
    return redis.call('DEL', base .. 'state:' .. key)
  end
  -- ttl in ms, '': it stays for ever; kind: 'facts' or 'counters'.
  function self.set(base, key, value, ttl, kind)
    local other = kind == 'facts' and 'counters' or 'facts'
    redis.call('ZADD', base .. 'facts', 0, key)
    redis.call('ZREM', base .. other .. '-due', key)
    if ttl == '' then
      redis.call('SET', base .. 'state:' .. key, value)
      redis.call('ZREM', base .. kind .. '-due', key)
    else
      redis.call('SET', base .. 'state:' .. key, value, 'PX', ttl)
      redis.call('ZADD', base .. kind .. '-due', now() + ttl, key)
    end
  end
  return self
end)()
`;

const stateScript = (name: string, lua: string): Script =>
  script(name, `${STATE_LUA}local base = KEYS[1]\n${lua}`);

export const STATE_SCRIPTS = {
  /** KEYS: the base. ARGV: key. Replies the value; nil: there is none. */
  get: stateScript('get-fact', `return redis.call('GET', base .. 'state:' .. ARGV[1])`),

  /** KEYS: the base. ARGV: key, value, ttl (ms; '': for ever). */
  set: stateScript('set-fact', `state.set(base, ARGV[1], ARGV[2], ARGV[3], 'facts')`),

  /** KEYS: the base. ARGV: key, value, ttl (ms), most facts. Replies the value that is there; 0: too many; nil: it is set. */
  claim: stateScript(
    'claim-fact',
    `
local before = redis.call('GET', base .. 'state:' .. ARGV[1])
if before then return before end
if redis.call('ZCARD', base .. 'facts-due') >= tonumber(ARGV[4]) then return 0 end
state.set(base, ARGV[1], ARGV[2], ARGV[3], 'facts')`,
  ),

  /** KEYS: the base. ARGV: key, value, what the value must begin with. */
  update: stateScript(
    'update-fact',
    `
local key = base .. 'state:' .. ARGV[1]
local before = redis.call('GET', key)
if before and string.sub(before, 1, #ARGV[3]) == ARGV[3] then
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('SET', key, ARGV[2], 'PX', left) else redis.call('SET', key, ARGV[2]) end
end`,
  ),

  /** KEYS: the base. ARGV: keys. */
  delete: stateScript('delete-facts', `for _, key in ipairs(ARGV) do state.forget(base, key) end`),

  /**
   * KEYS: the base. ARGV: from and to as ZRANGEBYLEX takes them, how many. Replies how many keys it has seen, the last of
   * them, then keys and values in turn.
   */
  list: stateScript(
    'list-facts',
    `
local keys = redis.call('ZRANGEBYLEX', base .. 'facts', ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local found = {}
for _, key in ipairs(keys) do
  local value = redis.call('GET', base .. 'state:' .. key)
  if value then
    found[#found + 1] = key
    found[#found + 1] = value
  end
end
return {#keys, keys[#keys] or '', found}`,
  ),

  /** KEYS: the base. ARGV: key, modulo, start, ttl (ms; '': for ever), most counters. Replies the value that it has now. */
  increment: stateScript(
    'count-up',
    `
local before = redis.call('GET', base .. 'state:' .. ARGV[1])
local value = ARGV[3] % ARGV[2]
if before then value = ((tonumber(before) or -1) + 1) % ARGV[2] end
local kind = ARGV[4] == '' and 'facts' or 'counters'
state.set(base, ARGV[1], string.format('%.0f', value), ARGV[4], kind)
if kind == 'counters' and redis.call('ZCARD', base .. 'counters-due') > tonumber(ARGV[5]) then
  local oldest = redis.call('ZRANGE', base .. 'counters-due', 0, 0)[1]
  if oldest ~= ARGV[1] then state.forget(base, oldest) end
end
return value`,
  ),

  /** KEYS: the base. ARGV: how many of each kind at most. Replies how many it has dropped. */
  expire: stateScript(
    'expire-facts',
    `
local now, dropped = state.now(), 0
for _, kind in ipairs({'facts', 'counters'}) do
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', base .. kind .. '-due', '-inf', now, 'LIMIT', 0, ARGV[1])) do
    state.forget(base, key)
    dropped = dropped + 1
  end
end
return dropped`,
  ),
} as const;

/** Milliseconds: what is to last longer lasts for ever, as the server counts in 63 bits. */
const LONGEST = 1e15;

/** As `state.set` in Lua takes it. */
export function ttlOf(ttl: number | undefined): number | '' {
  if (ttl === undefined || ttl > LONGEST) return '';
  return Math.max(1, Math.ceil(ttl));
}
