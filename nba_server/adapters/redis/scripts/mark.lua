-- Writes a field of the models' state, and notes it in their audit. Replies 1 (done), 0 (it is not what was expected),
-- -1 (the lease is lost).
--
-- KEYS: state, audit, live, lease.  ARGV: field, value ('' removes it), expected, fence ('' when no lease is needed), note ('' for
-- none)
if ARGV[4] ~= '' then
  local holder = redis.call('GET', KEYS[4])
  if not holder or string.match(holder, '^%d+') ~= ARGV[4] then return -1 end
end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[3] then return 0 end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
if ARGV[5] ~= '' then
  local live = redis.call('GET', KEYS[3]) or ''
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', '*', 'live', live, 'before', live, 'note', ARGV[5])
end
return 1
