-- The store's time in milliseconds: its own clock, or that of a replay store.
local function store_time(key)
  local time = redis.call('TIME')
  local real = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local replay = redis.call('GET', key)
  if not replay then return real end
  local ms = tonumber(string.sub(replay, 2))
  if string.sub(replay, 1, 1) == '=' then return ms end
  return real + ms
end
