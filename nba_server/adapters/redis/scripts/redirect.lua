-- Makes the way shorter after a move: an older pointer follows, and at the new place it is taken away.
--
-- KEYS: customer.  ARGV: pointer `bucket|version`, that version, 1 when this is the new place
local pointer = redis.call('HGET', KEYS[1], 'at')
if not pointer or tonumber(string.match(pointer, '%d+$')) >= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '1' then return redis.call('HDEL', KEYS[1], 'at') end
redis.call('HSET', KEYS[1], 'at', ARGV[1])
return 1
