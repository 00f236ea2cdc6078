-- KEYS: clock, due of each bucket.  ARGV: limit.  For each bucket what is due now: member, time, member, time, ...
local now, replies = string.format('%.0f', store_time(KEYS[1])), {}
for i = 2, #KEYS do
  replies[i - 1] = redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', now, 'WITHSCORES', 'LIMIT', '0', ARGV[1])
end
return replies
