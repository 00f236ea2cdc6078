-- A customer changes to another household in the same bucket, in one call.
--
-- KEYS: customer, members of the old household, members of the new one (the customer again for none)
-- ARGV: engagement version, ref, reference of the new household or '', old (1 or 0), new (1 or 0)
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'ev', 1)
redis.call('HDEL', KEYS[1], 'h')
if ARGV[4] == '1' then redis.call('SREM', KEYS[2], ARGV[2]) end
if ARGV[5] == '1' then
  redis.call('SADD', KEYS[3], ARGV[2])
  redis.call('HSET', KEYS[1], 'h', ARGV[3])
end
return redis.call('HINCRBY', KEYS[1], 'pv', 1)
