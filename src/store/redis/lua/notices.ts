/** Whether an instance lives, and what it is told. */
export const NOTICES = `
local function notices_lives(instance)
  local till = call('ZSCORE', B .. 'instances', instance)
  return till and tonumber(till) > now()
end
local function notices_tell(instance, octets)
  if not notices_lives(instance) then return false end
  call('XADD', B .. 'home:' .. instance, '*', 'n', octets)
  return true
end
`;
