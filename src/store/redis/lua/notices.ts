/** KEYS[19] is the base of all keys. */
export const NOTICES = `
local function notices_lives(instance)
  local till = redis.call('ZSCORE', KEYS[19] .. 'instances', instance)
  return till and tonumber(till) > now()
end
local function notices_tell(instance, octets)
  if not notices_lives(instance) then return false end
  redis.call('XADD', KEYS[19] .. 'home:' .. instance, '*', 'n', octets)
  return true
end
`;
