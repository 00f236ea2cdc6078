-- KEYS: journal, dead letters.  ARGV: stream id, then field, value, ... of the entry.
-- Puts an entry back at the journal's end, once, and nowhere else.  Replies with its new id, or false when it is no dead letter any more.
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return false end
redis.call('XDEL', KEYS[1], ARGV[1])
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
