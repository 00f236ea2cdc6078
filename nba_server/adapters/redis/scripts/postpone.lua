-- KEYS: clock, due.  ARGV: by how much from now in ms, members that are due and wait on
local later = string.format('%.0f', store_time(KEYS[1]) + tonumber(ARGV[1]))
for i = 2, #ARGV do redis.call('ZADD', KEYS[2], 'XX', later, ARGV[i]) end
return #ARGV - 1
