-- Takes back what a closed grant left, once. Replies 1, or 0 when the grant was settled before.
--
-- KEYS: counter.  ARGV: bucket, number, units returned
local field = 'b:' .. ARGV[1]
local packed = redis.call('HGET', KEYS[1], field)
local grant = packed and cmsgpack.unpack(packed)
if not grant or grant[1] ~= tonumber(ARGV[2]) then return 0 end
local stored = redis.call('HMGET', KEYS[1], 'since', 'lent')
if tonumber(stored[1]) == grant[3] then
  redis.call('HSET', KEYS[1], 'lent', string.format('%.0f', tonumber(stored[2]) - tonumber(ARGV[3])))
end
redis.call('HDEL', KEYS[1], field)
return 1
