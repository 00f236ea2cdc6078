-- KEYS: meta. ARGV: field, value, ... Written once, whole, with the real time; whoever comes second changes nothing.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'created', string.format('%.0f', tonumber(time[1]) * 1000), unpack(ARGV))
return 1
