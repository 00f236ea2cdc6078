-- Makes a catalogue or a model live and notes it. Replies 1 (done or already so), 0 (unknown), -1 (the lease is lost).
--
-- KEYS: list, live, previous, audit, lease.  ARGV: name ('' for none), note, fence ('' when no lease is needed)
if ARGV[1] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then
  local holder = redis.call('GET', KEYS[5])
  if not holder or string.match(holder, '^%d+') ~= ARGV[3] then return -1 end
end
local live = redis.call('GET', KEYS[2])
if live == ARGV[1] then return 1 end
if live then redis.call('SET', KEYS[3], live) end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', '10000', '*', 'live', ARGV[1], 'before', live or '', 'note', ARGV[2])
return 1
