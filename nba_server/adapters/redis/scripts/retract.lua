-- Takes back what arrived for a move that was refused at its last step; nobody has seen it. Versions and pointer stay.
--
-- KEYS: customer, due, members of the household (the customer again for none).  ARGV: version that arrived, ref, joined (1 or 0)
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= tonumber(ARGV[1]) then return 0 end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'at' and field ~= 'ev' and field ~= 'pv' and field ~= 'gv' then redis.call('HDEL', KEYS[1], field) end
end
redis.call('ZREM', KEYS[2], ARGV[2])
if ARGV[3] == '1' then redis.call('SREM', KEYS[3], ARGV[2]) end
return 1
