-- KEYS: lease, fence counter.  ARGV: what, fence or owner, ttl ms.  A lease is `fence|owner`.
local what = ARGV[1]
local held = redis.call('GET', KEYS[1])
if what == 'acquire' then
  if held then
    local fence, owner = string.match(held, '^(%d+)|(.*)$')
    if owner ~= ARGV[2] then return 0 end
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return tonumber(fence)
  end
  local fence = redis.call('INCR', KEYS[2])
  redis.call('SET', KEYS[1], string.format('%d', fence) .. '|' .. ARGV[2], 'PX', ARGV[3])
  return fence
end
if not held or string.match(held, '^%d+') ~= ARGV[2] then return 0 end
if what == 'renew' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if what == 'release' then redis.call('DEL', KEYS[1]) end
return 1
