-- KEYS: clock. ARGV: the new value (`=ms` or `+ms`), the time it stands for now. Moves forward only.
if store_time(KEYS[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
