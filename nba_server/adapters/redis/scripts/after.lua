-- KEYS: streams.  ARGV: count, then the id behind which each is read.  Replies with the entries of each stream.
local replies = {}
for i, key in ipairs(KEYS) do
  replies[i] = redis.call('XRANGE', key, '(' .. ARGV[i + 1], '+', 'COUNT', ARGV[1])
end
return replies
