-- One command for each of KEYS, its name being ARGV[1] and what follows the key the other ARGV. Replies in order.
local replies = {}
for i, key in ipairs(KEYS) do replies[i] = redis.call(ARGV[1], key, unpack(ARGV, 2)) end
return replies
