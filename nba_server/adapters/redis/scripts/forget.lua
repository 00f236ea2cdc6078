-- KEYS: due.  ARGV: member, time, ... as they were found.  One that was set anew meanwhile stays.
local gone = 0
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then gone = gone + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return gone
