-- KEYS: clock of each bucket.  ARGV: the new value (`=ms` or `+ms`), the time it stands for now.  Moves forward only.
local late = 0
for _, key in ipairs(KEYS) do
  if store_time(key) > tonumber(ARGV[2]) then
    late = late + 1
  else
    redis.call('SET', key, ARGV[1])
  end
end
return late
