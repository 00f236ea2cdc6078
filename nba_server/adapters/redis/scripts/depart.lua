-- Last step of a move, and the moment of it: the old place becomes a pointer to the new one. What was written here since the
-- first step refuses it, so that nothing is lost and nothing is there twice.
--
-- KEYS: customer, due, the members of the household that is left, if there is one
-- ARGV: engagement version, pointer `bucket|engagement version there`, that version, ref
-- Replies 1, or 0 when somebody was faster.
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= tonumber(ARGV[1]) then return 0 end
local versions = redis.call('HMGET', KEYS[1], 'pv', 'gv')
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'at', ARGV[2], 'ev', ARGV[3], 'pv', tonumber(versions[1] or 0) + 1, 'gv', versions[2] or 0)
redis.call('ZREM', KEYS[2], ARGV[4])
if KEYS[3] then redis.call('SREM', KEYS[3], ARGV[4]) end
return 1
